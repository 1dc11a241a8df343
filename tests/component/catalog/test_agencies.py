"""Agencies on any day: periods, mergers and successors, and what is found and counted under a merged one's code."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.refusals import InvalidRequest
from services.catalog.errors import AgencyChangesLater, AgencyUnknown, ProvinceNotFound
from services.catalog.search import Query
from tests.component.catalog.use_cases import BY, Catalogue, catalogue, command
from tests.support.cloud_events import event_of
from tests.unit.catalog.builders import offer

OLD, NEW = "000.00.04.G18", "000.00.05.G18"
BEFORE, SINCE = "2025-02-28", "2025-03-01"
LAW = "Nghị định 33/2025/NĐ-CP"


@pytest.fixture
def book() -> Catalogue:
    return catalogue()


def record(book: Catalogue, code: str, since: str = "2020-01-01", **facts: Any) -> dict[str, Any]:
    agency = {"code": code, "name": {"vi": f"Cục {code}"}, **facts}
    return book.agencies.set_agency(agency, since, "theo nghị định", by=BY, command=command())


def merge(book: Catalogue, code: str = OLD, into: str = NEW, last_day: str = BEFORE) -> dict[str, Any]:
    return book.agencies.merge_agency(code, into, last_day, LAW, by=BY, command=command())


def on(book: Catalogue, day: str, **narrowed: Any) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for item in book.agencies.agencies(day, **narrowed)["items"]}


def test_an_agency_lives_between_two_dates_and_names_its_heir(book):
    record(book, "000.00.00.G18")
    for code in (OLD, NEW):
        record(book, code, parent_code="000.00.00.G18", province_code="01")
    merge(book)
    assert (set(on(book, BEFORE)), set(on(book, SINCE))) == ({OLD, NEW, "000.00.00.G18"}, {NEW, "000.00.00.G18"})
    assert on(book, BEFORE)[OLD]["merged_into"] == NEW
    assert on(book, BEFORE)[OLD]["legal_basis"] == LAW


def test_agencies_are_listed_page_by_page(book):
    for code in ("C", "A", "B"):
        record(book, code)
    first = book.agencies.agencies(limit=2)
    second = book.agencies.agencies(limit=2, cursor=first["next_cursor"])
    assert [item["code"] for item in first["items"] + second["items"]] == ["A", "B", "C"]
    assert second["next_cursor"] is None


def test_an_agency_tells_its_life_and_who_does_its_work_on_a_day(book):
    for code in (OLD, NEW):
        record(book, code)
    merge(book)
    agencies = book.agencies.agency(OLD, SINCE)
    assert (agencies["carried_on_by"], [item["valid_until"] for item in agencies["items"]]) == (NEW, [BEFORE])
    assert book.agencies.agency(OLD, BEFORE)["carried_on_by"] == OLD
    assert book.agencies.agency(NEW, SINCE)["merged_from"] == [OLD]
    with pytest.raises(AgencyUnknown):
        book.agencies.agency("H00")


def test_a_chain_of_mergers_is_followed_to_its_end(book):
    for code in ("A", "B", "C"):
        record(book, code)
    merge(book, "A", "B", "2024-12-31")
    merge(book, "B", "C", "2025-12-31")
    assert [book.agencies.agency("A", day)["carried_on_by"] for day in ("2024-12-31", "2025-06-01", "2026-06-01")] == [
        "A",
        "B",
        "C",
    ]


def test_an_agency_cannot_merge_into_one_that_is_not_there_or_into_itself(book):
    record(book, OLD)
    with pytest.raises(AgencyUnknown):
        merge(book)
    with pytest.raises(AgencyUnknown):
        merge(book, NEW, OLD)
    with pytest.raises(InvalidRequest):
        merge(book, OLD, OLD)


def test_an_agency_that_changes_later_is_not_merged_before(book):
    for code, since in ((OLD, "2020-01-01"), (OLD, "2026-01-01"), (NEW, "2020-01-01")):
        record(book, code, since)
    with pytest.raises(AgencyChangesLater):
        merge(book)


def test_a_renamed_agency_keeps_its_old_name_in_the_past(book):
    for name, day in (("Sở Cũ", "2020-01-01"), ("Sở Mới", SINCE)):
        record(book, "A", day, name={"vi": name})
    assert [on(book, day)["A"]["name"]["vi"] for day in (BEFORE, SINCE)] == ["Sở Cũ", "Sở Mới"]


def test_periods_recorded_in_any_order_never_overlap(book):
    for day in ("2025-01-01", "2021-01-01", "2023-01-01", "2021-01-01"):
        record(book, "A", day)
    spans = [(item["valid_from"], item["valid_until"]) for item in book.agencies.agency("A")["items"]]
    assert spans == [("2021-01-01", "2022-12-31"), ("2023-01-01", "2024-12-31"), ("2025-01-01", None)]


def test_a_name_recorded_for_a_time_before_a_merger_leaves_the_merger(book):
    for code in (OLD, NEW):
        record(book, code)
    merge(book)
    record(book, OLD, "2024-01-01", name={"vi": "Tên đúng"})
    assert [item["merged_into"] for item in book.agencies.agency(OLD)["items"]] == [None, NEW]
    assert OLD not in on(book, SINCE)


def test_an_agency_is_not_above_itself(book):
    record(book, "B", "2019-01-01")
    record(book, "A", parent_code="B")
    with pytest.raises(InvalidRequest):
        record(book, "B", parent_code="A")
    with pytest.raises(InvalidRequest):
        record(book, "C", parent_code="C")


def test_an_agency_sits_in_a_province_there_was_on_its_first_day(book):
    record(book, "A", "2024-01-01", province_code="17")
    with pytest.raises(ProvinceNotFound):
        record(book, "B", "2025-07-01", province_code="17")


def test_agencies_of_an_old_province_sit_in_the_one_it_went_into(book):
    record(book, "A", "2024-01-01", province_code="17")  # Hòa Bình
    assert (set(on(book, "2025-06-30", province_code="17")), set(on(book, "2025-07-01", province_code="25"))) == (
        {"A"},
        {"A"},
    )
    assert set(on(book, "2025-07-01", province_code="17")) == {"A"}


@pytest.mark.parametrize("first_day", ["2024-01-01", "2026-01-01"])
def test_a_procedure_of_a_merged_province_is_found_and_counted_in_the_successor(book, first_day):
    authority = {"level": "province", "name": {"vi": "Sở"}, "agency_codes": [], "province_codes": ["70"]}
    book.offerings.publish(offer("1.1", "Cấp giấy mẫu", authority=authority), first_day, by=BY, command=command())
    items = book.search.search(Query.of("giấy mẫu", "2026-02-01", {"province": "75"}))["items"]
    assert [item["code"] for item in items] == ["1.1"]
    assert [row["province_code"] for row in book.exports.levels("2026-02-01")["by_province"]] == ["75"]


def test_a_procedure_of_a_province_there_never_was_is_refused(book):
    authority = {"level": "province", "name": {"vi": "Sở"}, "agency_codes": [], "province_codes": ["01", "999"]}
    with pytest.raises(InvalidRequest) as refused:
        book.offerings.publish(offer("1.1", authority=authority), "2026-01-01", by=BY, command=command())
    assert refused.value.facts["problems"][0]["pointer"] == "/definition/authority/province_codes/1"


def test_the_history_of_an_agency_says_who_did_what_and_why(book):
    for code in (OLD, NEW):
        record(book, code)
    merge(book)
    report = [(item["act"], item["by"]["name"], item["reason"]) for item in book.agencies.changes(OLD)["items"]]
    assert report == [("recorded", BY.name, "theo nghị định"), ("merged", BY.name, LAW)]


class TestToldByIdentity:
    def agency_created(self, book: Catalogue, event_id: str = "identity:1", **facts: Any) -> None:
        data = {"code": "H01.01", "name": "Phường Mẫu", "parent_code": "H01", "province_code": "01"}
        at = {"created_at": "2026-03-01T18:00:00+00:00", "by": {"account_id": "operator-1"}}
        book.agencies.record_created(event_of(event_id, {**data, **at, **facts}))

    def test_an_agency_created_there_is_known_here_from_that_office_day_on(self, book):
        self.agency_created(book)
        assert (on(book, "2026-03-01"), on(book, "2026-03-02")["H01.01"]["name"]["vi"]) == ({}, "Phường Mẫu")
        assert book.agencies.changes("H01.01")["items"][0]["by"]["account_id"] == "operator-1"

    @pytest.mark.parametrize(("code", "successor"), [("70", "75"), ("17", "25"), ("15", "15"), ("75", "75")])
    def test_an_agency_created_in_a_merged_province_is_found_in_the_successor(self, book, code, successor):
        self.agency_created(book, province_code=code)
        assert set(on(book, "2026-03-02", province_code=successor)) == {"H01.01"}
        definition = offer("1.1", "Cấp giấy mẫu")
        book.offerings.publish(definition, "2026-03-02", by=BY, command=command())
        reply = book.search.search(Query.of("giấy mẫu", "2026-03-02", {"province": successor}), facets=True)
        assert [item["code"] for item in reply["items"]] == ["1.1"]
        assert [entry["value"] for entry in reply["facets"]["province"]] == [successor]

    def test_what_an_editor_recorded_stays(self, book):
        record(book, "H01.01")
        self.agency_created(book)
        assert on(book, "2026-03-02")["H01.01"]["name"]["vi"] == "Cục H01.01"

    def test_told_twice_is_recorded_once(self, book):
        for _ in range(2):
            self.agency_created(book)
        assert len(book.agencies.changes("H01.01")["items"]) == 1


@pytest.fixture(scope="module")
def merged() -> Catalogue:
    return with_a_merger(catalogue())


def with_a_merger(book: Catalogue) -> Catalogue:
    """Procedures under two agencies, the first of which is merged into the second."""
    for code, agency, level in (("1.1", OLD, 1), ("1.2", NEW, 2)):
        authority = {"level": "ministry", "name": {"vi": "Cục"}, "agency_codes": [agency]}
        definition = offer(code, "Cấp giấy mẫu", authority=authority, level=level)
        book.offerings.publish(definition, "2020-01-01", by=BY, command=command())
    for code, province in ((OLD, "17"), (NEW, "25")):
        record(book, code, province_code=province)
    merge(book)
    both = {"level": "ministry", "name": {"vi": "Cục"}, "agency_codes": [OLD, NEW], "province_codes": ["25"]}
    book.offerings.publish(offer("1.3", "Cấp giấy mẫu", authority=both), "2020-01-01", by=BY, command=command())
    return book


class TestFindingWhatWasMerged:
    """Two procedures, one under each of two agencies; the first agency is merged into the second."""

    def codes_found(self, merged: Catalogue, day: str, **narrowed: Any) -> set[str]:
        return {item["code"] for item in merged.search.search(Query.of("giấy mẫu", day, narrowed))["items"]}

    @pytest.mark.parametrize(
        ("day", "narrowed", "expected"),
        [
            (BEFORE, {"agency": OLD}, {"1.1", "1.3"}),
            (BEFORE, {"agency": NEW}, {"1.2", "1.3"}),
            (SINCE, {"agency": OLD}, {"1.1", "1.2", "1.3"}),
            (SINCE, {"agency": NEW}, {"1.1", "1.2", "1.3"}),
            (SINCE, {"agency": "H00"}, set()),
            (BEFORE, {"province": "17"}, {"1.1", "1.3"}),
            (SINCE, {"province": "17"}, set()),
            (SINCE, {"province": "25"}, {"1.1", "1.2", "1.3"}),
        ],
    )
    def test_a_merged_agency_is_found_under_its_old_and_its_new_code(self, merged, day, narrowed, expected):
        assert self.codes_found(merged, day, **narrowed) == expected

    def test_a_procedure_says_who_does_the_work_of_its_merged_agencies(self, merged):
        texts = [merged.offerings.procedure("1.3", at=day, by=BY)["carried_on_by"] for day in (BEFORE, SINCE)]
        assert texts == [{}, {OLD: NEW}]

    @pytest.mark.parametrize(
        ("day", "narrowed", "expected"),
        [
            (BEFORE, {"agency": OLD, "level": "4"}, {"1.4"}),
            (BEFORE, {"agency": NEW, "level": "4"}, set()),
            (BEFORE, {"agency": NEW, "level": "2"}, {"1.2", "1.3", "1.4"}),
            (BEFORE, {"agency": OLD, "level": "2"}, {"1.3"}),
            (SINCE, {"agency": NEW, "level": "4"}, {"1.4"}),
            (SINCE, {"level": "4"}, set()),
        ],
    )
    def test_with_an_agency_a_level_is_the_one_that_agency_offers(self, day, narrowed, expected):
        book = with_a_merger(catalogue())
        both = {"level": "ministry", "name": {"vi": "Cục"}, "agency_codes": [OLD, NEW]}
        definition = offer("1.4", "Cấp giấy mẫu", authority=both, agency_levels={OLD: 4})
        book.offerings.publish(definition, "2020-01-01", by=BY, command=command())
        assert self.codes_found(book, day, **narrowed) == expected

    def test_facets_count_each_procedure_once_for_the_agency_that_does_the_work(self, merged):
        facets = merged.search.search(Query.of("giấy mẫu", SINCE, {}), facets=True)["facets"]
        assert [(facet["value"], facet["count"]) for facet in facets["agency"]] == [(NEW, 3)]
        assert [(facet["value"], facet["count"]) for facet in facets["province"]] == [("25", 3)]

    def test_facets_of_a_day_before_the_merger_know_both(self, merged):
        facets = merged.search.search(Query.of("giấy mẫu", BEFORE, {}), facets=True)["facets"]
        assert {facet["value"]: facet["count"] for facet in facets["agency"]} == {OLD: 2, NEW: 2}
        assert {facet["value"]: facet["count"] for facet in facets["province"]} == {"17": 2, "25": 2}

    def test_levels_count_a_merged_agencys_procedures_for_its_heir(self, merged):
        levels = merged.exports.levels(SINCE)
        assert [(row["agency_code"], row["total"]) for row in levels["by_agency"]] == [(NEW, 3)]
        assert [(row["province_code"], row["total"]) for row in levels["by_province"]] == [("25", 3)]
        before = merged.exports.levels(BEFORE)
        assert {row["agency_code"]: row["total"] for row in before["by_agency"]} == {OLD: 2, NEW: 2}


def test_a_parent_nobody_has_recorded_is_refused_and_its_history_too(book):
    with pytest.raises(AgencyUnknown):
        record(book, OLD, parent_code="H99.99")
    with pytest.raises(AgencyUnknown):
        book.agencies.changes("H99.99")


def test_a_question_about_a_merged_province_means_its_successor(book):
    record(book, "A", "2024-01-01", province_code="70")
    assert set(on(book, "2025-08-01", province_code="75")) == set(on(book, "2025-08-01", province_code="70")) == {"A"}
    with pytest.raises(ProvinceNotFound):
        on(book, "2025-08-01", province_code="999")
    assert (
        Query.of("", "2025-08-01", {"province": "70"}).filters == Query.of("", "2025-08-01", {"province": "75"}).filters
    )
    with pytest.raises(ProvinceNotFound):
        Query.of("", None, {"province": "999"})


def test_a_publication_names_the_agencies_nobody_has_recorded(book):
    record(book, OLD)
    definition = offer("9.1", authority={"level": "ministry", "agency_codes": [OLD, "H99.99"]})
    published = book.offerings.publish(definition, "2025-07-01", by=BY, command=command())
    assert published["unknown_agencies"] == ["H99.99"]
