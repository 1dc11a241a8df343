"""A limit in days ends with its last day in the offices, or with the next working day, whatever hour it began at."""

from __future__ import annotations

from datetime import datetime

import pytest

from infra.chassis.instants import end_of_limit
from infra.working_time import end_of_limit as by_calendar


@pytest.mark.parametrize(
    ("since", "days", "last"),
    [
        ("2026-03-02T00:01:00+07:00", 7, "2026-03-09"),
        ("2026-03-02T23:59:00+07:00", 7, "2026-03-09"),
        ("2026-03-02T18:30:00+00:00", 7, "2026-03-10"),  # already the third of March in the offices
        ("2028-01-30T09:00:00+07:00", 30, "2028-02-29"),
    ],
)
def test_a_limit_ends_with_its_last_day(since: str, days: int, last: str) -> None:
    until = end_of_limit(days, datetime.fromisoformat(since))
    assert until == datetime.fromisoformat(f"{last}T23:59:59.999999+07:00")
    assert until == by_calendar(days, datetime.fromisoformat(since), None)


@pytest.mark.parametrize(
    ("since", "days", "last"),
    [
        ("2026-03-06T09:00:00+07:00", 2, "2026-03-09"),  # asked on a Friday
        ("2026-02-13T16:00:00+07:00", 2, "2026-02-23"),  # on the eve of Tết
        ("2025-12-31T10:00:00+07:00", 2, "2026-01-05"),  # 2 January 2026 is off for Saturday the tenth
        ("2026-01-08T10:00:00+07:00", 2, "2026-01-10"),  # which is worked
        ("2026-12-31T23:50:00+07:00", 1, "2027-01-04"),  # a year nobody has decided on yet
        ("2026-01-16T10:00:00+07:00", 365 * 2, "2028-01-17"),  # a Sunday two years on
    ],
)
def test_where_nobody_works_on_its_last_day_it_ends_with_the_next_working_day(since: str, days: int, last: str) -> None:
    until = end_of_limit(days, datetime.fromisoformat(since))
    assert until == datetime.fromisoformat(f"{last}T23:59:59.999999+07:00")
