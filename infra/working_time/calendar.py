"""Which days a Vietnamese office works, as the catalogue's calendar says it.

Monday to Friday are working days. A calendar names only the days that differ: public holidays and
their substitutes (off), make-up Saturdays (working) and overrides by the catalogue's editors.
Office hours are 07:30-11:30 and 13:00-17:00; a session holds its opening minute and not its closing one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from infra.working_time.records import CalendarRecord, CalendarReply, DayRecord

# Viet Nam has kept UTC+7 without summer time since 1975, so a fixed offset needs no time-zone files.
OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SESSIONS = ((time(7, 30), time(11, 30)), (time(13, 0), time(17, 0)))
CLOSING = SESSIONS[-1][1]
MINUTES_A_DAY = sum((b.hour - a.hour) * 60 + b.minute - a.minute for a, b in SESSIONS)
LONGEST_CLOSURE = timedelta(days=400)

OFF = frozenset({"holiday", "substitute_holiday", "substitute", "day_off", "off", "closed"})
WORKING = frozenset({"make_up", "working", "working_day"})
REGULAR = frozenset({"regular", "normal"})


class NotCountable(ValueError):
    """The time cannot be counted: unknown unit, impossible amount, unknown kind of day, naive instant."""


@dataclass(frozen=True)
class Day:
    """A day that differs from Monday to Friday.

    ``kind``: holiday, substitute_holiday, day_off, make_up, working, regular; any of them with the prefix
    ``override_`` when an editor decided it. ``name``: {"vi", "en"}, why.
    """

    kind: str
    name: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.plain_kind not in OFF | WORKING | REGULAR:
            raise NotCountable(f"unknown kind of day: {self.kind!r}")

    @property
    def plain_kind(self) -> str:
        return self.kind.removeprefix("override_")

    @property
    def overrides(self) -> bool:
        return self.kind.startswith("override_")


@dataclass(frozen=True)
class WorkingCalendar:
    """The days that differ, the version they were read at and the days they speak of.

    ``years`` (None: all) bounds what is covered, and so do ``first`` and ``last`` in a calendar cut to a span.
    """

    days: Mapping[date, Day] = field(default_factory=dict)
    version: int | str | None = None
    years: frozenset[int] | None = None
    first: date | None = None
    last: date | None = None

    @classmethod
    def of_replies(cls, replies: Iterable[CalendarReply]) -> WorkingCalendar:
        """Build from replies of ``catalog.calendar(year)``: {"year", "days": [{"date", "kind", "name"}], "version"}."""
        days: dict[date, Day] = {}
        years: set[int] = set()
        version: int | str | None = None
        for reply in replies:
            years.add(int(reply["year"]))
            version = reply.get("version", version)
            for row in reply["days"]:
                on, day = date.fromisoformat(row["date"]), Day(row["kind"], dict(row.get("name") or {}))
                if on not in days or day.overrides or not days[on].overrides:
                    days[on] = day
        return cls(days, version, frozenset(years))

    def kind_of(self, on: date) -> str:
        """``working``, ``weekend``, ``holiday`` or ``make_up``."""
        day = self.days.get(on)
        plain = day.plain_kind if day else "regular"
        if plain in OFF:
            return "holiday"
        if plain in WORKING:
            return "make_up" if on.weekday() > 4 else "working"
        return "weekend" if on.weekday() > 4 else "working"

    def is_working(self, on: date) -> bool:
        return self.kind_of(on) in ("working", "make_up")

    def name_of(self, on: date) -> Mapping[str, str]:
        """Why the day differs, {"vi", "en"}; empty for an ordinary day."""
        day = self.days.get(on)
        return day.name if day else {}

    def covers(self, on: date) -> bool:
        """False when no calendar of that day is at hand: its holidays are not subtracted."""
        inside = (self.first is None or self.first <= on) and (self.last is None or on <= self.last)
        return inside and (self.years is None or on.year in self.years)

    def first_working_day(self, since: date) -> date:
        """``since`` itself, or the next day on which the office works."""
        on = since
        while not self.is_working(on):
            on += timedelta(days=1)
            if on - since > LONGEST_CLOSURE:
                raise NotCountable(f"no working day within {LONGEST_CLOSURE.days} days of {since.isoformat()}")
        return on

    def sessions(self, on: date) -> Iterator[tuple[datetime, datetime]]:
        """The office hours of a day as aware instants; none on a day off."""
        if self.is_working(on):
            for opens, closes in SESSIONS:
                yield datetime.combine(on, opens, OFFICE_ZONE), datetime.combine(on, closes, OFFICE_ZONE)

    def between(self, first: date, last: date) -> WorkingCalendar:
        """The part of this calendar an event has to hold: from ``first`` to ``last``, and it covers nothing beyond."""
        first = first if self.first is None else max(first, self.first)
        last = last if self.last is None else min(last, self.last)
        days = {on: day for on, day in self.days.items() if first <= on <= last}
        return WorkingCalendar(days, self.version, self.years, first, last)

    def followed_by(self, later: WorkingCalendar, since: date) -> WorkingCalendar:
        """This calendar before ``since``, ``later`` from then on; each also where the other does not cover a day."""
        before = {on: day for on, day in self.days.items() if on < since or not later.covers(on)}
        after = {on: day for on, day in later.days.items() if on >= since or not self.covers(on)}
        years = None if self.years is None or later.years is None else self.years | later.years
        last = None if self.last is None or later.last is None else max(self.last, later.last)
        return WorkingCalendar(before | after, later.version, years, self.first, last)

    def completed_by(self, later: WorkingCalendar) -> WorkingCalendar:
        """This calendar for every day it covers, ``later`` for the others."""
        return self.followed_by(later, date.max)

    def differences(self, other: WorkingCalendar, first: date, last: date) -> list[date]:
        """The days of the range which one calendar works and the other does not."""
        named = sorted({*self.days, *other.days})
        return [on for on in named if first <= on <= last and self.is_working(on) != other.is_working(on)]

    def to_json(self) -> CalendarRecord:
        """{"version", "years", "first", "last", "days": [{"date", "kind", "name"}]}, days in order; JSON-safe."""
        rows: list[DayRecord] = [
            {"date": on.isoformat(), "kind": d.kind, "name": dict(d.name)} for on, d in sorted(self.days.items())
        ]
        return {
            "version": self.version,
            "years": None if self.years is None else sorted(self.years),
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "days": rows,
        }

    @classmethod
    def from_json(cls, recorded: CalendarRecord) -> WorkingCalendar:
        days = {date.fromisoformat(r["date"]): Day(r["kind"], dict(r.get("name") or {})) for r in recorded["days"]}
        years = recorded.get("years")
        first, last = (date.fromisoformat(on) if on else None for on in (recorded.get("first"), recorded.get("last")))
        return cls(days, recorded.get("version"), None if years is None else frozenset(years), first, last)
