"""Which passwords are too weak."""

import pytest

from services.identity import passwords
from services.identity.errors import WeakPassword


def test_length_is_the_only_composition_rule() -> None:
    passwords.check_strength("aaaa bbbb cccc dddd")
    passwords.check_strength("k" * 100 + "xyz")


def test_the_list_of_common_ones_has_more_than_three_thousand_that_would_be_long_enough() -> None:
    assert len([word for word in passwords._common_passwords() if len(word) >= passwords.SHORTEST]) > 10_000


@pytest.mark.parametrize("weak", ["sunshine1", "liverpool", "anh yêu em", "Mật Khẩu Mới", "matkhaumoi", "trustno1"])
def test_what_leaks_most_is_weak_in_any_spelling(weak: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.check_strength(weak)


@pytest.mark.parametrize("weak", ["DichVuCong@2026", "Dịch vụ công 2026!", "hanoi-123456", "UBND2026#01", "vneid.2025"])
def test_words_of_the_place_with_a_year_are_no_passwords(weak: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.check_strength(weak)


def test_a_word_of_the_place_among_others_is_none() -> None:
    passwords.check_strength("hà nội mùa thu vàng")


@pytest.mark.parametrize("weak", ["", "1234567", "x" * 129, "password123", "PASSWORD123", "abab abab"])
def test_short_endless_common_and_monotonous_ones_are_weak(weak):
    with pytest.raises(WeakPassword):
        passwords.check_strength(weak)
