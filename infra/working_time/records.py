"""What clocks, calendars and proofs are as JSON: in events, in replies, in what citizens read. Times are ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NotRequired, TypedDict

Amount = int | float | Decimal  # of hours, days or months


Names = Mapping[str, str]  # one text per language: {"vi", "en"}


class DayRecord(TypedDict):
    """A day that differs from Monday to Friday."""

    date: str
    kind: str
    name: NotRequired[Names | None]


class CalendarReply(TypedDict):
    """What ``catalog.calendar(year)`` answers of a year."""

    year: int
    days: Sequence[DayRecord]
    version: NotRequired[int | str | None]


class CalendarRecord(TypedDict):
    """A calendar as a clock carries it; ``first`` and ``last`` are missing where they were not yet recorded."""

    version: NotRequired[int | str | None]
    years: NotRequired[list[int] | None]
    first: NotRequired[str | None]
    last: NotRequired[str | None]
    days: list[DayRecord]


class PromiseRecord(TypedDict):
    """How long handling may take."""

    amount: Amount | None
    unit: str


class ChannelTerms(TypedDict):
    """A way to apply for something, and how long handling then takes."""

    processing_time: PromiseRecord


class ChangeRecord(TypedDict):
    """What moved a clock."""

    kind: str
    at: str
    cause: str
    ref: NotRequired[str | None]
    reason: NotRequired[str | None]
    due_at: NotRequired[str | None]
    previous_due_at: NotRequired[str | None]
    rule: NotRequired[str]
    counted_to: NotRequired[str]


class ClockRecord(TypedDict):
    """A clock as the event that starts it carries it; ``last_due_at`` only where it is paused."""

    promise: PromiseRecord
    accepted_at: str
    calendar: CalendarRecord
    happenings: list[ChangeRecord]
    promised_at: str | None
    due_at: str | None
    last_due_at: NotRequired[str | None]


class PauseRow(TypedDict):
    """A pause that holds on a day."""

    cause: str
    ref: str | None


class CountedDay(TypedDict):
    """A day of a proof, before anything is said about it; minutes of office time."""

    date: str
    kind: str
    marks: list[str]
    minutes: int
    left: int | None
    pauses: list[PauseRow]


class DayRow(CountedDay):
    """A day of a proof, and what is to be said about it in both languages."""

    note: dict[str, str]


class RestatementRecord(TypedDict):
    """A due date as it was recorded and as the corrected calendar gives it."""

    affected: bool
    recorded_due_at: str | None
    corrected_due_at: str | None
    corrected_days: list[str]
