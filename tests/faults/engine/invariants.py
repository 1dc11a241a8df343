"""The invariants, against what clients were answered: nothing lost, nothing twice, nothing unasked, all verifiable.

I1 each acknowledged command has its event; each event its effects in the other services. I2 once. I3 no event without
a command. I4 histories verify and replay equals the read model. I5 queues drain, quarantine holds the poison and
nothing else.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import eventlet

from tests.faults.engine.audit_check import CheckpointCollector
from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient
from tests.faults.engine.environment import Environment
from tests.faults.engine.side_effects import check_emails, check_payments, check_text_messages, unsettled_captures
from tests.faults.engine.verdicts import Verdict
from tests.faults.engine.workload import Ledger
from tests.faults.scenarios.storms import POISON

# door → the event it leaves
EVENT_OF_COMMAND = {
    "applications.start": "Started",
    "applications.save_answers": "AnswersSaved",
    "applications.attach": "Attached",
    "applications.submit": "Submitted",
    "applications.accept": "Accepted",
    "applications.refuse_intake": "IntakeRefused",
    "applications.assign": "Assigned",
    "applications.propose": "OutcomeProposed",
    "applications.request_withdrawal": "WithdrawalRequested",
    "applications.approve": "Approved",
    "applications.reject": "Rejected",
}
SYSTEM_EVENTS = {"FeeSettled"}
# event → type of the message its applicant must find once
MESSAGES = {
    "Started": "application_started.v1",
    "Submitted": "application_submitted.v1",
    "Accepted": "application_accepted.v1",
    "IntakeRefused": "intake_refused.v1",
}
LAST = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
QUARANTINE = "portal.quarantine"


class Invariants:
    """What there was before a run, so that only what the run did is judged."""

    def __init__(self, environment: Environment) -> None:
        self.environment, self.client = environment, RpcClient(environment.direct_uri)
        self.position = int(environment.rows("applications", LAST)[0][0])
        self.quarantined = environment.queues().get(QUARANTINE, 0)
        self.dead = self._dead_letters()
        self.captured = set(environment.gateway.captured())
        self.delivered = int(environment.rows("notifications", "SELECT coalesce(max(position), 0) FROM delivery")[0][0])
        self.checkpoints = CheckpointCollector(environment, environment.folder / "kept" / f"after {self.position}")

    # ── I5
    def drain(self, seconds: float = 60) -> float:
        """Wait until all queues are empty and all followers have caught up; how long it took."""
        begun = time.monotonic()
        while behind := self.behind():
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"not drained after {seconds:.0f} s: {behind}")
            eventlet.sleep(0.5)
        return time.monotonic() - begun

    def behind(self) -> dict[str, int]:
        """What is still under way, by name."""
        environment = self.environment
        entries = {name: count for name, count in environment.queues().items() if name != QUARANTINE}
        for service in environment.urls:
            waiting = environment.rows(service, "SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0]
            entries[f"{service} outbox"] = waiting
        last = environment.rows("applications", LAST)[0][0]
        for name, position in environment.rows("applications", "SELECT name, position FROM relay_position"):
            if name in {"announcements", "application_view"}:
                entries[name] = last - position
        # An e-mail being sent when its process died waits for its own lease (five minutes), on purpose.
        deliveries = "SELECT count(*) FROM delivery WHERE status = 'created' OR (channel, status) = ('sms', 'sending')"
        entries["deliveries"] = environment.rows("notifications", deliveries)[0][0]
        entries["captures"] = unsettled_captures(environment.rows, environment.gateway.captured())
        return {name: count for name, count in entries.items() if count}

    def _dead_letters(self) -> int:
        return sum(
            int(self.environment.rows(service, "SELECT count(*) FROM dead_letter WHERE state = 'waiting'")[0][0])
            for service in self.environment.urls
        )

    # ── I1 to I4
    def check(self, ledger: Ledger, verdict: Verdict) -> Verdict:
        """Fill the verdict in from the ledger and the final state."""
        verdict.attempted, verdict.acknowledged = len(ledger.attempts), len(ledger.of("acknowledged"))
        verdict.unknown = len(ledger.of("unknown"))
        verdict.troubles = dict(ledger.troubles)
        events = self._events()
        self._commands(ledger, events, verdict)
        self._unrequested_events(ledger, events, verdict)
        self._payments(ledger, events, verdict)
        self._messages(events, verdict)
        check_payments(self.environment.rows, self.environment.gateway.captured(), self.captured, verdict)
        check_emails(self.environment.rows, self.environment.mails(), self.delivered, verdict)
        check_text_messages(self.environment.rows, self.environment.texts.all(), self.delivered, verdict)
        self._histories(events, verdict)
        check_quarantine(self.environment.messages_in(QUARANTINE)[self.quarantined :], verdict)
        verdict.dead_letters = self._dead_letters() - self.dead
        for attempt in ledger.of("refused"):
            verdict.unexpected.append(f"{attempt.door} {attempt.command_id} refused: {attempt.refusal}")
        return verdict

    def _call(self, service: str, method: str, arguments: dict[str, Any], role: str, timeout: float = 20) -> Any:
        for _ in range(20):
            try:
                return self.client.call(
                    service, method, arguments, token=self.environment.people.token(role), timeout=timeout
                )
            except (OutcomeUnknown, Refused) as trouble:
                problem = trouble
                eventlet.sleep(0.5)
        raise AssertionError(f"{service}.{method}: {problem}")

    def _events(self) -> list[dict[str, Any]]:
        events, after = [], self.position
        while True:
            page = self._call("applications", "events", {"after": after, "limit": 200}, "auditor")
            events += page["items"]
            if not page["items"] or page["next_after"] is None:
                return events
            after = page["next_after"]

    def _commands(self, ledger: Ledger, events: list[dict[str, Any]], verdict: Verdict) -> None:
        left = Counter((event["command_id"], event["kind"]) for event in events)
        verdict.duplicated += [f"{kind} of command {command}" for (command, kind), n in left.items() if n > 1]
        for attempt in ledger.of("acknowledged"):
            if (kind := EVENT_OF_COMMAND.get(attempt.door)) and not left[attempt.command_id, kind]:
                verdict.lost.append(f"{attempt.door} {attempt.command_id}")

    def _unrequested_events(self, ledger: Ledger, events: list[dict[str, Any]], verdict: Verdict) -> None:
        command_ids = {attempt.command_id for attempt in ledger.attempts}
        verdict.unexpected += [
            f"{event['kind']} of {event['application_id']} without a command"
            for event in events
            if event["command_id"] not in command_ids and event["kind"] not in SYSTEM_EVENTS
        ]

    def _payments(self, ledger: Ledger, events: list[dict[str, Any]], verdict: Verdict) -> None:
        settled = Counter(event["application_id"] for event in events if event["kind"] == "FeeSettled")
        verdict.duplicated += [f"FeeSettled of {item} {n} times" for item, n in settled.items() if n > 1]
        applications = {
            str(attempt.application_id) for attempt in ledger.attempts if attempt.door == "payments.record_offline"
        }
        if not applications:
            return
        query = "SELECT application_id, count(*) FROM payment WHERE state = 'settled' GROUP BY application_id"
        paid = {row[0]: row[1] for row in self.environment.rows("payments", query) if row[0] in applications}
        verdict.duplicated += [f"payment of {item} {n} times" for item, n in paid.items() if n > 1]
        for attempt in ledger.of("acknowledged"):
            if attempt.door == "payments.record_offline":
                report = str(attempt.application_id)
                if not paid.get(report):
                    verdict.lost.append(f"payment of {report}")
                elif not settled[report]:
                    verdict.lost.append(f"payment of {report} never reached applications")
        books = self.environment.rows("payments", "SELECT coalesce(sum(amount), 0) FROM ledger_row")[0][0]
        if books:
            verdict.unexpected.append(f"the books are {books} off")

    def _messages(self, events: list[dict[str, Any]], verdict: Verdict) -> None:
        expected = Counter(
            (event["application_id"], MESSAGES[event["kind"]]) for event in events if event["kind"] in MESSAGES
        )
        ours = {application for application, _ in expected}
        query = "SELECT application_id, event_type, count(*) FROM message GROUP BY application_id, event_type"
        environ = {(row[0], row[1]): row[2] for row in self.environment.rows("notifications", query) if row[0] in ours}
        for about, count in expected.items():
            if environ.get(about, 0) < count:
                verdict.lost.append(f"message {about[1]} of {about[0]}")
        verdict.duplicated += [
            f"message {kind} of {application} {n} times" for (application, kind), n in environ.items() if n > 1
        ]

    def _histories(self, events: list[dict[str, Any]], verdict: Verdict) -> None:
        versions: dict[str, list[int]] = {}
        for event in events:
            versions.setdefault(event["application_id"], []).append(event["version"])
        for application, rows in versions.items():
            if rows != list(range(rows[0], rows[0] + len(rows))):
                verdict.unexpected.append(f"versions of {application}: {rows}")
        self.checkpoints.verify(list(versions), self._as_auditor, verdict)
        self._replay(verdict)
        verdict.histories_verified = len(versions)

    def _as_auditor(self, door: str, arguments: dict[str, Any]) -> Any:
        return self._call("applications", door, arguments, "auditor")

    def _replay(self, verdict: Verdict) -> None:
        """The read model made again from nothing, next to the live one: not one row may differ."""
        report = json.loads(self.environment.command("rebuild", "applications", "--no-swap", "--json"))
        verdict.facts["rows replayed"] = report["rows"]
        if report["differing"]:
            verdict.unexpected.append(
                f"{report['differing']} rows differ from their replay: {report['differences'][:3]}"
            )


def check_quarantine(messages: list[dict[str, Any]], verdict: Verdict) -> None:
    """Every poisoned message was quarantined once, and nothing else was.

    But for events whose queue was deleted while they waited for their next try: the broker hands them to the
    quarantine, raw, and their source publishes them again.
    """
    deleted = any(what == "queues deleted" for _at, what in verdict.marks)
    from_deleted_queues = [message for message in messages if deleted and "source" in message]
    quarantined = [message for message in messages if not (deleted and "source" in message)]
    verdict.quarantined, verdict.facts["events whose queue was gone"] = len(quarantined), len(from_deleted_queues)
    came = Counter(message.get("headers", {}).get(POISON, "") for message in quarantined)
    verdict.lost += [f"poison {entry}" for entry in map(str, range(verdict.poison)) if entry not in came]
    verdict.duplicated += [f"poison {item} quarantined {n} times" for item, n in came.items() if item and n > 1]
    verdict.unexpected += [
        f"quarantined: {message.get('why')}" for message in quarantined if POISON not in message.get("headers", {})
    ]
