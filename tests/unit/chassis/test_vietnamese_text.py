"""Vietnamese text compared by its orthography."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.text.vietnamese_text import (
    FOREIGN,
    LATIN,
    accented_words,
    comparison_key,
    folded_words,
    identifier_key,
    same_text,
    unified,
    without_accents,
)

SYLLABLES = st.text("aăâeêioôơuưyđbcghklmnpqrstvxĐÂÊ àáảãạằắẳẵặềếểễệìíỉĩịòóỏõọờớởỡợừứửữựỳýỷỹỵ'-", max_size=30)


@pytest.mark.parametrize(
    ("typed", "recorded"),
    [
        ("Hòa", "Hoà"),
        ("Thúy", "Thuý"),
        ("HOÀ", "hòa"),
        ("Khỏe", "Khoẻ"),
        ("Thủy", "Thuỷ"),
        ("Thuỵ", "Thụy"),
        ("H’Hen", "H'Hen"),
        ("HʼHen", "H'Hen"),
        ("Hʹ Hen", "H' Hen"),
        ("Ðỗ", "Đỗ"),
        ("ðỗ", "Đỗ"),
        ("Ɖỗ", "Đỗ"),
        ("Nguyễn\u200b Thị Mẫu", "Nguyễn Thị Mẫu"),
        ("Ngu\u200dyễn Thị\u00a0Mẫu\ufeff", "Nguyễn Thị Mẫu"),
        ("Nguyễn\u3000Thị \u202aMẫu\u202c", "Nguyễn Thị Mẫu"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Mẫu"), "Nguyễn Thị Mẫu"),
        ("Nguyê\u0303n Thi\u0323 Mâ\u0303u", "Nguyễn Thị Mẫu"),
        ("Nguye\u0303\u0302n", "Nguye\u0303\u0302n"),
        ("Ｎguyễn", "Nguyễn"),
        ("Nguyễn Thị Mаi", "Nguyễn Thị Mai"),
        ("Bà Rịa–Vũng Tàu", "Bà Rịa-Vũng Tàu"),
        ("D\u0335ỗ", "Đỗ"),
        ("d\u0336ỗ", "Đỗ"),
        ("\u018cỗ", "Đỗ"),
        ("H\u055aHen", "H'Hen"),
        ("H\u05f3Hen", "H'Hen"),
        ("Hо\u0300а", "Hòa"),  # both vowels Cyrillic, a mark between
        ("Ноа\u0300", "Hòa"),  # no letter of it is Latin
        ("Т\u04d1n", "Tăn"),  # Cyrillic а with its breve in one letter
        ("t\u04bbị", "thị"),
        ("H\u03b9ền", "Hiền"),
        ("\u03bdũ", "Vũ"),
        ("Ԛuý", "Quý"),
        ("Bı\u0300nh", "Bình"),
        ("H\u0251\u0300", "Hà"),
        ("Quý", "Qúy"),
        ("Già", "Gìa"),
        ("Khuỷu", "Khủyu"),
        ("Hoè", "Hòe"),
        ("Xoài", "Xòai"),
        ("ngừơi", "người"),
        ("rựơu", "rượu"),
        ("tíên", "tiến"),
        ("o\u0323\u0302", "ộ"),
        ("ta\u0300u", "ta\u0340u"),
        ("𝐌inh", "Minh"),
    ],
)
def test_two_spellings_of_one_name_are_the_same_text(typed, recorded):
    assert same_text(typed, recorded)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Hòa", "Hóa"),
        ("Hòa", "Hoa"),
        ("Đỗ", "Dỗ"),
        ("Thúy", "Thùy"),
        ("Mẫu", "Mậu"),
        ("Lan Anh", "LanAnh"),
        ("Ân", "An"),
        ("Ánh", "Anh"),
        ("Анна", "Ahha"),
        ("мир", "миp"),
        ("Quy", "Quý"),
        ("Hương", "Hường"),
        ("Tuyền", "Tuyên"),
    ],
)
def test_different_names_stay_different(name, other):
    assert not same_text(name, other)


@given(st.text())
def test_composed_and_decomposed_text_has_the_same_forms(text):
    for form in (unified, comparison_key, accented_words, without_accents, folded_words, identifier_key):
        assert form(unicodedata.normalize("NFD", text)) == form(unicodedata.normalize("NFC", text))


@given(st.one_of(st.text(), SYLLABLES))
def test_a_form_of_a_form_is_itself(text):
    for form in (unified, comparison_key, accented_words, folded_words, identifier_key):
        assert form(form(text)) == form(text)


@given(SYLLABLES, st.integers(0, 30))
def test_an_invisible_sign_anywhere_changes_no_form(text, place):
    place = min(place, len(text))
    disturbed = f"{text[:place]}\u200b{text[place:]}"
    for form in (unified, comparison_key, folded_words, identifier_key):
        assert form(disturbed) == form(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ðổi giấy phép lái xe", "doi giay phep lai xe"),
        ("ĐĂNG KÝ, quản lý: cư trú!", "dang ky quan ly cu tru"),
        ("Giấy\u00adphép\u200b №1", "giayphep no1"),
        ("护照 hộ chiếu", "ho chieu"),
        ("паспорт", ""),
        ("… ✓ —", ""),
    ],
)
def test_folding_leaves_words_in_ascii(text, words):
    assert folded_words(text) == words


@pytest.mark.parametrize(
    "typed",
    [
        "hd-2026-000123",
        "HD 2026 000123",
        "ＨＤ２０２６０００１２３",
        "HD–2026—000123",
        " HD2026\u200b000123 ",
        "НD2026000123",
    ],
)
def test_an_identifier_is_read_however_it_was_typed(typed):
    assert identifier_key(typed) == "HD2026000123"


def test_letters_of_other_scripts_make_no_identifier_of_what_is_left() -> None:
    assert identifier_key("АБВ") == ""


def test_every_homoglyph_has_its_latin_letter() -> None:
    assert len(FOREIGN) == len(LATIN)
    assert all(not foreign.isascii() for foreign in FOREIGN)
