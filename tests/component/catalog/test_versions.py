"""Versions of a procedure: their days, their status, who made them and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from infra.chassis.refusals import CommandIdReused, InvalidRequest
from infra.chassis.storage.tables import outbox
from services.catalog.errors import (
    ApprovalNotPending,
    NotInForce,
    OnlyInDevelopment,
    ProcedureNotFound,
    SameEditor,
    VersionsOverlap,
)
from services.catalog.offerings import Offerings
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.builders import fee, offer

OTHER = replace(BY, account_id="5b0d3c9e-0000-4000-8000-000000000002", name="Trần Văn Mẫu")
CODE = "1.999001"


@pytest.fixture
def book() -> Catalogue:
    return catalogue()


def publish(book: Catalogue, first_day: str, title: str = "Cấp giấy mẫu", **changed: object) -> dict:
    return book.offerings.publish(offer(CODE, title, **changed), first_day, "vì luật mới", by=BY, command=command())


def on(book: Catalogue, day: str) -> dict:
    return book.offerings.procedure(CODE, at=day, by=NOBODY)


def days(book: Catalogue) -> list[tuple]:
    items = book.offerings.versions(CODE, by=NOBODY)["items"]
    return [(item["version"], item["effective_from"], item["effective_until"]) for item in items]


def test_a_published_procedure_answers_for_any_day_since_its_first(book):
    publish(book, "2026-01-01")
    assert on(book, "2026-01-01")["version"] == on(book, "2031-05-05")["version"] == 1
    with pytest.raises(ProcedureNotFound):
        on(book, "2025-12-31")


def test_a_procedure_comes_back_with_every_key_of_the_format(book):
    publish(book, "2026-01-01")
    result = on(book, "2026-01-01")
    assert {"version", "status", "effective_from", "effective_until", "requirements", "form", "limits"} <= set(result)
    assert result["limits"] == {"supplement_days": None, "payment_days": None}


def test_the_next_version_ends_the_one_before_it_the_day_before(book):
    publish(book, "2026-01-01", "Bản một")
    publish(book, "2026-03-01", "Bản hai")
    assert on(book, "2026-02-28")["title"]["vi"] == "Bản một"
    assert on(book, "2026-03-01")["title"]["vi"] == "Bản hai"
    assert days(book) == [(1, "2026-01-01", "2026-02-28"), (2, "2026-03-01", None)]


def test_a_version_may_be_published_ahead_of_time(book):
    with time_machine.travel("2026-05-05T00:00:00+07:00"):
        publish(book, "2026-01-01", "Bản một")
        publish(book, "2027-01-01", "Bản hai")
        assert book.offerings.procedure(CODE, by=NOBODY)["title"]["vi"] == "Bản một"
    with time_machine.travel("2027-01-01T00:00:00+07:00"):
        assert book.offerings.procedure(CODE, by=NOBODY)["title"]["vi"] == "Bản hai"


def test_today_is_the_day_it_is_in_viet_nam(book):
    publish(book, "2026-06-02")
    with time_machine.travel("2026-06-01T17:30:00+00:00"):
        assert book.offerings.procedure(CODE, by=NOBODY)["version"] == 1
    assert on(book, "2026-06-01T17:30:00+00:00")["version"] == 1


def test_a_version_between_two_others_is_bounded_by_the_later_one(book):
    publish(book, "2026-01-01", "Bản một")
    publish(book, "2026-09-01", "Bản hai")
    publish(book, "2026-05-01", "Bản ba")
    assert days(book) == [
        (1, "2026-01-01", "2026-04-30"),
        (2, "2026-09-01", None),
        (3, "2026-05-01", "2026-08-31"),
    ]


def test_two_versions_cannot_begin_on_one_day(book):
    publish(book, "2026-01-01", "Bản một")
    with pytest.raises(VersionsOverlap):
        publish(book, "2026-01-01", "Bản hai")
    assert days(book) == [(1, "2026-01-01", None)]


def test_the_same_content_again_makes_no_version(book):
    first = publish(book, "2026-01-01")
    again = publish(book, "2026-02-01")
    assert not first["unchanged"]
    assert again["unchanged"]
    assert again["version"] == first["version"]


def test_the_same_command_twice_has_one_effect_and_one_answer(book):
    sent = command()
    first = book.offerings.publish(offer(CODE), "2026-01-01", by=BY, command=sent)
    assert book.offerings.publish(offer(CODE), "2026-01-01", by=BY, command=sent) == first
    with pytest.raises(CommandIdReused):
        book.offerings.publish(offer(CODE), "2026-01-01", by=BY, command=replace(sent, fingerprint="another"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=8))
def test_versions_never_overlap_however_they_are_published(offsets):
    book = catalogue()
    for number, offset in enumerate(offsets):
        first_day = date(2026, 1, 1) + timedelta(days=offset)
        try:
            publish(book, first_day.isoformat(), f"Bản {number}")
        except VersionsOverlap:
            assert offset in offsets[:number]
    spans = sorted((first, last or "9999-12-31") for _, first, last in days(book))
    assert all(earlier[1] < later[0] for earlier, later in pairwise(spans))
    assert {first for first, _ in spans} == {
        (date(2026, 1, 1) + timedelta(days=offset)).isoformat() for offset in offsets
    }


def test_a_retired_procedure_has_a_last_day(book):
    publish(book, "2026-01-01")
    retired = book.offerings.retire(CODE, "2026-06-30", "bị bãi bỏ", by=BY, command=command())
    assert retired["effective_until"] == "2026-06-30"
    assert on(book, "2026-06-30")["version"] == 1
    with pytest.raises(ProcedureNotFound):
        on(book, "2026-07-01")


def test_a_procedure_past_its_last_day_is_called_retired(book):
    publish(book, "2026-01-01")
    book.offerings.retire(CODE, "2026-06-30", by=BY, command=command())
    with time_machine.travel("2026-06-30T10:00:00+07:00"):
        assert book.offerings.procedure(CODE, by=NOBODY)["status"] == "published"
    with time_machine.travel("2026-07-01T10:00:00+07:00"):
        assert book.offerings.procedure(CODE, version=1, by=NOBODY)["status"] == "retired"


def test_retiring_withdraws_versions_that_have_not_begun(book):
    with time_machine.travel("2026-05-05T00:00:00+07:00"):
        publish(book, "2026-01-01", "Bản một")
        publish(book, "2027-01-01", "Bản hai")
        book.offerings.retire(CODE, "2026-12-31", by=BY, command=command())
    with pytest.raises(ProcedureNotFound):
        on(book, "2027-01-01")
    assert [(item["act"], item["version"]) for item in book.offerings.changes(CODE)["items"]][2:] == [
        ("withdrawn", 2),
        ("retired", 1),
    ]


def test_there_is_nothing_to_retire_after_the_last_day(book):
    publish(book, "2026-01-01")
    book.offerings.retire(CODE, "2026-06-30", by=BY, command=command())
    with pytest.raises(NotInForce):
        book.offerings.retire(CODE, "2026-09-30", by=BY, command=command())


def test_an_unknown_procedure_cannot_be_retired(book):
    with pytest.raises(ProcedureNotFound):
        book.offerings.retire("9.999", "2026-09-30", by=BY, command=command())


def test_a_retired_procedure_may_be_published_anew(book):
    publish(book, "2026-01-01", "Bản một")
    book.offerings.retire(CODE, "2026-06-30", by=BY, command=command())
    publish(book, "2026-09-01", "Bản hai")
    with pytest.raises(ProcedureNotFound):
        on(book, "2026-08-01")
    assert on(book, "2026-09-01")["version"] == 2


def test_the_history_says_who_did_what_and_why(book):
    publish(book, "2026-01-01")
    book.offerings.retire(CODE, "2026-06-30", "bị bãi bỏ", by=OTHER, command=command())
    acts = [(item["act"], item["by"]["name"], item["reason"]) for item in book.offerings.changes(CODE)["items"]]
    assert acts == [("published", BY.name, "vì luật mới"), ("retired", OTHER.name, "bị bãi bỏ")]


def test_what_changed_between_two_versions_is_listed_field_by_field(book):
    publish(book, "2026-01-01")
    channels = {"counter": {"processing_time": {"amount": 3, "unit": "working_days"}}}
    publish(book, "2026-02-01", channels=channels)
    changes = book.offerings.compare(CODE, 1, 2, by=NOBODY)["changes"]
    assert changes == [{"path": "/channels/counter/processing_time/amount", "change": "changed", "old": 5, "new": 3}]


def test_publishing_and_retiring_are_told_by_event(book):
    publish(book, "2026-01-01")
    book.offerings.retire(CODE, "2026-06-30", by=BY, command=command())
    with book.database.session() as session:
        events = [(row.type, row.subject, row.data["effective_until"]) for row in session.execute(select(outbox))]
    assert events == [("procedure_published.v1", CODE, None), ("procedure_retired.v1", CODE, "2026-06-30")]


class TestFourEyes:
    """A change of fees waits for a second person where the setting says so."""

    @pytest.fixture
    def book(self) -> Catalogue:
        strict = catalogue(four_eyes=True)
        publish(strict, "2026-01-01", fees=[fee({"type": "fixed", "amount": 10_000})])
        return strict

    def dearer(self, book: Catalogue) -> dict:
        return publish(book, "2026-02-01", fees=[fee({"type": "fixed", "amount": 20_000})])

    def test_the_first_version_needs_nobody_else(self, book):
        assert on(book, "2026-01-01")["status"] == "published"

    def test_a_change_of_fees_waits(self, book):
        assert self.dearer(book)["status"] == "awaiting_approval"
        assert on(book, "2026-02-01")["version"] == 1

    def test_another_change_does_not_wait(self, book):
        same = [fee({"type": "fixed", "amount": 10_000})]
        assert publish(book, "2026-02-01", "Tên khác", fees=same)["status"] == "published"

    def test_the_same_change_again_is_the_same_proposal(self, book):
        assert self.dearer(book)["version"] == self.dearer(book)["version"] == 2

    def test_a_change_of_fees_for_a_day_before_or_after_all_others_waits_too(self, book):
        assert publish(book, "2025-01-01", fees=[])["status"] == "awaiting_approval"
        book.offerings.retire(CODE, "2026-12-31", by=BY, command=command())
        assert publish(book, "2027-02-01", fees=[])["status"] == "awaiting_approval"

    def test_an_imported_change_of_fees_waits_too(self, book):
        record = offer(CODE, fees=[fee({"type": "fixed", "amount": 20_000})])
        for _ in range(2):
            reply = book.imports.import_records(
                [record], "definition", "2026-02-01", "tệp mới", by=BY, command=command()
            )
            assert (reply["counts"]["awaiting"], reply["findings"]) == (1, [])
        assert on(book, "2026-02-01")["version"] == 1
        assert [item["version"] for item in book.offerings.proposals()["items"]] == [2]
        book.offerings.approve(CODE, 2, by=OTHER, command=command())
        assert on(book, "2026-02-01")["fees"][0]["rule"]["amount"] == 20_000

    def test_what_waits_is_listed_with_who_why_and_the_fees_that_change(self, book):
        self.dearer(book)
        (item,) = book.offerings.proposals()["items"]
        assert (item["version"], item["proposed_by"]["name"], item["reason"]) == (2, BY.name, "vì luật mới")
        assert [(change["path"], change["old"], change["new"]) for change in item["changes"]] == [
            ("/fees/phi/rule/amount", 10_000, 20_000)
        ]
        book.offerings.approve(CODE, 2, "đúng căn cứ", by=OTHER, command=command())
        assert book.offerings.proposals()["items"] == []
        assert book.offerings.changes(CODE)["items"][-1]["reason"] == "đúng căn cứ"

    def test_what_waits_is_listed_page_by_page(self, book):
        for month in (2, 3, 4):
            publish(book, f"2026-0{month}-01", fees=[fee({"type": "fixed", "amount": month})])
        first = book.offerings.proposals(limit=2)
        second = book.offerings.proposals(limit=2, cursor=first["next_cursor"])
        assert [item["version"] for item in first["items"] + second["items"]] == [2, 3, 4]
        assert second["next_cursor"] is None

    def test_a_second_person_puts_it_in_force(self, book):
        self.dearer(book)
        book.offerings.approve(CODE, 2, by=OTHER, command=command())
        assert on(book, "2026-02-01")["fees"][0]["rule"]["amount"] == 20_000

    def test_the_proposer_cannot_approve(self, book):
        self.dearer(book)
        with pytest.raises(SameEditor):
            book.offerings.approve(CODE, 2, by=BY, command=command())

    def test_a_declined_change_never_comes_into_force(self, book):
        self.dearer(book)
        book.offerings.decline(CODE, 2, "chưa có căn cứ", by=OTHER, command=command())
        with pytest.raises(ApprovalNotPending):
            book.offerings.approve(CODE, 2, by=OTHER, command=command())
        assert on(book, "2026-02-01")["version"] == 1

    def test_the_public_does_not_see_what_is_not_published(self, book):
        self.dearer(book)
        assert [item["version"] for item in book.offerings.versions(CODE, by=NOBODY)["items"]] == [1]
        assert [item["version"] for item in book.offerings.versions(CODE, by=BY)["items"]] == [1, 2]
        with pytest.raises(ProcedureNotFound):
            book.offerings.procedure(CODE, version=2, by=NOBODY)


@pytest.mark.parametrize(
    ("pointer", "changed"),
    [
        ("/definition/channels", {"channels": {}}),
        ("/definition/channels", {"level": 4}),
        ("/definition/fees/1/id", {"fees": [fee({"type": "free"}), fee({"type": "free"})]}),
        ("/definition/fees/0/rule/of", {"fees": [fee({"type": "percentage", "of": "phi", "percent": 10})]}),
        (
            "/definition/fees/0/rule/tiers",
            {"fees": [fee({"type": "tiered", "tiers": [{"up_to": 5, "amount": 1}, {"up_to": 2, "amount": 1}]})]},
        ),
        (
            "/definition/fees/0/valid_until",
            {"fees": [fee({"type": "free"}, valid_from="2026-02-01", valid_until="2026-01-01")]},
        ),
        ("/definition/form", {"form": {"type": "no such type"}}),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_with_the_place(book, pointer, changed):
    with pytest.raises(InvalidRequest) as refused:
        publish(book, "2026-01-01", **changed)
    assert pointer in [problem["pointer"] for problem in refused.value.facts["problems"]]


def test_the_sample_catalogue_stays_out_of_production(book):
    with pytest.raises(OnlyInDevelopment):
        Offerings(book.database, development=False).samples("H01.01")
