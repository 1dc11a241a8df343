"""Telephone numbers that can receive a text: given out by an operator, not merely of the right length."""

from __future__ import annotations

import re

from infra.chassis.text.vietnamese_text import unified

SEPARATORS = re.compile(r"[\s().\-]+")
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
VIETNAM = "+84"
MOBILE = re.compile(r"\+84[35789][0-9]{8}", re.ASCII)  # fixed lines (+842…) take no texts
MOBILE_TYPES = frozenset({"MOBILE", "FIXED_LINE_OR_MOBILE", "UNKNOWN"})  # as phonenumbers names kinds


def phone_number(phone: str) -> str | None:
    """``phone`` as ``+84…``; a number without country code is Vietnamese. None: it takes no texts."""
    bare = SEPARATORS.sub("", unified(phone))
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif bare.startswith("0"):
        bare = VIETNAM + bare[1:]
    elif bare.startswith("84"):
        bare = "+" + bare
    if not (MOBILE if bare.startswith(VIETNAM) else E164).fullmatch(bare):
        return None
    return bare if _takes_texts(bare) else None


def _takes_texts(number: str) -> bool:
    """A mobile number that an operator has given out; of another country's numbers only the possible ones are known."""
    import phonenumbers  # when there is first a number to judge: 58 modules

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    if number.startswith(VIETNAM):
        return phonenumbers.is_valid_number(parsed)
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(parsed))
    return phonenumbers.is_possible_number(parsed) and kind in MOBILE_TYPES
