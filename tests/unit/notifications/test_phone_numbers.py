"""Telephone numbers that take texts: valid, written one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications import phone_numbers


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        ("0901 234 567", "+84901234567"),
        ("0901.234.567", "+84901234567"),
        ("(+84) 90 123-4567", "+84901234567"),
        ("84901234567", "+84901234567"),
        ("0084901234567", "+84901234567"),
        ("+84 351 234 567", "+84351234567"),
        ("０９０１　２３４　５６７", "+84901234567"),
        ("0901\u200b234\u00a0567", "+84901234567"),
        ("0901–234–567", "+84901234567"),
        ("0901234567 ext 5", None),
        ("0901234567; 0912345678", None),
        ("+44 7700 900123", "+447700900123"),
        ("024 3825 5555", None),  # a fixed line in Ha Noi
        ("+84 24 3825 5555", None),
        ("0901 234 56", None),
        ("0901 234 5678", None),
        ("901234567", None),
        ("01621234567", None),  # eleven digits, as mobile numbers had until 2018
        ("0000000000", None),
        ("1900 1234", None),
        ("1800 599 920", None),
        ("0501 234 567", None),  # no operator has these
        ("+84 521 234 567", None),
        ("+1 234", None),
        ("+1 800 555 0199", None),  # free of charge for callers
        ("+44 20 7946 0958", None),  # a fixed line in London
        ("+999 123 456 789", None),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("không có", None),
        ("+84٩٠١٢٣٤٥٦٧", None),
        ("", None),
    ],
)
def test_a_number_is_written_one_way_or_takes_no_texts(number: str, meant: str | None) -> None:
    assert phone_numbers.phone_number(number) == meant


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none(phone: str) -> None:
    result = phone_numbers.phone_number(phone)
    assert result is None or (phone_numbers.E164.fullmatch(result) and phone_numbers.phone_number(result) == result)
