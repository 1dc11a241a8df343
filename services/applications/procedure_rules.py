"""The rules an application is judged by: the procedure version it is pinned to, and the offices' calendar.

Published versions never change, so a copy kept here is as good as the catalogue's own, and a running
application does not depend on the catalogue being up. Calendars do change: what is kept of them is used again
for a minute at most, and not once a change has been heard of.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.database import Database, insert_into
from infra.chassis.settings import Settings
from infra.working_time import WorkingCalendar
from services.applications.domain.commitments import digest
from services.applications.errors import ServiceUnavailable
from services.applications.models import CalendarChange, ProcedureCopy

CALENDAR_KEPT = 60.0  # seconds a calendar read from the catalogue is used again
VOLATILE = (
    "status",
    "effective_until",
    "carried_on_by",
)  # what the catalogue may still change about a published version


@dataclass(frozen=True)
class KeptCalendar:
    """A calendar read from the catalogue, when, and the last change that had been heard of before it was read."""

    calendar: WorkingCalendar
    read_at: float
    change: int


class Rulebook:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._calendars: dict[int, KeptCalendar] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Rulebook:
        return cls(Database.at(settings.database_url("applications")))

    def in_force(self, code: str, catalog: Any) -> dict[str, Any]:
        """The version of a procedure in force now, as the catalogue says."""
        return dict(catalog.procedure(code=code))

    def pinned(self, code: str, version: int, catalog: Any) -> dict[str, Any]:
        """A certain version: the copy kept here, else the catalogue's."""
        with self.database.session() as session:
            copy = session.get(ProcedureCopy, (code, version))
        return copy.definition if copy else dict(catalog.procedure(code=code, version=version))

    def keep(self, session: Session, procedure: dict[str, Any]) -> str:
        """Keep a copy of a version; the digest (SHA-256 of its canonical JSON) of the copy that is kept.

        The first copy stays: whatever the catalogue adds to its reply later, the digest in the events is of what
        :meth:`pinned` gives and evidence encloses.
        """
        definition = {key: value for key, value in procedure.items() if key not in VOLATILE}
        known = digest(definition)
        row = {
            "code": definition["code"],
            "version": definition["version"],
            "digest": known,
            "definition": definition,
            "kept_at": clock.now(),
        }
        session.execute(insert_into(session, ProcedureCopy).values(row).on_conflict_do_nothing())
        kept = (ProcedureCopy.code == row["code"], ProcedureCopy.version == row["version"])
        return session.scalars(select(ProcedureCopy.digest).where(*kept)).one()

    def calendar(self, at: datetime, catalog: Any) -> WorkingCalendar:
        """The offices' calendar of the year of ``at`` and the next, as the catalogue has it now.

        One process of many hears of a change; the number it writes down has every other read the calendar again.
        """
        year = at.astimezone(clock.OFFICE_ZONE).year
        change, kept = self._last_change(), self._calendars.get(year)
        if kept is None or kept.change != change or time.monotonic() - kept.read_at > CALENDAR_KEPT:
            # The number is read before the calendar is: a change told in between has it read once more, not missed.
            replies = [catalog.calendar(year=one) for one in (year, year + 1)]
            kept = KeptCalendar(WorkingCalendar.of_replies(replies), time.monotonic(), change)
            self._calendars[year] = kept
        return kept.calendar

    def calendar_changed(self, event: Mapping[str, Any]) -> None:
        """Write down a ``calendar_changed.v1`` of *catalog*; from its commit on no process uses an older copy."""
        data = event["data"]
        with self.database.handle_once("calendar_changed", event["id"]) as session:
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

    def calendar_if_known(self, at: datetime, catalog: Any) -> WorkingCalendar | None:
        """The same, or None while the catalogue does not answer: then the days at hand are used."""
        try:
            return self.calendar(at, catalog)
        except ServiceUnavailable:
            return None


def level_at(procedure: dict[str, Any], agency_code: str) -> int:
    """The service level a procedure is offered at by an agency: its own, or that of one it has taken over from."""
    levels = procedure.get("agency_levels") or {}
    before = [code for code, heir in (procedure.get("carried_on_by") or {}).items() if heir == agency_code]
    return int(next((levels[code] for code in (agency_code, *before) if code in levels), procedure["level"]))


def promise_of(procedure: dict[str, Any], channel: str) -> dict[str, Any]:
    """The processing time promised for a channel: ``{"amount", "unit"}``."""
    offered = procedure["channels"].get(channel) or {}
    return dict(offered.get("processing_time") or {"amount": None, "unit": "not_stated"})
