"""What is left of a promise is counted in the promise's own unit; recorded clocks stay as they were counted."""

import json
from datetime import date, datetime

import pytest

from infra.working_time import OFFICE_ZONE, Clock, Day, Promise, WorkingCalendar, explain, restate

TET_2026 = {date(2026, 2, d): Day("holiday", {"vi": "Tết", "en": "Tết"}) for d in (16, 17, 18, 19, 20)}
CALENDAR = WorkingCalendar(TET_2026, version=1, years=frozenset({2026}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)


def local(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")


def after(start: str, amount: float, unit: str, *pauses: tuple[str, str], rule: str | None = "own_unit") -> Clock:
    clock = Clock.start(Promise(amount, unit), at(start), CALENDAR)
    for begin, end in pauses:
        clock = clock.pause(at(begin), "SupplementRequested").resume(at(end), "Supplemented", rule=rule)
    return clock


@pytest.mark.parametrize(
    ("start", "promise", "pauses", "expected"),
    [
        ("2026-02-13 09:00", (10, "calendar_days"), [("2026-02-13 10:00", "2026-03-09 10:00")], "2026-03-19 17:00"),
        ("2026-02-02 09:00", (10, "calendar_days"), [("2026-02-02 10:00", "2026-02-12 10:00")], "2026-02-23 17:00"),
        ("2026-02-02 09:00", (1, "months"), [("2026-02-02 10:00", "2026-02-12 10:00")], "2026-03-12 17:00"),
        # an hour's pause within a day takes no day away
        ("2026-03-02 09:00", (10, "calendar_days"), [("2026-03-04 10:00", "2026-03-04 11:00")], "2026-03-12 17:00"),
        # two pauses add up from the day that was promised, not from the working day it was moved to
        (
            "2026-03-02 09:00",
            (5, "calendar_days"),  # Saturday 7 March, moved to Monday 9 March
            [("2026-03-03 10:00", "2026-03-04 10:00"), ("2026-03-05 10:00", "2026-03-06 10:00")],
            "2026-03-09 17:00",
        ),
        # on the day a Sunday was moved to there is that day left
        ("2026-03-02 09:00", (6, "calendar_days"), [("2026-03-09 10:00", "2026-03-11 10:00")], "2026-03-11 17:00"),
        # outside office hours nothing counts: asked in the evening, given at night
        ("2026-03-02 09:00", (10, "calendar_days"), [("2026-03-03 18:00", "2026-03-04 06:00")], "2026-03-12 17:00"),
        # given on a Saturday: counting goes on with Monday, as it begins then for what is accepted on a Saturday
        ("2026-03-02 09:00", (10, "calendar_days"), [("2026-03-05 10:00", "2026-03-07 10:00")], "2026-03-16 17:00"),
        # working days and hours are made of office hours: they go on to the minute
        ("2026-03-02 08:00", (2, "working_days"), [("2026-03-03 10:17", "2026-03-09 14:00")], "2026-03-11 09:43"),
        ("2026-03-02 08:00", (4, "working_hours"), [("2026-03-02 09:00", "2026-03-03 09:00")], "2026-03-03 13:30"),
    ],
)
def test_days_paused_are_added_in_the_unit_of_the_promise(start, promise, pauses, expected) -> None:
    assert local(after(start, *promise, *pauses).due_at) == expected


def test_a_resumption_records_the_rule_that_counted_it() -> None:
    clock = after("2026-02-02 09:00", 10, "calendar_days", ("2026-02-02 10:00", "2026-02-12 10:00"))
    recorded = json.loads(json.dumps(clock.changes[-1].to_json()))
    assert recorded["rule"] == "own_unit" and recorded["counted_to"] == "2026-02-22T10:00:00+00:00"
    assert Clock.from_json(json.loads(json.dumps(clock.to_json()))) == clock


def test_a_clock_counted_by_the_earlier_rule_stays_and_is_restated_by_it() -> None:
    clock = after("2026-02-02 09:00", 10, "calendar_days", ("2026-02-02 10:00", "2026-02-12 10:00"), rule=None)
    assert local(clock.due_at) == "2026-03-03 17:00"
    assert "rule" not in clock.changes[-1].to_json()
    assert Clock.from_json(clock.to_json()) == clock
    assert not restate(clock, CALENDAR).is_affected


def test_a_resumption_after_one_of_the_earlier_rule_counts_on_from_its_date() -> None:
    clock = after("2026-02-02 09:00", 10, "calendar_days", ("2026-02-02 10:00", "2026-02-12 10:00"), rule=None)
    clock = clock.pause(at("2026-03-02 10:00"), "PaymentRequested").resume(at("2026-03-04 10:00"), "FeeSettled")
    assert local(clock.due_at) == "2026-03-05 17:00"


def test_a_pause_after_an_extension_moves_the_date_that_was_set() -> None:
    clock = after("2026-03-02 09:00", 5, "calendar_days").extend(at("2026-03-03 09:00"), at("2026-03-12 09:00"), "X")
    clock = clock.pause(at("2026-03-10 10:00"), "PaymentRequested").resume(at("2026-03-11 10:00"), "FeeSettled")
    assert local(clock.due_at) == "2026-03-13 09:00"


def test_the_proof_numbers_the_days_of_a_promise_in_calendar_days() -> None:
    rows = explain(after("2026-03-05 09:00", 4, "calendar_days", ("2026-03-06 10:00", "2026-03-09 10:00")))
    counted = {row["date"][5:]: row["note"]["en"] for row in rows if "of 4" in row["note"]["en"]}
    assert list(counted) == ["03-06", "03-10", "03-11", "03-12"]
    assert "Day 1 of 4" in counted["03-06"] and "Day 4 of 4" in counted["03-12"]


def test_a_calendar_cut_to_a_span_does_not_cover_the_days_beyond() -> None:
    cut = CALENDAR.between(date(2026, 2, 2), date(2026, 3, 31))
    assert cut.covers(date(2026, 3, 31)) and not cut.covers(date(2026, 4, 1)) and not cut.covers(date(2026, 2, 1))
    assert WorkingCalendar.from_json(json.loads(json.dumps(cut.to_json()))) == cut
    complete = cut.completed_by(WorkingCalendar({date(2026, 4, 30): Day("holiday")}, 2, frozenset({2026, 2027})))
    assert complete.covers(date(2027, 1, 1)) and not complete.is_working(date(2026, 4, 30))
    assert not complete.is_working(date(2026, 2, 16))


def test_a_recorded_calendar_that_says_no_span_covers_a_month_beyond_the_due_date() -> None:
    clock = Clock.start(Promise(3, "working_days"), at("2026-03-20 09:00"), CALENDAR)
    recorded = clock.to_json()
    del recorded["calendar"]["first"], recorded["calendar"]["last"]
    replayed = Clock.from_json(recorded)
    assert replayed.calendar.covers(date(2026, 4, 25)) and not replayed.calendar.covers(date(2026, 4, 26))


LATER = WorkingCalendar(
    {date(2025, 4, 30): Day("holiday"), date(2025, 5, 1): Day("holiday"), date(2025, 5, 2): Day("substitute_holiday")},
    version=2,
    years=frozenset({2025, 2026}),
)


def extended(calendar: WorkingCalendar | None) -> Clock:
    clock = Clock.start(
        Promise(3, "working_days"), at("2025-03-20 09:00"), LATER.between(date(2025, 3, 20), date(2025, 4, 25))
    )
    return clock.extend(at("2025-03-24 09:00"), at("2025-05-12 09:00"), "DeadlineExtended", calendar=calendar)


def test_the_proof_of_an_extended_promise_counts_no_holiday() -> None:
    rows = {row["date"][5:]: row for row in explain(extended(LATER))}
    assert [rows[day]["minutes"] for day in ("04-29", "04-30", "05-01", "05-02", "05-05")] == [480, 0, 0, 0, 480]
    assert not any("uncovered" in row["marks"] for row in rows.values())


def test_an_hour_of_pause_moves_an_extended_date_by_an_hour() -> None:
    for calendar in (LATER, None):  # None: a history recorded before extensions carried their calendar
        clock = extended(calendar).pause(at("2025-03-25 09:00"), "SupplementRequested")
        clock = clock.resume(at("2025-03-25 10:00"), "Supplemented", calendar=LATER)
        assert local(clock.due_at) == "2025-05-12 10:00"


def test_days_counted_without_a_calendar_are_marked() -> None:
    clock = extended(None)
    marked = [row for row in explain(clock) if "uncovered" in row["marks"]]
    assert [marked[0]["date"], marked[-1]["date"]] == ["2025-04-26", "2025-05-12"]
    assert "Chưa có lịch" in marked[4]["note"]["vi"]
    assert clock.uncovered_since == date(2025, 4, 26) and extended(LATER).uncovered_since is None
    assert clock.completed_by(LATER).uncovered_since is None
