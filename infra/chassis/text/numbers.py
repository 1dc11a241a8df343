"""Numbers as people and programs write them outside: digits 0 to 9 alone.

Python reads more than that: `1_0` and ` 10 ` as ten, digits of every script, `nan` and `inf`; and `"²".isdigit()` is
true where ``int`` fails.
"""

from __future__ import annotations

import re

WHOLE_NUMBER = re.compile(r"-?[0-9]+")
DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
MOST_DIGITS = 15  # below 2^53, whatever the digits are


def whole_number(text: str, most_digits: int = MOST_DIGITS) -> int | None:
    """The whole number a text is, perhaps with a minus before it; None for any other text and for longer ones."""
    return int(text) if WHOLE_NUMBER.fullmatch(text) and len(text.removeprefix("-")) <= most_digits else None


def natural_number(text: str, most_digits: int = MOST_DIGITS) -> int | None:
    """The number from 0 on that a text of digits is; None for any other text and for longer ones."""
    return None if text.startswith("-") else whole_number(text, most_digits)


def decimal_number(text: str, most_signs: int = 30) -> float | None:
    """The number a text is, with a point before its decimals; None for any other text and for longer ones."""
    return float(text) if DECIMAL.fullmatch(text) and len(text) <= most_signs else None
