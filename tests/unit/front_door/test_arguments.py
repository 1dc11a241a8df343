"""What stands in a query as a number is one only if it is written as one; the rest goes to the contract as text."""

from __future__ import annotations

import pytest

from infra.front_door.arguments import typed
from infra.front_door.pages.forms import Form
from infra.front_door.pages.questions import Question
from infra.front_door.surface import doors

SEARCH = doors()[("catalog", "search")]


@pytest.mark.parametrize("text", ["1_0", " 10", "10 ", "１０", "٣", "+10", "²", "1.0"])
def test_a_limit_that_is_no_whole_number_is_passed_on_as_it_came(text: str) -> None:
    assert typed(SEARCH, "limit", text) == text


def test_a_whole_number_is_one() -> None:
    assert typed(SEARCH, "limit", "10") == 10


@pytest.mark.parametrize("text", ["--5", "²", "1_0"])
def test_an_answer_that_is_no_number_goes_to_the_door_as_it_is(text: str) -> None:
    question = Question("copies", "Số bản", "number", required=True)
    assert question.typed(Form([("copies", text)])) == text
