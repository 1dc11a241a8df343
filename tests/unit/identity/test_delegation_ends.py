"""When a delegation ends: at an instant, or with a day in office time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from infra.chassis import clock as chassis_clock
from services.identity.delegations import end_of_term


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_its_own_end(instant):
    assert end_of_term(instant.isoformat()) == instant


@given(st.dates(max_value=datetime(9999, 12, 30).date()))
def test_a_day_ends_when_the_next_begins_in_office_time(day):
    if day.year > 1:
        end = end_of_term(day.isoformat()).astimezone(chassis_clock.OFFICE_ZONE)
        assert (end.date(), end.hour, end.minute) == (day + timedelta(days=1), 0, 0)
