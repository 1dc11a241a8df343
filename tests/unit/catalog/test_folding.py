"""Reading Vietnamese as people type it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.text.vietnamese_text import accented_words, folded_words
from services.catalog.folding import bigrams, code_prefix, one_edit_away, plain_title, with_legal_terms

words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đổi giấy phép lái xe", "doi giay phep lai xe"),
        ("ĐĂNG KÝ, quản lý: cư trú!", "dang ky quan ly cu tru"),
        ("  nhiều   khoảng\ttrắng ", "nhieu khoang trang"),
        ("Hạng A1/B2", "hang a1 b2"),
        ("…", ""),
    ],
)
def test_folding_leaves_letters_and_digits(text, folded):
    assert folded_words(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert folded_words(folded_words(text)) == folded_words(text)


@given(st.text())
def test_composed_and_decomposed_letters_fold_alike(text):
    assert folded_words(unicodedata.normalize("NFC", text)) == folded_words(unicodedata.normalize("NFD", text))


def test_accents_are_kept_in_composed_form() -> None:
    assert accented_words(unicodedata.normalize("NFD", "Đổi Bằng")) == "đổi bằng"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("doi gplx", "doi giay phep lai xe"),
        ("bang lai xe", "giay phep lai xe"),
        ("gplx gplx", "giay phep lai xe giay phep lai xe"),
        ("bang lai", "giay phep lai xe"),
        ("the can cuoc cong dan", "the can cuoc"),
        ("so do", "giay chung nhan quyen su dung dat"),
        ("so dong", "so dong"),
    ],
)
def test_abbreviations_are_put_into_the_words_of_the_law(typed, meant):
    assert with_legal_terms(typed) == meant


def test_the_word_procedure_in_front_of_a_title_is_left_out() -> None:
    assert plain_title("thu tuc dang ky khai sinh") == "dang ky khai sinh"
    assert plain_title("thu tuc") == "thu tuc"


@pytest.mark.parametrize(
    ("typed", "prefix"), [("1.0011", "1.0011"), (" 001193 ", "001193"), ("3.", "3."), ("12", None), ("lái xe", None)]
)
def test_a_code_is_known_by_its_beginning(typed, prefix):
    assert code_prefix(typed) == prefix


@given(words, st.data())
def test_every_slip_of_one_finger_is_near(word, data):
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slips = {
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
    }
    if place:
        slips.add(word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :])
    assert slips - {word} <= set(one_edit_away(word))


@given(words)
def test_nothing_near_is_further_than_one_slip(word):
    assert all(abs(len(other) - len(word)) <= 1 for other in one_edit_away(word))


def test_neighbours_make_pairs() -> None:
    assert bigrams(["giay", "phep", "lai"]) == ["giay phep", "phep lai"]
    assert bigrams(["xe"]) == []
