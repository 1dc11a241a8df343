"""Files of official records: lines, layouts, fingerprints, and records of any shape."""

import gzip
import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.importing.findings import Finding, grouped_report
from services.catalog.importing.kinds import KINDS
from services.catalog.importing.parsing import parse_record
from services.catalog.importing.portal import ALL_FIELDS
from services.catalog.importing.records import BadLine, layout_of, record_fingerprint, records

PORTAL = {
    "ma_thu_tuc": "1.000001",
    "ten_thu_tuc": "Cấp lại thẻ",
    "linh_vuc": "Hộ tịch",
    "trinh_tu_thuc_hien": "Bước 1: Nộp",
}


STRUCTURED: dict[str, Any] = {
    "thu_tuc_id": "1.000002",
    "metadata": {
        "mã_thủ_tục": "1.000002",
        "tên_thủ_tục": "Đóng bãi",
        "lĩnh_vực": "Quản lý vùng trời",
        "cấp_thực_hiện": "Cấp Bộ",
    },
    "content": {
        "cơ_quan_thực_hiện": "Cục Tác chiến",
        "kết_quả_thực_hiện": "Văn bản",
        "đối_tượng_thực_hiện": "Doanh nghiệp",
    },
    "tables": {
        "hinh_thuc_nop": [{"hinh_thuc": "Trực tiếp", "thoi_han_giai_quyet": "0.5 Giờ", "phi_le_phi": "Phí : 0 Đồng"}],
        "thanh_phan_ho_so": [{"ten_giay_to": "Đơn", "so_luong": "Mau1.docx", "ghi_chu": "Bản chính: 1\nBản sao: 2"}],
        "can_cu_phap_ly": [{"so_ky_hieu": "32/2016/NĐ-CP", "trich_yeu": "Nghị định 32/2016/NĐ-CP"}],
    },
}


def lines(*rows: bytes) -> list[tuple[int, dict[str, Any] | BadLine]]:
    return list(records(io.BytesIO(b"\n".join(rows))))


def test_each_line_is_a_record_with_its_number_and_blank_lines_are_none() -> None:
    assert lines(b"\xef\xbb\xbf" + b'{"a": 1}', b"", b'{"b": 2}') == [(1, {"a": 1}), (3, {"b": 2})]


@pytest.mark.parametrize(
    "line",
    [b"{bad", b"[1]", b'"text"', b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}',
     b'{"a": "\\u0000"}', b"[" * 99_999],
)  # fmt: skip
def test_a_line_that_holds_no_record_is_a_bad_line_and_the_next_is_read(line: bytes) -> None:
    (number, bad), following = lines(line, b'{"b": 2}')
    assert (number, isinstance(bad, BadLine), following) == (1, True, (2, {"b": 2}))


def test_an_escaped_backslash_is_no_bad_character() -> None:
    assert lines(b'{"a": "\\\\u0000 \\ud83d\\ude00"}') == [(1, {"a": "\\u0000 \U0001f600"})]


def test_a_file_that_breaks_off_is_reported_after_what_could_be_read() -> None:
    complete = gzip.compress(b'{"a": 1}\n' + json.dumps({"b": "x" * 50}).encode())
    rows = list(records(io.BytesIO(complete[:-6])))
    assert rows[0] == (1, {"a": 1})
    assert isinstance(rows[-1][1], BadLine)


def test_the_stream_stays_open_for_its_owner() -> None:
    stream = io.BytesIO(b'{"a": 1}')
    assert list(records(stream))
    assert not stream.closed


def test_the_layout_is_told_from_the_shape() -> None:
    assert (layout_of(PORTAL), layout_of(STRUCTURED), layout_of({"name": "x"})) == ("portal", "structured", None)


def test_the_same_record_has_the_same_fingerprint_in_any_order() -> None:
    assert record_fingerprint({"a": 1, "b": {"c": [1, 2]}}) == record_fingerprint({"b": {"c": [1, 2]}, "a": 1})
    assert record_fingerprint({"a": 1}) != record_fingerprint({"a": 2})


def test_a_portal_record_keeps_every_word_in_its_source() -> None:
    definition, findings = parse_record(PORTAL, "portal")
    assert definition["source"]["record"] == PORTAL
    assert definition["field"]["code"] == "ho-tich"
    assert ("/trinh_tu_thuc_hien", "kept_as_text") in [(finding.path, finding.kind) for finding in findings]


@pytest.mark.parametrize(("record", "layout"), [(PORTAL, "portal"), (STRUCTURED, "structured")])
def test_an_inferred_service_level_is_a_finding_of_every_record(record: dict[str, Any], layout: Any) -> None:
    definition, findings = parse_record(record, layout)
    inferred = [finding for finding in findings if finding.kind == "service_level_inferred"]
    assert [finding.text for finding in inferred] == [f"mức độ {definition['level']}"]


def test_a_structured_record_is_read_from_its_tables() -> None:
    definition, findings = parse_record(STRUCTURED, "structured")
    assert definition["channels"] == {"counter": {"processing_time": {"amount": 0.5, "unit": "working_hours"}}}
    assert [fee["rule"] for fee in definition["fees"]] == [{"type": "free"}]
    paper = definition["requirements"][0]
    assert (paper["original"], paper["copy"], paper["form_file"]) == (1, 2, "Mau1.docx")
    assert definition["authority"]["level"] == "ministry"
    assert {finding.code for finding in findings} == {"1.000002"}


@pytest.mark.parametrize(
    ("cell", "rules", "kind"),
    [
        ("Lệ phí : 1.5 USD", [{"type": "fixed", "amount": 150}], None),
        ("Phí : Không Đồng", [{"type": "free"}], None),
        ("Lệ phí :  Đồng", [{"type": "not_stated"}], "fee_not_stated"),
        ("", [{"type": "not_stated"}], "fee_not_stated"),
        ("Lệ phí :   (Thông tư số 249/2016/TT-BTC)", [{"type": "not_stated"}], "fee_set_elsewhere"),
        (
            "Phí : 50.000 Đồng\nLệ phí : 20.000 Đồng",
            [{"type": "fixed", "amount": 50_000}, {"type": "fixed", "amount": 20_000}],
            "no",
        ),
        ("Phí : 50.000 Đồng\nPhí : 20.000 Đồng", [{"type": "not_stated"}], "fee_differs_between_cases"),
        (
            "Phí : Mức thu bằng 50% mức quy định Đồng (Thông tư số 64/2025/TT-BTC)",
            [{"type": "not_stated"}],
            "fee_set_elsewhere",
        ),
    ],
)
def test_the_fee_cell_of_a_structured_record_is_read_line_by_line(
    cell: str, rules: list[dict[str, Any]], kind: str | None
) -> None:
    row = {"hinh_thuc": "Trực tiếp", "thoi_han_giai_quyet": "1 Ngày", "phi_le_phi": cell}
    definition, findings = parse_record({**STRUCTURED, "tables": {"hinh_thuc_nop": [row]}}, "structured")
    assert [fee["rule"] for fee in definition["fees"]] == rules
    rows = [finding.kind for finding in findings if finding.kind.startswith("fee")]
    assert rows == ([kind] if kind and kind != "no" else [])


def test_unknown_fields_and_wrong_types_are_reported_and_kept() -> None:
    record = {**PORTAL, "ghi~chú/mới": "lạ", "linh_vuc": ["Thuế"]}
    definition, findings = parse_record(record, "portal")
    assert definition["source"]["record"] == record
    entries = {(finding.path, finding.kind) for finding in findings}
    assert {
        ("/ghi~0chú~1mới", "field_unknown"),
        ("/linh_vuc", "field_wrong_type"),
        ("/linh_vuc", "field_missing"),
    } <= entries


def test_two_codes_in_one_record_are_reported() -> None:
    _, findings = parse_record({**STRUCTURED, "thu_tuc_id": "9.999999"}, "structured")
    assert "codes_differ" in [finding.kind for finding in findings]


def test_a_report_puts_first_what_an_editor_must_decide() -> None:
    report = grouped_report(
        [
            Finding("1", "/a", "x", "kept_as_text"),
            Finding("1", "/b", "y", "fee_contradicts_text"),
            Finding("2", "/b", "z", "fee_contradicts_text"),
        ]
    )
    assert [(row["kind"], row["must_decide"], row["findings"], row["records"]) for row in report] == [
        ("fee_contradicts_text", True, 2, 2),
        ("kept_as_text", False, 1, 1),
    ]
    assert report[0]["examples"][0]["text"] == "y"


@pytest.mark.parametrize("sign", ["x", " ", "(", "1", "1/", "Mã:", "12/2020/NĐ-CP", "1 bản chính", "Trực tuyến1", "; "])
def test_a_hostile_text_costs_time_in_proportion_to_its_length(sign: str) -> None:
    text = sign * (20_000 // len(sign))
    fields = dict.fromkeys(ALL_FIELDS, text) | {"ma_thu_tuc": "1"}
    table = {"hinh_thuc": "Trực tiếp", "thoi_han_giai_quyet": text, "phi_le_phi": f"Phí : {text}"}
    began = time.process_time()
    parse_record(fields, "portal")
    parse_record({**STRUCTURED, "tables": {"hinh_thuc_nop": [table]}}, "structured")
    assert time.process_time() - began < 3


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=80))


anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


cell = st.one_of(st.text(max_size=80), anything)


@given(st.dictionaries(st.one_of(st.sampled_from(sorted(ALL_FIELDS)), st.text(max_size=8)), cell, max_size=12))
def test_any_portal_record_is_read_and_kept_whole(record: dict[str, Any]) -> None:
    definition, findings = parse_record(record, "portal")
    assert definition["source"]["record"] == record
    assert all(finding.kind in KINDS for finding in findings)
    json.dumps(definition)


row = st.dictionaries(
    st.sampled_from(["hinh_thuc", "thoi_han_giai_quyet", "phi_le_phi", "ten_giay_to", "so_luong", "ghi_chu",
                     "so_ky_hieu", "trich_yeu", "x"]), cell
)  # fmt: skip


tables = st.dictionaries(
    st.sampled_from(["hinh_thuc_nop", "thanh_phan_ho_so", "can_cu_phap_ly", "khac"]),
    st.one_of(st.lists(st.one_of(row, leaves), max_size=4), leaves),
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "thu_tuc_id": cell,
            "metadata": st.one_of(anything, st.just(STRUCTURED["metadata"])),
            "content": anything,
            "tables": st.one_of(tables, anything),
        },
    )
)
def test_any_structured_record_is_read_and_kept_whole(record: dict[str, Any]) -> None:
    definition, findings = parse_record(record, "structured")
    assert definition["source"]["record"] == record
    assert all(finding.kind in KINDS for finding in findings)
