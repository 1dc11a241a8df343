"""What passes a contract can be stored and counted with; what cannot is refused by its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.contracts import LARGEST, Schema, integral, is_day, is_instant
from services.applications.domain.commitments import canonical

ANYTHING = Schema({"type": "object"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "number",
    [
        2**53,
        9999999999999999,
        -9999999999999999,
        1e16,
        2**63 - 1,
        2**63,
        -(2**70),
        10**400,
        1e308,
        float("inf"),
        float("nan"),
    ],
)
def test_a_number_no_database_keeps_is_refused_by_its_place(number: float) -> None:
    problems = ANYTHING.problems({"answers": [1, {"amount": number}]})
    assert [problem["pointer"] for problem in problems] == ["/answers/1/amount"]


@pytest.mark.parametrize("number", [2**53 - 1, 1234567890123456, -(2**53) + 1, 0.1, 1.5e15])
def test_a_number_that_every_reader_of_json_keeps_exactly_passes(number: float) -> None:
    assert ANYTHING.problems({"answers": [1, {"amount": number}]}) == []
    assert canonical({"amount": number}) == json.dumps({"amount": integral(number)}).replace(" ", "").encode()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-03-02T02:04:10+07:00", True),
        ("2026-03-02T02:04:10.123456789Z", True),
        ("2026-03-02T02:04:10", False),
        ("2016-12-31T23:59:60Z", False),
        ("9999-12-31T23:59:59-23:59", False),
        ("0001-01-01T00:00:00+23:59", False),
        ("2026-02-30T00:00:00Z", False),
        ("２０２６-03-02T02:04:10Z", False),
    ],
)
def test_an_instant_is_one_in_every_time_zone(text: str, good: bool) -> None:
    assert is_instant(text) is good
    assert Schema({"type": "string", "format": "date-time"}).accepts(text) is good


@pytest.mark.parametrize(
    ("text", "good"), [("2024-02-29", True), ("2026-02-30", False), ("9999-12-31", False), ("20260302", False)]
)
def test_a_day_has_a_day_before_and_after(text: str, good: bool) -> None:
    assert is_day(text) is good
    assert Schema({"type": "string", "format": "date"}).accepts(text) is good


@given(JSON)
def test_whole_numbers_become_integers_and_nothing_else_changes(value: object) -> None:
    assert integral(value) == value
    assert integral(integral(value)) == integral(value)


def test_a_count_given_as_one_point_zero_is_one() -> None:
    made = integral({"limit": 1.0, "percent": 0.5, "items": [2.0, True]})
    assert made == {"limit": 1, "percent": 0.5, "items": [2, True]}
    assert type(made["limit"]) is int and made["items"][1] is True


def test_a_problem_is_said_in_both_languages_without_words_of_the_validator() -> None:
    schema = Schema({"anyOf": [{"type": "string"}, {"type": "null"}]})
    (problem,) = schema.problems(1)
    assert problem["vi"] != problem["en"] and "anyOf" not in problem["vi"] + problem["en"]


@pytest.mark.parametrize(
    ("schema", "answers"),
    [
        ({"not": {}}, {}),
        ({"properties": {"a": {"not": {"const": "{x}"}}}}, {"a": "{x}"}),
        ({"properties": {"a": {"pattern": "^(?:(?=a)a+)+$"}}}, {"a": "a" * 100 + "!"}),  # given up, not decided
        ({"properties": {"a": {"pattern": "^a{2,3}$"}}}, {"a": "b"}),
        ({"dependentRequired": {"a": ["{0}"]}}, {"a": 1}),
        ({"unevaluatedProperties": False}, {"{a}": 1}),
        ({"properties": {"a": {"contains": {"const": "{"}}}}, {"a": [1]}),
        ({"properties": {"a": {"enum": ["{x}", {"b": 1}]}}}, {"a": 1}),
        ({"properties": {"a": {"multipleOf": 3}}}, {"a": 2}),
    ],
)
def test_whatever_a_form_forbids_is_said_and_never_a_failure(schema: dict[str, object], answers: object) -> None:
    [problem] = Schema(schema).problems(answers)
    assert problem["vi"] and problem["en"]
