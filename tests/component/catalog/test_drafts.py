"""Drafts: stored unfinished, with what they lack, published or thrown away; and none of it seen by the public."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.chassis.refusals import InvalidRequest, VersionConflict
from services.catalog.errors import DraftNotFound, ProcedureNotFound, SameEditor, VersionsOverlap
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.builders import fee, offer

OTHER = replace(BY, account_id="5b0d3c9e-0000-4000-8000-000000000002", name="Trần Văn Mẫu")
CODE = "1.999001"


@pytest.fixture
def book() -> Catalogue:
    return catalogue()


def save(book: Catalogue, definition: dict[str, Any] | None = None, by=BY, **how: Any) -> dict[str, Any]:
    return book.drafts.save(definition or offer(CODE), reason="luật mới", by=by, command=command(), **how)


def publish(book: Catalogue, day: str = "2026-01-01", by=BY, **how: Any) -> dict[str, Any]:
    return book.drafts.publish(CODE, day, by=by, command=command(), **how)


def acts(book: Catalogue) -> list[tuple[str, str, str | None]]:
    return [(item["act"], item["by"]["name"], item["reason"]) for item in book.offerings.changes(CODE)["items"]]


def test_an_unfinished_draft_is_kept_and_told_what_it_lacks(book):
    saved = save(book, {"code": CODE, "title": {"vi": "Cấp giấy mẫu"}})
    assert (saved["revision"], saved["title"], saved["based_on"]) == (1, "Cấp giấy mẫu", None)
    assert {problem["pointer"] for problem in saved["problems"]} >= {"/level", "/field", "/channels"}
    assert book.drafts.draft(CODE)["definition"] == {"code": CODE, "title": {"vi": "Cấp giấy mẫu"}}


def test_a_draft_that_makes_no_sense_is_kept_and_told_so(book):
    saved = save(book, offer(CODE, level=4))
    assert [problem["pointer"] for problem in saved["problems"]] == ["/channels"]


def test_a_finished_draft_lacks_nothing(book):
    assert save(book)["problems"] == []


def test_the_public_finds_nothing_of_a_draft(book):
    save(book)
    with pytest.raises(ProcedureNotFound):
        book.offerings.procedure(CODE, by=NOBODY)
    with pytest.raises(ProcedureNotFound):
        book.offerings.versions(CODE, by=NOBODY)


def test_drafts_are_listed_by_code_page_by_page(book):
    for code in ("1.3", "1.1", "1.2"):
        save(book, offer(code))
    first = book.drafts.drafts(limit=2)
    second = book.drafts.drafts(limit=2, cursor=first["next_cursor"])
    assert [item["code"] for item in first["items"] + second["items"]] == ["1.1", "1.2", "1.3"]
    assert second["next_cursor"] is None


def test_a_draft_shows_what_it_would_change(book):
    book.offerings.publish(offer(CODE), "2026-01-01", by=BY, command=command())
    saved = save(book, offer(CODE, "Tên khác"))
    view = book.drafts.draft(CODE)
    assert (saved["based_on"], view["compared_with"]) == (1, 1)
    assert [(change["path"], change["new"]) for change in view["changes"]] == [
        ("/title/vi", "Tên khác"),
        ("/title/en", "Tên khác (en)"),
    ]


def test_who_saves_over_another_is_refused_by_name(book):
    save(book)
    save(book, by=OTHER, expected_revision=1)
    with pytest.raises(VersionConflict):
        save(book, expected_revision=1)
    with pytest.raises(VersionConflict):
        save(book, expected_revision=0)
    with pytest.raises(VersionConflict):
        publish(book, expected_revision=1)
    assert book.drafts.draft(CODE)["saved_by"]["name"] == OTHER.name


def test_a_draft_is_published_as_it_is_and_is_then_gone(book):
    save(book)
    assert publish(book, by=OTHER)["status"] == "published"
    assert book.offerings.procedure(CODE, at="2026-01-01", by=NOBODY)["title"] == offer(CODE)["title"]
    with pytest.raises(DraftNotFound):
        book.drafts.draft(CODE)


def test_an_unfinished_draft_is_not_published(book):
    save(book, {"code": CODE})
    with pytest.raises(InvalidRequest) as refused:
        publish(book)
    assert "/definition/level" in {problem["pointer"] for problem in refused.value.facts["problems"]}
    assert book.drafts.draft(CODE)["revision"] == 1


def test_publishing_on_a_day_that_is_taken_leaves_the_draft(book):
    book.offerings.publish(offer(CODE), "2026-01-01", by=BY, command=command())
    save(book, offer(CODE, "Tên khác"))
    with pytest.raises(VersionsOverlap):
        publish(book)
    assert book.drafts.draft(CODE)["title"] == "Tên khác"


def test_what_is_published_otherwise_takes_over_a_draft_of_the_same_content(book):
    save(book)
    book.offerings.publish(offer(CODE), "2026-01-01", by=OTHER, command=command())
    assert book.drafts.drafts()["items"] == []
    facts = book.offerings.changes(CODE)["items"][-1]["facts"]
    assert facts["draft"] == {"revision": 1, "saved_by": BY.account_id}


def test_what_is_published_otherwise_leaves_another_content_and_marks_it_outdated(book):
    save(book, offer(CODE, "Đang viết"))
    assert not book.drafts.draft(CODE)["outdated"]
    book.offerings.publish(offer(CODE), "2026-01-01", by=OTHER, command=command())
    assert book.drafts.draft(CODE)["outdated"]


def test_a_draft_that_changes_nothing_is_gone_and_makes_no_version(book):
    book.offerings.publish(offer(CODE), "2026-01-01", by=BY, command=command())
    save(book)
    assert publish(book, "2026-02-01")["unchanged"]
    assert book.drafts.drafts()["items"] == []
    assert acts(book)[-1][0] == "draft_discarded"


def test_a_draft_is_thrown_away_for_a_reason(book):
    save(book)
    book.drafts.discard(CODE, "luật chưa thông qua", by=OTHER, command=command())
    with pytest.raises(DraftNotFound):
        book.drafts.discard(CODE, "lần nữa", by=OTHER, command=command())
    with pytest.raises(DraftNotFound):
        publish(book)


def test_the_history_of_a_draft_says_who_and_why(book):
    save(book)
    save(book, by=OTHER)
    publish(book, by=BY, reason="ban hành")
    save(book, offer(CODE, "Tên khác"))
    book.drafts.discard(CODE, "thôi", by=OTHER, command=command())
    assert acts(book) == [
        ("draft_saved", BY.name, "luật mới"),
        ("draft_saved", OTHER.name, "luật mới"),
        ("published", BY.name, "ban hành"),
        ("draft_saved", BY.name, "luật mới"),
        ("draft_discarded", OTHER.name, "thôi"),
    ]


def test_a_draft_is_as_large_as_a_procedure_can_reasonably_be(book):
    with pytest.raises(InvalidRequest):
        save(book, {"code": CODE, "source": {"text": "x" * 1_000_001}})


def test_a_drafted_change_of_fees_needs_two_people_as_well():
    book = catalogue(four_eyes=True)
    for amount in (10_000, 20_000):
        save(book, offer(CODE, fees=[fee({"type": "fixed", "amount": amount})]))
        proposed = publish(book, f"2026-0{amount // 10_000}-01")
    assert proposed["status"] == "awaiting_approval"
    with pytest.raises(SameEditor):
        book.offerings.approve(CODE, 2, by=BY, command=command())
    assert book.offerings.approve(CODE, 2, by=OTHER, command=command())["status"] == "published"
