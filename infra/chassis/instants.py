"""Instants and office days as callers and events give them; the one way to read either."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from infra.chassis import clock
from infra.chassis.refusals import InvalidRequest

DAY = len("2026-01-01")
ONE_DAY = timedelta(days=1)


def instant(text: str, pointer: str) -> datetime:
    """An instant, or 17:00 of a day, given by a caller; ``InvalidRequest`` at ``pointer`` for anything else."""
    try:
        if len(text) == DAY:
            return datetime.fromisoformat(f"{text}T17:00:00+07:00")
        at = datetime.fromisoformat(text)
        for neighbour in (at - ONE_DAY, at + ONE_DAY):
            neighbour.utctimetuple()  # overflows at the ends of the calendar, where another zone's day does not exist
    except (ValueError, OverflowError):
        raise InvalidRequest.at(pointer, "không phải thời điểm ISO 8601", "not an ISO 8601 instant") from None
    if at.tzinfo is None:
        raise InvalidRequest.at(pointer, "thiếu múi giờ", "the offset is missing")
    return at


def recorded_instant(text: str) -> datetime:
    """An instant as our own events and rows carry it: ISO 8601 with an offset; ``ValueError`` without one."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"an instant without an offset: {text}")
    return at


def today() -> date:
    """The day it is in the offices of Viet Nam."""
    return office_day(clock.now())


def office_day(at: datetime) -> date:
    """The day an instant falls on in the offices of Viet Nam."""
    return at.astimezone(clock.OFFICE_ZONE).date()


def end_of_limit(days: int, since: datetime) -> datetime:
    """The last instant of a limit in days: that of its last day, the day it is given on not counted.

    Civil Code 2015, articles 147 and 148. For those without a calendar; one who has it moves the end to a working day.
    """
    last = office_day(since) + timedelta(days=days)
    return datetime.combine(last, time.max, clock.OFFICE_ZONE).astimezone(UTC)


def day_of(text: str | None) -> date:
    """The office day meant by a date, an instant (both checked by a contract already), or nothing (today)."""
    if not text:
        return today()
    return date.fromisoformat(text) if len(text) == DAY else office_day(datetime.fromisoformat(text))
