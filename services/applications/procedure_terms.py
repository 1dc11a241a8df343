"""Which version of a procedure is in force, kept here by the catalogue's events, so that a submission asks nobody.

Terms come from ``procedure_published.v1`` and ``procedure_retired.v1``, and from the catalogue's answer when a draft is
begun; the definitions are the copies that were stored then. Where either is missing the catalogue is asked. A version
that is published for today counts here from the moment its event arrives.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import Date, bindparam, select
from sqlalchemy.orm import Session, aliased

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.instants import recorded_instant, today
from infra.chassis.json_types import Json
from infra.chassis.storage.database import Database, insert_into
from infra.chassis.storage.reads import Read
from services.applications.models import ProcedureCopy, ProcedureTerm

if TYPE_CHECKING:
    from services.applications.clients import ProcedureDefinition

IN_MEMORY = 200  # definitions of a process; the largest has some hundred kilobytes
ANSWERED = datetime(1970, 1, 1, tzinfo=UTC)  # heard before every event: an answer may be older than it is


def _in_force() -> Read:
    term, retired = ProcedureTerm, aliased(ProcedureTerm)
    day, until = bindparam("day", type_=Date), ProcedureTerm.effective_until
    # Whoever retires a procedure withdraws the versions that were to follow.
    withdrawn = (
        select(retired.code)
        .where(retired.code == term.code, retired.retired, retired.heard_at > term.heard_at)
        .where(retired.effective_until < term.effective_from)
    )
    latest = select(term.version, until).where(term.code == bindparam("code"), term.effective_from <= day)
    return Read(latest.where(~withdrawn.exists()).order_by(term.effective_from.desc()).limit(1))


IN_FORCE = _in_force()
COPY = Read(
    select(ProcedureCopy.digest, ProcedureCopy.definition).where(
        ProcedureCopy.code == bindparam("code"), ProcedureCopy.version == bindparam("version")
    )
)


@dataclass(frozen=True)
class StoredProcedure:
    """A published version as it is stored here, and the digest of it that events hold."""

    definition: ProcedureDefinition
    digest: str


class ProcedureTerms:
    """The versions in force, and their definitions, of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._definitions: OrderedDict[tuple[str, int], StoredProcedure] = OrderedDict()

    def in_force(self, code: str, agency_code: str) -> StoredProcedure | None:
        """The version in force today as far as it is known; None: the catalogue has to be asked.

        It is, too, where the level at an agency depends on which others have been merged into it.
        """
        day = today()
        rows = self.database.rows(IN_FORCE, code=code, day=day)
        if not rows or (rows[0].effective_until is not None and rows[0].effective_until < day):
            return None
        copy = self._definition_of(code, rows[0].version)
        levels = copy.definition.get("agency_levels") if copy else None
        return None if levels and agency_code not in levels else copy

    def _definition_of(self, code: str, version: int) -> StoredProcedure | None:
        """A definition, which never changes; those used last stay in memory."""
        key = (code, version)
        copy = self._definitions.get(key)
        if copy is None:
            rows = self.database.rows(COPY, code=code, version=version)
            if not rows or "fees" not in rows[0].definition:
                return None
            copy = StoredProcedure(cast("ProcedureDefinition", rows[0].definition), rows[0].digest)
        self._definitions[key] = copy
        self._definitions.move_to_end(key)
        if len(self._definitions) > IN_MEMORY:
            self._definitions.popitem(last=False)
        return copy

    def published(self, event: CloudEvent) -> None:
        """A ``procedure_published.v1`` of *catalog*."""
        self._hear("procedure_published", event, retired=False)

    def retired(self, event: CloudEvent) -> None:
        """A ``procedure_retired.v1``: its last version has a last day, and none follows."""
        self._hear("procedure_retired", event, retired=True)

    def _hear(self, consumer: str, event: CloudEvent, *, retired: bool) -> None:
        with self.database.handle_once(consumer, event) as session:
            if session is not None:
                _store(session, event["data"], recorded_instant(event["time"]), retired=retired)


def learn(session: Session, procedure: ProcedureDefinition) -> None:
    """Note the term of a version from the catalogue's own answer; what an event has said of it stays."""
    answer = cast("Json", procedure)
    if answer.get("effective_from") and answer.get("published_at"):
        _store(session, answer, ANSWERED, retired=False)


def _store(session: Session, term: Json, heard_at: datetime, *, retired: bool) -> None:
    """What was said last of a version counts: events of two kinds overtake each other."""
    until = term["effective_until"]
    row = {
        "code": term["code"],
        "version": term["version"],
        "effective_from": date.fromisoformat(term["effective_from"]),
        "effective_until": date.fromisoformat(until) if until else None,
        "retired": retired,
        "heard_at": heard_at,
    }
    statement = insert_into(session, ProcedureTerm).values(row)
    changed = {name: statement.excluded[name] for name in ("effective_from", "effective_until", "retired", "heard_at")}
    newer = ProcedureTerm.heard_at < statement.excluded.heard_at
    session.execute(statement.on_conflict_do_update(index_elements=["code", "version"], set_=changed, where=newer))
