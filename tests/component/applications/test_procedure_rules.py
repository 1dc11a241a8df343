"""The offices' calendar as applications keeps it: used again for a minute, and not once a change has been heard of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from services.applications.procedure_rules import ProcedureRules
from tests.unit.applications.fakes import Catalog

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 4)


class Counting(Catalog):
    """A catalogue that says how often its calendar was asked for."""

    asked = 0

    def calendar(self, year: int) -> dict[str, Any]:
        self.asked += 1
        return super().calendar(year)


def decided(day: str = "2026-03-04", event_id: str | None = None) -> dict[str, Any]:
    data = {"date": day, "kind": "day_off", "was_working": True, "is_working": False, "calendar_version": "0.109/1"}
    return {"id": event_id or f"catalog:{uuid4()}", "data": data}


@pytest.fixture
def two(portal):
    """The rulebooks of two processes on one database."""
    return ProcedureRules(portal.database), ProcedureRules(portal.database)


def test_a_calendar_is_read_once_a_minute(two):
    catalog, one = Counting(), two[0]
    with time_machine.travel(AT, tick=False):
        for _ in range(5):
            one.calendar(AT, catalog)
    assert catalog.asked == 2  # this year's and the next


def test_a_change_heard_by_one_process_is_used_by_every_other(two):
    catalog = Counting()
    assert [one.calendar(AT, catalog).is_working(DAY) for one in two] == [True, True]
    catalog.days[2026].append(("2026-03-04", "holiday"))
    two[0].calendar_changed(decided())
    assert [one.calendar(AT, catalog).is_working(DAY) for one in two] == [False, False]
    assert catalog.asked == 8


def test_a_change_told_twice_has_the_calendar_read_once_more_only(two):
    catalog, one = Counting(), two[0]
    one.calendar(AT, catalog)
    for _ in range(2):
        one.calendar_changed(decided(event_id="catalog:7"))
        one.calendar(AT, catalog)
    assert catalog.asked == 4


def test_a_change_told_while_the_calendar_is_being_read_is_not_missed(two):
    one, other = two

    class Deciding(Counting):
        """Decides about a day just after it has answered."""

        def calendar(self, year: int) -> dict[str, Any]:
            reply = super().calendar(year)
            if self.asked == 2:
                self.days[2026].append(("2026-03-04", "holiday"))
                other.calendar_changed(decided())
            return reply

    catalog = Deciding()
    assert one.calendar(AT, catalog).is_working(DAY)
    assert not one.calendar(AT, catalog).is_working(DAY)


def test_an_old_copy_is_not_used_in_place_of_a_changed_calendar(two):
    catalog, one = Counting(), two[0]
    assert one.calendar_if_known(AT, catalog) is not None
    one.calendar_changed(decided())
    catalog.silent = True
    assert one.calendar_if_known(AT, catalog) is None
