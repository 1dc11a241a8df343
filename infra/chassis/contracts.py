"""A service's contract: every RPC and event as JSON Schema with an example, enforced by a compiled validator.

``contract.json`` lies beside the service. A problem is reported as an RFC 6901 pointer and a sentence in
Vietnamese and English; the offending value itself is never repeated (it may be secret, or 10 MB long).
"""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

HEALTH: dict[str, Any] = {
    "summary": "Whether this service can work, check by check.",
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
}


NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
UNSTORABLE = {"vi": "chứa ký tự không lưu được", "en": "contains a character that cannot be stored"}


class Schema:
    """One compiled JSON Schema (2020-12, formats enforced)."""

    def __init__(self, schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> None:
        merged = {**schema, "definitions": {**(definitions or {}), **schema.get("definitions", {})}}
        self._validator = jsonschema_rs.validator_for(merged, validate_formats=True, mask="value")

    def accepts(self, value: Any) -> bool:
        return bool(self._validator.is_valid(value))

    def problems(self, value: Any, limit: int = 20) -> list[dict[str, str]]:
        """What does not fit: ``[{"pointer", "vi", "en"}]``, at most ``limit``; empty when all is well."""
        found = [{"pointer": pointer(place), **UNSTORABLE} for place in unstorable(value)]
        if found or self._validator.is_valid(value):
            return found[:limit]
        for error in self._validator.iter_errors(value):
            found.extend(_said(error))
            if len(found) >= limit:
                break
        return found[:limit]


def unstorable(value: Any) -> list[list[str]]:
    """Paths of strings that no database keeps: NUL and lone surrogates (JSON may carry both). Without recursion."""
    found: list[list[str]] = []
    waiting: list[tuple[list[str], Any]] = [([], value)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, str):
            if NOT_TEXT.search(one):
                found.append(path)
        elif isinstance(one, dict):
            waiting += [([*path, str(key)], inner) for key, inner in one.items()]
            found += [[*path, "?"] for key in one if NOT_TEXT.search(str(key))]
        elif isinstance(one, list):
            waiting += [([*path, str(number)], inner) for number, inner in enumerate(one)]
    return found


def _said(error: Any) -> list[dict[str, str]]:
    kind = error.kind
    path = [str(part) for part in error.instance_path]
    places = [path]
    if kind.name == "required":
        places = [[*path, str(kind.property)]]
    elif kind.name == "additionalProperties":
        places = [[*path, str(name)[:80]] for name in list(kind.unexpected)[:10]]
    vi, en = SENTENCES.get(kind.name, (error.message[:200], error.message[:200]))
    facts = {
        name: getattr(kind, name) for name in ("types", "limit", "options", "format", "pattern") if hasattr(kind, name)
    }
    return [{"pointer": pointer(place), "vi": vi.format(**facts), "en": en.format(**facts)} for place in places]


def pointer(path: list[str]) -> str:
    """RFC 6901 JSON pointer of a path."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


class Contract:
    """What a service promises: its doors, the events it tells and those it listens to."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.service: str = document["service"]
        self.definitions: dict[str, Any] = document.get("definitions", {})
        self.rpc: dict[str, Any] = {"health": HEALTH, **document.get("rpc", {})}
        self.events: dict[str, Any] = document.get("events", {})
        self.consumes: dict[str, Any] = document.get("consumes", {})
        self._parameters = {name: Schema(entry["parameters"], self.definitions) for name, entry in self.rpc.items()}
        self._events = {name: Schema(entry["data"], self.definitions) for name, entry in self.events.items()}
        self._consumes = {name: Schema(entry, self.definitions) for name, entry in self.consumes.items()}

    def parameters(self, method: str) -> Schema:
        return self._parameters[method]

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
    """Where an installed service's files lie."""
    spec = importlib.util.find_spec(f"services.{service}")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"service {service} is not installed here")
    return Path(next(iter(spec.submodule_search_locations)))
