"""The invariants, held against what clients were told: nothing lost, nothing twice, nothing unasked, all verifiable.

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

from tests.faults.engine.audit_check import Keeper
from tests.faults.engine.client import Caller, Refused, Unknown
from tests.faults.engine.environment import World
from tests.faults.engine.side_effects import judge_letters, judge_money, judge_texts, not_settled_yet
from tests.faults.engine.verdicts import Verdict
from tests.faults.engine.workload import Ledger
from tests.faults.scenarios.storms import POISON

# door → the event it leaves
LEAVES = {
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
BY_THE_SYSTEM = {"FeeSettled"}
# event → type of the message its applicant must find once
MESSAGES = {
    "Started": "application_started.v1",
    "Submitted": "application_submitted.v1",
    "Accepted": "application_accepted.v1",
    "IntakeRefused": "intake_refused.v1",
}
LAST = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
QUARANTINE = "portal.quarantine"


class Truth:
    """What stood before a run, so that only what the run did is judged."""

    def __init__(self, world: World) -> None:
        self.world, self.caller = world, Caller(world.direct_uri)
        self.position = int(world.rows("applications", LAST)[0][0])
        self.quarantined = world.queues().get(QUARANTINE, 0)
        self.dead = self._dead_letters()
        self.captured = set(world.bank.captured())
        self.delivered = int(world.rows("notifications", "SELECT coalesce(max(position), 0) FROM delivery")[0][0])
        self.keeper = Keeper(world, world.folder / "kept" / f"after {self.position}")

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
        world = self.world
        found = {name: count for name, count in world.queues().items() if name != QUARANTINE}
        for service in world.urls:
            waiting = world.rows(service, "SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0]
            found[f"{service} outbox"] = waiting
        last = world.rows("applications", LAST)[0][0]
        for name, position in world.rows("applications", "SELECT name, position FROM relay_position"):
            if name in {"announcements", "application_view"}:
                found[name] = last - position
        # A letter being sent when its process died waits for its own lease (five minutes), on purpose.
        deliveries = "SELECT count(*) FROM delivery WHERE status = 'created' OR (channel, status) = ('sms', 'sending')"
        found["deliveries"] = world.rows("notifications", deliveries)[0][0]
        found["captures"] = not_settled_yet(world.rows, world.bank.captured())
        return {name: count for name, count in found.items() if count}

    def _dead_letters(self) -> int:
        return sum(
            int(self.world.rows(service, "SELECT count(*) FROM dead_letter WHERE state = 'waiting'")[0][0])
            for service in self.world.urls
        )

    # ── I1 to I4
    def judge(self, ledger: Ledger, verdict: Verdict) -> Verdict:
        """Fill the verdict in from the ledger and the final state."""
        verdict.attempted, verdict.acknowledged = len(ledger.acts), len(ledger.of("acknowledged"))
        verdict.unknown = len(ledger.of("unknown"))
        verdict.troubles = dict(ledger.troubles)
        events = self._events()
        self._commands(ledger, events, verdict)
        self._strangers(ledger, events, verdict)
        self._payments(ledger, events, verdict)
        self._messages(events, verdict)
        judge_money(self.world.rows, self.world.bank.captured(), self.captured, verdict)
        judge_letters(self.world.rows, self.world.mails(), self.delivered, verdict)
        judge_texts(self.world.rows, self.world.texts.all(), self.delivered, verdict)
        self._histories(events, verdict)
        judge_quarantine(self.world.letters(QUARANTINE)[self.quarantined :], verdict)
        verdict.dead_letters = self._dead_letters() - self.dead
        for act in ledger.of("refused"):
            verdict.unexpected.append(f"{act.door} {act.command_id} refused: {act.refusal}")
        return verdict

    def _ask(self, service: str, method: str, arguments: dict[str, Any], role: str, timeout: float = 20) -> Any:
        for _ in range(20):
            try:
                return self.caller.ask(service, method, arguments, token=self.world.people.token(role), timeout=timeout)
            except (Unknown, Refused) as trouble:
                problem = trouble
                eventlet.sleep(0.5)
        raise AssertionError(f"{service}.{method}: {problem}")

    def _events(self) -> list[dict[str, Any]]:
        events, after = [], self.position
        while True:
            page = self._ask("applications", "events", {"after": after, "limit": 200}, "auditor")
            events += page["items"]
            if not page["items"] or page["next_after"] is None:
                return events
            after = page["next_after"]

    def _commands(self, ledger: Ledger, events: list[dict[str, Any]], verdict: Verdict) -> None:
        left = Counter((event["command_id"], event["kind"]) for event in events)
        verdict.duplicated += [f"{kind} of command {command}" for (command, kind), n in left.items() if n > 1]
        for act in ledger.of("acknowledged"):
            if (kind := LEAVES.get(act.door)) and not left[act.command_id, kind]:
                verdict.lost.append(f"{act.door} {act.command_id}")

    def _strangers(self, ledger: Ledger, events: list[dict[str, Any]], verdict: Verdict) -> None:
        meant = {act.command_id for act in ledger.acts}
        verdict.unexpected += [
            f"{event['kind']} of {event['application_id']} without a command"
            for event in events
            if event["command_id"] not in meant and event["kind"] not in BY_THE_SYSTEM
        ]

    def _payments(self, ledger: Ledger, events: list[dict[str, Any]], verdict: Verdict) -> None:
        settled = Counter(event["application_id"] for event in events if event["kind"] == "FeeSettled")
        verdict.duplicated += [f"FeeSettled of {one} {n} times" for one, n in settled.items() if n > 1]
        wanted = {str(act.application_id) for act in ledger.acts if act.door == "payments.record_offline"}
        if not wanted:
            return
        query = "SELECT application_id, count(*) FROM payment WHERE state = 'settled' GROUP BY application_id"
        paid = {row[0]: row[1] for row in self.world.rows("payments", query) if row[0] in wanted}
        verdict.duplicated += [f"payment of {one} {n} times" for one, n in paid.items() if n > 1]
        for act in ledger.of("acknowledged"):
            if act.door == "payments.record_offline":
                told = str(act.application_id)
                if not paid.get(told):
                    verdict.lost.append(f"payment of {told}")
                elif not settled[told]:
                    verdict.lost.append(f"payment of {told} never reached applications")
        books = self.world.rows("payments", "SELECT coalesce(sum(amount), 0) FROM ledger_row")[0][0]
        if books:
            verdict.unexpected.append(f"the books are {books} off")

    def _messages(self, events: list[dict[str, Any]], verdict: Verdict) -> None:
        expected = Counter(
            (event["application_id"], MESSAGES[event["kind"]]) for event in events if event["kind"] in MESSAGES
        )
        ours = {application for application, _ in expected}
        query = "SELECT application_id, event_type, count(*) FROM message GROUP BY application_id, event_type"
        told = {(row[0], row[1]): row[2] for row in self.world.rows("notifications", query) if row[0] in ours}
        for about, count in expected.items():
            if told.get(about, 0) < count:
                verdict.lost.append(f"message {about[1]} of {about[0]}")
        verdict.duplicated += [
            f"message {kind} of {application} {n} times" for (application, kind), n in told.items() if n > 1
        ]

    def _histories(self, events: list[dict[str, Any]], verdict: Verdict) -> None:
        versions: dict[str, list[int]] = {}
        for event in events:
            versions.setdefault(event["application_id"], []).append(event["version"])
        for application, found in versions.items():
            if found != list(range(found[0], found[0] + len(found))):
                verdict.unexpected.append(f"versions of {application}: {found}")
        self.keeper.verify(list(versions), self._as_auditor, verdict)
        self._replay(verdict)
        verdict.histories_verified = len(versions)

    def _as_auditor(self, door: str, arguments: dict[str, Any]) -> Any:
        return self._ask("applications", door, arguments, "auditor")

    def _replay(self, verdict: Verdict) -> None:
        """The read model made again from nothing, beside the live one: not one row may differ."""
        said = json.loads(self.world.command("rebuild", "applications", "--no-swap", "--json"))
        verdict.facts["rows replayed"] = said["rows"]
        if said["differing"]:
            verdict.unexpected.append(f"{said['differing']} rows differ from their replay: {said['differences'][:3]}")


def judge_quarantine(letters: list[dict[str, Any]], verdict: Verdict) -> None:
    """Every poisoned message was put aside once, and nothing else was.

    But for events whose queue was deleted while they waited for their next try: the broker hands them to the
    quarantine, raw, and their source tells them again.
    """
    deleted = any(what == "queues deleted" for _at, what in verdict.marks)
    homeless = [one for one in letters if deleted and "source" in one]
    aside = [one for one in letters if not (deleted and "source" in one)]
    verdict.quarantined, verdict.facts["events whose queue was gone"] = len(aside), len(homeless)
    came = Counter(letter.get("headers", {}).get(POISON, "") for letter in aside)
    verdict.lost += [f"poison {one}" for one in map(str, range(verdict.poison)) if one not in came]
    verdict.duplicated += [f"poison {one} put aside {n} times" for one, n in came.items() if one and n > 1]
    verdict.unexpected += [f"put aside: {one.get('why')}" for one in aside if POISON not in one.get("headers", {})]
