"""The document of the interface: complete, and as generators of clients like it (valid: ``tests/contract``)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from infra.front_door import openapi
from infra.front_door.openapi_parts import operation_id
from infra.front_door.openapi_schemas import schema, without_null
from infra.front_door.reference import problem_type, problem_types
from infra.front_door.resources import RESOURCES
from infra.front_door.statuses import STATUS
from infra.front_door.surface import doors

DOCUMENT = openapi.document()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in DOCUMENT["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def test_every_call_and_every_row_is_an_operation() -> None:
    served = {(path, verb) for path, verb, _ in operations()}
    assert {(f"/rpc/{door.service}/{door.method}", "post") for door in doors().values()} <= served
    assert {(row.path, row.verb.lower()) for row in RESOURCES} <= served


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for *_, operation in operations()]
    assert len(names) == len(set(names)) > 200


def test_every_refusal_of_a_call_is_a_documented_answer() -> None:
    for door in doors().values():
        answers = DOCUMENT["paths"][f"/rpc/{door.service}/{door.method}"]["post"]["responses"]
        for name in door.entry["refusals"]:
            assert f"`{name}`" in answers[str(STATUS[name])]["description"], f"{door.service}.{door.method} {name}"


def test_component_names_have_no_dots_and_schemas_are_objects() -> None:
    for name, component in DOCUMENT["components"]["schemas"].items():
        assert name.isalnum(), name
        assert isinstance(component, dict)
    assert schema("catalog", {"properties": {"a": True, "b": False}}) == {"properties": {"a": {}, "b": {"not": {}}}}


def test_replies_arguments_and_branches_of_unions_are_components_named_after_where_they_are() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    accept = DOCUMENT["paths"]["/applications/{application_id}/acceptance"]["post"]
    named = {"$ref": "#/components/schemas/ApplicationsAcceptReply"}
    assert accept["responses"]["200"]["content"]["application/json"]["schema"] == named
    rules = {branch["$ref"].rpartition("/")[2] for branch in schemas["CatalogRule"]["oneOf"]}
    assert {"CatalogRuleFixed", "CatalogRuleTiered"} <= rules <= set(schemas)


def test_who_signs_in_has_no_token_and_the_catalogue_takes_one_or_none() -> None:
    assert DOCUMENT["paths"]["/sessions"]["post"]["security"] == []
    assert DOCUMENT["paths"]["/procedures"]["get"]["security"] == [{}, {"bearer": []}]


def test_a_component_comes_after_those_it_refers_to() -> None:
    before: set[str] = set()
    for name, component in DOCUMENT["components"]["schemas"].items():
        referred = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(component)))
        assert referred <= before | {name}, name
        before.add(name)


def test_a_write_without_arguments_has_no_body_and_an_object_without_members_takes_any() -> None:
    assert "requestBody" not in DOCUMENT["paths"]["/applications/{application_id}/acceptance"]["post"]
    assert schema("applications", {"type": "object"}) == {"type": "object", "additionalProperties": {}}
    assert schema("applications", {"type": "array"}) == {"type": "array", "items": {}}


def test_in_a_query_nothing_is_null() -> None:
    assert without_null({"type": ["integer", "null"], "minimum": 1}) == {"type": "integer", "minimum": 1}
    assert without_null({"anyOf": [{"type": "string"}, {"type": "null"}]}) == {"type": "string"}
    assert operation_id("GET", "/procedures/{code}/due-date") == "get_procedures_by_code_due_date"


def test_a_write_names_its_key_and_a_versioned_write_its_tag() -> None:
    operation = DOCUMENT["paths"]["/applications/{application_id}/answers"]["put"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert parameters["Idempotency-Key"]["required"] and not parameters["If-Match"]["required"]


def test_every_kind_of_problem_has_a_page_in_both_languages() -> None:
    assert set(STATUS) <= set(problem_types())
    for name in problem_types():
        assert problem_type(name)["vi"] and problem_type(name)["en"] and problem_type(name)["status"] >= 400
