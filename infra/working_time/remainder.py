"""What a pause leaves of a promise, and when that falls due once the pause is over.

Working hours and days are made of office hours: they go on to the minute. Calendar days and months are days: the days
that were left when the pause began are left when it ends, whatever holidays lie between. A pause takes the days from
the one it begins on (the next, after closing) to the one counting goes on with (the day of the next opening).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from infra.working_time.calendar import CLOSING, OFFICE_ZONE, WorkingCalendar
from infra.working_time.counting import (
    after_working_minutes,
    closing_of,
    next_opening,
    office_minute,
    working_minutes_between,
)

# The rule recorded with a resumption; one without a rule was counted in office minutes, whatever the unit.
OWN_UNIT = "own_unit"


@dataclass(frozen=True)
class Pause:
    """A pause that ends: ``began`` and ``ended`` as instants, ``counting_since`` the day counting last went on with."""

    began: datetime
    ended: datetime
    counting_since: date


def due_in_minutes(pause: Pause, due: datetime, before: WorkingCalendar, after: WorkingCalendar) -> datetime:
    """The office minutes left at the pause, spent from its end on; never nearer than before."""
    left = working_minutes_between(pause.began, due, before)
    return max(due, after_working_minutes(pause.ended, left, after))


def counted_in_days(pause: Pause, counted_to: datetime, calendar: WorkingCalendar) -> datetime:
    """Where the days left at the pause lead to when they go on at its end, before it is moved to a working day."""
    until = office_minute(counted_to)
    first = max(first_day_paused(pause.began), pause.counting_since)
    left = max((until.date() - first).days, 0)
    day = counting_goes_on(pause.ended, calendar) + timedelta(days=left)
    return datetime.combine(day, until.time(), OFFICE_ZONE).astimezone(UTC)


def moved_to_working_day(counted_to: datetime, calendar: WorkingCalendar) -> datetime:
    """The instant itself on a working day, else 17:00 of the next one (Civil Code 2015, article 148)."""
    on = office_minute(counted_to).date()
    working = calendar.first_working_day(on)
    return counted_to if working == on else closing_of(working)


def first_day_paused(began: datetime) -> date:
    """The day a pause begins on; the next one when the office had closed already."""
    local = office_minute(began)
    return local.date() if local.time() < CLOSING else local.date() + timedelta(days=1)


def counting_goes_on(ended: datetime, calendar: WorkingCalendar) -> date:
    """The day counting goes on with after a pause."""
    return office_minute(next_opening(ended, calendar)).date()
