from datetime import date, datetime

import pytest

from infra.working_time import OFFICE_ZONE, Day, NotCountable, WorkingCalendar, due_at, working_minutes_between
from infra.working_time.records import CalendarReply

TET_2026 = {
    date(2026, 2, d): Day("holiday", {"vi": "Tết Nguyên đán", "en": "Lunar New Year"}) for d in (16, 17, 18, 19, 20)
}
CALENDAR = WorkingCalendar(
    TET_2026
    | {
        date(2026, 2, 14): Day("make_up", {"vi": "Làm bù cho ngày 20/02", "en": "Makes up for 20 February"}),
        date(2026, 4, 30): Day("holiday", {"vi": "Ngày Giải phóng miền Nam", "en": "Reunification Day"}),
        date(2026, 5, 1): Day("holiday", {"vi": "Quốc tế Lao động", "en": "Labour Day"}),
        date(2026, 9, 2): Day("holiday", {"vi": "Quốc khánh", "en": "National Day"}),
    }
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)


def due(start: str, amount: float | None, unit: str, calendar: WorkingCalendar = CALENDAR) -> str | None:
    result = due_at(at(start), amount, unit, calendar)
    return None if result is None else result.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")


# OpenCPS issue 354: Monday 10:00 + 2 days gave Wednesday 10:00, holidays stayed in, and a date was shown
# although none had been configured.
def test_two_working_days_from_monday_morning_end_on_wednesday_at_closing() -> None:
    assert due("2026-03-02 10:00", 2, "working_days") == "2026-03-04 17:00"


def test_a_public_holiday_is_subtracted_from_working_days() -> None:
    assert due("2026-09-01 10:00", 2, "working_days") == "2026-09-04 17:00"


def test_a_procedure_that_states_no_time_gets_no_due_date() -> None:
    assert due("2026-03-02 10:00", None, "not_stated") is None


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-03-02 07:30", 8, "working_hours", "2026-03-02 17:00"),
        ("2026-03-02 11:00", 1, "working_hours", "2026-03-02 13:30"),
        ("2026-03-02 11:45", 1, "working_hours", "2026-03-02 14:00"),
        ("2026-03-06 16:30", 1, "working_hours", "2026-03-09 08:00"),
        ("2026-03-02 17:00", 1, "working_days", "2026-03-04 17:00"),
        ("2026-03-02 16:59", 1, "working_days", "2026-03-03 17:00"),
        ("2026-03-02 06:00", 1, "working_days", "2026-03-03 17:00"),
        ("2026-03-07 10:00", 1, "working_days", "2026-03-10 17:00"),
        ("2026-02-13 10:00", 1, "working_days", "2026-02-14 17:00"),
        ("2026-02-13 10:00", 2, "working_days", "2026-02-23 17:00"),
        ("2026-03-02 10:00", 0, "working_days", "2026-03-02 17:00"),
        ("2026-03-02 10:00", 0.5, "working_days", "2026-03-02 15:30"),
        ("2026-03-02 10:00", 5, "calendar_days", "2026-03-09 17:00"),
        ("2026-04-25 09:00", 3, "calendar_days", "2026-05-04 17:00"),
        ("2026-03-02 10:00", 15, "calendar_days", "2026-03-17 17:00"),
        ("2026-01-30 10:00", 1, "months", "2026-03-02 17:00"),
        ("2026-03-31 10:00", 1, "months", "2026-05-04 17:00"),
        ("2026-11-30 10:00", 3, "months", "2027-03-01 17:00"),
    ],
)
def test_every_unit_counts_by_its_own_rule(start: str, amount: float, unit: str, expected: str) -> None:
    assert due(start, amount, unit) == expected


def test_lunch_and_night_hold_no_working_minutes() -> None:
    assert working_minutes_between(at("2026-03-02 11:30"), at("2026-03-02 13:00"), CALENDAR) == 0
    assert working_minutes_between(at("2026-03-02 17:00"), at("2026-03-03 07:30"), CALENDAR) == 0
    assert working_minutes_between(at("2026-03-02 07:30"), at("2026-03-06 17:00"), CALENDAR) == 5 * 480


def test_time_counted_backwards_is_negative() -> None:
    assert working_minutes_between(at("2026-03-03 08:30"), at("2026-03-02 16:00"), CALENDAR) == -120


def test_an_override_of_the_catalogue_beats_the_holiday_it_corrects() -> None:
    reply: CalendarReply = {
        "year": 2026,
        "version": 7,
        "days": [
            {"date": "2026-09-03", "kind": "override_working", "name": {"vi": "Đi làm", "en": "Working"}},
            {"date": "2026-09-03", "kind": "holiday", "name": {"vi": "Quốc khánh", "en": "National Day"}},
            {"date": "2026-09-02", "kind": "holiday", "name": {"vi": "Quốc khánh", "en": "National Day"}},
        ],
    }
    calendar = WorkingCalendar.of_replies([reply])
    assert calendar.is_working(date(2026, 9, 3)) and not calendar.is_working(date(2026, 9, 2))
    assert calendar.version == 7 and not calendar.covers(date(2027, 1, 1))


@pytest.mark.parametrize("amount", [-1, 1.5])
def test_a_promise_of_impossible_calendar_days_is_refused(amount: float) -> None:
    with pytest.raises(NotCountable):
        due("2026-03-02 10:00", amount, "calendar_days")


def test_an_unknown_unit_or_kind_of_day_or_a_naive_instant_is_refused() -> None:
    with pytest.raises(NotCountable):
        due("2026-03-02 10:00", 1, "fortnights")
    with pytest.raises(NotCountable):
        Day("half_day")
    with pytest.raises(NotCountable):
        due_at(datetime(2026, 3, 2), 1, "working_days", CALENDAR)


def test_a_calendar_without_working_days_is_refused_instead_of_searched_for_ever() -> None:
    first = date(2026, 1, 1).toordinal()
    shut = WorkingCalendar({date.fromordinal(first + n): Day("holiday") for n in range(900)})
    with pytest.raises(NotCountable):
        due("2026-03-02 10:00", 1, "working_days", shut)
