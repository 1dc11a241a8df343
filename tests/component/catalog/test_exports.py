"""The catalogue handed on: to another installation, to a spreadsheet, as linked open data; and its levels."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import time_machine

from infra.chassis.refusals import InvalidRequest
from services.catalog import sample_catalogue
from services.catalog.opendata import duration
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.builders import offer

ROW = {"hinh_thuc": "Trực tiếp", "thoi_han_giai_quyet": "5 Ngày làm việc", "phi_le_phi": "Phí : 0 Đồng"}
OFFICIAL: dict[str, dict[str, Any]] = {
    "portal": {
        "ma_thu_tuc": "1.1",
        "ten_thu_tuc": "Cấp giấy mẫu",
        "linh_vuc": "Mẫu",
        "cap_thuc_hien": "Cấp xã",
        "cach_thuc_thuc_hien": "Hình thức nộpThời gianPhí, lệ phíMô tảTrực tiếp5 Ngày làm việcMiễn phí",
    },
    "structured": {
        "thu_tuc_id": "1.1",
        "metadata": {"mã_thủ_tục": "1.1", "tên_thủ_tục": "Cấp giấy mẫu", "lĩnh_vực": "Mẫu"},
        "content": {},
        "tables": {"hinh_thuc_nop": [ROW]},
    },
}
SAMPLES = sample_catalogue.definitions("H01.01")


@pytest.fixture(scope="module")
def book() -> Catalogue:
    book = catalogue()
    book.agencies.set_agency(
        {"code": "H01.01", "name": {"vi": "Mẫu"}, "province_code": "01"}, "2025-07-01", by=BY, command=command()
    )
    book.imports.import_records(SAMPLES, "definition", "2025-07-01", by=BY, command=command())
    return book


def pages(book: Catalogue, form: str, limit: int = 7) -> list[dict]:
    rows, cursor = [], None
    while True:
        rows.append(book.exports.export(form, "2026-01-01", limit, cursor))
        cursor = rows[-1]["next_cursor"]
        if cursor is None:
            return rows


def test_what_was_exported_re_imports_identically(book):
    records = [record for page in pages(book, "json") for record in json.loads(page["content"])]
    other = catalogue()
    reply = other.imports.import_records(records, "definition", "2025-07-01", by=BY, command=command())
    assert reply["counts"]["new"] == len(SAMPLES)
    again = [record for page in pages(other, "json") for record in json.loads(page["content"])]
    assert again == records


def test_versions_of_several_days_re_import_with_their_days_and_numbers():
    book = catalogue()
    for day, title in (("2026-01-01", "Bản một"), ("2026-03-01", "Bản hai"), ("2027-01-01", "Bản ba")):
        book.offerings.publish(offer("1.1", title), day, by=BY, command=command())
    book.offerings.publish(offer("1.2"), "2026-02-01", by=BY, command=command())
    with time_machine.travel("2026-06-01T00:00:00+07:00"):
        book.offerings.retire("1.2", "2026-12-31", by=BY, command=command())
    records = json.loads(book.exports.export("json", "2026-06-01")["content"])
    assert [(record["version"], record["effective_from"], record["effective_until"]) for record in records] == [
        (2, "2026-03-01", "2026-12-31"),
        (1, "2026-02-01", "2026-12-31"),
    ]
    other = catalogue()
    assert (
        other.imports.import_records(records, "definition", "2020-01-01", by=BY, command=command())["counts"]["new"]
        == 2
    )
    assert json.loads(other.exports.export("json", "2026-06-01")["content"]) == records


def test_the_whole_history_re_imports_identically():
    book = catalogue()
    for day, title in (("2026-01-01", "Bản một"), ("2026-03-01", "Bản hai"), ("2027-01-01", "Bản ba")):
        book.offerings.publish(offer("1.1", title), day, by=BY, command=command())
    book.offerings.publish(offer("1.2"), "2026-02-01", by=BY, command=command())
    first = book.exports.export("json", limit=2, history=True)
    second = book.exports.export("json", limit=2, history=True, cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    records = json.loads(first["content"]) + json.loads(second["content"])
    other = catalogue()
    assert (
        other.imports.import_records(records, "definition", "2020-01-01", by=BY, command=command())["counts"]["new"]
        == 2
    )
    assert json.loads(other.exports.export("json", history=True)["content"]) == records
    again = other.imports.import_records(records, "definition", "2020-01-01", by=BY, command=command())
    assert again["counts"]["unchanged"] == 4


@pytest.mark.parametrize(
    "broken",
    [{"effective_from": "hôm nay"}, {"effective_until": "2019-01-01"}, {"version": "2"}, {"effective_from": 7}],
)
def test_an_export_whose_days_make_no_sense_is_reported(broken):
    book = catalogue()
    record = {"definition": offer("1.1"), "version": 1, "effective_from": "2026-01-01", "effective_until": None}
    reply = book.imports.import_records([{**record, **broken}], "definition", "2026-01-01", by=BY, command=command())
    assert (reply["counts"]["refused"], [finding["code"] for finding in reply["findings"]]) == (1, ["1.1"])


def test_a_history_is_exported_as_json_only():
    with pytest.raises(InvalidRequest):
        catalogue().exports.export("csv", history=True)


def test_importing_it_again_changes_nothing(book):
    records = json.loads(book.exports.export("json", "2026-01-01", 500)["content"])
    reply = book.imports.import_records(records, "definition", "2026-01-01", by=BY, command=command())
    assert reply["counts"]["unchanged"] == len(SAMPLES)


def test_csv_has_one_header_and_one_row_per_procedure(book):
    text = "".join(page["content"] for page in pages(book, "csv"))
    assert text.startswith("\ufeff") and text.count("\ufeff") == 1  # a spreadsheet takes it for UTF-8
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["code"] for row in rows] == sorted(sample["code"] for sample in SAMPLES)
    assert {row["title_vi"] for row in rows} >= {"Đổi giấy phép lái xe"}


@pytest.mark.parametrize("title", ["=1+1", "+84", "-x", "@x", "＝1+1", "＠x"])
def test_no_cell_is_run_as_a_formula(title):
    book = catalogue()
    book.offerings.publish(offer("1.1", title), "2026-01-01", by=BY, command=command())
    rows = list(csv.DictReader(io.StringIO(book.exports.export("csv", "2026-01-01")["content"])))
    assert rows[0]["title_vi"] == f"'{title}"


def test_a_cursor_of_somewhere_else_is_refused(book):
    with pytest.raises(InvalidRequest):
        book.exports.export("json", cursor="\x00%")


def test_linked_data_names_each_shared_thing_once(book):
    graph = json.loads(book.exports.export("cpsv-ap", "2026-01-01", 500)["content"])["@graph"]
    names = [node["@id"] for node in graph]
    assert len(names) == len(set(names))
    assert len([node for node in graph if node["@type"] == "cpsv:PublicService"]) == len(SAMPLES)


def test_every_reference_of_linked_data_leads_to_a_thing_in_it(book):
    graph = json.loads(book.exports.export("cpsv-ap", "2026-01-01", 500)["content"])["@graph"]
    known_ids = {node["@id"] for node in graph}
    values = [value for node in graph for value in node.values()]
    flat = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    assert {entry["@id"] for entry in flat if isinstance(entry, dict) and "@id" in entry} <= known_ids


@pytest.mark.parametrize(
    ("amount", "unit", "iso"),
    [
        (5, "working_days", "P7D"),
        (1, "working_days", "P2D"),
        (15, "calendar_days", "P15D"),
        (0.5, "working_hours", "PT30M"),
        (6, "months", "P6M"),
    ],
)
def test_a_time_is_written_as_an_iso_duration(amount, unit, iso):
    assert duration({"amount": amount, "unit": unit}) == iso


def test_levels_are_shares_of_the_procedures_in_force(book):
    levels = book.exports.levels("2026-01-01")
    counts = {level["level"]: level["count"] for level in levels["levels"]}
    assert sum(counts.values()) == levels["total"] == len(SAMPLES)
    assert levels["levels"][3]["share"] == round(100 * counts[4] / len(SAMPLES), 2)
    assert [row["agency_code"] for row in levels["by_agency"]] == ["H01.01"]
    assert levels["by_province"][0]["province_code"] == "01"


def test_an_agency_may_offer_a_procedure_at_another_level():
    book = catalogue()
    book.offerings.publish(offer("1.1", agency_levels={"H01.01": 1}), "2026-01-01", by=BY, command=command())
    levels = book.exports.levels("2026-01-01")
    assert [level["count"] for level in levels["levels"]] == [0, 1, 0, 0]
    assert [level["count"] for level in levels["by_agency"][0]["levels"]] == [1, 0, 0, 0]


def test_no_procedures_is_no_share():
    assert catalogue().exports.levels()["levels"][3] == {"level": 4, "count": 0, "share": 0.0}


def test_an_import_reports_what_it_cannot_take():
    book = catalogue()
    records = [offer("1.1"), offer("1.1"), offer("1.1", "Tên khác"), offer("1.2", level=9), "text", {"code": "x"}, None]
    reply = book.imports.import_records(records, "definition", "2026-01-01", by=BY, command=command())
    assert reply["records"] == 7
    assert sum(reply["counts"].values()) == 7
    assert (reply["counts"]["new"], reply["counts"]["unchanged"], reply["counts"]["refused"]) == (1, 1, 5)
    assert {finding["path"] for finding in reply["findings"]} == {
        "/lines/3",
        "/lines/4",
        "/lines/5",
        "/lines/6",
        "/lines/7",
    }
    assert book.offerings.procedure("1.1", at="2026-01-01", by=NOBODY)["version"] == 1


def test_an_agency_code_longer_than_any_is_reported():
    reply = catalogue().imports.import_records(
        [offer("1.1", agency_levels={"H" * 41: 1})], "definition", "2026-01-01", by=BY, command=command()
    )
    assert reply["counts"]["refused"] == 1


def test_a_changed_record_is_a_new_version_from_the_given_day():
    book = catalogue()
    for day, title in (("2026-01-01", "Tên một"), ("2026-02-01", "Tên hai")):
        reply = book.imports.import_records([offer("1.1", title)], "definition", day, by=BY, command=command())
    assert reply["counts"]["changed"] == 1
    assert book.offerings.procedure("1.1", at="2026-01-31", by=NOBODY)["title"]["vi"] == "Tên một"


@pytest.mark.parametrize("layout", ["structured", "portal"])
def test_an_official_record_becomes_a_version_and_the_same_again_does_not(layout):
    record = OFFICIAL[layout]
    book = catalogue()
    batch = [record, {**record}, "not a record"]
    first = book.imports.import_records(batch, layout, "2026-01-01", by=BY, command=command())
    assert (first["counts"]["new"], first["counts"]["repeated"], first["counts"]["bad"]) == (1, 1, 1)
    again = book.imports.import_records(batch[:1], layout, "2026-02-01", by=BY, command=command())
    assert again["counts"]["unchanged"] == 1
    result = book.offerings.procedure("1.1", at="2026-03-01", by=NOBODY)
    assert result["channels"]["counter"]["processing_time"] == {"amount": 5, "unit": "working_days"}


def test_findings_come_grouped_with_what_an_editor_must_decide_first():
    record = {
        **OFFICIAL["portal"],
        "cach_thuc_thuc_hien": OFFICIAL["portal"]["cach_thuc_thuc_hien"].replace(
            "Miễn phí", "135 VNĐ(Lệ phí: 135.000 đồng/lần.)"
        ),
    }
    reply = catalogue().imports.import_records([record, "text"], "portal", "2026-01-01", by=BY, command=command())
    decide = [group["must_decide"] for group in reply["groups"]]
    assert decide == sorted(decide, reverse=True) and decide[0]
    assert sum(group["findings"] for group in reply["groups"]) == len(reply["findings"])
    assert all(group["examples"] and group["name"]["vi"] for group in reply["groups"])
