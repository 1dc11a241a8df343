"""The offices' calendar as applications keeps it: used again for a minute, and not once a change was received."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.working_time.records import CalendarReply
from services.applications.procedure_rules import ProcedureRules
from tests.unit.applications.fakes import Catalog

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 4)


class Counting(Catalog):
    """A catalogue that says how often its calendar was asked for."""

    requests = 0

    def calendar(self, *, year: int) -> CalendarReply:
        self.requests += 1
        return super().calendar(year=year)


def decided(day: str = "2026-03-04", event_id: str | None = None) -> dict[str, Any]:
    data = {"date": day, "kind": "day_off", "was_working": True, "is_working": False, "calendar_version": "0.109/1"}
    return {"id": event_id or f"catalog:{uuid4()}", "data": data}


@pytest.fixture
def two(portal):
    """The rulebooks of two processes on one database."""
    return ProcedureRules(portal.database), ProcedureRules(portal.database)


def test_a_calendar_is_read_once_a_minute(two):
    catalog, entry = Counting(), two[0]
    with time_machine.travel(AT, tick=False):
        for _ in range(5):
            entry.calendar(AT, catalog)
    assert catalog.requests == 2  # this year's and the next


def test_a_change_heard_by_one_process_is_used_by_every_other(two):
    catalog = Counting()
    assert [entry.calendar(AT, catalog).is_working(DAY) for entry in two] == [True, True]
    catalog.days[2026].append(("2026-03-04", "holiday"))
    two[0].calendar_changed(decided())
    assert [entry.calendar(AT, catalog).is_working(DAY) for entry in two] == [False, False]
    assert catalog.requests == 8


def test_a_change_told_twice_has_the_calendar_read_once_more_only(two):
    catalog, entry = Counting(), two[0]
    entry.calendar(AT, catalog)
    for _ in range(2):
        entry.calendar_changed(decided(event_id="catalog:7"))
        entry.calendar(AT, catalog)
    assert catalog.requests == 4


def test_a_change_told_while_the_calendar_is_being_read_is_not_missed(two):
    entry, other = two

    class Deciding(Counting):
        """Decides about a day just after it has answered."""

        def calendar(self, *, year: int) -> CalendarReply:
            reply = super().calendar(year=year)
            if self.requests == 2:
                self.days[2026].append(("2026-03-04", "holiday"))
                other.calendar_changed(decided())
            return reply

    catalog = Deciding()
    assert entry.calendar(AT, catalog).is_working(DAY)
    assert not entry.calendar(AT, catalog).is_working(DAY)


def test_an_old_copy_is_not_used_in_place_of_a_changed_calendar(two):
    catalog, entry = Counting(), two[0]
    assert entry.calendar_if_known(AT, catalog) is not None
    entry.calendar_changed(decided())
    catalog.silent = True
    assert entry.calendar_if_known(AT, catalog) is None
