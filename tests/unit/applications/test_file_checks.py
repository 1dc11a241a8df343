"""What is handed in is what it says it is, by content and by name: one check for every door."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from infra.chassis.contracts import contract_of
from infra.chassis.refusals import InvalidRequest
from infra.cli.sample_documents import a_pdf
from services.applications.private_data.file_checks import check_content
from services.applications.private_data.file_names import check_file_name, content_disposition
from tests.unit.applications.fakes import PDF

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
DOCX = f"{WORD}.document"
TYPES, MAIN, RELS = "[Content_Types].xml", "word/document.xml", "word/_rels/document.xml.rels"
OLE_TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"


def content_types(main_type: str = f"{DOCX}.main+xml", **overrides: str) -> str:
    parts = {"/word/document.xml": main_type, **overrides}
    listed = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{listed}</Types>'


def relationships(target_mode: str, kind: str = OLE_TEMPLATE) -> str:
    relationship = f'<Relationship Id="r1" Type="{kind}" Target="https://example.org/x" TargetMode="{target_mode}"/>'
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relationship}</Relationships>'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def docx(**more: str | bytes) -> bytes:
    return zipped({TYPES: content_types(), "_rels/.rels": "<x/>", MAIN: "<x/>", **more})


def png(width: int = 30, height: int = 20) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(made, "PNG")
    return made.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + packed + chunk(b"IEND", b"")


def image(image_format: str, pages: int = 1) -> bytes:
    made, image = io.BytesIO(), Image.new("L", (40, 40))
    more = {"save_all": True, "append_images": [image] * (pages - 1)} if pages > 1 else {}
    image.save(made, image_format, **more)
    return made.getvalue()


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"\r\n", b"\n\n", b"\xef\xbb\xbf\r\n", b"Received: by scanner 7\r\n", b"x" * 1000]
)
def test_a_pdf_has_its_header_anywhere_in_the_first_kilobyte(before):
    check_content(before + PDF, "application/pdf")
    check_content(before + a_pdf("title"), "application/pdf")


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-",
        b"%PDF-1.7",
        b"%PDF-1.7\nnothing more",
        b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF\n",  # no cross-references: was taken
        b"%PDF-1.7\nstartxref\n99999\n%%EOF\n",  # lead nowhere
        b"%PDF-1.7\nstartxref\n3\n%%EOF\n",  # lead to something else
        PDF + b"MZ" + b"\x00" * 64,  # a program behind the end: was taken
        b"MZ" + PDF,
        b"<html>" + PDF,
        b"PK\x03\x04" + PDF,
        b"#!/bin/sh\n" + PDF,
        b"x" * 1100 + PDF,
        a_pdf("title")[:-8],
    ],
)
def test_what_only_looks_like_a_pdf_at_its_ends_is_none(content):
    with pytest.raises(InvalidRequest):
        check_content(content, "application/pdf")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(png(), "image/png"), (image("JPEG"), "image/jpeg"), (image("TIFF", 3), "image/tiff")],
)  # fmt: skip
def test_images_that_decode_are_taken(content, media_type):
    check_content(content, media_type)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"<script>", "image/png"),  # only the first bytes: was taken
        (b"\xff\xd8\xff" + b"\x00" * 100, "image/jpeg"),
        (b"II*\x00" + b"\x00" * 100, "image/tiff"),
        (png()[:60], "image/png"),
        (image("JPEG"), "image/png"),
        (bomb(60_000, 60_000), "image/png"),
        (bomb(8_000, 8_000), "image/png"),
        (image("TIFF", 60), "image/tiff"),
    ],
    ids=["png head", "jpeg head", "tiff head", "cut", "other kind", "bomb", "smaller bomb", "many pages"],
)
def test_what_only_begins_like_an_image_or_unpacks_to_too_much_is_refused(content, media_type):
    with pytest.raises(InvalidRequest):
        check_content(content, media_type)


def test_a_word_document_is_taken():
    check_content(docx(), DOCX)
    check_content(docx(**{"word/embeddings/table.xlsx": zipped({"xl/workbook.xml": "<x/>"})}), DOCX)
    check_content(docx(**{RELS: relationships("External", "http://x/hyperlink")}), DOCX)


def overlapping() -> bytes:
    """Two entries that unpack the same bytes (as D. Fifield's bomb does)."""
    content = docx(**{"word/a.xml": "a" * 2000, "word/b.xml": "a" * 2000})
    first, second = content.index(b"word/a.xml") - 30, content.index(b"word/b.xml") - 30
    at = content.rindex(b"word/b.xml") - 4
    assert struct.unpack("<I", content[at : at + 4])[0] == second
    return content[:at] + struct.pack("<I", first) + content[at + 4 :]


@pytest.mark.parametrize(
    "content",
    [
        docx(**{"word/vbaProject.bin": b"x"}),
        zipped({TYPES: content_types(**{"/word/x.bin": "application/vnd.ms-office.vbaProject"}), MAIN: "<x/>"}),
        zipped({TYPES: content_types("application/vnd.ms-word.document.macroEnabled.main+xml"), MAIN: "<x/>"}),
        zipped({TYPES: content_types("text/html"), MAIN: "<x/>"}),
        zipped({TYPES: "<x/>", MAIN: "<x/>"}),
        zipped({TYPES: "no xml", MAIN: "<x/>"}),
        zipped({TYPES: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', MAIN: "<x/>"}),
        docx(**{RELS: relationships("External")}),
        docx(**{"../../etc/cron.d/x": b"x"}),
        docx(**{"/etc/passwd": b"x"}),
        docx(**{"..\\x.exe": b"x"}),
        docx(**{"WORD/document.xml": b"x"}),
        zipped({MAIN: "<x/>"}),
        zipped({TYPES: content_types(), "xl/workbook.xml": "<x/>"}),
        docx()[:-10],
        docx(**{"word/media/0.bin": b"\0" * (110 * 1024 * 1024)}),
        docx(**{"word/media/0.bin": b"\0" * (3 * 1024 * 1024)}),
        docx(**{"a.zip": zipped({"b.zip": zipped({"c": b"x"})})}),
        docx(**{f"{number}.xml": b"x" for number in range(2_100)}),
        overlapping(),
        b"PK\x03\x04 word/",
    ],
    ids=[
        "macros", "macros under another name", "macro document", "page", "empty list", "no list", "entities",
        "template", "climbs", "absolute", "backslash", "same name twice", "no parts", "table", "cut", "bomb", "dense",
        "nested", "entries", "overlap", "no zip",
    ],
)  # fmt: skip
def test_what_is_no_plain_word_document_is_refused(content):
    with pytest.raises(InvalidRequest):
        check_content(content, DOCX)


@pytest.mark.parametrize(
    "name", ["to-khai.pdf", "Tờ khai (bản 2).PDF", "tờ khai", "a..b.pdf", "số 12.2026", "Mẫu I.1.8.pdf", "12.QĐ"]
)  # fmt: skip
def test_ordinary_names_are_taken(name):
    check_file_name(name, "application/pdf", "/file_name")


@pytest.mark.parametrize(
    "name",
    [
        "../to-khai.pdf", "a/b.pdf", "a\\b.pdf", "C:x.pdf", "..", ".", "x.exe", "x.pdf.exe", "x.docx",
        "a\r\nb.pdf", "a\x00.pdf", "\u202efdp.exe", "a\u200eb.pdf", "a\u2066b.pdf", "a\u200bb.pdf", " ",
        "a.pdf ", "a.pdf.", "\ufeffa.pdf", "a\u2028b.pdf",
        "luong.exe.pdf", "a.html.pdf", "a.docx.pdf", "a.exe .pdf", "x.7z", "x.\uff45\uff58\uff45",
        "x.\u0435\u0445\u0435",
        "a\uff0fb.pdf", "con.pdf", "NUL", "a\"b.pdf", "a|b.pdf",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_or_deceive_are_refused(name):
    with pytest.raises(InvalidRequest) as refused:
        check_file_name(name, "application/pdf", "/file_name")
    assert "/file_name" in str(refused.value.facts)


def test_a_paper_is_served_as_an_attachment_whatever_its_name():
    assert content_disposition("Tờ khai;\r\n.pdf") == "attachment; filename*=UTF-8''T%E1%BB%9D%20khai%3B%0D%0A.pdf"


def test_the_example_of_the_contract_is_a_file_that_is_taken() -> None:
    example = contract_of("applications").rpc["attach"]["example"]["parameters"]
    check_content(base64.b64decode(example["content_base64"]), example["media_type"])
    check_file_name(example["file_name"], example["media_type"], "/file_name")
