"""Properties of working time, checked against an office that looks at every minute."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.working_time import (
    Clock,
    Day,
    Promise,
    WorkingCalendar,
    due_at,
    explain,
    next_opening,
    office_minute,
    restate,
    working_minutes_between,
)
from tests.unit.working_time.naive_office import ICT, NaiveOffice

FIRST = date(2026, 1, 26)
instants = st.datetimes(datetime(2026, 1, 26), datetime(2026, 3, 10)).map(
    lambda at: at.replace(second=0, microsecond=0, tzinfo=ICT)
)
dates = st.integers(0, 90).map(lambda n: FIRST + timedelta(days=n))
units = st.sampled_from(["working_hours", "working_days", "calendar_days", "months"])
units_of_days = st.sampled_from(["calendar_days", "months"])
units_of_minutes = st.sampled_from(["working_hours", "working_days"])


@st.composite
def offices(draw: st.DrawFn) -> tuple[WorkingCalendar, NaiveOffice]:
    off = draw(st.sets(dates, max_size=9))
    on = draw(st.sets(dates, max_size=4)) - off
    days = {d: Day("holiday") for d in off} | {d: Day("make_up") for d in on}
    return WorkingCalendar(days), NaiveOffice(off, on)


@st.composite
def amounts(draw: st.DrawFn, of: st.SearchStrategy[str] = units) -> tuple[int, str]:
    unit = draw(of)
    return draw(
        st.integers(0 if unit != "working_hours" else 1, {"working_hours": 60, "months": 2}.get(unit, 25))
    ), unit


@settings(deadline=None)
@given(offices(), instants, amounts())
def test_due_dates_are_those_of_the_naive_office(office, start, promise: tuple[Any, str]) -> None:
    calendar, naive = office
    assert due_at(start, *promise, calendar) == naive.due(start, *promise)


@settings(deadline=None)
@given(offices(), instants, st.integers(0, 20 * 1440))
def test_minutes_between_are_those_counted_one_by_one(office, start, minutes) -> None:
    calendar, naive = office
    end = start + timedelta(minutes=minutes)
    assert working_minutes_between(start, end, calendar) == naive.open_minutes(start, end)


@settings(deadline=None)
@given(offices(), instants, instants, instants)
def test_working_time_adds_up(office, a, b, c) -> None:
    calendar, _ = office
    parts = working_minutes_between(a, b, calendar) + working_minutes_between(b, c, calendar)
    assert parts == working_minutes_between(a, c, calendar)


@st.composite
def paused_clocks(draw: st.DrawFn, of: st.SearchStrategy[str] = units):
    calendar, naive = draw(offices())
    start, promise = draw(instants), draw(amounts(of))
    clock = Clock.start(Promise(*promise), start, calendar)
    at = start
    pauses: list[tuple[datetime, datetime]] = []
    for _ in range(draw(st.integers(0, 3))):
        begin = at + timedelta(minutes=draw(st.integers(0, 3000)))
        if clock.due_at is None or begin >= clock.due_at:
            break
        at = begin + timedelta(minutes=draw(st.integers(0, 9000)))
        clock = clock.pause(begin, "SupplementRequested", str(len(pauses))).resume(at, "Supplemented")
        pauses.append((begin, at))
    return clock, naive, pauses


@settings(deadline=None)
@given(paused_clocks(units_of_minutes))
def test_pauses_cost_the_office_nothing_to_the_minute(case) -> None:
    clock, naive, pauses = case
    expected = naive.due_with_pauses(clock.accepted_at, clock.promised_at, pauses)
    assert working_minutes_between(expected, clock.due_at, clock.calendar) == 0
    if pauses and clock.due_at != clock.promised_at:
        assert clock.due_at == expected.astimezone(UTC)


@settings(deadline=None)
@given(paused_clocks(units_of_days))
def test_days_paused_are_added_to_a_promise_in_days_or_months(case) -> None:
    clock, naive, pauses = case
    expected = naive.due_with_paused_days(clock.accepted_at, clock.promise.amount, clock.promise.unit, pauses)
    assert clock.due_at == expected


@settings(deadline=None)
@given(paused_clocks(units_of_days))
def test_the_proof_numbers_every_day_of_a_promise_in_days_or_months(case) -> None:
    clock, _, _ = case
    started = Clock.start(clock.promise, clock.accepted_at, clock.calendar)
    total = (office_minute(started.counted_to).date() - office_minute(started.started_at).date()).days
    notes = [row["note"]["en"] for row in explain(clock)]
    numbered = [note for note in notes if "Day " in note and f" of {total}" in note]
    assert len(numbered) == total
    assert all(f"Day {number} of {total}" in note for number, note in enumerate(numbered, 1))


@settings(deadline=None)
@given(paused_clocks())
def test_the_minutes_of_the_proof_add_up_to_the_promise(case) -> None:
    clock, naive, pauses = case
    rows = explain(clock)
    paused = sum(naive.open_minutes(begin, min(end, clock.due_at)) for begin, end in pauses)
    counted = naive.open_minutes(clock.accepted_at, clock.due_at) - paused
    assert sum(row["minutes"] for row in rows) == counted
    if clock.promise.unit.startswith("working"):
        assert counted == naive.open_minutes(clock.accepted_at, clock.promised_at)
    assert [row["date"] for row in rows] == sorted({row["date"] for row in rows})
    assert "due" in rows[-1]["marks"] and rows[-1]["left"] == 0 and all(row["note"]["vi"] for row in rows)


@settings(deadline=None)
@given(paused_clocks())
def test_no_pause_brings_a_due_date_nearer(case) -> None:
    clock, _, _ = case
    assert clock.due_at >= clock.promised_at


@settings(deadline=None)
@given(paused_clocks())
def test_every_clock_survives_json_and_restating_under_its_own_calendar(case) -> None:
    clock, _, _ = case
    assert Clock.from_json(json.loads(json.dumps(clock.to_json()))) == clock
    assert not restate(clock, clock.calendar).is_affected


@settings(deadline=None)
@given(offices(), instants, st.integers(0, 5000), amounts())
def test_a_later_acceptance_is_never_due_earlier(office, start, later, promise: tuple[Any, str]) -> None:
    calendar, _ = office
    assert due_at(start, *promise, calendar) <= due_at(start + timedelta(minutes=later), *promise, calendar)


@settings(deadline=None)
@given(offices(), instants, amounts())
def test_due_dates_fall_into_office_hours_of_a_working_day(office, start, promise: tuple[Any, str]) -> None:
    calendar, naive = office
    due = due_at(start, *promise, calendar)
    assert naive.is_open(due - timedelta(minutes=1)) or promise[0] == 0
    assert due >= next_opening(start, calendar) or promise[1] != "working_hours"
