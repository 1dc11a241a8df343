import json
from datetime import date, datetime

import pytest

from infra.working_time import OFFICE_ZONE, Clock, Day, NotCountable, Promise, WorkingCalendar, explain, restate

REUNIFICATION = Day("holiday", {"vi": "Ngày Giải phóng miền Nam", "en": "Reunification Day"})
CALENDAR = WorkingCalendar({date(2026, 4, 30): REUNIFICATION}, version=1, years=frozenset({2026}))
EMPTY = WorkingCalendar(version=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)


def started(
    text: str, amount: float | None = 5, unit: str = "working_days", calendar: WorkingCalendar = EMPTY
) -> Clock:
    return Clock.start(Promise(amount, unit), at(text), calendar)


def local(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")


# OpenCPS issue 1254: asking for supplements again and again made a dossier overdue.
def test_repeated_supplement_requests_do_not_make_an_application_overdue() -> None:
    clock = started("2026-03-02 08:00", 3).pause(at("2026-03-03 09:00"), "SupplementRequested")
    for monday in (9, 16):
        clock = clock.resume(at(f"2026-03-{monday:02} 09:00"), "Supplemented")
        clock = clock.pause(at(f"2026-03-{monday:02} 10:00"), "SupplementRequested")
    assert not clock.is_late(at("2026-03-23 09:00"))
    assert local(clock.resume(at("2026-03-23 09:00"), "Supplemented").due_at) == "2026-03-25 15:00"


def test_a_paused_clock_resumes_with_what_was_left_to_the_minute() -> None:
    clock = started("2026-03-02 08:00", 2).pause(at("2026-03-03 10:17"), "SupplementRequested", "7")
    assert clock.is_paused and clock.due_at is None and clock.minutes_left(at("2026-03-20 08:00")) == 793
    clock = clock.resume(at("2026-03-09 14:00"), "Supplemented", "8")
    assert local(clock.due_at) == "2026-03-11 09:43"
    assert clock.minutes_left(at("2026-03-09 14:00")) == 793


def test_a_pause_outside_office_hours_costs_nothing() -> None:
    clock = started("2026-03-02 08:00", 2).pause(at("2026-03-03 18:00"), "SupplementRequested")
    assert local(clock.resume(at("2026-03-04 06:00"), "Supplemented").due_at) == "2026-03-04 17:00"


def test_nested_pauses_count_on_when_the_last_one_closes() -> None:
    clock = started("2026-03-02 08:00", 2).pause(at("2026-03-03 08:30"), "SupplementRequested")
    clock = clock.pause(at("2026-03-04 08:30"), "WithdrawalRequested").resume(
        at("2026-03-05 08:30"), "WithdrawalDeclined"
    )
    assert clock.is_paused
    assert local(clock.resume(at("2026-03-06 08:30"), "Supplemented").due_at) == "2026-03-09 17:00"


def test_a_missed_due_date_is_not_cured_by_a_pause() -> None:
    clock = started("2026-03-02 08:00", 1).pause(at("2026-03-05 08:30"), "SupplementRequested")
    clock = clock.resume(at("2026-03-09 08:30"), "Supplemented")
    assert local(clock.due_at) == "2026-03-03 17:00" and clock.is_late(at("2026-03-09 08:30"))


def test_an_extension_sets_a_new_date_and_keeps_the_old_one() -> None:
    clock = started("2026-03-02 08:00", 2).extend(at("2026-03-03 09:00"), at("2026-03-10 17:00"), "DeadlineExtended")
    assert local(clock.due_at) == "2026-03-10 17:00" and local(clock.promised_at) == "2026-03-04 17:00"
    assert local(clock.changes[-1].previous_due_at) == "2026-03-04 17:00"


def test_the_clock_ends_with_the_decision_and_then_stands_still() -> None:
    clock = started("2026-03-02 08:00", 2).end(at("2026-03-04 16:00"), "Approved")
    assert not clock.is_late(at("2026-04-01 08:00"))
    with pytest.raises(NotCountable):
        clock.pause(at("2026-03-05 08:00"), "SupplementRequested")


def test_a_clock_that_is_not_paused_cannot_be_resumed() -> None:
    with pytest.raises(NotCountable):
        started("2026-03-02 08:00").resume(at("2026-03-03 08:00"), "Supplemented")


def test_an_application_without_a_promise_is_never_late() -> None:
    clock = started("2026-03-02 08:00", None, "not_stated")
    clock = clock.pause(at("2026-03-03 08:00"), "PaymentRequested").resume(at("2026-03-04 08:00"), "FeeSettled")
    assert clock.due_at is None and clock.minutes_left(at("2027-01-01 08:00")) is None
    assert not clock.is_late(at("2036-01-01 00:00"))
    assert explain(clock)[0]["kind"] == "start"


def test_the_calendar_of_the_day_of_resumption_counts_from_the_pause_on() -> None:
    later = WorkingCalendar({date(2026, 3, 10): Day("holiday")}, version=2)
    clock = started("2026-03-02 08:00", 2).pause(at("2026-03-03 08:30"), "SupplementRequested")
    clock = clock.resume(at("2026-03-09 08:30"), "Supplemented", calendar=later)
    assert local(clock.due_at) == "2026-03-11 17:00" and clock.calendar.version == 2


def test_recorded_happenings_are_taken_over_without_counting_again() -> None:
    clock = started("2026-03-02 08:00", 2).pause(at("2026-03-03 08:30"), "SupplementRequested")
    resumed = clock.resume(at("2026-03-09 08:30"), "Supplemented")
    assert clock.apply(resumed.changes[-1]) == resumed


def test_a_holiday_announced_late_restates_the_promise_beside_the_recorded_one() -> None:
    clock = started("2026-04-28 08:00", 3, calendar=CALENDAR)
    labour_day = Day("override_holiday", {"vi": "Quốc tế Lao động", "en": "Labour Day"})
    corrected = WorkingCalendar({**CALENDAR.days, date(2026, 5, 1): labour_day}, version=2)
    result = restate(clock, corrected)
    assert result.is_affected and result.corrected_days == [date(2026, 5, 1)]
    assert local(result.recorded.due_at) == "2026-05-04 17:00" and local(result.corrected.due_at) == "2026-05-05 17:00"
    assert json.loads(json.dumps(result.to_json()))["corrected_days"] == ["2026-05-01"]
    assert not restate(clock, CALENDAR).is_affected


def test_the_proof_names_every_day_from_acceptance_to_due_date() -> None:
    clock = started("2026-04-25 09:00", 3, calendar=CALENDAR)
    clock = clock.pause(at("2026-04-28 10:00"), "SupplementRequested", "12").resume(
        at("2026-04-29 10:00"), "Supplemented", "13"
    )
    clock = clock.extend(at("2026-05-01 09:00"), at("2026-05-07 17:00"), "DeadlineExtended", "14", "xác minh")
    rows = explain(clock)
    assert [(r["date"][5:], r["kind"]) for r in rows] == [
        ("04-25", "weekend"),
        ("04-26", "weekend"),
        ("04-27", "start"),
        ("04-28", "paused"),
        ("04-29", "resumed"),
        ("04-30", "holiday"),
        ("05-01", "extended"),
        ("05-02", "weekend"),
        ("05-03", "weekend"),
        ("05-04", "counted"),
        ("05-05", "counted"),
        ("05-06", "counted"),
        ("05-07", "due"),
    ]
    assert rows[0]["note"]["vi"].startswith("Tiếp nhận lúc 09:00, ngoài giờ làm việc")
    assert rows[3]["pauses"] == [{"cause": "SupplementRequested", "ref": "12"}]
    assert "yêu cầu bổ sung hồ sơ" in rows[3]["note"]["vi"] and "Giải phóng" in rows[5]["note"]["vi"]
    assert "Gia hạn từ 17:00 04/05/2026 đến 17:00 07/05/2026" in rows[6]["note"]["vi"]
    assert rows[-1]["left"] == 0 and rows[-1]["note"]["en"].endswith("Due at 17:00")


def test_weekends_are_counted_when_the_promise_is_in_calendar_days() -> None:
    rows = explain(started("2026-03-05 09:00", 2, "calendar_days"))
    assert [(r["kind"], "counted" in r["marks"]) for r in rows[1:]] == [
        ("counted", True),
        ("weekend", True),
        ("weekend", False),
        ("due", True),
    ]


def test_a_year_without_a_calendar_is_said_to_be_unknown() -> None:
    rows = explain(started("2026-12-31 09:00", 1, calendar=CALENDAR))
    assert "Chưa có lịch nghỉ năm 2027" in rows[-1]["note"]["vi"]
    assert "No calendar" not in rows[0]["note"]["en"]


def test_a_paused_clock_shows_its_days_until_the_day_asked_for() -> None:
    clock = started("2026-03-02 08:00", 2).pause(at("2026-03-03 08:30"), "PaymentRequested", "5")
    rows = explain(clock, until=date(2026, 3, 6))
    assert [r["kind"] for r in rows] == ["start", "paused", "paused", "paused", "paused"]
    assert rows[-1]["left"] == rows[1]["left"] == 900


def test_a_clock_survives_json() -> None:
    clock = started("2026-03-02 08:00", 2, calendar=CALENDAR).pause(at("2026-03-03 08:30"), "SupplementRequested", "3")
    for stored in (clock, clock.resume(at("2026-03-06 08:30"), "Supplemented"), clock.as_accepted()):
        assert Clock.from_json(json.loads(json.dumps(stored.to_json()))) == stored
