"""What is handed in is what it says it is, by content and by name: one check for every door."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest

from infra.chassis.contracts import contract_of
from infra.chassis.refusals import InvalidRequest
from services.applications.private_data.file_checks import check_content, check_file_name
from tests.unit.applications.fakes import PDF

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = "[Content_Types].xml"


def zipped(*names: str, **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<x/>")
        for name, content in more.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n", b"\n\n", b"\xef\xbb\xbf\r\n"])
def test_a_pdf_may_begin_with_a_byte_order_mark_or_a_line_break(before):
    check_content(before + PDF, "application/pdf")


@pytest.mark.parametrize(
    "content", [b"%PDF-", b"%PDF-1.7", b"%PDF-1.7\nnothing more", b"text %PDF-1.7\n%%EOF", b"MZ" + PDF]
)
def test_what_only_begins_like_a_pdf_is_none(content):
    with pytest.raises(InvalidRequest):
        check_content(content, "application/pdf")


def test_a_word_document_is_taken():
    check_content(zipped(TYPES, "_rels/.rels", "word/document.xml"), DOCX)


@pytest.mark.parametrize(
    "content",
    [
        zipped(TYPES, "word/vbaProject.bin"),  # macros only
        zipped(TYPES, "word/document.xml", "word/vbaProject.bin"),
        zipped(TYPES, "word/document.xml", "../../etc/cron.d/x"),
        zipped(TYPES, "word/document.xml", "/etc/passwd"),
        zipped(TYPES, "word/document.xml", "..\\x.exe"),
        zipped("word/document.xml"),  # no list of parts: no Office document
        zipped(TYPES, "xl/workbook.xml"),  # a table
        zipped(TYPES, "word/document.xml")[:-10],
        zipped(TYPES, "word/document.xml", **{"word/media/0.bin": b"\0" * (200 * 1024 * 1024)}),  # a zip bomb
        b"PK\x03\x04 word/",
    ],
    ids=["macros only", "macros", "climbs", "absolute", "backslash", "no parts", "table", "cut", "bomb", "no zip"],
)
def test_what_is_no_plain_word_document_is_refused(content):
    with pytest.raises(InvalidRequest):
        check_content(content, DOCX)


@pytest.mark.parametrize("name", ["to-khai.pdf", "Tờ khai (bản 2).PDF", "tờ khai", "a..b.pdf", "số 12.2026"])
def test_ordinary_names_are_taken(name):
    check_file_name(name, "application/pdf", "/file_name")


@pytest.mark.parametrize(
    "name",
    [
        "../to-khai.pdf", "a/b.pdf", "a\\b.pdf", "C:x.pdf", "..", ".", "x.exe", "x.pdf.exe", "x.docx",
        "a\r\nb.pdf", "a\x00.pdf", "\u202efdp.exe", "a\u200eb.pdf", "a\u2066b.pdf", "a\u200bb.pdf", " ",
        "a.pdf ", "a.pdf.", "\ufeffa.pdf", "a\u2028b.pdf",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_or_deceive_are_refused(name):
    with pytest.raises(InvalidRequest) as refused:
        check_file_name(name, "application/pdf", "/file_name")
    assert "/file_name" in str(refused.value.facts)


def test_the_example_of_the_contract_is_a_file_that_is_taken() -> None:
    example = contract_of("applications").rpc["attach"]["example"]["parameters"]
    check_content(base64.b64decode(example["content_base64"]), example["media_type"])
    check_file_name(example["file_name"], example["media_type"], "/file_name")
