"""A service's contract: every RPC and event as JSON Schema with an example, enforced by a compiled validator.

``contract.json`` is next to the service. A problem is reported as an RFC 6901 pointer and a sentence in
Vietnamese and English; the offending value itself is never repeated (it may be secret, or 10 MB long).
"""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast, overload

import jsonschema_rs
from jsonschema_rs import ValidationError

from infra.chassis.json_limits import TWICE
from infra.chassis.json_types import Json
from infra.chassis.sensitive import sensitive_members, stored_call

HEALTH: Json = {
    "summary": "Whether this service can work, check by check.",
    "public": True,
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    "reply": {
        "type": "object",
        "required": ["status", "checks"],
        "properties": {"status": {"enum": ["ok", "failing"]}, "checks": {"type": "object"}},
    },
    "refusals": [],
    "example": {"parameters": {}, "reply": {"status": "ok", "checks": {"database": "ok"}}},
}

# kind of problem -> (Vietnamese, English); attributes of the validator's error kind may be named in them
SENTENCES = {
    "required": ("thiếu trường bắt buộc", "a required member is missing"),
    "additionalProperties": ("trường không có trong quy cách", "not a member of the contract"),
    "type": ("sai kiểu, cần {types}", "wrong type, expected {types}"),
    "maxLength": ("dài quá {limit} ký tự", "longer than {limit} characters"),
    "minLength": ("ngắn hơn {limit} ký tự", "shorter than {limit} characters"),
    "maxItems": ("nhiều hơn {limit} phần tử", "more than {limit} items"),
    "minItems": ("ít hơn {limit} phần tử", "fewer than {limit} items"),
    "minimum": ("nhỏ hơn {limit}", "less than {limit}"),
    "maximum": ("lớn hơn {limit}", "greater than {limit}"),
    "enum": ("phải là một trong {options}", "must be one of {options}"),
    "format": ("không đúng định dạng {format}", "not a valid {format}"),
    "pattern": ("không đúng mẫu {pattern}", "does not match {pattern}"),
    "anyOf": ("không đúng dạng nào được phép", "fits none of the forms allowed"),
    "oneOf": ("không đúng dạng nào được phép", "fits none of the forms allowed"),
    "const": ("không phải giá trị được phép", "not the value allowed"),
    "exclusiveMinimum": ("phải lớn hơn {limit}", "must be greater than {limit}"),
    "exclusiveMaximum": ("phải nhỏ hơn {limit}", "must be less than {limit}"),
    "minProperties": ("ít hơn {limit} trường", "fewer than {limit} members"),
    "maxProperties": ("nhiều hơn {limit} trường", "more than {limit} members"),
    "propertyNames": ("có tên trường không hợp lệ", "has a member whose name does not fit"),
    "uniqueItems": ("có phần tử trùng nhau", "has items that are equal"),
}


NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
UNSTORABLE = {"vi": "chứa ký tự không lưu được", "en": "contains a character that cannot be stored"}
MEMBER_TWICE = {"vi": "một trường xuất hiện hai lần", "en": "a member stands in it twice"}
TOO_LARGE = {
    "vi": "số vượt quá 9007199254740991; hãy gửi dưới dạng chuỗi",
    "en": "a number beyond 9007199254740991; send it as text",
}
LARGEST = 2**53 - 1  # beyond it readers of JSON differ (RFC 7493, 2.2), and RFC 8785 has no canonical form
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
YEARS = range(2, 9999)  # at the ends of the calendar, other time zones and the next day do not exist


def is_instant(text: str) -> bool:
    """An RFC 3339 instant that exists in every time zone: no leap second, no end of time."""
    try:
        return bool(INSTANT.fullmatch(text)) and datetime.fromisoformat(text).astimezone(UTC).year in YEARS
    except (ValueError, OverflowError):
        return False


def is_day(text: str) -> bool:
    """A day ``YYYY-MM-DD`` that has neighbours."""
    try:
        return len(text) == len("YYYY-MM-DD") and date.fromisoformat(text).year in YEARS
    except ValueError:
        return False


FORMATS = {"date-time": is_instant, "date": is_day}


class Schema:
    """One compiled JSON Schema (2020-12, formats enforced)."""

    def __init__(self, schema: Json, definitions: Json | None = None) -> None:
        merged = {**schema, "definitions": {**(definitions or {}), **schema.get("definitions", {})}}
        self._validator = jsonschema_rs.validator_for(merged, validate_formats=True, mask="value", formats=FORMATS)

    def accepts(self, value: object) -> bool:
        return bool(self._validator.is_valid(value))

    def problems(self, value: object, limit: int = 20) -> list[dict[str, str]]:
        """What does not fit: ``[{"pointer", "vi", "en"}]``, at most ``limit``; empty when all is well."""
        faults = [{"pointer": pointer(place), **why} for place, why in unstorable(value)]
        if faults or self._validator.is_valid(value):
            return faults[:limit]
        for error in self._validator.iter_errors(value):
            faults.extend(_problems_of(error))
            if len(faults) >= limit:
                break
        return faults[:limit]


@overload
def integral(value: Json) -> Json: ...
@overload
def integral(value: object) -> object: ...
def integral(value: object) -> object:
    """``1.0`` as ``1`` wherever it is: to JSON Schema they are the same, to a database they are not."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    if isinstance(value, dict):
        return {key: integral(inner) for key, inner in value.items()}
    return [integral(inner) for inner in value] if isinstance(value, list) else value


def unstorable(value: object) -> list[tuple[list[str], dict[str, str]]]:
    """Where there is something that no database stores, and what: NUL, lone surrogates, numbers beyond 53 bits.

    JSON may carry them all. Without recursion.
    """
    faults: list[tuple[list[str], dict[str, str]]] = []
    waiting: list[tuple[list[str], object]] = [([], value)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str):
            if NOT_TEXT.search(node):
                faults.append((path, UNSTORABLE))
        elif isinstance(node, int | float):
            if not abs(node) <= LARGEST:  # NaN is not, either
                faults.append((path, TOO_LARGE))
        elif isinstance(node, dict):
            if TWICE in node:
                faults.append((path, MEMBER_TWICE))
                continue
            waiting += [([*path, str(key)], inner) for key, inner in node.items()]
            faults += [([*path, "?"], UNSTORABLE) for key in node if NOT_TEXT.search(str(key))]
        elif isinstance(node, list):
            waiting += [([*path, str(number)], inner) for number, inner in enumerate(node)]
    return faults


class _Kind(Protocol):
    """What was violated; the library's declaration leaves out what only some kinds have."""

    name: str
    property: str  # of "required"
    unexpected: list[str]  # of "additionalProperties"


def _problems_of(error: ValidationError) -> list[dict[str, str]]:
    kind = cast(_Kind, error.kind)
    path = [str(part) for part in error.instance_path]
    places = [path]
    if kind.name == "required":
        places = [[*path, str(kind.property)]]
    elif kind.name == "additionalProperties":
        places = [[*path, str(name)[:80]] for name in list(kind.unexpected)[:10]]
    facts = {
        name: _listed(getattr(kind, name))
        for name in ("types", "limit", "options", "format", "pattern")
        if hasattr(kind, name)
    }
    if kind.name in SENTENCES:
        vi, en = (sentence.format_map(_Facts(facts)) for sentence in SENTENCES[kind.name])
    else:
        vi = en = error.message[:200]
    return [{"pointer": pointer(place), "vi": vi, "en": en} for place in places]


class _Facts(dict[str, str]):
    """What a sentence names; not every kind of error knows all of it (a pattern that was given up, for one)."""

    def __missing__(self, name: str) -> str:
        return "…"


def _listed(fact: object) -> str:
    return ", ".join(str(item) for item in fact) if isinstance(fact, list | tuple) else str(fact)


def pointer(path: list[str]) -> str:
    """RFC 6901 JSON pointer of a path."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


class Contract:
    """What a service promises: its doors, the events it publishes and those it listens to."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.service: str = document["service"]
        self.definitions: Json = document.get("definitions", {})
        self.rpc: Json = {"health": HEALTH, **document.get("rpc", {})}
        self.events: Json = document.get("events", {})
        self.consumes: Json = document.get("consumes", {})
        self._parameters = {name: Schema(entry["parameters"], self.definitions) for name, entry in self.rpc.items()}
        self._sensitive = {
            name: sensitive_members(entry["parameters"], self.definitions) for name, entry in self.rpc.items()
        }
        self._events = {name: Schema(entry["data"], self.definitions) for name, entry in self.events.items()}
        self._consumes = {name: Schema(entry, self.definitions) for name, entry in self.consumes.items()}

    def parameters(self, method: str) -> Schema:
        return self._parameters[method]

    def arguments(self, method: str) -> frozenset[str]:
        return frozenset(self.rpc[method]["parameters"].get("properties", ()))

    def sensitive(self, method: str) -> frozenset[str]:
        """Arguments of a door that are never stored or logged."""
        return self._sensitive[method]

    def stored_call(self, method: str, body: bytes) -> bytes:
        """The body of a call as it may rest."""
        return stored_call(body, self.rpc.get(method, {}).get("parameters"), self.definitions)

    def reply(self, method: str) -> Schema:
        return Schema(self.rpc[method]["reply"], self.definitions)

    def event(self, event_type: str) -> Schema:
        return self._events[event_type]

    def consumed(self, source: str, event_type: str) -> Schema | None:
        return self._consumes.get(f"{source}/{event_type}")


@cache
def contract_of(service: str) -> Contract:
    """The contract of an installed service, read from its ``contract.json``."""
    return Contract(json.loads((service_folder(service) / "contract.json").read_text(encoding="utf-8")))


def service_folder(service: str) -> Path:
    """Where an installed service's files are."""
    spec = importlib.util.find_spec(f"services.{service}")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"service {service} is not installed here")
    return Path(next(iter(spec.submodule_search_locations)))
