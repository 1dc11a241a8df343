"""The working calendar of Viet Nam, editors' changes to it, and due dates counted on it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from infra.chassis.storage.tables import outbox
from services.catalog.errors import ChannelNotOffered, ProcedureNotFound
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.builders import offer


@pytest.fixture
def book() -> Catalogue:
    return catalogue()


def kinds(book: Catalogue, year: int) -> dict[str, str]:
    return {day["date"]: day["kind"] for day in book.calendars.calendar(year)["days"]}


def decide(book: Catalogue, day: str, kind: str, reason: str = "Thông báo của Chính phủ") -> dict:
    return book.calendars.set_day(day, kind, reason, by=BY, command=command())


def due(book: Catalogue, amount, unit: str, accepted_at: str, **more) -> dict:
    channels = {"counter": {"processing_time": {"amount": amount, "unit": unit}}}
    code = f"1.{abs(hash((amount, unit, str(more)))) % 10**6:06}"
    book.offerings.publish(offer(code, channels=channels, **more), "2020-01-01", by=BY, command=command())
    return book.calendars.due_date(code, "counter", accepted_at, by=NOBODY)


def test_tet_and_the_hung_kings_are_holidays(book):
    calendar = kinds(book, 2026)
    assert all(calendar[f"2026-02-{day}"] == "holiday" for day in (16, 17, 18, 19, 20))
    assert calendar["2026-04-26"] == "holiday"
    assert calendar["2026-09-02"] == "holiday"


def test_a_holiday_on_a_weekend_is_made_up_for(book):
    assert kinds(book, 2026)["2026-04-27"] == "substitute_holiday"


def test_a_swapped_day_off_has_its_make_up_saturday(book):
    calendar = kinds(book, 2026)
    assert calendar["2026-08-31"] == "substitute_holiday"
    assert calendar["2026-08-22"] == "make_up"
    assert kinds(book, 2024)["2024-05-04"] == kinds(book, 2019)["2019-01-05"] == "make_up"


def test_every_day_has_a_name_in_both_languages(book):
    assert all(day["name"]["vi"] and day["name"]["en"] for day in book.calendars.calendar(2026)["days"])


def test_the_calendar_of_a_year_holds_that_year_only(book):
    for year in (2018, 2019, 2025, 2026):
        assert all(day.startswith(str(year)) for day in kinds(book, year))


def test_an_override_wins_over_the_library(book):
    decide(book, "2026-12-31", "day_off")
    decide(book, "2026-09-01", "working")
    calendar = kinds(book, 2026)
    assert (calendar["2026-12-31"], calendar["2026-09-01"]) == ("override_day_off", "override_working")


def test_an_override_may_be_taken_back_and_both_stay_recorded(book):
    before = kinds(book, 2026)
    decide(book, "2026-09-01", "working", "nhầm")
    decide(book, "2026-09-01", "as_published", "sửa nhầm")
    assert kinds(book, 2026) == before
    changes = book.calendars.changes(2026)["items"]
    assert [(change["kind"], change["reason"], change["by"]["name"]) for change in changes] == [
        ("working", "nhầm", BY.name),
        ("as_published", "sửa nhầm", BY.name),
    ]
    assert all(change["known_at"] for change in changes)


def test_every_change_has_a_version_of_its_own(book):
    first = book.calendars.calendar(2026)["version"]
    decide(book, "2026-12-31", "day_off")
    assert book.calendars.calendar(2026)["version"] != first


def test_applications_are_told_what_the_day_was_and_is(book):
    decide(book, "2026-12-31", "day_off")
    with book.database.session() as session:
        (row,) = session.execute(select(outbox))
    assert (row.type, row.subject) == ("calendar_changed.v1", "2026-12-31")
    assert (row.data["was_working"], row.data["is_working"]) == (True, False)


@pytest.mark.parametrize(
    ("amount", "unit", "accepted_at", "expected"),
    [
        # Thursday before Tết 2026 (16 to 20 February off): the day after acceptance is the first
        (1, "working_days", "2026-02-12T09:00:00+07:00", "2026-02-13T10:00:00+00:00"),
        (2, "working_days", "2026-02-12T09:00:00+07:00", "2026-02-23T10:00:00+00:00"),
        (5, "working_days", "2026-11-20T09:00:00+07:00", "2026-11-30T10:00:00+00:00"),
        # the make-up Saturday 22 August 2026 counts, Monday 31 August does not
        (1, "working_days", "2026-08-21T09:00:00+07:00", "2026-08-22T10:00:00+00:00"),
        (6, "working_days", "2026-08-21T09:00:00+07:00", "2026-08-28T10:00:00+00:00"),
        (7, "working_days", "2026-08-21T09:00:00+07:00", "2026-09-03T10:00:00+00:00"),
        (1, "working_hours", "2026-11-20T16:30:00+07:00", "2026-11-23T01:00:00+00:00"),
        # the fifteenth calendar day is Wednesday 2 September, a holiday: the next working day
        (15, "calendar_days", "2026-08-18T09:00:00+07:00", "2026-09-03T10:00:00+00:00"),
        (6, "months", "2026-03-31T09:00:00+07:00", "2026-09-30T10:00:00+00:00"),
    ],
)
def test_a_due_date_is_counted_in_its_own_unit(book, amount, unit, accepted_at, expected):
    assert due(book, amount, unit, accepted_at)["due_at"] == expected


def test_a_due_date_shows_the_days_that_count(book):
    rows = due(book, 2, "working_days", "2026-02-12T09:00:00+07:00")["days"]
    assert [row["kind"] for row in rows] == [
        "start",
        "counted",
        *["weekend"] * 2,
        *["holiday"] * 5,
        *["weekend"] * 2,
        "due",
    ]


def test_no_time_stated_is_no_due_date(book):
    result = due(book, None, "not_stated", "2026-02-12T09:00:00+07:00")
    assert (result["due_at"], result["days"]) == (None, [])


def test_the_legal_maximum_is_told_apart_from_the_promise(book):
    result = due(
        book, 1, "working_days", "2026-11-16T09:00:00+07:00", legal_maximum={"amount": 3, "unit": "working_days"}
    )
    assert (result["due_at"], result["legal_due_at"]) == ("2026-11-17T10:00:00+00:00", "2026-11-19T10:00:00+00:00")


def test_a_day_off_decided_later_moves_the_due_date(book):
    first = due(book, 1, "working_days", "2026-12-30T09:00:00+07:00")
    decide(book, "2026-12-31", "day_off")
    again = book.calendars.due_date(first["code"], "counter", "2026-12-30T09:00:00+07:00", by=NOBODY)
    assert (first["due_at"], again["due_at"]) == ("2026-12-31T10:00:00+00:00", "2027-01-04T10:00:00+00:00")


def test_a_due_date_uses_the_version_in_force_when_it_was_accepted(book):
    for first_day, amount in (("2026-01-01", 1), ("2026-06-01", 3)):
        channels = {"counter": {"processing_time": {"amount": amount, "unit": "working_days"}}}
        book.offerings.publish(offer("1.1", channels=channels), first_day, by=BY, command=command())
    early = book.calendars.due_date("1.1", "counter", "2026-05-25T09:00:00+07:00", by=NOBODY)
    late = book.calendars.due_date("1.1", "counter", "2026-06-01T09:00:00+07:00", by=NOBODY)
    pinned = book.calendars.due_date("1.1", "counter", "2026-06-01T09:00:00+07:00", version=1, by=NOBODY)
    assert (early["version"], late["version"], pinned["version"]) == (1, 2, 1)


def test_a_due_date_needs_a_channel_that_is_offered(book):
    book.offerings.publish(offer("1.1"), "2026-01-01", by=BY, command=command())
    with pytest.raises(ChannelNotOffered):
        book.calendars.due_date("1.1", "online", "2026-06-01T09:00:00+07:00", by=NOBODY)
    with pytest.raises(ProcedureNotFound):
        book.calendars.due_date("1.2", "online", "2026-06-01T09:00:00+07:00", by=NOBODY)
