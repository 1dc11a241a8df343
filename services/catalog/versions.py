"""Versions inside one transaction: their days never overlap, and a published one never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.instants import today
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue, enqueue_all
from infra.chassis.storage.database import insert_into
from services.catalog import indexing
from services.catalog.definitions import fingerprint
from services.catalog.errors import NotInForce, ProcedureNotFound, VersionsOverlap
from services.catalog.models import Procedure, ProcedureChange, ProcedureDraft, ProcedureVersion
from services.catalog.shapes import Definition

PUBLISHED, AWAITING, DRAFT, DECLINED, WITHDRAWN = "published", "awaiting_approval", "draft", "declined", "withdrawn"
ONE_DAY = timedelta(days=1)


def lock_procedures(session: Session, codes: Iterable[str]) -> dict[str, Procedure]:
    """The procedures' rows, made if need be, held until the transaction ends: one editor of a procedure at a time."""
    in_order = sorted(set(codes))  # in order, so that two batches wait for each other instead of crossing
    if not in_order:
        return {}
    rows = [{"code": code, "versions": 0, "uses": 0, "created_at": clock.now()} for code in in_order]
    session.execute(insert_into(session, Procedure).on_conflict_do_nothing(index_elements=["code"]), rows)
    query = select(Procedure).where(Procedure.code.in_(in_order)).order_by(Procedure.code)
    procedures = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {row.code: row for row in procedures}


def published_versions(session: Session, code: str) -> list[ProcedureVersion]:
    """The published versions of a code, by first day."""
    rows = select(ProcedureVersion).where(ProcedureVersion.code == code, ProcedureVersion.state == PUBLISHED)
    return list(session.scalars(rows.order_by(ProcedureVersion.effective_from)))


def in_force(session: Session, code: str, day: date) -> ProcedureVersion | None:
    """The version in force on a day."""
    return session.scalar(select(ProcedureVersion).where(ProcedureVersion.code == code, is_in_force(day)))


def is_in_force(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """The condition that a version is in force on a day."""
    until = ProcedureVersion.effective_until
    begun = and_(ProcedureVersion.state == PUBLISHED, ProcedureVersion.effective_from <= day)
    return and_(begun, or_(until.is_(None), until >= day))


def fees_change(session: Session, definition: Definition, day: date) -> bool:
    """Whether a definition has other fees than the procedure has on a day: then, else last before, else first after."""
    rows = published_versions(session, definition["code"])
    before = [row for row in rows if row.effective_from <= day]
    previous = (before[-1:] or rows[:1])[0] if rows else None
    return previous is not None and previous.definition["fees"] != definition["fees"]


def equal_proposal(session: Session, definition: Definition, day: date) -> ProcedureVersion | None:
    """The same content for the same day, if it waits for a second person already."""
    return session.scalar(
        select(ProcedureVersion).where(
            ProcedureVersion.code == definition["code"],
            ProcedureVersion.state == AWAITING,
            ProcedureVersion.effective_from == day,
            ProcedureVersion.fingerprint == fingerprint(definition),
        )
    )


def take_over_draft(session: Session, definition: Definition) -> Json:
    """Remove the draft of a definition now published; what the history says of it. Another content stays a draft."""
    draft = session.get(ProcedureDraft, definition["code"])
    if draft is None or draft.fingerprint != fingerprint(definition):
        return {}
    session.delete(draft)
    return {"draft": {"revision": draft.revision, "saved_by": draft.saved_by}}


def propose(
    session: Session,
    procedure: Procedure,
    definition: Definition,
    effective_from: date,
    *,
    by: Actor,
    state: str = DRAFT,
    findings: list[Json] | None = None,
) -> ProcedureVersion:
    """A new version of a locked procedure; it is not yet in force on any day."""
    procedure.versions += 1
    row = ProcedureVersion(
        code=procedure.code,
        version=procedure.versions,
        state=state,
        effective_from=effective_from,
        definition=definition,
        fingerprint=fingerprint(definition),
        created_by=by.account_id,
        created_at=clock.now(),
        findings=findings or [],
    )
    session.add(row)
    return row


def put_in_force(session: Session, row: ProcedureVersion, until: date | None = None) -> None:
    """Publish a proposed version from its first day on, to ``until`` at most; :func:`announce` is to follow."""
    room = make_room(session, row.code, row.effective_from) if row.version > 1 else None
    row.effective_until = min((day for day in (room, until) if day is not None), default=None)
    row.state, row.published_at = PUBLISHED, clock.now()


def make_room(session: Session, code: str, first_day: date) -> date | None:
    """Let a version begin: the one before ends the day before, the next one bounds it. Answers the last day left."""
    others = published_versions(session, code)
    for other in others:
        if other.effective_from == first_day:
            raise VersionsOverlap(code=code, version=other.version, effective_from=first_day.isoformat())
    for other in others:
        if _covers(other, first_day):
            _end(session, other, first_day - ONE_DAY, retired=False)
    later = [other.effective_from for other in others if other.effective_from > first_day]
    return later[0] - ONE_DAY if later else None


def index_and_publish(session: Session, rows: Sequence[ProcedureVersion]) -> None:
    """Make versions just put in force findable, and publish it."""
    indexing.add_entries(session, rows)
    enqueue_all(session, "procedure_published.v1", [(row.code, _event_data(row)) for row in rows])


def retire(session: Session, code: str, last_day: date, *, by: Actor, reason: str | None = None) -> ProcedureVersion:
    """End a procedure after ``last_day``; versions that would have begun later are withdrawn before they begin."""
    lock_procedures(session, [code])
    rows = published_versions(session, code)
    if not rows:
        raise ProcedureNotFound(code=code, detail="", detail_en="")
    current = next((row for row in rows if _covers(row, last_day)), None)
    begun = [row for row in rows if last_day < row.effective_from <= today()]
    if current is None or begun:
        raise NotInForce(code=code, day=last_day.isoformat())
    for row in rows:
        if row.effective_from > last_day:
            row.state = WITHDRAWN
            _end(session, row, row.effective_from - ONE_DAY, retired=False)
            record_change(session, row, "withdrawn", by=by, reason=reason)
    _end(session, current, last_day, retired=True)
    enqueue(session, "procedure_retired.v1", _event_data(current), subject=code)
    record_change(session, current, "retired", by=by, reason=reason, effective_until=last_day.isoformat())
    return current


def record_change(
    session: Session, row: ProcedureVersion, act: str, *, by: Actor, reason: str | None = None, **facts: object
) -> None:
    """One line of the catalogue's history."""
    session.add(
        ProcedureChange(
            code=row.code,
            version=row.version,
            act=act,
            at=clock.now(),
            by_account=by.account_id,
            by_name=by.name,
            reason=reason,
            facts=facts,
        )
    )


def _covers(row: ProcedureVersion, day: date) -> bool:
    return row.effective_from <= day and (row.effective_until is None or row.effective_until >= day)


def _end(session: Session, row: ProcedureVersion, last_day: date, *, retired: bool) -> None:
    row.effective_until, row.retired = last_day, retired
    indexing.end_entry(session, row.code, row.version, last_day)


def _event_data(row: ProcedureVersion) -> Json:
    definition = row.definition
    return {
        "code": row.code,
        "version": row.version,
        "title": definition["title"],
        "field": definition["field"]["code"],
        "level": definition["level"],
        "agency_codes": definition["authority"].get("agency_codes") or [],
        "has_fees": bool(definition.get("fees")),
        "effective_from": row.effective_from.isoformat(),
        "effective_until": row.effective_until.isoformat() if row.effective_until else None,
    }
