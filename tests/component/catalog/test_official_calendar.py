"""The government's swaps of working days as dated data with sources, in addition to what the library knows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from holidays.countries.vietnam import VietnamStaticHolidays

from infra.chassis import metrics, official_calendar
from infra.chassis.official_calendar import SWAPS, published
from infra.chassis.refusals import InvalidRequest
from services.catalog.follower import CalendarWatch
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.builders import offer

# Decided after the library's release that is pinned; when this list shrinks the library has caught up.
ONLY_IN_THE_DATA = {(date(2026, 1, 2), date(2026, 1, 10))}


@pytest.fixture
def offered() -> Catalogue:
    return catalogue()


def of_library() -> set[tuple[date, date]]:
    """Every swap that the library knows: (day off, Saturday worked)."""
    result = set()
    swaps: Any
    for year, swaps in VietnamStaticHolidays.special_public_holidays.items():
        for month, day, worked_month, worked_day, *worked_year in [swaps] if isinstance(swaps[0], int) else swaps:
            worked_in = worked_year[0] if worked_year else year
            result.add((date(year, month, day), date(worked_in, worked_month, worked_day)))
    return result


def test_library_and_data_know_the_same_swaps_since_2019():
    since = {swap for swap in of_library() if max(swap) >= date(2019, 1, 1)}
    data = {(swap.day_off, swap.worked) for swap in SWAPS}
    assert data - since == ONLY_IN_THE_DATA
    assert since - data == set()


def test_every_swap_has_a_source_and_is_the_right_way_round():
    for swap in SWAPS:
        assert swap.source.strip() and swap.issuer.strip()
        assert swap.day_off.weekday() < 5 and swap.worked.weekday() == 5
        assert swap.document is None or swap.document in swap.source


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.day_off.isoformat())
def test_a_swap_is_in_the_calendar_of_both_its_years(swap):
    off = {day["date"]: day for day in published(swap.day_off.year)}[swap.day_off.isoformat()]
    worked = {day["date"]: day for day in published(swap.worked.year)}[swap.worked.isoformat()]
    assert (off["kind"], worked["kind"]) == ("substitute_holiday", "make_up")
    assert swap.worked.strftime("%d/%m/%Y") in off["name"]["vi"]


def test_new_year_2026_is_four_days_long_and_made_up_for(offered):
    kinds = {day["date"]: day["kind"] for day in offered.calendars.calendar(2026)["days"]}
    assert kinds["2026-01-02"] == "substitute_holiday" and kinds["2026-01-10"] == "make_up"


def test_due_dates_around_new_year_2026_know_the_swap(offered):
    channels = {"counter": {"processing_time": {"amount": 1, "unit": "working_days"}}}
    offered.offerings.publish(offer("1.1", channels=channels), "2020-01-01", by=BY, command=command())
    due = [
        offered.calendars.due_date("1.1", "counter", f"{day}T09:00:00+07:00", by=NOBODY)["due_at"][:10]
        for day in ("2025-12-31", "2026-01-09")
    ]
    assert due == ["2026-01-05", "2026-01-10"]


def test_a_year_is_decided_or_estimated_whatever_day_it_is(offered):
    for today in ("2026-11-28", "2030-06-03"):
        with time_machine.travel(f"{today}T02:00:00Z", tick=False):
            calendar = {year: offered.calendars.calendar(year) for year in (2019, 2026, 2027)}
        assert [calendar[year]["estimated"] for year in calendar] == [False, False, True]
        assert calendar[2026]["sources"] and not calendar[2027]["sources"]


def test_an_editor_confirms_a_year_by_its_first_day(offered):
    reason = "Đã công bố lịch nghỉ năm 2027"
    offered.calendars.set_day("2027-01-01", "as_published", reason, by=BY, command=command())
    calendar = offered.calendars.calendar(2027)
    assert calendar["estimated"] is False and calendar["sources"] == [reason]


def test_a_day_decided_alone_does_not_confirm_its_year(offered):
    offered.calendars.set_day("2027-03-03", "day_off", "Bão", by=BY, command=command())
    assert offered.calendars.calendar(2027)["estimated"] is True


@pytest.mark.parametrize("day", ["0990-01-01", "1989-12-31", "2201-01-01", "9998-12-31"])
def test_a_day_of_a_year_without_a_calendar_cannot_be_set(offered, day):
    with pytest.raises(InvalidRequest) as refused:
        offered.calendars.set_day(day, "day_off", "?", by=BY, command=command())
    assert refused.value.facts["problems"][0]["pointer"] == "/date"


def test_the_version_of_a_calendar_names_library_and_data(offered):
    version = offered.calendars.calendar(2026)["version"]
    assert version.startswith(f"{official_calendar.LIBRARY}+{official_calendar.RELEASE}/")


@pytest.mark.parametrize(
    ("today", "expected"),
    [("2026-11-30", None), ("2026-12-01", 2027), ("2026-12-31", 2027), ("2025-12-20", None), ("2027-01-01", 2027)],
)
def test_the_year_that_should_be_decided_by_now_and_is_not(offered, today, expected):
    with time_machine.travel(f"{today}T05:00:00+07:00", tick=False):
        assert offered.calendars.undecided_year() == expected


def test_the_follower_keeps_the_metric_of_the_undecided_year(offered):
    watch = CalendarWatch(offered.calendars)
    with time_machine.travel("2026-12-15T02:00:00Z", tick=False):
        watch.step()
        assert metrics.calendar_undecided._value.get() == 2027
        offered.calendars.set_day("2027-01-01", "as_published", "Đã công bố", by=BY, command=command())
        CalendarWatch(offered.calendars).step()
    assert metrics.calendar_undecided._value.get() == 0
