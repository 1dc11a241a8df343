"""Whatever JSON is in an argument, the checks before a door answer by name: no limit of a library leaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.chassis.contracts import contract_of, integral
from infra.chassis.messaging.envelopes import MalformedBody, check_body
from infra.chassis.settings import SERVICES
from infra.chassis.storage.commands import Command


def nested(levels: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


# Texts as they come over the wire: what no JSON reader gives (a NaN from "NaN", infinity from 1e400) is among them.
TEXTS = (
    "9999999999999999", "-9999999999999999", "9007199254740991", "1e400", "-1e400", "NaN", "5e-324", "-0.0",
    "0.30000000000000004", "1000000000000000.5", "1" + "0" * 400, '"a\\u0000b"', '"\\ud800"', '{"\\u0000": 1}',
    '{"\\ud800": 1}', '{"": {"": []}}', '{"__proto__": 1}', json.dumps({"k" * 100_000: 1}), json.dumps(nested(58)),
    json.dumps(nested(61)), json.dumps([None] * 5_000), '"\\uffff\\u202e"',
)  # fmt: skip
VALUES = [json.loads(text) for text in TEXTS]


def free_places(schema: Any, definitions: dict[str, Any]) -> bool:
    """Whether a schema lets through values of any kind somewhere: tables or lists with members it does not name."""
    text = json.dumps(schema)
    if "#/definitions/" in text:
        text += json.dumps(definitions)
    return '"object"' in text or '"array"' in text


def doors() -> Iterator[tuple[str, str, str]]:
    for service in SERVICES:
        contract = contract_of(service)
        for door, entry in contract.rpc.items():
            for name, schema in entry["parameters"].get("properties", {}).items():
                if free_places(schema, {}) or "$ref" in schema:
                    yield service, door, name


def variants(example: Any, value: Any) -> Iterator[Any]:
    yield value
    if isinstance(example, dict):
        yield {**example, "x": value}
        yield from ({**example, name: value} for name in list(example)[:3])
    if isinstance(example, list):
        yield [*example, value]


def answered(service: str, door: str, arguments: dict[str, Any]) -> None:
    """What runs before a use case; refusals are answers, anything else that is raised fails the test."""
    try:
        check_body({"args": [], "kwargs": arguments}, 1)
    except MalformedBody:
        return
    if contract_of(service).parameters(door).problems(arguments):
        return
    arguments = integral(arguments)
    Command.of(str(arguments.get("command_id", "x")), f"{service}.{door}", "somebody", arguments, call_id="c")
    json.dumps(arguments, ensure_ascii=False).encode()


@pytest.mark.parametrize("service", SERVICES)
def test_no_value_makes_a_door_fail_before_it_opens(service: str) -> None:
    tried = 0
    for name_of_service, door, name in doors():
        if name_of_service != service:
            continue
        example = contract_of(service).rpc[door]["example"]["parameters"]
        for value in VALUES:
            for changed in variants(example.get(name), value):
                answered(service, door, {**example, name: changed})
                tried += 1
    assert tried > 100
