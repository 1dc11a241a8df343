"""Quiet hours: the next moment in which a message may go out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from infra.working_time import OFFICE_ZONE
from services.notifications.domain.quiet_hours import QuietHours

times = st.times().map(lambda entry: entry.replace(second=0, microsecond=0))


@given(start=times, end=times, moment=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_the_next_allowed_moment_is_never_quiet_never_earlier_and_within_a_day(
    start: time, end: time, moment: datetime
) -> None:
    quiet = QuietHours(start, end)
    allowed = quiet.next_allowed(moment)
    assert not quiet.cover(allowed) and moment <= allowed < moment + timedelta(days=1)
    assert allowed == moment or allowed.astimezone(OFFICE_ZONE).time() == end
    assert quiet.next_allowed(allowed) == allowed


def test_equal_times_mean_no_quiet_at_all() -> None:
    quiet = QuietHours.of("07:00", "07:00")
    assert not any(quiet.cover(datetime(2026, 1, 1, hour, tzinfo=UTC)) for hour in range(24))
