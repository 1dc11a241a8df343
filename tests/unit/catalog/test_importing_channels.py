"""Run-on channel tables taken apart, and what their rows make of a procedure's channels and fees."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.importing.parsing import parse_record
from services.catalog.importing.portal_table import HEADER, note_of, rows_in


def imported(table: str) -> tuple[dict[str, Any], list[str]]:
    record = {
        "ma_thu_tuc": "1.000001",
        "ten_thu_tuc": "Thủ tục",
        "linh_vuc": "Thuế",
        "cach_thuc_thuc_hien": HEADER + table,
    }
    definition, findings = parse_record(record, "portal")
    return definition, [finding.kind for finding in findings if finding.path == "/cach_thuc_thuc_hien"]


def test_rows_without_any_separator_are_told_apart() -> None:
    rows, outside = rows_in(
        HEADER
        + "Trực tuyến20 Ngày làm việcMiễn phíNộp qua mạng.Dịch vụ bưu chính6 NgàyMiễn phíTrực tiếp40 Ngày70,000 VNĐ"
    )
    assert outside == ""
    assert [(row.channel, row.time, row.fee, row.description) for row in rows] == [
        ("Trực tuyến", "20 Ngày làm việc", "Miễn phí", "Nộp qua mạng."),
        ("Dịch vụ bưu chính", "6 Ngày", "Miễn phí", ""),
        ("Trực tiếp", "40 Ngày", "70,000 VNĐ", ""),
    ]


def test_a_channel_named_in_a_description_begins_no_row() -> None:
    rows, _ = rows_in(
        HEADER
        + "Trực tuyến7 NgàyMiễn phíTrực tuyến tại Cổng dịch vụ công."
        + "Trực tiếp7 NgàyMiễn phíTrực tiếp tại Bộ phận Một cửa;"
    )
    assert [(row.channel, row.description) for row in rows] == [
        ("Trực tuyến", "Trực tuyến tại Cổng dịch vụ công."),
        ("Trực tiếp", "Trực tiếp tại Bộ phận Một cửa;"),
    ]


def test_a_sentence_may_stand_where_a_time_should() -> None:
    rows, outside = rows_in(HEADER + "Trực tuyếnKhông phải trả kết quảMiễn phíQua mạngTrực tiếpKhôngKhông có thông tin")
    assert [(row.time, row.fee) for row in rows] == [
        ("Không phải trả kết quả", "Miễn phí"),
        ("Không", "Không có thông tin"),
    ]
    assert outside == ""


def test_a_description_of_a_fee_keeps_parentheses_and_enumerators() -> None:
    assert note_of("(a) Cấp mới: 10 đồng (mười) b) Cấp lại: 5 đồng)Nộp tại") == (
        "a) Cấp mới: 10 đồng (mười) b) Cấp lại: 5 đồng",
        "Nộp tại",
    )
    assert note_of("(50.000 đồng))Nộp") == ("50.000 đồng)", "Nộp")
    assert note_of("(đồng/lần (Miễn phí đến 30/6/2026)04 ngày") == ("đồng/lần (Miễn phí đến 30/6/2026", "04 ngày")
    assert note_of("(i) Trường hợp tạm sử dụng") == ("", "(i) Trường hợp tạm sử dụng")


def test_a_number_that_may_be_time_or_fee_is_neither() -> None:
    definition, kinds = imported("Trực tuyến1100 VNĐ(Phí công bố: 100.000 đồng/lần)")
    assert definition["channels"]["online"]["processing_time"] == {"amount": None, "unit": "not_stated"}
    assert [fee["rule"] for fee in definition["fees"]] == [{"type": "not_stated"}]
    assert kinds == ["time_and_fee_run_together"]
    assert definition["source"]["proposals"][0]["rule"] == {"type": "fixed", "amount": 100_000}


def test_the_same_fee_in_several_channels_is_one_fee() -> None:
    definition, _ = imported("Trực tuyến5 NgàyMiễn phíTrực tiếp5 Ngày20,000 VNĐDịch vụ bưu chính5 Ngày20,000 VNĐ")
    assert [(fee["rule"]["type"], fee["channels"]) for fee in definition["fees"]] == [
        ("free", ["online"]),
        ("fixed", ["counter", "post"]),
    ]
    assert len({fee["id"] for fee in definition["fees"]}) == 2


def test_one_channel_with_several_times_keeps_each_by_its_case() -> None:
    definition, kinds = imported("Trực tiếp1 Ngày làm việcMiễn phíCấp loại ETrực tiếp2 Ngày làm việcMiễn phíCấp loại A")
    counter = definition["channels"]["counter"]
    assert counter["processing_time"] == {"amount": None, "unit": "not_stated"}
    assert [(row["case"]["vi"], row["processing_time"]["amount"]) for row in counter["cases"]] == [
        ("Cấp loại E", 1),
        ("Cấp loại A", 2),
    ]
    assert "several_times_for_channel" in kinds


def test_fees_that_differ_by_a_named_case_are_a_choice() -> None:
    definition, _ = imported("Trực tiếp5 Ngày12,000 VNĐtrường hợp cấp mớiTrực tiếp5 Ngày5,000 VNĐtrường hợp cấp lại")
    rule = definition["fees"][0]["rule"]
    assert [(option["name"]["vi"], option["amount"]) for option in rule["options"]] == [
        ("trường hợp cấp mới", 12_000),
        ("trường hợp cấp lại", 5_000),
    ]
    assert rule["choice"] == definition["fees"][0]["id"]


def test_fees_that_differ_by_cases_without_names_are_for_an_editor() -> None:
    definition, kinds = imported("Trực tiếp5 Ngày12,000 VNĐTrực tiếp5 Ngày5,000 VNĐ")
    assert definition["fees"][0]["rule"] == {"type": "not_stated"}
    assert "fee_differs_between_cases" in kinds


def test_a_description_with_further_fees_makes_the_amount_a_proposal() -> None:
    definition, kinds = imported(
        "Trực tiếp5 Ngày800,000 VNĐ(/hồ sơ)Phí: 800.000 đồng/hồ sơ. Lệ phí: 100.000 đồng/hồ sơ."
    )
    assert definition["fees"][0]["rule"] == {"type": "not_stated"}
    assert "fee_in_description" in kinds
    assert definition["source"]["proposals"][0]["rule"]["amount"] == 800_000


def test_text_outside_the_rows_is_reported() -> None:
    assert imported("Nộp ở đâu cũng đượcTrực tiếp5 NgàyMiễn phí")[1] == ["channel_text_not_understood"]


def test_a_record_without_any_channel_is_reported() -> None:
    definition, kinds = imported("")
    assert (definition["channels"], kinds) == ({}, ["channels_missing"])


def test_the_level_is_what_the_record_shows_and_no_more() -> None:
    online, _ = imported("Trực tuyến5 NgàyMiễn phíDịch vụ bưu chính5 NgàyMiễn phí")
    counter, _ = imported("Trực tiếp5 NgàyMiễn phí")
    assert (online["level"], counter["level"]) == (3, 1)


pieces = st.sampled_from(
    ["Trực tuyến", "Trực tiếp", "Dịch vụ bưu chính", "5 Ngày", "1", "Không có thông tin", "Miễn phí", "70,000 VNĐ", "(",
     ")", "a)", "70.000 đồng/lần", " ", "mô tả", "Phí", "\n", "Không"]
)  # fmt: skip


@given(st.lists(pieces, max_size=40).map("".join))
def test_taking_a_table_apart_loses_no_letter(table: str) -> None:
    rows, outside = rows_in(HEADER + table)
    assert outside + "".join(row.text for row in rows) == table


@given(st.one_of(st.text(max_size=300), st.lists(pieces, max_size=40).map("".join)))
def test_any_table_is_imported_with_times_and_fees_that_agree_with_their_channels(table: str) -> None:
    definition, _ = imported(table)
    for fee in definition["fees"]:
        assert set(fee["channels"]) <= set(definition["channels"])
    assert {channel for fee in definition["fees"] for channel in fee["channels"]} == set(definition["channels"])
