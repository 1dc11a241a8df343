"""Alarms, recorded: a duty of the follower that looks at every history that grew, and keeps what it finds once.

Findings are rows that are added and never changed; each cites the events it is based on by version and position.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.storage.database import Database
from infra.chassis.storage.positions import advance, position_now
from services.applications.transparency.leaf import StoredRow
from services.applications.transparency.tables import audit_finding
from services.applications.verification.integrity_rules import IntegrityFinding, findings_in

BATCH = 500


class Histories(Protocol):
    """Where rows come from: the service's own history of its events."""

    def after(self, position: int, limit: int) -> Sequence[tuple[int, str]]:
        """(position, application id) of the next events."""
        ...

    def in_batches(self, application_ids: Sequence[str]) -> Iterable[Sequence[Json]]:
        """All rows of each of these applications, with positions."""
        ...


class IntegrityCheck:
    """Looks at what is new, history by history."""

    name = "alarms"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, histories: Histories) -> None:
        self.database, self.histories = database, histories

    def step(self) -> int:
        """How many events were looked at."""
        done = position_now(self.database, self.name)
        new = self.histories.after(done, BATCH)
        if not new:
            return 0
        grown = list(dict.fromkeys(key for _, key in new))
        alarms = [alarm for rows in self.histories.in_batches(grown) for alarm in findings_in(rows)]
        self._record(alarms, new[-1][0])
        return len(new)

    def finish(self) -> int:
        """Look at all that is new, before the embedded default ends: nobody would afterwards."""
        looked_at = 0
        while step := self.step():
            looked_at += step
        return looked_at

    def _record(self, findings: Iterable[IntegrityFinding], reached: int) -> None:
        """Findings and position in one transaction."""
        with self.database.session() as session:
            _add(session, findings)
            advance(session, self.name, reached)


def record_not_authentic(database: Database, row: StoredRow, why: str) -> None:
    """Of an event that the sealer refuses, once."""
    place = (str(row.application_id), (row.version,), (row.notification_id,))
    with database.session() as session:
        _add(session, [IntegrityFinding("event_not_authentic", *place, {"why": why})])


def _add(session: Session, findings: Iterable[IntegrityFinding]) -> None:
    by_id = {alarm.finding_id: alarm for alarm in findings}
    of = audit_finding.c.finding_id
    recorded = set(session.execute(select(of).where(of.in_(by_id))).scalars())
    for finding_id, alarm in by_id.items():
        if finding_id not in recorded:
            session.execute(audit_finding.insert().values(_row(alarm)))


def recorded_findings(
    database: Database, *, kind: str | None = None, application_id: str | None = None, after: int = 0, limit: int = 50
) -> Json:
    """{"items": [what `Alarm.to_json` says, with "number" and "found_at"], "next"}."""
    query = select(audit_finding).where(audit_finding.c.number > after)
    for column, value in ((audit_finding.c.kind, kind), (audit_finding.c.application_id, application_id)):
        query = query.where(column == value) if value else query
    with database.session() as session:
        rows = list(session.execute(query.order_by(audit_finding.c.number).limit(limit)).mappings())
    items = [{**row["said"], "number": row["number"], "found_at": row["found_at"].isoformat()} for row in rows]
    return {"items": items, "next": rows[-1]["number"] if len(rows) == limit else None}


def _row(alarm: IntegrityFinding) -> Json:
    return {
        "finding_id": alarm.finding_id,
        "kind": alarm.kind,
        "application_id": alarm.application_id,
        "said": alarm.to_json(),
        "found_at": clock.now(),
    }
