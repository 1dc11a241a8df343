"""Limits in days, for whoever has to act within them (Civil Code 2015, articles 147 and 148)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from infra.working_time.calendar import OFFICE_ZONE, WorkingCalendar


def end_of_limit(days: int, since: datetime, calendar: WorkingCalendar | None) -> datetime:
    """The last instant of a limit in calendar days: the day it is given on does not count.

    It ends with its last day, at 24:00; where nobody works on that day, with the next working day.
    Without a ``calendar`` nothing is moved: it ends then or later.
    """
    last = since.astimezone(OFFICE_ZONE).date() + timedelta(days=days)
    return end_of_day(last if calendar is None else calendar.first_working_day(last))


def end_of_day(on: date) -> datetime:
    """The last instant of a day in the offices, in UTC."""
    return datetime.combine(on, time.max, OFFICE_ZONE).astimezone(UTC)
