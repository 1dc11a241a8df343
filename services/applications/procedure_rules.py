"""The rules an application is judged by: the procedure version it is pinned to, and the offices' calendar.

Published versions never change, so a copy stored here is as good as the catalogue's own, and a running
application does not depend on the catalogue being up. Calendars do change: a cached one is used again
for a minute at most, and not once a change has been announced.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra import fees
from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.instants import office_day, today
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from infra.working_time import Promise, WorkingCalendar
from infra.working_time.records import CalendarReply, PromiseRecord
from services.applications.domain.application import Application
from services.applications.domain.commitments import digest
from services.applications.errors import ServiceUnavailable
from services.applications.models import CalendarChange, ProcedureCopy
from services.applications.procedure_terms import ProcedureTerms, learn

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, ProcedureDefinition, Quote

CALENDAR_TTL = 60.0  # seconds a calendar read from the catalogue is used again
FIRST_YEAR, LAST_YEAR = 1990, 2200  # the years the catalogue has a calendar of
RESUMED_YEARS = 2  # how far the rest of a promise is counted on beyond this year
VOLATILE = (
    "status",
    "effective_until",
    "carried_on_by",
)  # what the catalogue may still change about a published version


@dataclass(frozen=True)
class CachedCalendar:
    """The catalogue's reply for a year, when it was read, and the last change that was known before that."""

    reply: CalendarReply
    read_at: float
    change: int


@dataclass(frozen=True)
class Offer:
    """A procedure version and a quote under it; ``digest``: of the copy of the version, where it is stored."""

    procedure: ProcedureDefinition
    quote: Quote
    digest: str | None = None


class ProcedureRules:
    """The procedure versions and the calendar that applications are judged by."""

    def __init__(self, database: Database) -> None:
        self.database, self.terms = database, ProcedureTerms(database)
        self._calendars: dict[int, CachedCalendar] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> ProcedureRules:
        return cls(Database.at(settings.database_url("applications")))

    def in_force(self, code: str, catalog: CatalogClient) -> ProcedureDefinition:
        """The version of a procedure in force now, as the catalogue answers."""
        return catalog.procedure(code=code)

    def offer(
        self, application: Application, choices: Mapping[str, str], quantity: int, catalog: CatalogClient
    ) -> Offer:
        """The version an application is submitted under now, and what it costs: from the copies here, or asked for."""
        code, channel = application.procedure_code, application.channel
        copy = self.terms.in_force(code, application.agency_code)
        if copy is not None:
            version = copy.definition["version"]
            costs = fees.quote(copy.definition, fees.FeeQuery(channel, today(), choices, quantity))
            quote = cast("Quote", {"code": code, "version": version, "channel": channel, **costs})
            return Offer(copy.definition, quote, copy.digest)
        procedure = self.in_force(code, catalog)
        version = procedure["version"]
        quote = catalog.quote(code=code, channel=channel, version=version, choices=dict(choices), quantity=quantity)
        return Offer(procedure, quote)

    def pinned_to(self, application: Application, catalog: CatalogClient) -> ProcedureDefinition:
        """The version an application is pinned to."""
        return self.pinned(application.procedure_code, application.procedure_version, catalog)

    def pinned(self, code: str, version: int, catalog: CatalogClient) -> ProcedureDefinition:
        """A certain version: the copy stored here, else the catalogue's."""
        with self.database.session() as session:
            copy = session.get(ProcedureCopy, (code, version))
        return cast("ProcedureDefinition", copy.definition) if copy else catalog.procedure(code=code, version=version)

    def keep(self, session: Session, procedure: ProcedureDefinition) -> str:
        """Keep a copy of a version and its term; the digest (SHA-256 of its canonical JSON) of the copy that is stored.

        The first copy stays: whatever the catalogue adds to its reply later, the digest in the events is of what
        :meth:`pinned` gives and evidence encloses.
        """
        definition = {key: value for key, value in procedure.items() if key not in VOLATILE}
        known_digest = digest(definition)
        row = {
            "code": definition["code"],
            "version": definition["version"],
            "digest": known_digest,
            "definition": definition,
            "kept_at": clock.now(),
        }
        session.execute(insert_into(session, ProcedureCopy).values(row).on_conflict_do_nothing())
        learn(session, procedure)
        same_version = (ProcedureCopy.code == row["code"], ProcedureCopy.version == row["version"])
        return session.scalars(select(ProcedureCopy.digest).where(*same_version)).one()

    def calendar(self, at: datetime, catalog: CatalogClient, *, years: int = 1) -> WorkingCalendar:
        """The offices' calendar of the year of ``at`` and the ``years`` after it, as the catalogue has it now.

        One process of many hears of a change; the number it writes down has every other read the calendar again.
        """
        # The number is read before the calendar is: a change in between has it read once more, not missed.
        first, change = office_day(at).year, self._last_change()
        needed = range(max(first, FIRST_YEAR), min(first + years, LAST_YEAR) + 1)
        return WorkingCalendar.of_replies([self._year(year, change, catalog) for year in needed])

    def calendar_for(self, promise: PromiseRecord, catalog: CatalogClient) -> WorkingCalendar:
        """The calendar of every year that a promise given now can reach."""
        return self.calendar(clock.now(), catalog, years=1 + Promise.from_json(promise).countable().years_reached)

    def _year(self, year: int, change: int, catalog: CatalogClient) -> CalendarReply:
        cached = self._calendars.get(year)
        if cached is None or cached.change != change or time.monotonic() - cached.read_at > CALENDAR_TTL:
            cached = CachedCalendar(catalog.calendar(year=year), time.monotonic(), change)
            self._calendars[year] = cached
        return cached.reply

    def calendar_changed(self, event: CloudEvent) -> None:
        """Write down a ``calendar_changed.v1`` of *catalog*; from its commit on no process uses an older copy."""
        data = event["data"]
        with self.database.handle_once("calendar_changed", event) as session:
            if session is None:
                return
            session.add(
                CalendarChange(
                    day=date.fromisoformat(data["date"]),
                    kind=data["kind"],
                    was_working=data["was_working"],
                    is_working=data["is_working"],
                    calendar_version=data["calendar_version"],
                    heard_at=clock.now(),
                )
            )

    def _last_change(self) -> int:
        with self.database.session() as session:
            return session.scalar(select(func.max(CalendarChange.number))) or 0

    def calendar_if_known(
        self, at: datetime, catalog: CatalogClient, *, years: int = RESUMED_YEARS
    ) -> WorkingCalendar | None:
        """The same, or None while the catalogue does not answer: then the days at hand are used."""
        try:
            return self.calendar(at, catalog, years=years)
        except ServiceUnavailable:
            return None


def day_in_numbers(at: datetime) -> str:
    """The office day as references and receipt numbers carry it: ``20261121``."""
    return office_day(at).strftime("%Y%m%d")


def level_at(procedure: ProcedureDefinition, agency_code: str) -> int:
    """The service level a procedure is offered at by an agency: its own, or that of one it has taken over from."""
    levels = procedure.get("agency_levels") or {}
    before = [code for code, heir in (procedure.get("carried_on_by") or {}).items() if heir == agency_code]
    return int(next((levels[code] for code in (agency_code, *before) if code in levels), procedure["level"]))


def promise_of(procedure: ProcedureDefinition, channel: str) -> PromiseRecord:
    """The processing time promised for a channel: ``{"amount", "unit"}``."""
    offered = procedure["channels"].get(channel)
    stated = offered.get("processing_time") if offered else None
    return stated or {"amount": None, "unit": "not_stated"}
