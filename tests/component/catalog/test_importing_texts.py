"""Texts of records whose letters are not what their author wrote, and records in decomposed letters."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Literal

import pytest

from services.catalog.importing.parsing import parse_record
from services.catalog.importing.text_faults import text_fault
from tests.component.catalog.use_cases import BY, catalogue, command
from tests.unit.catalog.builders import offer

TITLE = "Đăng ký khai sinh cho trẻ mẫu"
STRUCTURED: dict[str, Any] = {
    "thu_tuc_id": "1.000002",
    "metadata": {"mã_thủ_tục": "1.000002", "tên_thủ_tục": TITLE, "lĩnh_vực": "Hộ tịch", "cấp_thực_hiện": "Cấp Xã"},
    "content": {"cơ_quan_thực_hiện": "Ủy ban mẫu", "đối_tượng_thực_hiện": "Công dân Việt Nam"},
    "tables": {"hinh_thuc_nop": [{"hinh_thuc": "Trực tiếp", "thoi_han_giai_quyet": "1 Ngày", "phi_le_phi": ""}]},
}


def in_form(form: Literal["NFC", "NFD"], record: dict[str, Any]) -> dict[str, Any]:
    return json.loads(unicodedata.normalize(form, json.dumps(record, ensure_ascii=False)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TITLE.encode().decode("latin-1"), "text_double_encoded"),
        (TITLE.encode().decode("cp1252", "replace"), "text_double_encoded"),
        ("Cấp thẻ".encode().decode("latin-1"), "text_double_encoded"),
        ("C\u00c3\u00b4ng ty v\u00c3\u00a0 kh\u00c3\u00a1ch", "text_double_encoded"),
        ("§¨ng ký khai sinh cho trÎ mÉu", "text_in_old_encoding"),
        ("Thñ tôc cÊp giÊy phÐp l¸i xe", "text_in_old_encoding"),
        ("Thñ tôc", "text_in_old_encoding"),
        ("CÊp l¹i", "text_in_old_encoding"),
        ("Hé chiÕu, c«ng v¨n, m¸y mãc", "text_in_old_encoding"),
        ("Phieu yeu cau x¸c nhan", "text_in_old_encoding"),
        ("Thuû tuïc", "text_in_old_encoding"),
        ("ÑAÊNG KYÙ KHAI SINH", "text_in_old_encoding"),
        ("Ñaêng kyù khai sinh", "text_in_old_encoding"),
        ("Caáp giaáy pheùp laùi xe", "text_in_old_encoding"),
        ("<p>Đăng ký khai sinh</p>", "text_holds_markup"),
        ("Đăng ký &amp; khai sinh", "text_holds_markup"),
        ("&#272;ăng ký khai sinh", "text_holds_markup"),
        ("Dang ky<br/>khai sinh", "text_holds_markup"),
        ("Th? t?c đăng k? khai sinh", "text_lost_letters"),
        ("Đăng k\ufffd khai sinh", "text_lost_letters"),
    ],
)
def test_a_text_whose_letters_were_spoilt_is_a_finding(text, kind):
    assert text_fault(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        TITLE,
        "Dang ky khai sinh",
        "Bản khai “MÔ TẢ MÃ” của Công ty «Mẫu»",
        "Mức < 50 m² và > 10 m²; 3 × 4 µm",
        "Nghiên cứu & phát triển; R&D",
        "Xác định tội danh: quá hạn, hoà giải, thuý",
        "Có bản sao không? Nếu có thì nộp",
        "Màu xanh",
        "Phu luc¹ va bieu mau²",
        "Mẫu số 1ª; 10°C; 5 µm; ® ©",
        "à, á, ã",
        "Giấy phép kinh doanh casino (Crown Café)",
    ],
)
def test_a_sound_text_is_no_finding(text):
    assert text_fault(text) is None
    assert text_fault(unicodedata.normalize("NFC", text)) is None


def test_a_title_in_an_old_encoding_is_published_with_a_finding():
    book = catalogue()
    record = {"ma_thu_tuc": "1.000001", "ten_thu_tuc": "Thñ tôc cÊp giÊy phÐp", "linh_vuc": "Hộ tịch"}
    _, findings = parse_record(record, "portal")
    assert [(finding.path, finding.kind) for finding in findings if finding.kind.startswith("text_")] == [
        ("/ten_thu_tuc", "text_in_old_encoding")
    ]
    exported = offer("1.1", "<b>Cấp giấy mẫu</b>")
    exported["title"]["en"] = None
    reply = book.imports.import_records([exported], "definition", "2026-01-01", by=BY, command=command())
    assert (reply["counts"]["new"], reply["by_kind"]) == (1, {"text_holds_markup": 1})


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_record_is_taken_in_whichever_form_its_letters_came(form):
    book = catalogue()
    reply = book.imports.import_records(
        [in_form(form, STRUCTURED)], "structured", "2026-01-01", by=BY, command=command()
    )
    assert reply["counts"]["new"] == 1
    assert book.offerings.procedure("1.000002", at="2026-02-01", by=BY)["title"]["vi"] == TITLE


def test_a_decomposed_record_reads_as_the_composed_one_and_keeps_its_own_letters():
    read = {form: parse_record(in_form(form, STRUCTURED), "structured") for form in ("NFC", "NFD")}
    sources = {form: built.pop("source") for form, (built, _) in read.items()}
    assert read["NFC"] == read["NFD"]
    assert sources["NFD"]["record"] == in_form("NFD", STRUCTURED)
