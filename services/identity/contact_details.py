"""Telephone numbers and e-mail addresses somebody can be reached at: valid, not merely possible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from infra.chassis.refusals import InvalidRequest
from infra.chassis.text.vietnamese_text import unified

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

COUNTRY = "VN"
# Hotlines, premium and toll-free numbers belong to companies; nobody is reached there.
PERSONAL = ("MOBILE", "FIXED_LINE", "FIXED_LINE_OR_MOBILE", "PERSONAL_NUMBER", "VOIP")  # as phonenumbers names kinds
ONE_NUMBER = re.compile(r"\+?[0-9 ().\-]+|\(\+[0-9 ().\-]+", re.ASCII)
NO_TELEPHONE = ("không phải số điện thoại đang được cấp", "is no telephone number in use")
NO_EMAIL = ("không phải địa chỉ thư điện tử hợp lệ", "is no valid e-mail address")
LONGEST_LOCAL_PART, LONGEST_EMAIL = 64, 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"({ATOM}(?:\.{ATOM})*)@((?:{LABEL}\.)+(?:[A-Za-z]{{2,63}}|xn--[A-Za-z0-9-]{{2,59}}))")


def telephone(text: str, pointer: str = "/phone") -> str:
    """The number as +84…; one without country code is Vietnamese. ``InvalidRequest`` when no person can have it."""
    typed = unified(text)
    if not ONE_NUMBER.fullmatch(typed):  # the library looks for a number within any text and drops the rest unsaid
        raise InvalidRequest.at(pointer, *NO_TELEPHONE)
    import phonenumbers  # when there is first a number to judge: 58 modules

    try:
        number = phonenumbers.parse(typed, COUNTRY)
    except phonenumbers.NumberParseException:
        raise InvalidRequest.at(pointer, *NO_TELEPHONE) from None
    if not phonenumbers.is_valid_number(number) or _kind_of(number) not in PERSONAL:
        raise InvalidRequest.at(pointer, *NO_TELEPHONE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _kind_of(number: PhoneNumber) -> str:
    from phonenumbers import PhoneNumberType, number_type

    return str(PhoneNumberType.to_string(number_type(number)))


def email_address(text: str, pointer: str = "/email") -> str:
    """The address without blanks around it; ``InvalidRequest`` when no mail server could have it."""
    match = EMAIL.fullmatch(text.strip())
    if match is None or len(match[1]) > LONGEST_LOCAL_PART or len(match[0]) > LONGEST_EMAIL:
        raise InvalidRequest.at(pointer, *NO_EMAIL)
    return match[0]
