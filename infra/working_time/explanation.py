"""The proof of a due date, day by day, in Vietnamese and English.

One row per calendar day from acceptance to the due date. ``kind`` says the most telling thing of the day,
`marks`` everything that holds of it, ``minutes`` how much office time was counted and ``left` how much of the
promise remained at midnight, so that a reader can check the sum with a pencil.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from infra.working_time.calendar import OFFICE_ZONE
from infra.working_time.clock import Clock
from infra.working_time.counting import MINUTE, office_minute
from infra.working_time.promise import ClockChange
from infra.working_time.records import CountedDay, DayRow
from infra.working_time.remainder import counting_goes_on, first_day_paused
from infra.working_time.wording import day_note

# The first of these that holds names the day.
TELLING = ("due", "ended", "start", "extended", "resumed", "paused", "make_up", "holiday", "weekend", "counted")
MARKS = (*TELLING, "uncovered")
LONGEST_PROOF = 4000
ONE_DAY = timedelta(days=1)


def explain(clock: Clock, until: date | None = None) -> list[DayRow]:
    """Rows {"date", "kind", "marks", "minutes", "left", "note": {"vi", "en"}, "pauses": [{"cause", "ref"}]}.

    ``kind``: start, counted, weekend, holiday, make_up, paused, resumed, extended, ended or due; the mark ``uncovered``
    says that no calendar of the day was at hand. ``minutes`` are
    office minutes counted that day, ``left`` the minutes remaining at its end (None when nothing was promised).
    A paused clock has no due date: its rows run to the last change, or to ``until``.
    """
    days = list(_days(clock, until))
    numbers = _day_numbers(clock)
    return [_row(clock, on, numbers) for on in days]


def _days(clock: Clock, until: date | None) -> Iterator[date]:
    on = office_minute(clock.accepted_at).date()
    last = max([on, *(office_minute(h.at).date() for h in clock.changes)])
    if clock.due_at is not None:
        last = max(last, office_minute(clock.due_at).date())
    elif until is not None:
        last = max(last, until)
    for _ in range(LONGEST_PROOF):
        if on > last:
            return
        yield on
        on += timedelta(days=1)


def _row(clock: Clock, on: date, numbers: Mapping[date, tuple[int, int]]) -> DayRow:
    midnight = datetime.combine(on, time.min, OFFICE_ZONE)
    pauses = _pauses_over(clock, midnight, midnight + timedelta(days=1))
    minutes = _counted_minutes(clock, on)
    changes = [h for h in clock.changes if office_minute(h.at).date() == on]
    marks = _marks(clock, on, changes, bool(pauses), minutes, on in numbers)
    left = _left(clock, midnight + timedelta(days=1))
    row: CountedDay = {
        "date": on.isoformat(),
        "kind": next(kind for kind in TELLING if kind in marks),
        "marks": marks,
        "minutes": minutes,
        "left": left,
        "pauses": [{"cause": p.cause, "ref": p.ref} for p in pauses],
    }
    return {**row, "note": day_note(clock, on, row, changes, pauses, numbers.get(on))}


def _marks(clock: Clock, on: date, changes: list[ClockChange], paused: bool, minutes: int, numbered: bool) -> list[str]:
    kind = clock.calendar.kind_of(on)
    holds = {
        "due": clock.due_at is not None and on == office_minute(clock.due_at).date(),
        "start": on == office_minute(clock.started_at).date(),
        "paused": paused,
        "make_up": kind == "make_up",
        "holiday": kind == "holiday",
        "weekend": kind == "weekend",
        "counted": numbered or minutes > 0 or kind == "working",
        "uncovered": not clock.calendar.covers(on),
    }
    holds |= {h.kind: True for h in changes}
    return [mark for mark in MARKS if holds.get(mark)]


def _day_numbers(clock: Clock) -> dict[date, tuple[int, int]]:
    """Which day of how many: the days a promise in calendar days or months is made of, weekends and holidays too.

    None where a date was set by hand or counted in office minutes: it is not the sum of such days.
    """
    counted_to = clock.counted_to
    by_hand = any(c.kind == "extended" or (c.kind == "resumed" and c.rule is None) for c in clock.changes)
    if counted_to is None or by_hand:
        return {}
    first, last = office_minute(clock.started_at).date(), office_minute(counted_to).date()
    paused = [(first_day_paused(begins), _last_day_paused(clock, ends)) for begins, ends, _ in paused_spans(clock)]
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    counted = [on + ONE_DAY for on in days if not any(begins <= on < ends for begins, ends in paused)]
    return {on: (number, len(counted)) for number, on in enumerate(counted, 1)}


def _last_day_paused(clock: Clock, ends: datetime) -> date:
    return date.max if ends.year == date.max.year else counting_goes_on(ends, clock.calendar)


def _counted_minutes(clock: Clock, on: date) -> int:
    """Office minutes of the day between start and due (or end) that no pause covered."""
    ends = [at for at in (clock.due_at, clock.ended_at) if at is not None]
    first, last = office_minute(clock.started_at), min(ends).astimezone(OFFICE_ZONE) if ends else None
    total = timedelta()
    for opens, closes in clock.calendar.sessions(on):
        since, until = max(opens, first), closes if last is None else min(closes, last)
        total += max(until - since, timedelta()) - _paused_within(clock, since, until)
    return max(total, timedelta()) // MINUTE


def _paused_within(clock: Clock, since: datetime, until: datetime) -> timedelta:
    covered = timedelta()
    for begins, ends, _ in paused_spans(clock):
        covered += max(min(ends, until) - max(begins, since), timedelta())
    return covered


def _left(clock: Clock, midnight: datetime) -> int | None:
    left = clock_at(clock, midnight).minutes_left(midnight)
    return None if left is None else max(left, 0)


def _pauses_over(clock: Clock, since: datetime, until: datetime) -> list[ClockChange]:
    return [why for begins, ends, whys in paused_spans(clock) for why in whys if begins < until and ends > since]


def paused_spans(clock: Clock) -> list[tuple[datetime, datetime, list[ClockChange]]]:
    """(from, until, the pausing changes) per uninterrupted pause; an open one runs to the end of time."""
    spans: list[tuple[datetime, datetime, list[ClockChange]]] = []
    whys: list[ClockChange] = []
    depth, begun = 0, datetime.max.replace(tzinfo=UTC)
    for change in clock.changes:
        if change.kind == "paused":
            begun = office_minute(change.at) if depth == 0 else begun
            depth, whys = depth + 1, [*whys, change]
        elif change.kind == "resumed":
            depth -= 1
            if depth == 0:
                spans.append((begun, office_minute(change.at), whys))
                whys = []
    if depth:
        spans.append((begun, datetime.max.replace(tzinfo=UTC), whys))
    return spans


def clock_at(clock: Clock, instant: datetime) -> Clock:
    """The clock as its changes until ``instant`` left it (exclusive)."""
    then = clock.as_accepted()
    for change in clock.changes:
        if change.at < instant:
            then = then.apply(change, clock.calendar if change.kind == "resumed" else None)
    return then
