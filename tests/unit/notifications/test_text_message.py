"""What fits a text message: letters of the GSM alphabet, three parts at most, numbers that take texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.text.vietnamese_text import plain_letters
from services.notifications.domain import text_message as texts
from services.notifications.messages import LANGUAGES, MESSAGE_KINDS
from services.notifications.templates import built_in
from services.notifications.wording import render
from tests.unit.notifications.builders import example
from tests.unit.notifications.test_templates import spoken_of

ALPHABET = texts.BASIC | texts.EXTENDED
SENT = sorted(event_type for event_type, kind in MESSAGE_KINDS.items() if kind.sms)


def gsm_text(text: str) -> str:
    return texts.gsm_text(plain_letters(text))


def test_vietnamese_is_written_without_diacritics() -> None:
    assert gsm_text("Hồ sơ đã được phê duyệt, ĐỪNG quên: “Giấy  tờ”\n– 135.000\N{NO-BREAK SPACE}₫…") == (
        'Ho so da duoc phe duyet, DUNG quen: "Giay to" - 135.000 VND...'
    )
    every = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
    assert set(gsm_text(every + every.upper())) == set("aeiouydAEIOUYD")


@given(st.text(max_size=600))
def test_any_text_is_put_into_the_gsm_alphabet_in_three_parts(words: str) -> None:
    text = texts.fitted(gsm_text(words))
    assert set(text) <= ALPHABET and texts.parts(text) <= 3
    assert gsm_text(text) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 460, 4),
        ("[" * 80, 1),
        ("[" * 81, 2),
    ],
)
def test_parts_are_counted_as_they_are_paid(text: str, parts: int) -> None:
    assert texts.parts(text) == parts


def test_what_is_too_long_is_cut_between_two_words() -> None:
    text = texts.fitted("dai qua " * 100)
    assert text.endswith((" dai...", " qua..."))
    assert texts.parts(text) == 3 and texts.septets(text) > 440
    assert texts.fitted("x" * 1000) == "x" * 456 + "..."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event_type", SENT)
def test_every_text_fits_one_message_and_the_longest_facts_fit_three(event_type: str, language: str) -> None:
    key, data = MESSAGE_KINDS[event_type].key, example(event_type)
    facts = {"reference": "H01.01-261120-0001", **dict.fromkeys(MESSAGE_KINDS[event_type].optional), **data}
    _, body = built_in(key, "sms", language)
    assert texts.parts(gsm_text(render(body, language, facts))) == 1
    # As long as events may make them; a reason, which may be longer, is for the inbox.
    longest = {"reference": "H" * 60, "method": "post", "tracking_number": "E" * 60}
    text = gsm_text(render(body, language, {**facts, **longest}))
    assert texts.parts(text) <= 3 and set(text) <= ALPHABET


@pytest.mark.parametrize("event_type", SENT)
def test_no_text_gives_a_reason_or_a_name_away(event_type: str) -> None:
    for language in LANGUAGES:
        _, body = built_in(MESSAGE_KINDS[event_type].key, "sms", language)
        assert not {"reason", "full_name", "marks", "procedure_name"} & spoken_of(body)
