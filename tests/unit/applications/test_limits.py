"""Limits in days end with their last day, and where nobody works on it, with the next working day."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.applications.domain import deadline
from services.applications.domain.statuses import Status
from services.applications.errors import AppealTooLate
from tests.unit.applications.builders import CALENDAR, brought_to


@pytest.mark.parametrize(
    ("since", "days", "last"),
    [
        ("2026-03-02T08:00:00+07:00", 30, "2026-04-01"),  # a Wednesday
        ("2026-03-02T23:30:00+07:00", 30, "2026-04-01"),  # the day it is given on does not count, early or late
        ("2026-02-27T08:00:00+07:00", 15, "2026-03-16"),  # day 15 is a Saturday
        ("2026-04-15T08:00:00+07:00", 15, "2026-05-04"),  # 30 April and 1 May are holidays, then a weekend
    ],
)
def test_a_limit_ends_with_its_last_day(since, days, last):
    until = deadline.end_of_limit(days, datetime.fromisoformat(since), CALENDAR)
    assert until == datetime.fromisoformat(f"{last}T23:59:59.999999+07:00")


@pytest.mark.parametrize("at", ["2026-05-31T21:30:00+07:00", "2026-06-01T23:58:00+07:00"])
def test_an_appeal_is_taken_until_the_end_of_its_last_day(at):
    """Decided on Monday 2 March; day 90 is Sunday 31 May, so the last day is Monday 1 June."""
    life = brought_to(Status.REJECTED)
    life.at = datetime.fromisoformat(at)
    life.do("appeal")
    assert life.app.pending_appeal


def test_an_appeal_after_its_last_day_is_too_late():
    life = brought_to(Status.REJECTED)
    life.at = datetime.fromisoformat("2026-06-02T00:00:00+07:00")
    with pytest.raises(AppealTooLate):
        life.do("appeal")
