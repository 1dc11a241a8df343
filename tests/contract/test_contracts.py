"""Contracts and code say the same: every door, event and handler is in ``contract.json``, and the reverse."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from infra.chassis import settings
from infra.chassis.access.access_records import ACCESSED
from infra.chassis.contracts import Schema, contract_of, service_folder
from infra.chassis.doors import Door
from infra.chassis.messaging.topology import handler_methods
from infra.chassis.redaction import redacted
from infra.chassis.running.loader import installed, service_class

ROOT = Path(__file__).resolve().parents[2]
SERVICES = installed()
RPCS = [(name, rpc) for name in SERVICES for rpc in contract_of(name).rpc]
EVENTS = [(name, event) for name in SERVICES for event in contract_of(name).events]
CONSUMED = [(name, consumed) for name in SERVICES for consumed in contract_of(name).consumes]
ROLES = {
    "citizen",
    "enrolling",
    "intake_officer",
    "case_officer",
    "approver",
    "catalog_editor",
    "accountant",
    "auditor",
    "operator",
    "service",
}


def doors_of(service: str) -> dict[str, Any]:
    cls = service_class(service)
    methods = {name: getattr(cls, name) for name in dir(cls) if not name.startswith("__")}
    return {
        name: method
        for name, method in methods.items()
        if any(isinstance(entrypoint, Door) for entrypoint in getattr(method, "nameko_entrypoints", ()))
    }


def literals(service: str) -> set[str]:
    """Every string written in the code of a service."""
    result: set[str] = set()
    for path in service_folder(service).rglob("*.py"):
        result |= {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return result


def test_all_services_are_here():
    assert [*settings.SERVICES] == SERVICES


def test_every_folder_of_services_is_a_service_and_the_reverse():
    folders = {path.name for path in (ROOT / "services").iterdir() if any(path.glob("*.py"))}
    assert set(SERVICES) == folders == set(settings.SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_every_door_is_in_the_contract_and_the_reverse(service):
    assert set(doors_of(service)) == set(contract_of(service).rpc)


@pytest.mark.parametrize("service", SERVICES)
def test_every_door_names_its_roles_or_is_public_or_for_services_alone(service):
    for name, method in doors_of(service).items():
        rule = method.rule
        assert rule.public or rule.internal or (rule.roles and rule.roles <= ROLES), name
        assert contract_of(service).rpc[name].get("public", False) == rule.public, name


@pytest.mark.parametrize("service", SERVICES)
def test_every_handler_is_in_the_contract_and_the_reverse(service):
    listens = {f"{source}/{kind}" for source, kind, _ in handler_methods(service_class(service))}
    assert listens == set(contract_of(service).consumes)


@pytest.mark.parametrize(("service", "consumed"), CONSUMED)
def test_each_consumer_accepts_the_producers_own_example(service, consumed):
    source, event = consumed.split("/")
    entry = contract_of(source).events[event]
    assert contract_of(service).consumed(source, event).problems(entry["example"]) == []
    assert service in entry.get("consumers", []), f"{source} does not know that {service} waits for {event}"


@pytest.mark.parametrize(("service", "event"), EVENTS)
def test_each_event_has_an_example_that_fits_and_consumers_that_listen(service, event):
    contract = contract_of(service)
    assert contract.event(event).problems(contract.events[event]["example"]) == []
    for consumer in contract.events[event].get("consumers", []):
        assert f"{service}/{event}" in contract_of(consumer).consumes


@pytest.mark.parametrize(("service", "event"), EVENTS)
def test_an_event_without_its_words_still_fits_and_says_what_happened(service, event):
    entry = contract_of(service).events[event]
    left = redacted(entry["example"])
    assert contract_of(service).event(event).problems(left) == []
    for consumer in entry.get("consumers", []):
        assert contract_of(consumer).consumed(service, event).problems(left) == []
    assert lost(entry["example"], left) <= {"reason", "purpose", "problem", "name", "vi", "en"}


def lost(text: Any, left: Any, key: str = "") -> set[str]:
    """The names of what became a dash."""
    if isinstance(text, dict):
        return {entry for name in text for entry in lost(text[name], left[name], name)}
    if isinstance(text, list):
        return {entry for before, after in zip(text, left, strict=True) for entry in lost(before, after, key)}
    return set() if text == left else {key}


@pytest.mark.parametrize(("service", "event"), EVENTS)
def test_each_event_is_published_somewhere_in_the_code(service, event):
    names = literals(service)
    if event == ACCESSED:  # the chassis has the name, services call it
        assert any("record_access(" in path.read_text() for path in service_folder(service).rglob("*.py"))
        return
    assert event in names or event.removesuffix(".v1") in names


@pytest.mark.parametrize(("service", "rpc"), RPCS)
def test_each_rpc_has_examples_that_fit_its_schemas(service, rpc):
    contract = contract_of(service)
    example = contract.rpc[rpc]["example"]
    assert contract.parameters(rpc).problems(example["parameters"]) == []
    assert contract.reply(rpc).problems(example["reply"]) == []


@pytest.mark.parametrize(("service", "rpc"), RPCS)
def test_no_argument_is_without_a_bound(service, rpc):
    contract = contract_of(service)
    schema = {**contract.rpc[rpc]["parameters"], "definitions": contract.definitions}
    assert schema["additionalProperties"] is False
    for path, part in _parts(schema, schema, set()):
        kinds = part.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if "string" in kinds and not {"enum", "const"} & part.keys():
            assert "maxLength" in part or part.get("format") in {"uuid", "date", "date-time"} or _closed(part), path
        if "array" in kinds:
            assert "maxItems" in part, path


def _closed(part: dict[str, Any]) -> bool:
    """Whether a pattern bounds the length by itself."""
    pattern = part.get("pattern", "")
    return pattern.startswith("^") and pattern.endswith("$") and not {"*", "+"} & set(pattern)


def _parts(schema: Any, root: dict[str, Any], collected: set[int], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every sub-schema reachable from the parameters, references followed once."""
    if not isinstance(schema, dict) or id(schema) in collected:
        return []
    collected.add(id(schema))
    if reference := schema.get("$ref"):
        return _parts(root["definitions"][reference.rsplit("/", 1)[1]], root, collected, path)
    rows = [(path, schema)]
    for name, inner in schema.get("properties", {}).items():
        rows += _parts(inner, root, collected, f"{path}/{name}")
    for key in ("items", "additionalProperties"):
        rows += _parts(schema.get(key), root, collected, f"{path}/{key}")
    for key in ("anyOf", "oneOf", "allOf"):
        for number, inner in enumerate(schema.get(key, [])):
            rows += _parts(inner, root, collected, f"{path}/{key}/{number}")
    return rows


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_a_contract_names_exists(service):
    import importlib

    from infra.chassis import refusals

    own = importlib.import_module(f"services.{service}.errors")
    for rpc, entry in contract_of(service).rpc.items():
        for name in entry["refusals"]:
            assert hasattr(own, name) or hasattr(refusals, name) or _neighbours(name), f"{rpc}: {name}"


def test_costly_doors_and_no_others_may_answer_too_many_requests():
    from tests.support.installation import doors, rule_of

    costly = {(service, door) for service, door in doors() if rule_of(service, door).costly}
    named = {key for key in doors() if "TooManyRequests" in contract_of(key[0]).rpc[key[1]]["refusals"]}
    assert named == costly and len(costly) >= 10


def _neighbours(name: str) -> bool:
    """A neighbour's refusal that is passed on under its own name."""
    import importlib

    return any(hasattr(importlib.import_module(f"services.{service}.errors"), name) for service in SERVICES)


def test_schemas_are_valid_json_schema():
    for service in SERVICES:
        contract = contract_of(service)
        for entry in contract.rpc.values():
            for part in ("parameters", "reply"):
                assert jsonschema_rs.meta.is_valid({**entry[part], "definitions": contract.definitions})


def test_every_service_has_the_same_files():
    for service in SERVICES:
        folder: Path = service_folder(service)
        for name in ("README.md", "errors.py", "contract.json", "follower.py"):
            assert (folder / name).exists(), f"{service} has no {name}"
        for name in ("service", "models"):  # a file, or a package where one file would be too long
            files = [folder / f"{name}.py", folder / name / "__init__.py"]
            assert [path.exists() for path in files].count(True) == 1, f"{service} has no {name}"


def test_a_schema_speaks_of_what_does_not_fit_without_repeating_it():
    problems = Schema({"type": "object", "properties": {"secret": {"type": "integer"}}}).problems({"secret": "hunter2"})
    assert problems[0]["pointer"] == "/secret"
    assert "hunter2" not in str(problems)
