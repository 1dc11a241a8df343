"""The report says in whose hands an application was and for how long, on one page, with every letter in place."""

import io
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from infra.chassis.settings import Settings
from services.applications.reports.page import NotAFont
from services.applications.reports.pdf import NoFont, report_as_pdf, report_font
from services.applications.reports.report import report
from tests.unit.transparency.builders import at, history, step, text_of

LETTERS = "ăâđêôơưĂÂĐÊÔƠƯáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"


def test_the_pdf_carries_the_letters_in_use_and_needs_no_other_font() -> None:
    made = report_as_pdf(report(history()), report_font(Settings({})))
    resources: Any = PdfReader(io.BytesIO(made)).pages[0]["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].values()]
    assert fonts and all("/FontFile2" in font["/FontDescriptor"] and "/ToUnicode" in font for font in fonts)


@pytest.mark.parametrize("letters", [LETTERS, unicodedata.normalize("NFD", LETTERS)])
def test_every_vietnamese_letter_is_read_back(letters: str) -> None:
    rows = history()
    for number, part in enumerate(re.findall(".{1,12}", letters)):
        rows.append(step(8 + number, "Rated", at(10, 8), "approved") | {"reason": f"[{part}]"})
    made = text_of(report_as_pdf(report(rows), report_font(Settings({}))))
    read_back = "".join(re.findall(r"\[(.*?)\]", made))
    assert unicodedata.normalize("NFC", read_back) == LETTERS


def test_letters_no_font_has_and_signs_that_cannot_be_written_break_no_page() -> None:
    rows = [*history(), step(8, "Rated", at(10, 8), "approved") | {"reason": "một 漢字 hai 😀 ba \x07 bốn"}]
    assert "bốn" in text_of(report_as_pdf(report(rows), report_font(Settings({}))))


def test_the_font_has_every_vietnamese_letter() -> None:
    font = report_font(Settings({}))
    assert all(font.has(letter) for letter in LETTERS)


def test_a_missing_or_wrong_font_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoFont):
        report_font(Settings({"REPORT_FONT": str(tmp_path / "none.ttf")}))
    (tmp_path / "a.ttf").write_bytes(b"not a font at all")
    with pytest.raises(NotAFont):
        report_font(Settings({"REPORT_FONT": str(tmp_path / "a.ttf")}))
