"""Who keeps the catalogue: a procedure as it stood on any day; versions published, retired, compared."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from sqlalchemy import Date, bindparam, exists, select
from sqlalchemy.orm import Session

from infra import fees
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import check_another
from infra.chassis.cursors import Page, page
from infra.chassis.instants import day_of, today
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.reads import Read
from infra.chassis.storage.types import TableRow
from services.catalog import definitions, differences, sample_catalogue, versions
from services.catalog.agencies import recorded_codes
from services.catalog.errors import ApprovalNotPending, OnlyInDevelopment, ProcedureNotFound, SameEditor
from services.catalog.models import Agency, ProcedureChange, ProcedureVersion
from services.catalog.shapes import Definition
from services.catalog.successors import successors_of

EDITORS = ("catalog_editor", "approver", "operator", "auditor")

COLUMNS = (
    ProcedureVersion.code, ProcedureVersion.version, ProcedureVersion.state, ProcedureVersion.effective_from,
    ProcedureVersion.effective_until, ProcedureVersion.published_at, ProcedureVersion.definition,
    exists().where(Agency.merged_into.is_not(None)).label("any_merged"),
)  # fmt: skip
OF_CODE = select(*COLUMNS).where(ProcedureVersion.code == bindparam("code"))
IN_FORCE = Read(OF_CODE.where(versions.is_in_force(bindparam("day", type_=Date))))
NUMBERED = Read(OF_CODE.where(ProcedureVersion.version == bindparam("version")))


Visible = TypeVar("Visible", TableRow, ProcedureVersion)  # a version as a row, or as its object


class Offerings:
    """Versions of procedures. ``four_eyes``: a change of fees waits for a second person."""

    def __init__(self, database: Database, *, development: bool = False, four_eyes: bool = True) -> None:
        self.database = database
        self.development = development
        self.four_eyes = four_eyes

    @classmethod
    def from_settings(cls, settings: Settings) -> Offerings:
        four_eyes = settings.flag("CATALOG_FOUR_EYES", not settings.development)
        return cls(Database.at(settings.database_url("catalog")), development=settings.development, four_eyes=four_eyes)

    def procedure(self, code: str, version: int | None = None, at: str | None = None, *, by: Actor) -> Json:
        """The definition with ``version``, ``effective_from``, ``effective_until`` (the last day) and ``status``.

        ``carried_on_by`` names the agency that does the work, on the day, of each competent one that has been merged.
        """
        row, merged = self._read(code, version, at, by), {}
        if row.any_merged and (agencies := row.definition["authority"].get("agency_codes")):
            with self.database.session() as session:
                merged = successors_of(session, agencies, day_of(at))
        return {**version_view(row), "carried_on_by": merged}

    def _read(self, code: str, version: int | None, at: str | None, by: Actor) -> TableRow:
        """What :meth:`find` finds, as a row, with ``any_merged``: whether any agency has been merged into another."""
        day = day_of(at)
        if version is None:
            rows = self.database.rows(IN_FORCE, code=code, day=day)
        else:
            rows = self.database.rows(NUMBERED, code=code, version=version)
        return _visible(rows[0] if rows else None, code, version, day, by)

    def find(self, session: Session, code: str, version: int | None, at: str | None, *, by: Actor) -> ProcedureVersion:
        """The version asked for; what is not published is there for editors only. Refuses ``ProcedureNotFound``."""
        day = day_of(at)
        if version is None:
            row = versions.in_force(session, code, day)
        else:
            row = session.get(ProcedureVersion, (code, version))
        version_row: ProcedureVersion = _visible(row, code, version, day, by)
        return version_row

    def versions(self, code: str, *, by: Actor) -> Json:
        """Every version with its days and status; drafts and refused ones for editors only."""
        with self.database.session() as session:
            query = select(ProcedureVersion).where(ProcedureVersion.code == code).order_by(ProcedureVersion.version)
            rows = [row for row in session.scalars(query) if row.state == versions.PUBLISHED or by.has(*EDITORS)]
            if not rows:
                raise ProcedureNotFound(code=code, detail="", detail_en="")
            return {"code": code, "items": [_version_outline(row) for row in rows]}

    def compare(self, code: str, from_version: int, to_version: int, *, by: Actor) -> Json:
        """What changed between two versions, field by field."""
        with self.database.session() as session:
            old, new = (self.find(session, code, number, None, by=by) for number in (from_version, to_version))
            changes = differences.between(old.definition, new.definition)
            return {"code": code, "from_version": from_version, "to_version": to_version, "changes": changes}

    def changes(self, code: str) -> Json:
        """The history of a procedure: who did what, when and why."""
        with self.database.session() as session:
            rows = session.scalars(
                select(ProcedureChange).where(ProcedureChange.code == code).order_by(ProcedureChange.id)
            ).all()
            if not rows:
                raise ProcedureNotFound(code=code, detail="", detail_en="")
            return {"code": code, "items": [_change_view(row) for row in rows]}

    def quote(self, code: str, version: int | None, query: fees.FeeQuery, *, by: Actor) -> Json:
        """What one application costs: ``{"code", "version", "channel", "items", "total", "apart"}``."""
        row = self._read(code, version, query.day.isoformat(), by)
        return {"code": code, "version": row.version, "channel": query.channel, **fees.quote(row.definition, query)}

    def publish(
        self, definition: Json, effective_from: str, reason: str | None = None, *, by: Actor, command: Command
    ) -> Json:
        """Publish a version from a day on, today or later or earlier; the same content again changes nothing.

        ``unknown_agencies``: agencies it names of which nothing is recorded (yet); nobody can file with them.
        """
        full = definitions.complete(definition)
        definitions.check_definition(full)

        def work(session: Session) -> Json:
            published = self.published(session, full, effective_from, reason, by)
            return {**published, "unknown_agencies": unknown_agencies(session, full)}

        return self.database.command(command, work)

    def published(self, session: Session, full: Definition, effective_from: str, reason: str | None, by: Actor) -> Json:
        """:meth:`publish` inside a transaction; a draft of this very content is taken over."""
        day = day_of(effective_from)
        procedure = versions.lock_procedures(session, [full["code"]])[full["code"]]
        current = versions.in_force(session, full["code"], day)
        draft = versions.take_over_draft(session, full)
        if current is not None and current.fingerprint == definitions.fingerprint(full):
            if draft:
                versions.record_change(
                    session, current, "draft_discarded", by=by, reason=reason, why="unchanged", **draft
                )
            return {**_version_outline(current), "unchanged": True}
        waits = self.four_eyes and versions.fees_change(session, full, day)
        proposed = versions.equal_proposal(session, full, day) if waits else None
        if proposed is not None:
            return {**_version_outline(proposed), "unchanged": True}
        row = versions.propose(
            session, procedure, full, day, by=by, state=versions.AWAITING if waits else versions.DRAFT
        )
        if waits:
            versions.record_change(session, row, "proposed", by=by, reason=reason, why="fees changed", **draft)
        else:
            versions.put_in_force(session, row)
            versions.index_and_publish(session, [row])
            facts = {"effective_from": day.isoformat(), **draft}
            versions.record_change(session, row, "published", by=by, reason=reason, **facts)
        return {**_version_outline(row), "unchanged": False}

    def proposals(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """What waits for a second person, by code: ``{"items": [outline with who, why and the fees that change]}``."""
        after = (ProcedureVersion.code, ProcedureVersion.version)
        query = select(ProcedureVersion).where(ProcedureVersion.state == versions.AWAITING)
        with self.database.session() as session:

            def view(row: ProcedureVersion) -> Json:
                return _proposal(session, row)

            return page(session, query, after, view, limit=limit, cursor=cursor)

    def approve(self, code: str, version: int, reason: str | None = None, *, by: Actor, command: Command) -> Json:
        """The second person puts a change of fees in force."""

        def work(session: Session) -> Json:
            row = self._awaiting(session, code, version)
            check_another(row.created_by, by.account_id, SameEditor)
            versions.put_in_force(session, row)
            versions.index_and_publish(session, [row])
            versions.record_change(session, row, "approved", by=by, reason=reason, proposed_by=row.created_by)
            return _version_outline(row)

        return self.database.command(command, work)

    def decline(self, code: str, version: int, reason: str, *, by: Actor, command: Command) -> Json:
        """A proposed version is turned down, for a reason."""

        def work(session: Session) -> Json:
            row = self._awaiting(session, code, version)
            row.state = versions.DECLINED
            versions.record_change(session, row, "declined", by=by, reason=reason)
            return _version_outline(row)

        return self.database.command(command, work)

    def _awaiting(self, session: Session, code: str, version: int) -> ProcedureVersion:
        versions.lock_procedures(session, [code])
        row = session.get(ProcedureVersion, (code, version))
        if row is None:
            raise ProcedureNotFound(code=code, detail=f", phiên bản {version}", detail_en=f", version {version}")
        if row.state != versions.AWAITING:
            raise ApprovalNotPending(code=code, version=version, state=row.state)
        return row

    def retire(
        self, code: str, effective_until: str, reason: str | None = None, *, by: Actor, command: Command
    ) -> Json:
        """The procedure's last day."""

        def work(session: Session) -> Json:
            last_day = day_of(effective_until)
            return _version_outline(versions.retire(session, code, last_day, by=by, reason=reason))

        return self.database.command(command, work)

    def samples(self, agency_code: str) -> Json:
        """The sample catalogue with that agency competent; development only."""
        if not self.development:
            raise OnlyInDevelopment()
        return {"items": sample_catalogue.definitions(agency_code)}


def unknown_agencies(session: Session, definition: Definition) -> list[str]:
    """The agencies that a definition names and of which nothing is recorded, for whatever days."""
    named = {*(definition["authority"].get("agency_codes") or ()), *(definition.get("agency_levels") or ())}
    return sorted(named - recorded_codes(session, named)) if named else []


def _visible(row: Visible | None, code: str, version: int | None, day: date, by: Actor) -> Visible:
    """A version that the caller may see; refuses ``ProcedureNotFound``."""
    if row is not None and (version is None or row.state == versions.PUBLISHED or by.has(*EDITORS)):
        return row
    if version is not None:
        raise ProcedureNotFound(code=code, detail=f", phiên bản {version}", detail_en=f", version {version}")
    raise ProcedureNotFound(code=code, detail=f" có hiệu lực ngày {day}", detail_en=f" in force on {day}")


def version_view(row: TableRow | ProcedureVersion) -> Json:
    """A version as callers see it."""
    return {**row.definition, **_version_outline(row)}


def _version_outline(row: TableRow | ProcedureVersion) -> Json:
    return {
        "code": row.code,
        "version": row.version,
        "status": _status(row),
        "effective_from": row.effective_from.isoformat(),
        "effective_until": row.effective_until.isoformat() if row.effective_until else None,
        "published_at": row.published_at.isoformat() if row.published_at else None,
    }


def _proposal(session: Session, row: ProcedureVersion) -> Json:
    change = session.scalar(
        select(ProcedureChange)
        .where(ProcedureChange.code == row.code, ProcedureChange.version == row.version)
        .order_by(ProcedureChange.id)
        .limit(1)
    )
    current = versions.in_force(session, row.code, row.effective_from)
    old = current.definition["fees"] if current else []
    return {
        **_version_outline(row),
        "title": row.definition["title"],
        "proposed_by": {"account_id": row.created_by, "name": change.by_name if change else ""},
        "proposed_at": row.created_at.isoformat(),
        "reason": change.reason if change else None,
        "changes": differences.between({"fees": old}, {"fees": row.definition["fees"]}),
    }


def _status(row: TableRow | ProcedureVersion) -> str:
    """``retired`` once its last day has passed; otherwise as stored."""
    over = row.effective_until is not None and row.effective_until < today()
    return "retired" if row.state == versions.PUBLISHED and over else row.state


def _change_view(row: ProcedureChange) -> Json:
    return {
        "version": row.version,
        "act": row.act,
        "at": row.at.isoformat(),
        "by": {"account_id": row.by_account, "name": row.by_name},
        "reason": row.reason,
        "facts": row.facts,
    }
