"""Arguments of a call out of path and query: text becomes what the contract asks for, or stays text to be refused."""

from __future__ import annotations

import json
from functools import cache
from urllib.parse import parse_qsl

from infra.chassis.json_types import Json
from infra.chassis.text.numbers import decimal_number, whole_number
from infra.front_door.errors import MalformedRequest
from infra.front_door.surface import Door, document_of, doors

TRUTH = {"true": True, "false": False}

MOST_DIGITS_READ = 30  # longer ones stay text, which the contract refuses


def from_query(query: bytes) -> dict[str, str]:
    """The query's parameters; one that comes twice could mean two things and is refused, and so is bad UTF-8."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise MalformedRequest(reason="chuỗi truy vấn không đọc được", reason_en="an unreadable query") from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise MalformedRequest(reason="một tham số hai lần trong truy vấn", reason_en="a parameter twice in the query")
    return parameters


def typed(door: Door, name: str, text: str) -> object:
    """``text`` as the type that the contract names for the argument."""
    types = types_of(door.service, door.method, name)
    if "integer" in types or "number" in types:
        return _number(text, integral="number" not in types)
    if "boolean" in types:
        return TRUTH.get(text, text)
    if types & {"object", "array"} and text[:1] in ("{", "["):
        return _json(text)
    return text


@cache
def types_of(service: str, method: str, name: str) -> frozenset[str]:
    """The JSON types that an argument may have (without null); text where the contract does not say."""
    schema = doors()[service, method].parameters.get(name, {})
    return frozenset(_types(schema, document_of(service).get("definitions", {}))) - {"null"} or frozenset({"string"})


def _types(schema: Json, definitions: Json) -> set[str]:
    if reference := schema.get("$ref"):
        return _types(definitions[reference.rpartition("/")[2]], definitions)
    if "type" in schema:
        return {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    branches = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    return {kind for branch in branches for kind in _types(branch, definitions)}


def _number(text: str, *, integral: bool) -> object:
    digits = whole_number(text, MOST_DIGITS_READ)
    number = digits if digits is not None or integral else decimal_number(text)
    return text if number is None else number


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
