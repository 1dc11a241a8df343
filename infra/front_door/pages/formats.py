"""Days, instants, amounts and two-language texts as a reader of one language has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from markupsafe import Markup, escape

from infra.chassis.json_types import Json
from infra.chassis.text.currencies import amount_in_figures

OFFICE = timezone(timedelta(hours=7))  # Viet Nam keeps no summer time
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def instant(value: str | datetime) -> datetime:
    """An instant in the time of Viet Nam; one without an offset is UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(OFFICE)


def day_of(value: str | date) -> date:
    if isinstance(value, str):
        return instant(value).date() if "T" in value else date.fromisoformat(value)
    return instant(value).date() if isinstance(value, datetime) else value


def day(value: str | date | None, language: str) -> str:
    """``29/11/2026`` or ``29 November 2026``."""
    if not value:
        return ""
    moment = day_of(value)
    if language == "vi":
        return f"{moment:%d/%m/%Y}"
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def weekday(value: str | date, language: str) -> str:
    return WEEKDAYS[language][day_of(value).weekday()]


def moment(value: str | datetime | None, language: str) -> str:
    """A day with its hour and minute, in the time of Viet Nam."""
    if not value:
        return ""
    at = instant(value)
    return f"{at:%H:%M} {day(at, language)}" if language == "vi" else f"{day(at, language)}, {at:%H:%M}"


def end(value: str | datetime, language: str) -> str:
    """When a term ends: the last day that counts whole, or the instant."""
    at = instant(value)
    if at.hour or at.minute:
        return moment(at, language)
    last = day(at.date() - timedelta(days=1), language)
    return f"hết {last}" if language == "vi" else f"the end of {last}"


def money(value: Json | int | None, language: str, currency: str = "VND") -> str:
    """``135.000 đồng``; in English ``135,000 VND``. A currency has its own decimals: ``25.00 USD``, ``3,000 JPY``."""
    if value is None:
        return ""
    amount, currency = (value["amount"], value["currency"]) if isinstance(value, dict) else (value, currency)
    text = amount_in_figures(amount, currency)
    if language != "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    unit = "đồng" if currency == "VND" and language == "vi" else currency
    return f"{text} {unit}"


def plain(text: object, language: str) -> str:
    """The words of a text that has a Vietnamese and perhaps an English side."""
    if isinstance(text, dict):
        return str(text.get(language) or text.get("vi") or "")
    return "" if text is None else str(text)


def either(text: object, language: str) -> Markup:
    """As :func:`plain`, marked as Vietnamese where a page in English has to show that."""
    content = plain(text, language)
    foreign = language == "en" and not (isinstance(text, dict) and text.get("en"))
    return Markup('<span lang="vi">{}</span>').format(content) if foreign and content else escape(content)


def size(octets: int) -> str:
    """A file's size, for people."""
    return f"{octets / 1_048_576:.1f} MB" if octets >= 1_048_576 else f"{max(1, round(octets / 1024))} KB"
