"""A promise moved by days falls on a day on which offices work."""

from __future__ import annotations

from datetime import datetime

import pytest

from infra.chassis.official_calendar import official_calendar
from services.oversight.domain.fact import Fact, micros
from services.oversight.domain.hypothesis import changed_fact

CALENDAR = official_calendar((2025, 2026))


@pytest.mark.parametrize(
    ("due", "days", "moved"),
    [
        ("2026-03-05T17:00:00+07:00", 1, "2026-03-06T17:00:00+07:00"),
        ("2026-03-06T17:00:00+07:00", 1, "2026-03-09T17:00:00+07:00"),  # a Saturday
        ("2026-02-12T11:30:00+07:00", 5, "2026-02-23T11:30:00+07:00"),  # the first day of Tết
        ("2026-03-09T17:00:00+07:00", -1, "2026-03-09T17:00:00+07:00"),  # a Sunday
        ("2026-01-09T17:00:00+07:00", 1, "2026-01-10T17:00:00+07:00"),  # a Saturday that is worked
    ],
)
def test_a_promise_moved_to_a_day_without_work_is_the_next_working_days(due: str, days: int, moved: str) -> None:
    fact = Fact("a", "portal", due_at=micros(datetime.fromisoformat(due)), promised_at=None)
    other = changed_fact(fact, {"due_days": days}, CALENDAR)
    assert (other.due_at, other.promised_at) == (micros(moved), None)
