"""Each day of the table is what its name says, asked of the platform's own calendar; and processes do live on it."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
import time_machine

from infra.working_time import WorkingCalendar
from tests.component.catalog.use_cases import catalogue
from tests.moved_clock.days import DAYS, TABLE
from tests.moved_clock.processes import on_day
from tests.support.local_servers import LocalDatabases

CHILD_PROGRAM = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {'import time; print(time.time())'!r}])"


def calendar() -> WorkingCalendar:
    years = {day.at.year for day in TABLE}
    calendars = catalogue().calendars
    return WorkingCalendar.of_replies(calendars.calendar(year) for year in sorted(years | {year + 1 for year in years}))


def day(name: str) -> date:
    return DAYS[name].at.date()


def test_the_eve_of_tet_and_a_day_inside_it_are_closed_until_the_same_day():
    expected = calendar()
    assert expected.name_of(day("tet-eve"))["en"] == "Lunar New Year's Eve"
    assert "Lunar New Year" in expected.name_of(day("inside-tet"))["en"] and day("inside-tet").weekday() < 5
    assert expected.first_working_day(day("tet-eve")) == expected.first_working_day(day("inside-tet"))
    assert expected.first_working_day(day("tet-eve")) - day("tet-eve") > timedelta(days=4)


def test_the_saturday_is_made_up_and_the_sunday_is_still_saturday_in_utc():
    assert calendar().kind_of(day("make-up-saturday")) == "make_up"
    assert day("sunday-night").weekday() == 6 and DAYS["sunday-night"].at.astimezone(UTC).weekday() == 5


def test_years_and_quarters_end_within_minutes_and_begin_in_viet_nam_first():
    for name in ("new-year", "quarter-end"):
        assert DAYS[name].at.month % 3 == 0 and (DAYS[name].at + timedelta(minutes=15)).day == 1
    start = DAYS["quarter-start"].at
    assert (start.month % 3, start.day) == (1, 1) and start.astimezone(UTC).month == start.month - 1


def test_the_leap_day_is_one():
    assert (day("leap-day").month, day("leap-day").day) == (2, 29)


def test_nobody_has_decided_the_year_after_the_undecided_day():
    with time_machine.travel(DAYS["undecided"].at):
        assert catalogue().calendars.calendar(day("undecided").year + 1)["estimated"]
    assert day("undecided").month == 12


def test_two_and_ten_years_on_lie_behind_everything_a_calendar_decides_today():
    assert day("ten-years-on").year - day("two-years-on").year == 8
    with time_machine.travel(DAYS["inside-tet"].at):
        assert catalogue().calendars.calendar(day("two-years-on").year)["estimated"]


@pytest.mark.parametrize("name", ["make-up-saturday", "ten-years-on"])
def test_a_process_and_its_child_live_on_the_day_while_the_monotonic_clock_goes_on(name):
    before = time.monotonic()
    child = subprocess.run(
        [sys.executable, "-c", CHILD_PROGRAM], env=on_day(DAYS[name]), capture_output=True, check=True
    )
    scenario = datetime.fromtimestamp(float(child.stdout), UTC) - DAYS[name].at
    assert timedelta(0) <= scenario <= timedelta(seconds=time.monotonic() - before + 1)


def test_a_database_lives_on_the_day_of_the_process_that_starts_it(monkeypatch):
    day = DAYS["ten-years-on"]
    monkeypatch.setenv("MOVED_CLOCK", str(day.moved_by))
    server = LocalDatabases()
    server.start()
    try:
        with psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres") as connection:
            (now,) = connection.execute("SELECT clock_timestamp()").fetchone()
    finally:
        server.close()
    assert day.at <= now < day.at + timedelta(minutes=10)
