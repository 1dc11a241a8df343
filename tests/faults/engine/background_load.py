"""What goes on besides applications, so that every service has commands to carry out and events to handle.

Agencies are made (identity notifies catalog), days are declared (catalog notifies applications), files are read by
officers (applications notifies identity), wishes are changed (notifications).
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import eventlet

from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient
from tests.faults.engine.runner import ScenarioRun
from tests.faults.engine.verdicts import Verdict

FAR = date(2060, 1, 1)  # days nobody's time holds
# publisher → type, prefix of its ids, consumer → name in its inbox
EVENT_FLOWS = (
    ("identity", "agency_created.v1", "", "catalog", "record_created_agency"),
    ("catalog", "calendar_changed.v1", "", "applications", "calendar_changed"),
    ("applications", "application_read.v1", "beside-", "identity", "note_application_read"),
)
Task = Callable[[RpcClient], None]


class BackgroundLoad:
    """Runs them one after the other, each by itself, until :meth:`finish`."""

    def __init__(self, run: ScenarioRun, pause: float = 0.4) -> None:
        self.run, self.pause, self.stopping = run, pause, False
        self.agencies: list[str] = []
        self.before = {source: self._last(source) for source, *_ in EVENT_FLOWS}
        tasks = (self.make_agency, self.declare_day, self.change_preferences, self.read_application)
        self._greenlets = [eventlet.spawn(self._repeat, task) for task in tasks]

    def _repeat(self, task: Task) -> None:
        client = RpcClient(self.run.environment.direct_uri)
        while not self.stopping:
            task(client)
            eventlet.sleep(self.pause)
        client.close()

    def finish(self) -> None:
        self.stopping = True
        for greenlet in self._greenlets:
            greenlet.wait()

    def _do(self, client: RpcClient, who: str, door: str, **arguments: Any) -> bool:
        return self.run.workload.send_until_answered(client, who, door, **arguments) is not None

    def make_agency(self, client: RpcClient) -> None:
        code = f"F{uuid.uuid4().hex[:12]}"
        if self._do(client, "operator", "identity.create_agency", code=code, name="Ủy ban nhân dân xã Mẫu"):
            self.agencies.append(code)

    def declare_day(self, client: RpcClient) -> None:
        day = (FAR + timedelta(days=self.run.random.randrange(3000))).isoformat()
        reason = "Diễn tập"
        self._do(client, "catalog_editor", "catalog.set_calendar_day", date=day, kind="day_off", reason=reason)

    def change_preferences(self, client: RpcClient) -> None:
        wishes = {"email": True, "quiet_hours": None}
        self._do(client, "citizen1", "notifications.set_preferences", preferences=wishes)

    def read_application(self, client: RpcClient) -> None:
        query = "SELECT application_id FROM application_view WHERE status <> 'draft' ORDER BY started_at DESC LIMIT 1"
        for row in self.run.environment.rows("applications", query):
            with contextlib.suppress(OutcomeUnknown, Refused):  # nothing depends on a read that failed
                token = self.run.environment.people.token("intake_officer")
                client.call("applications", "application", {"application_id": str(row[0])}, token=token, timeout=3)

    # ── the end: when everything has drained
    def check(self, verdict: Verdict) -> None:
        """What was published was handled, once; each agency made is in both services."""
        for source, kind, prefix, service, consumer in EVENT_FLOWS:
            published = self._published(source, kind, prefix)
            # Without the incarnation of the source: that of a store that nobody put back is always the same.
            received = {row[0].partition("@")[0] for row in self._rows(service, INBOX, consumer=consumer)}
            verdict.lost += [f"{kind} {entry} never reached {service}" for entry in sorted(published - received)]
            verdict.facts[f"{kind} told"] = len(published)
        for service in ("identity", "catalog"):
            counts = dict(tuple(row) for row in self._rows(service, "SELECT code, count(*) FROM agency GROUP BY code"))
            verdict.lost += [f"agency {code} in {service}" for code in self.agencies if not counts.get(code)]
            verdict.duplicated += [f"agency {code} in {service}" for code in self.agencies if counts.get(code, 0) > 1]
        twice = self._rows("identity", "SELECT event_id FROM access_entry GROUP BY event_id HAVING count(*) > 1")
        verdict.duplicated += [f"reading {row[0]}" for row in twice]

    def _published(self, source: str, kind: str, prefix: str) -> set[str]:
        query = "SELECT position FROM outbox WHERE type = :kind AND position > :after"
        rows = self._rows(source, query, kind=kind, after=self.before[source])
        return {f"{source}:{prefix}{row[0]}" for row in rows}

    def _last(self, source: str) -> int:
        return int(self._rows(source, "SELECT coalesce(max(position), 0) FROM outbox")[0][0])

    def _rows(self, service: str, query: str, **values: Any) -> list[Any]:
        return self.run.environment.rows(service, query, **values)


INBOX = "SELECT message_id FROM inbox WHERE consumer = :consumer"
