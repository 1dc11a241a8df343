"""The report says in whose hands an application was and for how long, on one page, with every letter in place."""

import io
import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from pypdf import PdfReader

from infra.chassis.settings import Settings
from services.applications.reports.html import report_as_html
from services.applications.reports.pdf import report_as_pdf, report_font
from services.applications.reports.report import report
from services.applications.reports.wording import KIND_NAMES, LABELS, ROLE_NAMES
from tests.unit.transparency.builders import at, history, step, text_of


class Wellformed(HTMLParser):
    """Every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_spans_say_who_had_it_and_which_were_pauses() -> None:
    spans = report(history()).spans
    assert [(s.holder, s.who, s.paused) for s in spans] == [
        ("citizen", None, False),
        ("counter", None, False),
        ("officer", None, False),
        ("citizen", None, True),
        ("officer", None, False),
        ("officer", "k-7", False),
    ]
    assert spans[3].office_minutes == 2 * 480 and spans[-1].until.day == 9


def test_a_running_application_is_drawn_until_now() -> None:
    now = datetime.fromisoformat(at(20, 8))
    assert report(history()[:6], until=now).spans[-1].until == now


def test_the_html_is_whole_escaped_and_complete() -> None:
    page = report_as_html(report(history(), checkpoint="portal.invalid/applications\n7\nroot=\n\n— x AAAA\n"))
    reader = Wellformed()
    reader.feed(page)
    assert reader.open == [] and "<của>" not in page
    text = " ".join(reader.text)
    assert "Thiếu chữ ký <của> người nộp & “giấy chứng sinh”" in text and "H01.01-260302-0001" in text
    assert all(KIND_NAMES[row["kind"]]["vi"] in text for row in history())
    assert "http" not in page and "<script" not in page


def test_the_pdf_is_one_page_with_searchable_vietnamese_text() -> None:
    made = report_as_pdf(report(history()), report_font(Settings({})))
    assert made.startswith(b"%PDF-1.7") and made.rstrip().endswith(b"%%EOF") and len(made) < 200_000
    reader = PdfReader(io.BytesIO(made), strict=True)
    assert len(reader.pages) == 1 and [round(side) for side in reader.pages[0].mediabox] == [0, 0, 595, 842]
    assert "Quá trình giải quyết hồ sơ" in text_of(made) and "Thiếu chữ ký" in text_of(made)
    assert reader.root_object["/Lang"] == "vi" and str(reader.metadata["/Title"]).endswith("H01.01-260302-0001")


def test_people_read_roles_in_words_and_accounts_at_a_glance() -> None:
    rows = history()
    rows[2]["by"]["account_id"] = rows[5]["facts"]["officer_id"] = "79e13288-d772-44a3-a922-d895ea1e45cd"
    page = report(rows)
    assert page.lines[2].who == "Cán bộ một cửa · 79e13288 · H01.01"
    assert page.holder(page.spans[-1]) == "Cơ quan giải quyết 79e13288"
    assert report(rows, language="en").lines[2].who.startswith("Intake officer · 79e13288")
    every = {"citizen", "intake_officer", "case_officer", "approver", "accountant", "auditor", "operator", "system"}
    assert every <= set(ROLE_NAMES)


def test_hatching_and_the_red_line_are_explained_where_there_are_any() -> None:
    for made in (
        report_as_html(report(history())),
        text_of(report_as_pdf(report(history()), report_font(Settings({})))),
    ):
        assert "tạm dừng tính thời hạn" in made and "hạn trả kết quả: 10/03/2026 17:00" in made
    assert "tạm dừng tính thời hạn" not in report_as_html(report(history()[:2]))


def test_stretches_that_are_not_drawn_are_counted() -> None:
    statuses = ("in_processing", "submitted")
    turns = [step(8 + n, "Turn", at(10 + n // 3, 8 + n % 3), statuses[n % 2]) for n in range(12)]
    made = text_of(report_as_pdf(report(history() + turns), report_font(Settings({}))))
    assert re.search(r"\+ \d+ chặng khác không vẽ ở đây", made)


def test_what_does_not_fit_on_the_page_is_counted() -> None:
    rows = history()
    rows += [step(8 + n, "Rated", at(10, 8), "approved") for n in range(200)]
    assert re.search(
        r"\+ \d+ sự kiện khác không in ở đây", text_of(report_as_pdf(report(rows), report_font(Settings({}))))
    )


def test_both_languages_have_every_word() -> None:
    assert all(
        set(words) == {"vi", "en"} and all(words.values())
        for words in (*LABELS.values(), *KIND_NAMES.values(), *ROLE_NAMES.values())
    )
    assert "How the application was handled" in report_as_html(report(history(), language="en"))
