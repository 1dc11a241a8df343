"""Instants and office days as callers and events give them; the one way to read either."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from infra import working_time
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


def period(from_at: str | None, to_at: str | None) -> tuple[datetime | None, datetime | None]:
    """A period given by a caller, each end open where it is none; ``InvalidRequest`` if it ends before it begins."""
    begin = instant(from_at, "/from_at") if from_at else None
    end = instant(to_at, "/to_at") if to_at else None
    if begin is not None and end is not None and end < begin:
        raise InvalidRequest.at("/to_at", "trước from_at", "before from_at")
    return begin, end


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


def working_day_from(day: date) -> date:
    """The day itself where offices work by the published calendar, else the next one on which they do."""
    from infra.chassis.official_calendar import official_calendar  # as below

    return official_calendar((day.year, day.year + 1)).first_working_day(day)


def end_of_limit(days: int, since: datetime) -> datetime:
    """The last instant of a limit in days by the published calendar; see :func:`infra.working_time.end_of_limit`.

    For those who need not know what the catalogue's editors decided about single days.
    """
    from infra.chassis.official_calendar import official_calendar  # the library takes a while: only who needs it waits

    first = office_day(since).year
    return working_time.end_of_limit(days, since, official_calendar(range(first, first + 2 + days // 365)))


def day_of(text: str | None) -> date:
    """The office day meant by a date, an instant (both checked by a contract already), or nothing (today)."""
    if not text:
        return today()
    return date.fromisoformat(text) if len(text) == DAY else office_day(datetime.fromisoformat(text))
