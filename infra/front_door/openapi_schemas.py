"""Schemas of the contracts as components of the document, named and ordered so that generators of clients like them.

Every reply and every set of arguments is a component, because a generator names its types after them; a branch of a
union that is an object is one, too; a component comes after those it refers to, because
openapi-python-client reads them once, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.chassis.json_types import Json
from infra.chassis.settings import SERVICES
from infra.front_door.surface import Door, document_of, doors

COMPONENTS = "#/components/schemas/"
SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")  # whose members are schemas
ONE_SCHEMA = {"items": "item", "additionalProperties": "value", "not": "not", "propertyNames": "name",
              "contains": "contained", "if": "if", "then": "then", "else": "else"}  # fmt: skip
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def component(service: str, name: str) -> str:
    """``applications``/``due_date`` → ``ApplicationsDueDate``."""
    return _joined(service, name)


def reply_of(door: Door) -> Json:
    """The reply of a call: where it is no reference already, a component with the call's name."""
    return _own(door, "reply", "Reply")


def arguments_of(door: Door) -> Json:
    return _own(door, "parameters", "Arguments")


def _own(door: Door, part: str, suffix: str) -> Json:
    if set(door.entry[part]) == {"$ref"}:
        return dict(schema(door.service, door.entry[part]))
    return {"$ref": f"{COMPONENTS}{_joined(door.service, door.method, suffix)}"}


def component_schemas(schemas: dict[str, Json]) -> dict[str, Json]:
    """``schemas``, every definition, and every call's arguments and reply: each after what it refers to."""
    made = dict(schemas)
    for service in SERVICES:
        for name, definition in document_of(service).get("definitions", {}).items():
            _add(made, component(service, name), schema(service, definition, component(service, name)))
    for door in doors().values():
        for part, suffix in (("parameters", "Arguments"), ("reply", "Reply")):
            name = _joined(door.service, door.method, suffix)
            if set(door.entry[part]) != {"$ref"}:
                _add(made, name, schema(door.service, door.entry[part], name))
    for name in list(made):
        made[name] = _lifted_object(made[name], made)
    return _referred_first(made)


def _lifted(part: object, made: dict[str, Json]) -> object:
    """``part`` with the titled branches of its unions as components: a generator takes their titles for names."""
    if isinstance(part, list):
        return [_lifted(inner, made) for inner in part]
    if not isinstance(part, dict):
        return part
    return _lifted_object(part, made)


def _lifted_object(part: Json, made: dict[str, Json]) -> Json:
    lifted = {key: _lifted(inner, made) for key, inner in part.items()}
    for key in ("anyOf", "oneOf"):
        if isinstance(branches := lifted.get(key), list):
            lifted[key] = [_as_component(branch, made) for branch in branches]
    return lifted


def _as_component(branch: Json, made: dict[str, Json]) -> Json:
    if "title" not in branch:
        return branch
    _add(made, branch["title"], {key: value for key, value in branch.items() if key != "title"})
    return {"$ref": f"{COMPONENTS}{branch['title']}"}


def _add(made: dict[str, Json], name: str, component_schema: Json) -> None:
    if name in made:
        raise ValueError(f"two components are named {name}")
    made[name] = component_schema


def _referred_first(made: dict[str, Json]) -> dict[str, Json]:
    ordered: dict[str, Json] = {}

    def visit(name: str, above: frozenset[str]) -> None:
        for inner in _references(made[name]):
            if inner not in ordered and inner not in above:
                visit(inner, above | {inner})
        ordered.setdefault(name, made[name])

    for name in made:
        visit(name, frozenset({name}))
    return ordered


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(COMPONENTS)
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def schema(service: str, contract_schema: Json | bool, name: str = "") -> Json:
    """A schema of a contract, its references led to the components; boolean schemas as objects, branches named after
    where they are.
    """
    if isinstance(contract_schema, bool):
        return {} if contract_schema else {"not": {}}
    made: Json = {}
    for key, value in contract_schema.items():
        if key == "$ref":
            made[key] = f"{COMPONENTS}{component(service, value.rpartition('/')[2])}"
        elif key in SCHEMAS:
            made[key] = {member: schema(service, inner, _joined(name, member)) for member, inner in value.items()}
        elif key in LISTS:
            made[key] = _branches(service, value, name)
        elif key == "additionalProperties" and isinstance(value, bool):
            made[key] = value
        elif key in ONE_SCHEMA:
            made[key] = schema(service, value, _joined(name, ONE_SCHEMA[key]))
        else:
            made[key] = value
    # Any members, any items: said, because generators take silence for none, or refuse it.
    if made.get("type") == "object" and not {"properties", "additionalProperties", *LISTS} & set(made):
        made["additionalProperties"] = {}
    if made.get("type") == "array" and not {"items", *LISTS} & set(made):
        made["items"] = {}
    return made


def _branches(service: str, branches: list[Json], name: str) -> list[Json]:
    objects = [branch for branch in branches if isinstance(branch, dict) and branch.get("type") == "object"]
    made = []
    for number, branch in enumerate(branches, 1):
        of_which = _joined(name, _constants(branch) or (f"branch_{number}" if len(objects) > 1 else "value"))
        converted = schema(service, branch, of_which)
        made.append({"title": of_which, **converted} if branch in objects and "title" not in converted else converted)
    return made


def _constants(branch: object) -> str:
    """What tells an object from its neighbours."""
    members = branch.get("properties", {}).values() if isinstance(branch, dict) else ()
    return "_".join(str(member["const"]) for member in members if isinstance(member, dict) and "const" in member)


def without_null(argument: Json) -> Json:
    """In a query nothing is null: an argument is there or not."""
    if isinstance(argument.get("type"), list):
        kinds = [kind for kind in argument["type"] if kind != "null"]
        return {**argument, "type": kinds[0] if len(kinds) == 1 else kinds}
    if branches := [branch for branch in argument.get("anyOf", []) if branch != {"type": "null"}]:
        rest = {key: value for key, value in argument.items() if key != "anyOf"}
        return {**rest, **branches[0]} if len(branches) == 1 else {**rest, "anyOf": branches}
    return argument


def _joined(*names: str) -> str:
    """In CamelCase; a name that is already stays as it is."""
    parts = [part for name in names for part in re.split(r"[^A-Za-z0-9]+", name) if part]
    return "".join(part[:1].upper() + part[1:] for part in parts)
