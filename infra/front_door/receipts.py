"""``GET /payments/{payment_id}/receipt`` as people keep it: a page to print, or a PDF; as JSON for programs.

What it says comes from the payments service; here it gets its lines, in the reader's language.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from infra.chassis.json_types import Json
from infra.front_door.context import language_of
from infra.front_door.files import sent

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

OFFICE = timezone(timedelta(hours=7))
PDF, HTML = "application/pdf", "text/html"
WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 56.0
TEMPLATES = Path(__file__).with_name("templates")
WORDS = {
    "title": ("Biên lai thu phí, lệ phí", "Receipt"),
    "number": ("Số biên lai", "Receipt number"),
    "issued": ("Ngày thu", "Paid at"),
    "reference": ("Mã hồ sơ", "Application"),
    "procedure": ("Mã thủ tục", "Procedure"),
    "agency": ("Cơ quan thu", "Agency"),
    "method": ("Hình thức", "Method"),
    "transaction": ("Mã giao dịch", "Transaction"),
    "book": ("Số quyển biên lai", "Receipt book number"),
    "items": ("Các khoản thu", "Items"),
    "total": ("Tổng số tiền", "Total"),
    "words": ("Bằng chữ", "In Vietnamese words"),
    "refunded": ("Đã hoàn trả", "Refunded"),
    "cash": ("Tiền mặt", "Cash"),
    "transfer": ("Chuyển khoản", "Bank transfer"),
    "vnpay": ("VNPAY", "VNPAY"),
    "vietqr": ("VietQR", "VietQR"),
}


def asked_for(request: Request) -> str:
    """The form that the Accept header prefers; JSON for who says nothing of these."""
    accepted = request.headers.get("accept", "")[:500]
    named = [(accepted.index(form), form) for form in (PDF, HTML, "application/json") if form in accepted]
    return min(named)[1] if named else "application/json"


def printed(request: Request, receipt: Json) -> Response:
    """The receipt as a page or a PDF."""
    language = language_of(request.headers.get("accept-language", ""))
    facts = {"title": _word("title", language), "rows": list(rows(receipt, language)), "language": language}
    facts |= {"items": list(items(receipt, language)), "items_title": _word("items", language)}
    if asked_for(request) == HTML:
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": language}
        return HTMLResponse(_template().render(**facts), headers=headers)
    content = as_pdf(facts)
    name = f"{receipt['receipt_number']}.pdf"
    return sent(request, content, name, PDF, hashlib.sha256(content).hexdigest())


def rows(receipt: Json, language: str) -> Iterator[tuple[str, str]]:
    paid_at = datetime.fromisoformat(receipt["issued_at"]).astimezone(OFFICE)
    values: Json = {
        "number": receipt["receipt_number"],
        "issued": f"{paid_at:%d/%m/%Y %H:%M}",
        "reference": receipt["reference"],
        "procedure": receipt["procedure_code"],
        "agency": receipt["agency_code"],
        "method": _word(receipt["method"], language),
        "transaction": receipt["transaction_no"],
        "book": receipt["receipt_book_number"],
        "total": money(receipt["amount"], language),
        "words": receipt["amount_in_words"],
        "refunded": money(receipt["refunded"], language) if receipt["refunded"]["amount"] else None,
    }
    return ((_word(name, language), str(value)) for name, value in values.items() if value)


def items(receipt: Json, language: str) -> Iterator[tuple[str, str]]:
    for item in receipt["items"]:
        name = item.get("name") or {}
        yield str(name.get(language) or name.get("vi") or item.get("fee_id", "")), money(item["amount"], language)


def money(value: Json, language: str) -> str:
    """``135.000 đồng``, ``135,000 VND``."""
    amount, currency = value["amount"], value["currency"]
    text = f"{amount:,}" if currency == "VND" else f"{amount / 100:,.2f}"
    if language == "vi":
        return f"{text.translate(str.maketrans(',.', '.,'))} {'đồng' if currency == 'VND' else currency}"
    return f"{text} {currency}"


def _word(name: str, language: str) -> str:
    return WORDS[name][language == "en"]


@cache
def _template() -> Template:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template("receipt.html")


def as_pdf(facts: Json) -> bytes:
    """One A4 page. ReportLab is loaded here: most processes never print."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    font = _font()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, lang=facts["language"])
    canvas.setTitle(facts["title"])
    canvas.setFont(font, 18)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - MARGIN - 12, facts["title"])
    y = HEIGHT - MARGIN - 54
    for label, value in [*facts["rows"], (facts["items_title"], ""), *facts["items"]]:
        canvas.setFont(font, 10.5)
        canvas.drawString(MARGIN, y, label)
        for line in _folded(canvas, font, value):
            canvas.drawString(MARGIN + 170, y, line)
            y -= 20
    canvas.save()
    return file.getvalue()


def _folded(canvas: Canvas, font: str, text: str) -> list[str]:
    """The text in lines that fit."""
    lines, room = [""], WIDTH - 2 * MARGIN - 170
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if canvas.stringWidth(longer, font, 10.5) > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def _font() -> str:
    """A font with every Vietnamese letter, registered under its name."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    package = importlib.util.find_spec("fontpkg_noto_sans")
    folders = list(package.submodule_search_locations or []) if package else []
    (file,) = [path for folder in folders for path in Path(folder).glob("files/NotoSans[[]*.ttf")]
    pdfmetrics.registerFont(TTFont("receipt", str(file)))
    return "receipt"
