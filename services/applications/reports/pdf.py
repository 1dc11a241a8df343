"""A report as one page of PDF. What does not fit is counted, not silently left out."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path

from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from services.applications.reports.page import HEIGHT, WIDTH, Colour, Font, PdfPage
from services.applications.reports.report import Report, Span, office_time_text

MARGIN, BOTTOM = 40.0, 46.0
MOST_SPANS = 10
ROOM = WIDTH - 2 * MARGIN
GREY: Colour = (0.45, 0.45, 0.45)
RED: Colour = (0.69, 0.0, 0.13)
COLOURS: dict[str, Colour] = {
    "citizen": (0.48, 0.65, 0.76),
    "counter": (0.79, 0.64, 0.15),
    "officer": (0.31, 0.50, 0.32),
    "over": (0.6, 0.6, 0.6),
}
# Where distributions put fonts that have every Vietnamese letter.
PLACES = (
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
)


class NoFont(Refusal):
    """No font to set Vietnamese in."""

    vi = "Không tìm thấy phông chữ để in báo cáo PDF."
    en = "No font was found to set the PDF report in."
    todo_vi = "Đặt REPORT_FONT là đường dẫn tới một tệp .ttf có đủ chữ tiếng Việt, hoặc dùng định dạng HTML."
    todo_en = "Set REPORT_FONT to a .ttf file that has all Vietnamese letters, or take the HTML format."


def report_font(settings: Settings) -> Font:
    """`REPORT_FONT`, else the font package if it is installed, else one of the distribution's."""
    named = settings.get("REPORT_FONT")
    places = [named] if named else [*_packaged(), *PLACES]
    for place in places:
        if Path(place).is_file():
            return Font(Path(place))
    raise NoFont()


def _packaged() -> list[str]:
    package = importlib.util.find_spec("fontpkg_noto_sans")
    folders = list(package.submodule_search_locations or []) if package else []
    return [str(path) for folder in folders for path in sorted(Path(folder).glob("files/NotoSans[[]*.ttf"))]


def report_as_pdf(report: Report, font: Font) -> bytes:
    """The whole file; always one page."""
    page = PdfPage(font, report.title, report.language)
    page.text(MARGIN, 56, page.fitted(report.title, 15, ROOM), 15)
    y = _facts(page, report.facts, 74)
    y = _heading(page, report.says("timeline"), y + 10)
    y = _timeline(page, report, y)
    y = _heading(page, report.says("events"), y + 12)
    _events(page, report, y, HEIGHT - BOTTOM - 12 * len(report.evidence))
    _facts(page, report.evidence, HEIGHT - BOTTOM - 12 * len(report.evidence) + 14, columns=1)
    return page.to_bytes()


def _heading(page: PdfPage, text: str, y: float) -> float:
    page.text(MARGIN, y + 8, text, 11)
    page.line(MARGIN, y + 12, MARGIN + ROOM, y + 12, GREY)
    return y + 18


def _facts(page: PdfPage, facts: list[tuple[str, str]], y: float, columns: int = 2) -> float:
    width = ROOM / columns
    for number, (label, value) in enumerate(facts):
        x = MARGIN + width * (number % columns)
        page.text(x, y, f"{label}:", 8, GREY)
        page.text(x + 90, y, page.fitted(value, 8, width - 96), 8)
        y += 12 if number % columns == columns - 1 or number == len(facts) - 1 else 0
    return y


def _timeline(page: PdfPage, report: Report, y: float) -> float:
    """A bar per pair of hands, pauses hatched, the due date a red line. At most so many bars keep the page one page."""
    spans, top = report.spans[:MOST_SPANS], y
    for span in spans:
        left, right = _x(report, span.since), _x(report, span.until)
        label = page.fitted(f"{report.holder(span)}: {report.lasted(span)}", 7.5, ROOM)
        start = min(left, MARGIN + ROOM - page.width(label, 7.5))
        page.text(start, y + 7, label, 7.5)
        _bar(page, span, left, max(right - left, 1), y + 10)
        y += 21
    if report.due_at:
        x = _x(report, report.due_at)
        page.line(x, top, x, y, RED, 1.2)
    page.text(MARGIN, y + 8, office_time_text(report.since), 7, GREY)
    last = office_time_text(report.until)
    page.text(MARGIN + ROOM - page.width(last, 7), y + 8, last, 7, GREY)
    return _key(page, report, y + 20)


def _key(page: PdfPage, report: Report, y: float) -> float:
    """What hatching and the red line mean, where there are any; how many stretches are not drawn."""
    x = MARGIN
    if any(span.paused for span in report.spans):
        _hatched(page, x, 20, y - 6)
        x = _key_text(page, x + 24, y, report.says("paused_key"))
    if report.due_at:
        page.line(x + 2, y - 7, x + 2, y + 2, RED, 1.2)
        x = _key_text(page, x + 8, y, f"{report.says('due_key')}: {office_time_text(report.due_at)}")
    if len(report.spans) > MOST_SPANS:
        _key_text(page, x, y, f"+ {len(report.spans) - MOST_SPANS} {report.says('more_spans')}", RED)
    return y + 4


def _key_text(page: PdfPage, x: float, y: float, text: str, colour: Colour = GREY) -> float:
    page.text(x, y, text, 7, colour)
    return x + page.width(text, 7) + 16


def _bar(page: PdfPage, span: Span, x: float, width: float, y: float) -> None:
    if not span.paused:
        page.box(x, y, width, 7, COLOURS[span.holder])
    else:
        _hatched(page, x, width, y)


def _hatched(page: PdfPage, x: float, width: float, y: float) -> None:
    page.box(x, y, width, 7, (0.9, 0.9, 0.9))
    at = x
    while at < x + width:
        page.line(at, y + 7, min(at + 3, x + width), y, GREY, 0.7)
        at += 4


def _x(report: Report, at: datetime) -> float:
    seconds = (report.until - report.since).total_seconds() or 1.0
    return MARGIN + ROOM * (at - report.since).total_seconds() / seconds


def _events(page: PdfPage, report: Report, y: float, bottom: float) -> None:
    columns = ((0.0, 78.0), (80.0, 112.0), (194.0, 134.0), (330.0, ROOM - 330.0))
    for (x, _), key in zip(columns, ("when", "what", "who", "note"), strict=True):
        page.text(MARGIN + x, y + 8, report.says(key), 7.5, GREY)
    y += 12
    fitting = max(int((bottom - y) // 11) - 1, 0)
    for line in report.lines[:fitting]:
        cells = (office_time_text(line.at), line.what, line.who, line.note)
        for (x, room), cell in zip(columns, cells, strict=True):
            page.text(MARGIN + x, y + 8, page.fitted(cell, 7.5, room), 7.5)
        y += 11
    if len(report.lines) > fitting:
        page.text(MARGIN, y + 8, f"+ {len(report.lines) - fitting} {report.says('more')}", 7.5, RED)
