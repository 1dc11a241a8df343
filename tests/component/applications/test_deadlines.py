"""Dates of running applications obey the calendar: set by hand, counted on after a pause, explained, corrected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from infra.chassis.refusals import InvalidRequest
from services.applications.procedure_rules import FIRST_YEAR, LAST_YEAR
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading

TET_2026 = [(f"2026-02-{day}", "holiday") for day in (16, 17, 18, 19, 20)]
SPRING_2025 = [("2025-04-30", "holiday"), ("2025-05-01", "holiday"), ("2025-05-02", "substitute_holiday")]

DECIDED = {
    "id": "catalog:8",
    "data": {
        "date": "2025-06-02",
        "kind": "day_off",
        "was_working": True,
        "is_working": False,
        "calendar_version": "1",
    },
}


def accepted(portal, at: str, amount: float = 3, unit: str = "working_days") -> str:
    """An application handed in and accepted at ``at`` under a promise; the calendars of 2025 and 2026 as they were."""
    portal.catalog.definition["channels"] = {"online": {"processing_time": {"amount": amount, "unit": unit}}}
    portal.catalog.days |= {2024: [], 2025: SPRING_2025, 2026: TET_2026}
    with time_machine.travel(at, tick=False):
        key = portal.submitted()
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
        portal.office.assign(key, actors.CASE.account_id, identity=portal.identity, **call(actors.INTAKE))
    return key


def paused(portal, key: str, begin: str, end: str) -> dict[str, Any]:
    with time_machine.travel(begin, tick=False):
        portal.office.request_supplement(key, [], "Bổ sung", catalog=portal.catalog, **call(actors.CASE))
    with time_machine.travel(end, tick=False):
        return portal.registry.supplement(key, **call(actors.CITIZEN), **portal.neighbours)


def extended(portal, key: str, at: str, due_at: str) -> dict[str, Any]:
    with time_machine.travel(at, tick=False):
        return portal.office.extend(key, due_at, "Xác minh", catalog=portal.catalog, **call(actors.CASE))


def explained(portal, key: str, at: str) -> dict[str, Any]:
    with time_machine.travel(at, tick=False):
        return portal.due_dates.explain_due_date(key, **reading(actors.CITIZEN), **portal.neighbours)


@pytest.mark.parametrize(
    ("at", "promise", "begin", "end", "due_at"),
    [
        ("2026-02-13T09:00+07:00", (10, "calendar_days"), "2026-02-13T10:00+07:00", "2026-03-09T10:00+07:00", "03-19"),
        ("2026-02-02T09:00+07:00", (10, "calendar_days"), "2026-02-02T10:00+07:00", "2026-02-12T10:00+07:00", "02-23"),
        ("2026-02-02T09:00+07:00", (1, "months"), "2026-02-02T10:00+07:00", "2026-02-12T10:00+07:00", "03-12"),
    ],
)
def test_what_is_left_of_a_promise_is_counted_in_its_own_unit(portal, at, promise, begin, end, due_at):
    key = accepted(portal, at, *promise)
    assert paused(portal, key, begin, end)["due_at"] == f"2026-{due_at}T10:00:00+00:00"
    event = [event for event in portal.store.events(key) if type(event).__name__ == "Supplemented"][-1]
    assert event.clock["happenings"][-1]["rule"] == "own_unit"
    assert portal.store.get(key).due_at.isoformat() == f"2026-{due_at}T10:00:00+00:00"


def test_a_date_set_to_a_sunday_in_tet_means_the_next_working_day(portal):
    key = accepted(portal, "2026-02-11T09:00+07:00", 1)
    reply = extended(portal, key, "2026-02-12T09:00+07:00", "2026-02-15T09:00:00+07:00")
    assert reply["due_at"] == "2026-02-23T10:00:00+00:00"
    assert portal.store.get(key).due_at.isoformat() == "2026-02-23T10:00:00+00:00"


def test_a_date_set_to_a_working_day_stays_to_the_minute(portal):
    key = accepted(portal, "2026-02-11T09:00+07:00")
    assert extended(portal, key, "2026-02-12T09:00+07:00", "2026-02-24T09:00:00+07:00")["due_at"].startswith(
        "2026-02-24T02:00"
    )


@pytest.mark.parametrize("due_at", ["9999-12-31", "9999-12-31T17:00:00+00:00", "2057-01-04"])
def test_a_date_beyond_every_calendar_is_refused(portal, due_at):
    key = accepted(portal, "2026-02-11T09:00+07:00")
    with pytest.raises(InvalidRequest) as refused:
        extended(portal, key, "2026-02-12T09:00+07:00", due_at)
    assert refused.value.facts["problems"][0]["pointer"] == "/due_at"


def test_a_consultation_is_due_on_a_working_day_and_not_at_the_end_of_time(portal):
    key = accepted(portal, "2026-02-11T09:00+07:00")
    with time_machine.travel("2026-02-12T09:00+07:00", tick=False):
        arguments = [key, "H01.02", "Xin ý kiến"]
        reply = portal.office.consult(*arguments, "2026-02-15", catalog=portal.catalog, **call(actors.CASE))
        with pytest.raises(InvalidRequest):
            portal.office.consult(*arguments, "2026-02-11", catalog=portal.catalog, **call(actors.CASE))
        with pytest.raises(InvalidRequest):
            portal.office.consult(*arguments, "9999-12-31", catalog=portal.catalog, **call(actors.CASE))
    assert reply["due_at"] == "2026-02-23T10:00:00+00:00"
    (consultation,) = portal.store.get(key).consultations.values()
    assert consultation["due_at"] == reply["due_at"]


def test_the_proof_of_an_extended_promise_counts_no_holiday_as_worked(portal):
    key = accepted(portal, "2025-03-20T09:00+07:00")
    extended(portal, key, "2025-03-24T09:00+07:00", "2025-05-12T09:00:00+07:00")
    result = explained(portal, key, "2025-03-24T10:00+07:00")
    minutes = {row["date"][5:]: row["minutes"] for row in result["days"]}
    assert [minutes[day] for day in ("04-29", "04-30", "05-01", "05-02", "05-05")] == [480, 0, 0, 0, 480]
    assert result["uncovered_since"] is None
    portal.catalog.silent = True
    assert explained(portal, key, "2025-03-24T10:00+07:00")["days"] == result["days"]  # the event carries the calendar


def test_a_pause_of_one_office_hour_moves_an_extended_date_by_one_hour(portal):
    key = accepted(portal, "2025-03-20T09:00+07:00")
    extended(portal, key, "2025-03-24T09:00+07:00", "2025-05-12T09:00:00+07:00")
    reply = paused(portal, key, "2025-03-25T09:00+07:00", "2025-03-25T10:00+07:00")
    assert reply["due_at"] == "2025-05-12T03:00:00+00:00"


def test_what_is_extended_without_a_calendar_is_marked_and_explained_with_the_one_of_today(portal):
    key = accepted(portal, "2025-03-20T09:00+07:00")
    portal.catalog.silent = True
    portal.office.procedure_rules.calendar_changed(DECIDED)  # what was read before is used no more
    extended(portal, key, "2025-03-24T09:00+07:00", "2025-05-12T09:00:00+07:00")
    alone = explained(portal, key, "2025-03-24T10:00+07:00")
    assert alone["uncovered_since"] == "2025-04-26"
    assert next(row["date"] for row in alone["days"] if "uncovered" in row["marks"]) == "2025-04-26"
    portal.catalog.silent = False
    again = explained(portal, key, "2025-03-24T10:00+07:00")
    assert again["uncovered_since"] == "2025-04-26"
    assert not any("uncovered" in row["marks"] or row["minutes"] for row in again["days"] if row["date"][5:] == "05-01")


def test_a_promise_of_years_is_counted_on_all_their_calendars(portal):
    portal.catalog.days[2029] = [("2029-03-02", "holiday")]
    key = accepted(portal, "2026-03-02T09:00+07:00", 36, "months")
    clock = portal.store.get(key).clock
    assert clock.due_at.isoformat() == "2029-03-05T10:00:00+00:00" and clock.uncovered_since is None


def test_a_holiday_decided_late_restates_the_recorded_date(portal):
    key = accepted(portal, "2026-03-02T09:00+07:00")
    portal.follow()
    portal.catalog.days[2026] = [*TET_2026, ("2026-03-04", "override_day_off")]
    with time_machine.travel("2026-03-03T09:00+07:00", tick=False):
        result = portal.due_dates.affected_due_dates(catalog=portal.catalog, **reading(actors.AUDITOR), on="2026-03-04")
        (item,) = [item for item in result["items"] if item["application_id"] == key]
    assert (item["recorded_due_at"], item["corrected_due_at"]) == (
        "2026-03-05T10:00:00+00:00",
        "2026-03-06T10:00:00+00:00",
    )
    assert item["corrected_days"] == ["2026-03-04"]
    assert explained(portal, key, "2026-03-03T09:00+07:00")["corrected"]["affected"]


def test_no_year_is_asked_for_that_the_catalogue_has_no_calendar_of(portal):
    requests: list[int] = []

    def calendar(*, year: int) -> dict[str, Any]:
        requests.append(year)
        return {"year": year, "days": [], "version": "1"}

    portal.catalog.calendar = calendar
    portal.office.procedure_rules.calendar(datetime(2199, 6, 3, tzinfo=UTC), portal.catalog, years=9)
    assert set(requests) == {2199, 2200} and FIRST_YEAR == 1990 and LAST_YEAR == 2200


@pytest.mark.parametrize(
    ("amount", "unit", "counted"),
    [(1.5, "months", 2), (2.5, "calendar_days", 3), (100_000, "months", 360), (0.5, "working_days", 0.5)],
)
def test_an_application_under_a_promise_that_could_not_be_counted_is_accepted(portal, amount, unit, counted):
    key = accepted(portal, "2026-03-02T09:00+07:00", amount, unit)
    clock = portal.store.get(key).clock
    assert clock.promise.amount == counted and clock.due_at is not None


def test_a_limit_of_years_ends_on_a_working_day_of_its_own_year(portal):
    portal.catalog.definition["limits"] = {"supplement_days": 1000, "payment_days": None}
    key = accepted(portal, "2026-03-02T09:00+07:00")
    portal.catalog.days[2028] = [("2028-11-27", "holiday")]
    with time_machine.travel("2026-03-03T09:00+07:00", tick=False):
        reply = portal.office.request_supplement(key, [], "Bổ sung", catalog=portal.catalog, **call(actors.CASE))
    assert reply["answer_by"].startswith("2028-11-28")
