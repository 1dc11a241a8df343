"""The working calendar of Viet Nam and what it makes of a promise: ``calendar``, ``due_date``, ``set_calendar_day``.

The days are those of :mod:`infra.chassis.official_calendar`; what is decided later is an override by an editor, a
recorded change with its reason and the day it was known.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.instants import office_day, today
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.official_calendar import FIRST_YEAR, LAST_YEAR, LIBRARY, RELEASE, published, sources_of
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.working_time import OFFICE_ZONE, Clock, NotCountable, Promise, WorkingCalendar, explain
from infra.working_time.records import CalendarReply, DayRecord, PromiseRecord
from services.catalog.errors import ChannelNotOffered, DurationTooLong
from services.catalog.models import CalendarDay
from services.catalog.offerings import Offerings

DECIDED_BY_MONTH = 12  # of the year before
AS_PUBLISHED = "as_published"  # an override that takes the earlier overrides of a day back


class Override(DayRecord):
    """What editors decided about a day."""

    reason: str
    known_at: str


class YearCalendar(CalendarReply):
    """A year's days that differ; without ``sources`` it is an estimate."""

    estimated: bool
    sources: list[str]


class Calendars:
    """Calendars by year, and due dates counted on them."""

    def __init__(self, database: Database, offerings: Offerings) -> None:
        self.database = database
        self.offerings = offerings

    @classmethod
    def from_settings(cls, settings: Settings) -> Calendars:
        return cls(Database.at(settings.database_url("catalog")), Offerings.from_settings(settings))

    def calendar(self, year: int) -> YearCalendar:
        """The days that differ from Monday to Friday: ``{"year", "days": [{"date", "kind", "name"}], "version"}``."""
        with self.database.session() as session:
            return calendar_of(session, year)

    def changes(self, year: int) -> Json:
        """Every override of a year as it was recorded, the taken back ones too."""
        with self.database.session() as session:
            rows = session.scalars(_overrides(year)).all()
            return {
                "year": year,
                "items": [
                    {**_override(row), "by": {"account_id": row.by_account, "name": row.by_name}} for row in rows
                ],
            }

    def undecided_year(self) -> int | None:
        """The year whose calendar should be official by now and is not: this one; from December on the next one."""
        now = today()
        with self.database.session() as session:
            due = [now.year] if now.month < DECIDED_BY_MONTH else [now.year, now.year + 1]
            return next((year for year in due if calendar_of(session, year)["estimated"]), None)

    def set_day(self, day: str, kind: str, reason: str, *, by: Actor, command: Command) -> Json:
        """Record what was decided about a day; *applications* receives it as ``calendar_changed.v1``.

        ``as_published`` on 1 January confirms that the published calendar of the year is official.
        """
        if date.fromisoformat(day).year not in range(FIRST_YEAR, LAST_YEAR + 1):
            years = f"{FIRST_YEAR}-{LAST_YEAR}"
            raise InvalidRequest.at("/date", f"chỉ có lịch các năm {years}", f"there are calendars of {years} only")
        return self.database.command(
            command, lambda session: self._set_day(session, date.fromisoformat(day), kind, reason, by)
        )

    def _set_day(self, session: Session, day: date, kind: str, reason: str, by: Actor) -> Json:
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

    def due_date(self, code: str, channel: str, accepted_at: str, version: int | None = None, *, by: Actor) -> Json:
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
            reach = office_day(accepted).year + 1 + max(_years(promised), _years(legal))
            if not FIRST_YEAR <= office_day(accepted).year <= reach <= LAST_YEAR:
                years = f"{FIRST_YEAR}-{LAST_YEAR}"
                raise DurationTooLong(
                    reason=f"chỉ có lịch các năm {years}", reason_en=f"there are calendars of {years} only"
                )
            calendar = working_calendar(session, accepted, [promised, legal])
            answer = {"code": code, "version": row.version, "channel": channel, "processing_time": promised}
        return answer | _counted(accepted, promised, legal, calendar)


def state_of_year(settings: Settings, year: int) -> Json:
    """What is known of a year, with the editors' decisions where the database answers.

    ``{"days": int, "estimated": bool, "should_be_decided": bool}``: the last from December of the year before on.
    """
    days, estimated = len(published(year)), not sources_of(year)
    if not settings.embedded or (settings.home / "catalog.sqlite").exists():  # looking makes no database
        with (
            contextlib.suppress(SettingMissing, SQLAlchemyError),
            Database.at(settings.database_url("catalog")).session() as session,
        ):
            state = calendar_of(session, year)
            days, estimated = len(state["days"]), state["estimated"]
    now = today()
    by_now = year <= now.year + (now.month >= DECIDED_BY_MONTH)
    return {"days": days, "estimated": estimated, "should_be_decided": by_now}


def _counted(
    accepted: datetime, promised: PromiseRecord, legal: PromiseRecord | None, calendar: WorkingCalendar
) -> Json:
    try:
        running = Clock.start(Promise.from_json(promised).countable(), accepted, calendar)
        bound = Clock.start(Promise.from_json(legal).countable(), accepted, calendar).due_at if legal else None
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


def working_calendar(session: Session, accepted: datetime, promises: list[PromiseRecord | None]) -> WorkingCalendar:
    """The calendars of every year that promises running from an instant can touch."""
    first = accepted.astimezone(OFFICE_ZONE).year
    last = first + 1 + max(_years(promise) for promise in promises)
    return WorkingCalendar.of_replies([calendar_of(session, year) for year in range(first, last + 1)])


def calendar_of(session: Session, year: int) -> YearCalendar:
    """The published days of a year under the overrides that hold now; without ``sources`` it is an estimate."""
    days: dict[str, DayRecord] = {day["date"]: day for day in published(year)}
    for row in session.scalars(_overrides(year)):
        if row.kind == AS_PUBLISHED:
            days = {
                **{day["date"]: day for day in published(year) if day["date"] == row.day.isoformat()},
                **_without(days, row.day),
            }
        else:
            decided: Override = {**_override(row), "kind": f"override_{row.kind}"}
            days[row.day.isoformat()] = decided
    latest = session.scalar(select(func.max(CalendarDay.id))) or 0
    ordered = [days[key] for key in sorted(days)]
    sources = sources_of(year) + _confirmations(session, year)
    return {
        "year": year,
        "days": ordered,
        "version": f"{LIBRARY}+{RELEASE}/{latest}",
        "estimated": not sources,
        "sources": sources,
    }


def _confirmations(session: Session, year: int) -> list[str]:
    """Why editors say that a year's calendar is official: the reasons of ``as_published`` on its first day."""
    confirmed = (CalendarDay.day == date(year, 1, 1), CalendarDay.kind == AS_PUBLISHED)
    return list(session.scalars(select(CalendarDay.reason).where(*confirmed).order_by(CalendarDay.id)))


def _overrides(year: int) -> Select[CalendarDay]:
    inside = CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31))
    return select(CalendarDay).where(inside).order_by(CalendarDay.id)


def _override(row: CalendarDay) -> Override:
    name = {"vi": row.reason, "en": row.reason}
    return {
        "date": row.day.isoformat(),
        "kind": row.kind,
        "name": name,
        "reason": row.reason,
        "known_at": row.known_at.isoformat(),
    }


def _without(days: Mapping[str, DayRecord], day: date) -> dict[str, DayRecord]:
    return {key: value for key, value in days.items() if key != day.isoformat()}


def _years(promise: PromiseRecord | None) -> int:
    """How many years a promise can reach beyond the next one."""
    return Promise.from_json(promise).countable().years_reached if promise else 0
