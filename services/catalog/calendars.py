"""The working calendar of Viet Nam and what it makes of a promise: ``calendar``, ``due_date``, ``set_calendar_day``.

The days come from the library *holidays* (Tết, Hùng Kings, substituted days, make-up Saturdays); what the
government decides later is an override, kept as a recorded change with its reason and the day it was known.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from importlib import metadata
from typing import Any

import holidays
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.database import Database
from infra.chassis.instants import today
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.working_time import OFFICE_ZONE, Clock, NotCountable, Promise, WorkingCalendar, explain
from services.catalog.errors import ChannelNotOffered, DurationTooLong
from services.catalog.models import CalendarDay
from services.catalog.offerings import Offerings

LIBRARY = metadata.version("holidays")
AS_PUBLISHED = "as_published"  # an override that takes the earlier overrides of a day back
MAKE_UP = {"vi": "Ngày làm việc bù", "en": "Make-up working day"}
FARTHEST = 30  # years a promise may reach; each is a calendar to be made
DAYS_A_YEAR_AT_LEAST = 200  # working days in the emptiest year, for how many calendars a promise can need


class Calendars:
    """Calendars by year, and due dates counted on them."""

    def __init__(self, database: Database, offerings: Offerings) -> None:
        self.database = database
        self.offerings = offerings

    @classmethod
    def from_settings(cls, settings: Settings) -> Calendars:
        return cls(Database.at(settings.database_url("catalog")), Offerings.from_settings(settings))

    def calendar(self, year: int) -> dict[str, Any]:
        """The days that differ from Monday to Friday: ``{"year", "days": [{"date", "kind", "name"}], "version"}``."""
        with self.database.session() as session:
            return calendar_of(session, year)

    def changes(self, year: int) -> dict[str, Any]:
        """Every override of a year as it was recorded, the taken back ones too."""
        with self.database.session() as session:
            rows = session.scalars(_overrides(year)).all()
            return {
                "year": year,
                "items": [_override(row) | {"by": {"account_id": row.by_account, "name": row.by_name}} for row in rows],
            }

    def set_day(self, day: str, kind: str, reason: str, *, by: Actor, command: Command) -> dict[str, Any]:
        """Record what was decided about a day; applications are told by ``calendar_changed.v1``."""
        return self.database.command(
            command, lambda session: self._set_day(session, date.fromisoformat(day), kind, reason, by)
        )

    def _set_day(self, session: Session, day: date, kind: str, reason: str, by: Actor) -> dict[str, Any]:
        before = WorkingCalendar.of_replies([calendar_of(session, day.year)])
        row = CalendarDay(
            day=day, kind=kind, reason=reason, known_at=clock.now(), by_account=by.account_id, by_name=by.name
        )
        session.add(row)
        session.flush()
        reply = calendar_of(session, day.year)
        after = WorkingCalendar.of_replies([reply])
        facts = {
            **_override(row),
            "year": day.year,
            "was_working": before.is_working(day),
            "is_working": after.is_working(day),
            "calendar_version": reply["version"],
        }
        enqueue(session, "calendar_changed.v1", facts, subject=day.isoformat())
        return facts

    def due_date(
        self, code: str, channel: str, accepted_at: str, version: int | None = None, *, by: Actor
    ) -> dict[str, Any]:
        """When something accepted then is due, with the days that count; ``due_at`` is null when no time is stated.

        ``{"code", "version", "channel", "processing_time", "due_at", "legal_due_at", "days", "calendar_version"}``.
        """
        accepted = datetime.fromisoformat(accepted_at)
        with self.database.session() as session:
            row = self.offerings.find(session, code, version, accepted_at, by=by)
            channels = row.definition["channels"]
            if channel not in channels:
                raise ChannelNotOffered(code=code, channel=channel, offered=", ".join(channels))
            promised = channels[channel]["processing_time"]
            legal = row.definition["legal_maximum"]
            if max(_years(promised), _years(legal)) > FARTHEST:
                raise DurationTooLong(
                    reason=f"thời hạn dài hơn {FARTHEST} năm", reason_en=f"it is longer than {FARTHEST} years"
                )
            calendar = working_calendar(session, accepted, [promised, legal])
            found = {"code": code, "version": row.version, "channel": channel, "processing_time": promised}
        return found | _counted(accepted, promised, legal, calendar)


def _counted(
    accepted: datetime, promised: dict[str, Any], legal: dict[str, Any] | None, calendar: WorkingCalendar
) -> dict[str, Any]:
    try:
        running = Clock.start(Promise.from_json(promised), accepted, calendar)
        bound = Clock.start(Promise.from_json(legal), accepted, calendar).due_at if legal else None
        days = explain(running) if running.due_at else []
    except NotCountable as error:
        raise DurationTooLong(reason="lịch làm việc không tính xa đến vậy", reason_en=str(error)) from error
    return {
        "accepted_at": accepted.isoformat(),
        "due_at": running.due_at.isoformat() if running.due_at else None,
        "legal_due_at": bound.isoformat() if bound else None,
        "days": days,
        "calendar_version": calendar.version,
    }


def working_calendar(session: Session, accepted: datetime, promises: list[dict[str, Any] | None]) -> WorkingCalendar:
    """The calendars of every year that promises running from an instant can touch."""
    first = accepted.astimezone(OFFICE_ZONE).year
    last = first + 1 + max(_years(promise) for promise in promises)
    return WorkingCalendar.of_replies([calendar_of(session, year) for year in range(first, last + 1)])


def calendar_of(session: Session, year: int) -> dict[str, Any]:
    """The library's days of a year under the overrides that hold now."""
    days = {day["date"]: day for day in published(year)}
    for row in session.scalars(_overrides(year)):
        if row.kind == AS_PUBLISHED:
            days = {
                **{day["date"]: day for day in published(year) if day["date"] == row.day.isoformat()},
                **_without(days, row.day),
            }
        else:
            days[row.day.isoformat()] = _override(row) | {"kind": f"override_{row.kind}"}
    latest = session.scalar(select(func.max(CalendarDay.id))) or 0
    ordered = [days[key] for key in sorted(days)]
    return {
        "year": year,
        "days": ordered,
        "version": f"{LIBRARY}/{latest}",
        "estimated": year > today().year,
    }


@cache
def published(year: int) -> tuple[dict[str, Any], ...]:
    """The library's days of a year: ``holiday``, ``substitute_holiday`` and ``make_up`` with names in vi and en."""
    around = [year - 1, year, year + 1]
    vietnamese, english = (
        holidays.country_holidays("VN", years=around, language=language) for language in ("vi", "en_US")
    )
    days = [
        {"date": day.isoformat(), "kind": _kind(english[day]), "name": {"vi": vietnamese[day], "en": english[day]}}
        for day in sorted(vietnamese)
        if day.year == year
    ]
    made_up = [day for day in vietnamese.weekend_workdays if day.year == year]
    return tuple(
        sorted(
            [*days, *({"date": d.isoformat(), "kind": "make_up", "name": MAKE_UP} for d in made_up)],
            key=lambda d: str(d["date"]),
        )
    )


def _kind(english_name: str) -> str:
    moved = "substituted from" in english_name or "observed" in english_name
    return "substitute_holiday" if moved else "holiday"


def _overrides(year: int) -> Any:
    inside = CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))
    return select(CalendarDay).where(inside).order_by(CalendarDay.id)


def _override(row: CalendarDay) -> dict[str, Any]:
    name = {"vi": row.reason, "en": row.reason}
    return {
        "date": row.day.isoformat(),
        "kind": row.kind,
        "name": name,
        "reason": row.reason,
        "known_at": row.known_at.isoformat(),
    }


def _without(days: dict[str, Any], day: date) -> dict[str, Any]:
    return {key: value for key, value in days.items() if key != day.isoformat()}


def _years(promise: dict[str, Any] | None) -> int:
    """How many years a promise can reach beyond the next one."""
    if not promise or promise["amount"] is None:
        return 0
    per_year = {"working_hours": DAYS_A_YEAR_AT_LEAST * 8, "months": 12}.get(promise["unit"], DAYS_A_YEAR_AT_LEAST)
    return int(promise["amount"] / per_year)
