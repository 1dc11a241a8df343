"""Counting office time: how much of it lies between two instants, and where a promise falls due.

Every instant counts by the minute it falls into (seconds are dropped), so amounts are whole minutes.
Answers are aware UTC.
"""

from __future__ import annotations

import calendar as months_of
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from infra.working_time.calendar import CLOSING, MINUTES_A_DAY, OFFICE_ZONE, NotCountable, WorkingCalendar
from infra.working_time.records import Amount

UNITS = ("working_hours", "working_days", "calendar_days", "months", "not_stated")
MINUTE = timedelta(minutes=1)


def office_minute(at: datetime) -> datetime:
    """The minute an aware instant falls into, in office time."""
    if at.tzinfo is None:
        raise NotCountable(f"an instant without a time zone: {at.isoformat()}")
    return at.astimezone(OFFICE_ZONE).replace(second=0, microsecond=0)


def next_opening(at: datetime, calendar: WorkingCalendar) -> datetime:
    """``at`` itself when the office is open then, else the next minute at which it opens."""
    local = office_minute(at)
    on = calendar.first_working_day(local.date())
    while True:
        for opens, closes in calendar.sessions(on):
            if local < closes:
                return max(local, opens).astimezone(UTC)
        on = calendar.first_working_day(on + timedelta(days=1))


def working_minutes_between(start: datetime, end: datetime, calendar: WorkingCalendar) -> int:
    """Office minutes from ``start`` to ``end``; negative when ``end`` comes first."""
    first, last = office_minute(start), office_minute(end)
    if last < first:
        return -working_minutes_between(end, start, calendar)
    total, on = timedelta(), first.date()
    while on <= last.date():
        for opens, closes in calendar.sessions(on):
            total += max(min(last, closes) - max(first, opens), timedelta())
        on += timedelta(days=1)
    return total // MINUTE


def after_working_minutes(start: datetime, minutes: int, calendar: WorkingCalendar) -> datetime:
    """The first instant at which ``minutes`` office minutes have passed since ``start``.

    480 minutes from an opening end at 17:00 of that day, not at 07:30 of the next.
    """
    local, left = office_minute(start), minutes * MINUTE
    if minutes < 0:
        raise NotCountable(f"cannot count {minutes} minutes forward")
    if not left:
        return local.astimezone(UTC)
    on = calendar.first_working_day(local.date())
    while True:
        for opens, closes in calendar.sessions(on):
            open_from = max(local, opens)
            if closes - open_from >= left:
                return (open_from + left).astimezone(UTC)
            left -= max(closes - open_from, timedelta())
        on = calendar.first_working_day(on + timedelta(days=1))


def due_at(start: datetime, amount: Amount | None, unit: str, calendar: WorkingCalendar) -> datetime | None:
    """When something accepted at ``start`` is promised for; None when nothing is promised (``not_stated``).

    Counted from the next opening when ``start`` lies outside office hours. ``working_hours``: that many
    office hours later. ``working_days``: 17:00 of the nth working day after the day of the start.
    ``calendar_days``, ``months``: 17:00 of that day, or of the next working day if it is none. A fraction
    of a working day (0.5) is counted in office hours of an eight-hour day.
    """
    if unit not in UNITS:
        raise NotCountable(f"unknown unit of time: {unit!r}")
    if unit == "not_stated" or amount is None:
        return None
    opening = next_opening(start, calendar)
    first = office_minute(opening).date()
    if unit == "working_hours":
        return after_working_minutes(opening, _minutes(amount, 60), calendar)
    if unit == "working_days":
        if amount != int(amount):
            return after_working_minutes(opening, _minutes(amount, MINUTES_A_DAY), calendar)
        return closing_of(nth_working_day_after(first, _whole_number(amount), calendar))
    until = office_minute(counted_to(opening, amount, unit)).date()
    return closing_of(calendar.first_working_day(until))


def counted_to(opening: datetime, amount: Amount, unit: str) -> datetime:
    """17:00 of the day that many calendar days or months lead to, working day or not."""
    first = office_minute(opening).date()
    return closing_of(
        first + timedelta(days=_whole_number(amount))
        if unit == "calendar_days"
        else months_after(first, _whole_number(amount))
    )


def nth_working_day_after(first: date, count: int, calendar: WorkingCalendar) -> date:
    on = first
    for _ in range(count):
        on = calendar.first_working_day(on + timedelta(days=1))
    return on


def months_after(first: date, count: int) -> date:
    """The same day ``count`` months later, or the last day of a month that is too short."""
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, min(first.day, months_of.monthrange(year, month + 1)[1]))


def closing_of(on: date) -> datetime:
    """17:00 office time of a day, in UTC."""
    return datetime.combine(on, CLOSING, OFFICE_ZONE).astimezone(UTC)


def _minutes(amount: Amount, minutes_each: int) -> int:
    if amount < 0:
        raise NotCountable(f"a promise cannot be negative: {amount}")
    return round(Decimal(str(amount)) * minutes_each)


def _whole_number(amount: Amount) -> int:
    if amount < 0 or amount != int(amount):
        raise NotCountable(f"a whole number of days or months is needed, not {amount}")
    return int(amount)
