"""The contract says what the doors do, and its examples are true."""

import inspect
from typing import Any

import pytest

from infra.chassis import refusals
from infra.chassis.contracts import contract_of
from services.identity import errors
from services.identity.service import IdentityService
from services.identity.service.roles import OFFICIALS

CONTRACT = contract_of("identity")


DOORS = {name for name, value in inspect.getmembers(IdentityService) if hasattr(value, "rule")}


def test_every_door_is_in_the_contract_and_the_reverse() -> None:
    assert set(CONTRACT.rpc) == DOORS


@pytest.mark.parametrize("name", sorted(DOORS))
def test_a_door_takes_the_parameters_of_its_contract(name):
    parameters = inspect.signature(inspect.unwrap(getattr(IdentityService, name))).parameters
    schema = CONTRACT.rpc[name]["parameters"]
    assert set(parameters) - {"self"} == set(schema["properties"])
    required = {key for key, item in parameters.items() if item.default is inspect.Parameter.empty} - {"self"}
    assert required == set(schema.get("required", []))


@pytest.mark.parametrize("name", sorted(DOORS))
def test_the_examples_fit_their_schemas(name):
    example = CONTRACT.rpc[name]["example"]
    assert CONTRACT.parameters(name).problems(example["parameters"]) == []
    assert CONTRACT.reply(name).problems(example["reply"]) == []


@pytest.mark.parametrize("name", sorted(CONTRACT.events))
def test_the_examples_of_events_fit(name):
    assert CONTRACT.event(name).problems(CONTRACT.events[name]["example"]) == []


def test_every_refusal_named_exists_and_every_refusal_is_named() -> None:
    named = {refusal for entry in CONTRACT.rpc.values() for refusal in entry["refusals"]}
    own: set[Any] = {
        value for value in vars(errors).values() if inspect.isclass(value) and value.__module__.startswith("services.")
    }
    spoken = {entry().name for entry in own}
    chassis = {"InvalidRequest", "Forbidden", "Unauthenticated", "CommandIdReused", "TooManyRequests"}
    assert named == spoken | chassis
    assert all(hasattr(refusals, refusal) for refusal in chassis)


def test_the_roles_of_officials_are_those_of_the_contract() -> None:
    assert set(CONTRACT.definitions["official_role"]["enum"]) == OFFICIALS


def unbounded(schema, path=""):
    """Strings and lists without an upper bound anywhere in a schema of what callers send."""
    if not isinstance(schema, dict):
        return []
    rows = []
    fixed = schema.get("format") in {"uuid", "date", "date-time"} or schema.get("pattern", "").endswith("}$")
    if schema.get("type") == "string" and "maxLength" not in schema and not fixed:
        rows.append(path)
    if schema.get("type") == "array" and "maxItems" not in schema:
        rows.append(path)
    for key, value in schema.items():
        for at, part in enumerate(value if isinstance(value, list) else [value]):
            rows += unbounded(part, f"{path}/{key}/{at}")
    return rows


def resolved(schema):
    if isinstance(schema, list):
        return [resolved(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(CONTRACT.definitions[schema["$ref"].rsplit("/", 1)[1]])
    return {key: resolved(value) for key, value in schema.items()}


@pytest.mark.parametrize("name", sorted(DOORS))
def test_nothing_a_caller_sends_is_without_bound(name):
    assert unbounded(resolved(CONTRACT.rpc[name]["parameters"])) == []
