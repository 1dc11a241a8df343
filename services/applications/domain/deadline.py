"""The clock of an application: what acts do to it, and how events keep it.

Counting happens when a command is judged. The event keeps the outcome (dates, changes, the days of the
calendar that were used), and :func:`moved` takes it from there as it is: replay never counts again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from infra.working_time import (
    Clock,
    ClockChange,
    Promise,
    WorkingCalendar,
    end_of_limit,
    moved_to_working_day,
    office_minute,
    with_unstated_span,
)
from infra.working_time.records import CalendarRecord, ChangeRecord, PromiseRecord

__all__ = ["end_of_limit", "ended", "extended", "moved", "moved_to_working_day", "paused", "resumed", "start"]

SLACK = timedelta(days=31)  # calendar days carried beyond the due date, for pauses


class Moved(TypedDict):
    """What an act did to the clock: its changes, and the days of the calendar, where those are others than before."""

    happenings: list[ChangeRecord]
    calendar: CalendarRecord | None


def start(promise: PromiseRecord, accepted_at: datetime, calendar: WorkingCalendar) -> Clock:
    """The clock an acceptance starts, holding only the days of the calendar it can meet.

    A promise published before durations were checked is counted as the nearest one above that can be.
    """
    clock = Clock.start(Promise.from_json(promise).countable(), accepted_at, calendar)
    return _trimmed(clock)


def paused(clock: Clock | None, at: datetime, cause: str, ref: str) -> Moved | None:
    return _recorded(clock, clock.pause(at, cause, ref)) if clock else None


def resumed(
    clock: Clock | None, at: datetime, cause: str, ref: str, calendar: WorkingCalendar | None, times: int = 1
) -> Moved | None:
    """Close the innermost pause (or the innermost ``times`` pauses)."""
    if clock is None or not clock.is_paused:
        return None
    after = clock
    for _ in range(times):
        after = after.resume(at, cause, ref, calendar)
    return _recorded(clock, after if after.calendar is clock.calendar else _trimmed(after))


def extended(
    clock: Clock, at: datetime, due: datetime, cause: str, ref: str, calendar: WorkingCalendar | None
) -> Moved:
    """A date set by hand; the event carries the calendar of the days that the clock did not reach before."""
    after = clock.extend(at, due, cause, ref, calendar=calendar)
    return _recorded(clock, _trimmed(after) if calendar else after)


def ended(clock: Clock | None, at: datetime, cause: str, ref: str) -> Moved | None:
    return _recorded(clock, clock.end(at, cause, ref)) if clock and clock.ended_at is None else None


def moved(clock: Clock | None, recorded: Moved | None) -> Clock | None:
    """The clock after what an event recorded; nothing is counted here."""
    if clock is None or recorded is None:
        return clock
    days = recorded["calendar"]
    calendar = WorkingCalendar.from_json(days) if days else None
    for row in recorded["happenings"]:
        clock = clock.apply(ClockChange.from_json(row), calendar)
    if days and calendar is not None and "first" not in days:
        clock = replace(clock, calendar=with_unstated_span(clock.calendar, clock.accepted_at, clock.last_due_at))
    return clock


def _recorded(before: Clock, after: Clock) -> Moved:
    new = after.changes[len(before.changes) :]
    calendar = None if after.calendar is before.calendar else after.calendar.to_json()
    return {"happenings": [change.to_json() for change in new], "calendar": calendar}


def _trimmed(clock: Clock) -> Clock:
    first = office_minute(clock.accepted_at).date()
    last = first if clock.last_due_at is None else office_minute(clock.last_due_at).date() + SLACK
    return replace(clock, calendar=clock.calendar.between(first, last))
