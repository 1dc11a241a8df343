"""Texts: their versions, what they may say, and what they may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from services.notifications import templates, wording
from services.notifications.messages import KINDS_BY_KEY, LANGUAGES, TEXTS


def test_no_built_in_text_is_left_over() -> None:
    for language in LANGUAGES:
        files = {path.stem for path in (Path(templates.FOLDER) / language).iterdir()}
        assert files == {*KINDS_BY_KEY, "_email", "sms"}
        texts = {path.stem for path in (Path(templates.FOLDER) / language / "sms").iterdir()}
        assert texts == {key for key, kind in KINDS_BY_KEY.items() if kind.sms}


def test_both_languages_speak_of_the_same_facts() -> None:
    for key, channel in TEXTS:
        vi, en = ("\n".join(templates.built_in(key, channel, language)) for language in LANGUAGES)
        assert spoken_of(vi) == spoken_of(en), (key, channel)


def spoken_of(text: str) -> set[str]:
    """The names a template uses."""
    return {name.name for name in Environment().parse(text).find_all(nodes.Name)}


def test_what_looks_like_a_way_out_by_name_leads_nowhere() -> None:
    with pytest.raises((wording.FactMissing, wording.FactUnfit)):
        wording.render("{{ reference['__class__'] }}", "vi", {"reference": "R"})


@given(st.integers(0, 10**15))
def test_money_is_written_with_dots_and_dong(amount: int) -> None:
    kind = wording.money_text({"amount": amount, "currency": "VND"}, "vi")
    assert kind == f"{amount:,}".replace(",", ".") + "\N{NO-BREAK SPACE}₫"


def test_instants_and_days_are_those_of_viet_nam() -> None:
    assert wording.moment_text("2026-12-31T18:00:00+00:00", "vi") == "01:00 ngày 01/01/2027"
    assert wording.moment_text("2026-12-31T18:00:00Z", "en") == "01:00, 1 January 2027"
    assert (
        wording.day_text("2026-12-31T18:00:00+00:00", "vi") == "01/01/2027"
        and wording.day_text("2026-12-31", "vi") == "31/12/2026"
    )
    assert wording.money_text({"amount": 12345, "currency": "USD"}, "en") == "US$123.45"
