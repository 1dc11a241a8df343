"""A limit in days ends with its last day in the offices, whatever hour it began at."""

from __future__ import annotations

from datetime import datetime

import pytest

from infra.chassis.instants import end_of_limit
from services.applications.domain import deadline


@pytest.mark.parametrize(
    ("since", "days", "last"),
    [
        ("2026-03-02T00:01:00+07:00", 7, "2026-03-09"),
        ("2026-03-02T23:59:00+07:00", 7, "2026-03-09"),
        ("2026-03-02T18:30:00+00:00", 7, "2026-03-10"),  # already the third of March in the offices
        ("2028-01-30T09:00:00+07:00", 30, "2028-02-29"),
        ("2026-12-31T23:50:00+07:00", 1, "2027-01-01"),
    ],
)
def test_a_limit_ends_with_its_last_day(since: str, days: int, last: str) -> None:
    until = end_of_limit(days, datetime.fromisoformat(since))
    assert until == datetime.fromisoformat(f"{last}T23:59:59.999999+07:00")
    assert until == deadline.limit(days, datetime.fromisoformat(since), None)
