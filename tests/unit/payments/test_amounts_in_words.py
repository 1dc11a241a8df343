"""Amounts are read aloud as a Vietnamese teller would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.words import amount_in_words, in_words

READ = {
    0: "không", 1: "một", 5: "năm", 10: "mười", 11: "mười một", 15: "mười lăm", 20: "hai mươi", 21: "hai mươi mốt",
    24: "hai mươi bốn", 25: "hai mươi lăm", 55: "năm mươi lăm", 100: "một trăm", 101: "một trăm linh một",
    105: "một trăm linh năm", 110: "một trăm mười", 111: "một trăm mười một", 115: "một trăm mười lăm",
    121: "một trăm hai mươi mốt", 1_000: "một nghìn", 1_001: "một nghìn không trăm linh một",
    1_015: "một nghìn không trăm mười lăm", 8_000: "tám nghìn", 12_500: "mười hai nghìn năm trăm",
    50_000: "năm mươi nghìn", 135_000: "một trăm ba mươi lăm nghìn", 1_000_000: "một triệu",
    1_000_005: "một triệu không trăm linh năm", 1_050_000: "một triệu không trăm năm mươi nghìn",
    2_345_678: "hai triệu ba trăm bốn mươi lăm nghìn sáu trăm bảy mươi tám", 1_000_000_000: "một tỷ",
    1_000_000_021: "một tỷ không trăm hai mươi mốt", 1_500_000_000: "một tỷ năm trăm triệu",
    21_000_000_000: "hai mươi mốt tỷ", 1_000_000_000_000: "một nghìn tỷ",
}  # fmt: skip
VALUES = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "năm": 5,
    "lăm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
}


def number_of(words: str) -> int:
    """What a listener writes down: the reverse, on its own."""
    if "tỷ" in words.split():
        high, low = words.rsplit("tỷ", 1)
        return number_of(high) * 10**9 + (number_of(low) if low.strip() else 0)
    total = group = digit = 0
    for word in words.split():
        if word in VALUES:
            digit = VALUES[word]
            continue
        if word == "trăm":
            group, digit = group + digit * 100, 0
        elif word == "mười":
            group, digit = group + 10, 0
        elif word == "mươi":
            group, digit = group + digit * 10, 0
        elif word in {"nghìn", "triệu"}:
            total, group, digit = total + (group + digit) * (1_000 if word == "nghìn" else 1_000_000), 0, 0
    return total + group + digit


@pytest.mark.parametrize(("number", "words"), READ.items())
def test_an_amount_is_read_as_a_teller_reads_it(number: int, words: str) -> None:
    assert in_words(number) == words


@given(st.integers(0, 10**13))
def test_what_is_read_aloud_can_be_written_down_again(number: int) -> None:
    assert number_of(in_words(number)) == number


def test_a_receipt_says_the_currency_and_begins_with_a_capital() -> None:
    assert amount_in_words(135_000, "VND") == "Một trăm ba mươi lăm nghìn đồng"


def test_a_negative_amount_is_a_bug() -> None:
    with pytest.raises(ValueError, match="not negative"):
        in_words(-1)
