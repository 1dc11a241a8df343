"""Amounts of money in running text: "70.000 đồng", "1,200,000 Việt Nam Đồng", "10USD/giấy", "01 triệu đồng".

Both separators group thousands. An amount is stored in minor units of the currency it is stated in, never converted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.fees.shapes import FeeRule
from services.catalog.importing.words import folded

# Possessive, so that a long run of digits is tried once only.
NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d{1,13}+(?:[.,]\d{1,2}+)?(?![\d.,]*\d)"
CURRENCY = r"Việt Nam Đồng|VNĐ|VND|đồng|đ|USD|đô la Mỹ|đô-la Mỹ|EUR|Euro"
SPELLED = {"nghìn": 1_000, "ngàn": 1_000, "triệu": 1_000_000, "tỷ": 1_000_000_000}
# A currency follows, or an item, or the amount is right behind "phí:", as in "Lệ phí: 1,500,000 (…)".
AMOUNT = re.compile(
    rf"(?<![\d/.,])({NUMBER})\s*(nghìn|ngàn|triệu|tỷ)?\s*"
    rf"(?:({CURRENCY})(?!\w)|(?=/\s*[a-zđ])|(?<=phí: \d,\d\d\d,\d\d\d)|(?<=phí: \d,\d\d\d,\d\d\d ))",
    re.IGNORECASE,
)
# What follows an amount: "/01 giấy", " /lần", "/ hộ chiếu"; up to the end of the phrase.
PER = re.compile(r"\s*/\s*([^.,;:()\n+=]{1,60})")
PER_FILING = re.compile(
    r"(?:\(?\s*(?:0?1|một)\s*\)?\s*)?"
    r"(?:lần(?: cấp| đăng ký| thẩm định| gia hạn)?|lượt|hồ sơ|bộ hồ sơ|trường hợp|vụ việc|thủ tục)$"
)
LEADING_ONE = re.compile(r"^(?:\(?\s*(?:0?1|một)\s*\)?)\s+")
SMALLEST_PLAUSIBLE_VND = 1_000


@dataclass(frozen=True)
class Amount:
    """`minor` units of `currency`; `per` the item it is paid for, None when it is paid once; where in the text."""

    minor: int
    currency: str
    per: str | None = None
    start: int = 0
    end: int = 0

    @property
    def plausible(self) -> bool:
        return self.currency != "VND" or self.minor == 0 or self.minor >= SMALLEST_PLAUSIBLE_VND

    def rule(self) -> FeeRule:
        if self.minor == 0:
            return {"type": "free"}
        if self.per:
            return {"type": "per_item", "amount": self.minor, "item": self.per}
        return {"type": "fixed", "amount": self.minor}


def amounts_in(text: str) -> list[Amount]:
    """Every amount the text names, in order."""
    return [_amount(text, match) for match in AMOUNT.finditer(text)]


def _amount(text: str, match: re.Match[str]) -> Amount:
    number, spelled, named = match.groups()
    code = currency(named or "đồng")
    item, end = per_item(text, match.end())
    minor = value(number) * SPELLED.get((spelled or "").lower(), 1) * (1 if code == "VND" else 100)
    return Amount(round(minor), code, item, match.start(), end)


def per_item(text: str, at: int) -> tuple[str | None, int]:
    """What an amount ending `at` is paid for, and where that ends: "/01 giấy/lần" is paid per "giấy"."""
    match = PER.match(text, at)
    if not match:
        return None, at
    end = match.end()
    phrase = re.split(r"\s(?=đối với|trường hợp|áp dụng|kể từ|cho|khi|theo)|\s{2,}|\s-\s", match.group(1))[0]
    end -= len(match.group(1)) - len(phrase)
    parts = [part.strip(" .") for part in re.split(r"/", phrase)]
    items = [LEADING_ONE.sub("", part) for part in parts if part and not PER_FILING.fullmatch(part.lower())]
    return " / ".join(items) or None, end


def value(number: str) -> float:
    """ "70,000" and "70.000" are seventy thousand; "1.5" is one and a half."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number):
        return int(re.sub(r"[.,]", "", number))
    return float(number.replace(",", "."))


def currency(named: str) -> str:
    plain = folded(named)
    if plain in ("usd", "do la my", "do-la my"):
        return "USD"
    return "EUR" if plain in ("eur", "euro") else "VND"
