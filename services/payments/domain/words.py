"""Amounts in Vietnamese words, as a receipt must show them ("Một trăm ba mươi lăm nghìn đồng").

Reading rules: ``mốt`` for one after twenty and up, ``lăm`` for five after any ten, ``linh`` where the tens are zero,
``không trăm`` where a lower group has no hundreds.
"""

from __future__ import annotations

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
GROUPS = ("", "nghìn", "triệu")
CURRENCIES = {"VND": "đồng", "USD": "xu Mỹ", "EUR": "xu Euro"}
"""The name of the minor unit; a dong has no smaller one."""


def in_words(number: int) -> str:
    """``number`` (zero or more) read aloud in Vietnamese, lower case."""
    if number < 0:
        raise ValueError("an amount on a receipt is not negative")
    if number == 0:
        return DIGITS[0]
    billions, rest = divmod(number, 10**9)
    parts = [in_words(billions), "tỷ"] if billions else []
    if rest:
        parts.append(_below_a_billion(rest, led=bool(billions)))
    return " ".join(parts)


def amount_in_words(amount: int, currency: str) -> str:
    """The sentence a receipt carries, with a capital letter."""
    words = f"{in_words(amount)} {CURRENCIES.get(currency, currency)}"
    return words[0].upper() + words[1:]


def _below_a_billion(number: int, *, led: bool) -> str:
    parts: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            parts.append(_group(group, led=led or bool(parts)))
            parts.append(GROUPS[power])
    return " ".join(part for part in parts if part)


def _group(number: int, *, led: bool) -> str:
    """Three digits; ``led`` when something greater was said before, so that hundreds are said even if zero."""
    hundreds, tens, units = number // 100, number // 10 % 10, number % 10
    words = [DIGITS[hundreds], "trăm"] if hundreds or led else []
    if tens == 0 and units and words:
        words.append("linh")
    elif tens == 1:
        words.append("mười")
    elif tens > 1:
        words += [DIGITS[tens], "mươi"]
    if units:
        words.append(_unit(units, tens))
    return " ".join(words)


def _unit(units: int, tens: int) -> str:
    if units == 1 and tens > 1:
        return "mốt"
    if units == 5 and tens:
        return "lăm"
    return DIGITS[units]
