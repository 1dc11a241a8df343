"""What goes on beside applications, so that every service has commands to carry out and events to digest.

Agencies are made (identity tells catalog), days are declared (catalog tells applications), files are read by officers
(applications tells identity), wishes are changed (notifications).
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import eventlet

from tests.faults.engine.client import Caller, Refused, Unknown
from tests.faults.engine.runner import Stage
from tests.faults.engine.verdicts import Verdict

FAR = date(2060, 1, 1)  # days nobody's time holds
# who tells → type, prefix of its ids, who hears → name in its inbox
HEARD = (
    ("identity", "agency_created.v1", "", "catalog", "record_created_agency"),
    ("catalog", "calendar_changed.v1", "", "applications", "calendar_changed"),
    ("applications", "application_read.v1", "beside-", "identity", "note_application_read"),
)
Chore = Callable[[Caller], None]


class Chores:
    """Runs them one after the other, each by itself, until :meth:`finish`."""

    def __init__(self, stage: Stage, pause: float = 0.4) -> None:
        self.stage, self.pause, self.ending = stage, pause, False
        self.agencies: list[str] = []
        self.before = {source: self._last(source) for source, *_ in HEARD}
        chores = (self.make_agency, self.declare_day, self.wish, self.read)
        self._at_work = [eventlet.spawn(self._repeat, chore) for chore in chores]

    def _repeat(self, chore: Chore) -> None:
        caller = Caller(self.stage.world.direct_uri)
        while not self.ending:
            chore(caller)
            eventlet.sleep(self.pause)
        caller.close()

    def finish(self) -> None:
        self.ending = True
        for one in self._at_work:
            one.wait()

    def _do(self, caller: Caller, who: str, door: str, **arguments: Any) -> bool:
        return self.stage.load.persist(caller, who, door, **arguments) is not None

    def make_agency(self, caller: Caller) -> None:
        code = f"F{uuid.uuid4().hex[:12]}"
        if self._do(caller, "operator", "identity.create_agency", code=code, name="Ủy ban nhân dân xã Mẫu"):
            self.agencies.append(code)

    def declare_day(self, caller: Caller) -> None:
        day = (FAR + timedelta(days=self.stage.random.randrange(3000))).isoformat()
        reason = "Diễn tập"
        self._do(caller, "catalog_editor", "catalog.set_calendar_day", date=day, kind="day_off", reason=reason)

    def wish(self, caller: Caller) -> None:
        wishes = {"email": True, "quiet_hours": None}
        self._do(caller, "citizen1", "notifications.set_preferences", preferences=wishes)

    def read(self, caller: Caller) -> None:
        query = "SELECT application_id FROM application_view WHERE status <> 'draft' ORDER BY started_at DESC LIMIT 1"
        for row in self.stage.world.rows("applications", query):
            with contextlib.suppress(Unknown, Refused):  # nothing hangs on a look that failed
                token = self.stage.world.people.token("intake_officer")
                caller.ask("applications", "application", {"application_id": str(row[0])}, token=token, timeout=3)

    # ── the end: when everything has drained
    def judge(self, verdict: Verdict) -> None:
        """What was told was heard, once; each agency made is in both services."""
        for source, kind, prefix, service, consumer in HEARD:
            told = self._told(source, kind, prefix)
            heard = {row[0] for row in self._rows(service, INBOX, consumer=consumer)}
            verdict.lost += [f"{kind} {one} never reached {service}" for one in sorted(told - heard)]
            verdict.facts[f"{kind} told"] = len(told)
        for service in ("identity", "catalog"):
            counts = dict(tuple(row) for row in self._rows(service, "SELECT code, count(*) FROM agency GROUP BY code"))
            verdict.lost += [f"agency {code} in {service}" for code in self.agencies if not counts.get(code)]
            verdict.duplicated += [f"agency {code} in {service}" for code in self.agencies if counts.get(code, 0) > 1]
        twice = self._rows("identity", "SELECT event_id FROM access_entry GROUP BY event_id HAVING count(*) > 1")
        verdict.duplicated += [f"reading {row[0]}" for row in twice]

    def _told(self, source: str, kind: str, prefix: str) -> set[str]:
        query = "SELECT position FROM outbox WHERE type = :kind AND position > :after"
        rows = self._rows(source, query, kind=kind, after=self.before[source])
        return {f"{source}:{prefix}{row[0]}" for row in rows}

    def _last(self, source: str) -> int:
        return int(self._rows(source, "SELECT coalesce(max(position), 0) FROM outbox")[0][0])

    def _rows(self, service: str, query: str, **values: Any) -> list[Any]:
        return self.stage.world.rows(service, query, **values)


INBOX = "SELECT message_id FROM inbox WHERE consumer = :consumer"
