"""Vietnamese working time: due dates that pause, resume and explain themselves. Pure; standard library only."""

from infra.working_time.calendar import OFFICE_ZONE, Day, NotCountable, WorkingCalendar
from infra.working_time.clock import Clock, with_unstated_span
from infra.working_time.counting import (
    UNITS,
    after_working_minutes,
    due_at,
    next_opening,
    office_minute,
    working_minutes_between,
)
from infra.working_time.explanation import explain
from infra.working_time.limits import end_of_day, end_of_limit
from infra.working_time.promise import MOST_YEARS, ClockChange, Promise
from infra.working_time.remainder import moved_to_working_day
from infra.working_time.restatement import Restatement, restate

__all__ = [
    "MOST_YEARS",
    "OFFICE_ZONE",
    "UNITS",
    "Clock",
    "ClockChange",
    "Day",
    "NotCountable",
    "Promise",
    "Restatement",
    "WorkingCalendar",
    "after_working_minutes",
    "due_at",
    "end_of_day",
    "end_of_limit",
    "explain",
    "moved_to_working_day",
    "next_opening",
    "office_minute",
    "restate",
    "with_unstated_span",
    "working_minutes_between",
]
