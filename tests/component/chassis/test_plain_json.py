"""JSON on the wire is plain JSON: no member makes an object of Python's, none stands twice unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kombu.serialization import loads

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.envelopes import check_body, plain_json_only

# What the stock decoder makes bytes, dates, numbers and ids of, and what it fails at: nobody would be answered.
TYPED: list[Any] = [
    {"__type__": "uuid", "__value__": {"hex": "0" * 32}},
    {"__type__": "decimal", "__value__": "1.5"},
    {"__type__": "datetime", "__value__": "2026-03-02T09:00:00"},
    {"__type__": "date", "__value__": "2026-03-02"},
    {"__type__": "bytes", "__value__": "x"},
    {"__type__": "base64", "__value__": "eA=="},
    {"__type__": "datetime", "__value__": "no instant"},
    {"__type__": "uuid", "__value__": {"int": 10**400}},
    {"__type__": "nobody knows", "__value__": 1},
    {"__type__": ["x"], "__value__": 1},
]


def decoded(body: str) -> Any:
    plain_json_only()
    return loads(body.encode(), "application/json", "utf-8")


@pytest.mark.parametrize("value", TYPED, ids=json.dumps)
def test_a_member_that_names_a_type_stays_what_it_is(value: Any) -> None:
    body = {"args": [], "kwargs": {"answers": {"note": value}}}
    assert decoded(json.dumps(body)) == body


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        ('{"a": 1, "a": 2}', "/answers"),
        ('{"a": {"b": 1, "c": 2, "b": 1}}', "/answers/a"),
        ('{"a": [{}, {"": 1, "": 1}]}', "/answers/a/1"),
    ],
)
def test_a_member_that_stands_twice_is_refused_by_its_place(answers: str, place: str) -> None:
    identity = "7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c04"
    ids = f'"application_id": "{identity}", "command_id": "{identity}"'
    body = decoded(f'{{"args": [], "kwargs": {{{ids}, "answers": {answers}}}}}')
    check_body(body, 1)
    [problem] = contract_of("applications").parameters("save_answers").problems(body["kwargs"])
    assert problem["pointer"].startswith(place) and "twice" in problem["en"]


def test_an_argument_that_stands_twice_is_refused() -> None:
    body = decoded('{"args": [], "kwargs": {"text": "a", "text": "b"}}')
    assert any(
        "twice" in problem["en"] for problem in contract_of("catalog").parameters("search").problems(body["kwargs"])
    )


@pytest.mark.parametrize("text", ["{", "NaN x", '"\\ud800', b"\xff".decode("latin-1")])
def test_what_is_no_json_is_still_an_error_of_decoding(text: str) -> None:
    with pytest.raises(Exception, match=r".+"):
        decoded(text)
