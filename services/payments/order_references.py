"""Order references: made to be read aloud and typed, and found again in whatever a payer or a bank made of them."""

from __future__ import annotations

import re
import secrets

from infra.chassis.text.vietnamese_text import identifier_key

PREFIX = "TT"
LENGTH = 14
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read aloud and typed from a bank statement
LOOKALIKE_DIGITS = str.maketrans("OIL", "011")
# Looked ahead for, so that candidates may overlap: which of them is an order only the database knows.
CANDIDATE = re.compile(rf"(?=({PREFIX}[{ALPHABET}]{{{LENGTH}}}))")


def new_order_reference() -> str:
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def typed_key(text: str) -> str:
    """A number or code typed by hand, for comparing: case, blanks, dashes, widths and look-alike signs do not count."""
    return identifier_key(text).translate(LOOKALIKE_DIGITS)


def order_references_in(text: str) -> list[str]:
    """All that may be an order reference in a transfer's purpose, in any case, cut or run together, in their order."""
    return list(dict.fromkeys(CANDIDATE.findall(typed_key(text))))
