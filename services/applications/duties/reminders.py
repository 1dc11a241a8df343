"""What the follower looks after as time passes: dates coming near, dates missed, answers that never came."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from services.applications.commands.fee_settlement import stop_unanswered
from services.applications.domain.statuses import official_code
from services.applications.event_store.store import Store
from services.applications.models import ReminderSent, application_view

VIEW = application_view
SOON = timedelta(days=1)
BATCH = 200
DUE_SOON, OVERDUE = "application_due_soon.v1", "application_overdue.v1"


class Reminders:
    """Publishes, once per promised date, that an application is due soon and that it is overdue."""

    name = "reminders"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, store: Store) -> None:
        self.database = store.database

    def step(self) -> int:
        now = clock.now()
        with self.database.session() as session:
            return self._announce(session, OVERDUE, None, now) + self._announce(session, DUE_SOON, now, now + SOON)

    def _announce(self, session: Session, kind: str, since: datetime | None, until: datetime) -> int:
        reminded = select(ReminderSent.application_id).where(
            ReminderSent.application_id == VIEW.c.application_id,
            ReminderSent.kind == kind,
            ReminderSent.due_at == VIEW.c.due_at,
        )
        query = (
            select(VIEW)
            .where(VIEW.c.due_at < until, VIEW.c.ended_at.is_(None), ~reminded.exists())
            .order_by(VIEW.c.due_at)
            .limit(BATCH)
        )
        if since is not None:
            query = query.where(VIEW.c.due_at >= since)
        rows = list(session.execute(query).mappings())
        for row in rows:
            enqueue(session, kind, due_data(row), subject=row["application_id"])
            session.add(
                ReminderSent(application_id=row["application_id"], kind=kind, due_at=row["due_at"], told_at=clock.now())
            )
        return len(rows)


class AnswerLimits:
    """Stops applications whose applicants have not answered within the procedure's limit."""

    name = "limits"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, store: Store) -> None:
        self.store = store

    def step(self) -> int:
        query = select(VIEW.c.application_id, VIEW.c.version).where(
            VIEW.c.answer_by < clock.now(), VIEW.c.ended_at.is_(None)
        )
        with self.store.database.session() as session:
            late = list(
                session.execute(
                    query.where(VIEW.c.status.in_(("supplement_requested", "payment_requested"))).limit(BATCH)
                )
            )
        return sum(self._stop(application_id, version) for application_id, version in late)

    def _stop(self, application_id: str, version: int) -> int:
        return int(self.store.transact(lambda session: stop_unanswered(self.store, session, application_id, version)))


def due_data(row: RowMapping) -> Json:
    """The data of the two events about due dates."""
    return {
        "application_id": row["application_id"],
        "reference": row["reference"],
        "procedure_code": row["procedure_code"],
        "procedure_version": row["procedure_version"],
        "agency_code": row["agency_code"],
        "applicant_id": row["applicant_id"],
        "status": row["status"],
        "official_status": official_code(row["status"]),
        "version": row["version"],
        "at": clock.now().isoformat(),
        "by": {"account_id": "system", "role": "system", "agency_code": None, "on_behalf_of": None},
        "due_at": row["due_at"].isoformat(),
        "officer_id": row["officer_id"],
    }
