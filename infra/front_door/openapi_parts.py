"""The pieces that :mod:`openapi` puts together: schemas, parameters, headers, answers."""

from __future__ import annotations

import re
from typing import Any

from infra.front_door.arguments import types_of
from infra.front_door.errors import all_refusals
from infra.front_door.files import LARGEST_FILE
from infra.front_door.problems import MEDIA_TYPE
from infra.front_door.resources import VERSION, Resource
from infra.front_door.surface import Door

Json = dict[str, Any]
SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")  # whose members are schemas
ONE_SCHEMA = ("items", "additionalProperties", "not", "propertyNames", "contains", "if", "then", "else")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
# Refused at every door, whatever its contract names.
ALWAYS = ("InvalidRequest", "Unauthenticated", "Forbidden", "CommandIdReused", "ServiceUnavailable", "DeadlineExceeded",
          "InternalFailure")  # fmt: skip
OWN = {
    name: refusal.status
    for name, refusal in all_refusals().items()
    if name not in ("MethodNotAllowed", "RangeNotSatisfiable")
}
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `name` is the refusal's; its page is at `type`.",
    "required": ["type", "title", "status", "detail", "instance", "name", "messages"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "name": {"type": "string"},
        "messages": {"type": "object", "properties": {"vi": {"type": "string"}, "en": {"type": "string"}}},
        "todo": {"type": "string"},
        "facts": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
TEXT: Json = {"type": "string"}
HEADERS: Json = {
    "CallId": {"description": "Quote it; it stands in every log.", "schema": {"type": "string", "format": "uuid"}},
    "ETag": {"description": "The version of what is answered.", "schema": TEXT},
    "Location": {"description": "Where what was made can be read.", "schema": TEXT},
    "Link": {"description": "The next page, `rel=next`.", "schema": TEXT},
    "Position": {"description": "How far the log was; to be given back.", "schema": {"type": "integer"}},
    "RetryAfter": {"description": "Seconds.", "schema": {"type": "integer"}},
    "Challenge": {"description": "How to sign in.", "schema": TEXT},
}


def header_parameter(name: str, description: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


IDEMPOTENCY_KEY = header_parameter(
    "Idempotency-Key",
    "A UUID of the caller's making: sent again, one effect and one answer.",
    {"type": "string", "format": "uuid"},
)
PARAMETERS = [
    header_parameter("Accept-Language", "`vi` (default) or `en`.", {"type": "string"}),
]


def component(service: str, name: str) -> str:
    """``applications``/``due_date`` → ``ApplicationsDueDate``."""
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", f"{service}_{name}"))


def schema(service: str, contract_schema: Any) -> Any:
    """A schema of a contract, its references led to the components; boolean schemas as objects, branches named."""
    if contract_schema is True:
        return {}
    if contract_schema is False:
        return {"not": {}}
    made: Json = {}
    for key, value in contract_schema.items():
        if key == "$ref":
            made[key] = f"#/components/schemas/{component(service, value.rpartition('/')[2])}"
        elif key in SCHEMAS:
            made[key] = {name: schema(service, inner) for name, inner in value.items()}
        elif key in LISTS:
            made[key] = [_named(schema(service, inner), number) for number, inner in enumerate(value, 1)]
        elif key == "additionalProperties" and isinstance(value, bool):
            made[key] = value
        elif key in ONE_SCHEMA:
            made[key] = schema(service, value)
        else:
            made[key] = value
    return made


def _named(branch: Json, number: int) -> Json:
    if "title" in branch or "$ref" in branch or "type" not in branch or branch["type"] != "object":
        return branch
    constants = [str(member["const"]) for member in branch.get("properties", {}).values() if "const" in member]
    return {"title": "".join(part.capitalize() for part in constants) or f"Branch{number}", **branch}


def operation_id(verb: str, path: str) -> str:
    """``GET /procedures/{code}/due-date`` → ``get_procedures_by_code_due_date``."""
    named = re.sub(r"\{(\w+)\}", r"by_\1", path)
    return f"{verb.lower()}_{re.sub(r'[^A-Za-z0-9]+', '_', named).strip('_')}"


def of_path(resource: Resource) -> list[Json]:
    door = resource.door
    return [
        {"name": name, "in": "path", "required": True, "schema": schema(door.service, door.parameters[name])}
        for name in resource.places
    ]


def of_query(resource: Resource) -> list[Json]:
    if resource.verb not in ("GET", "DELETE"):
        return []
    door = resource.door
    required = door.entry["parameters"].get("required", [])
    return [_query_parameter(door, name, name in required) for name in resource.others]


def _query_parameter(door: Door, name: str, required: bool) -> Json:
    converted = without_null(schema(door.service, door.parameters[name]))
    parameter = {"name": name, "in": "query", "required": required}
    if types_of(door.service, door.method, name) & {"object", "array"}:
        return {**parameter, "content": {"application/json": {"schema": converted}}}
    return {**parameter, "schema": converted}


def without_null(argument: Json) -> Json:
    """In a query nothing is null: an argument is there or not."""
    if isinstance(argument.get("type"), list):
        kinds = [kind for kind in argument["type"] if kind != "null"]
        return {**argument, "type": kinds[0] if len(kinds) == 1 else kinds}
    if branches := [branch for branch in argument.get("anyOf", []) if branch != {"type": "null"}]:
        rest = {key: value for key, value in argument.items() if key != "anyOf"}
        return {**rest, **branches[0]} if len(branches) == 1 else {**rest, "anyOf": branches}
    return argument


def of_headers(resource: Resource) -> list[Json]:
    parameters = list(PARAMETERS)
    if resource.door.takes_command:
        parameters.append({**IDEMPOTENCY_KEY, "required": True})
    if resource.expected:
        tag = {"type": "string", "pattern": f"^{VERSION.pattern}$", "example": '"7"'}
        parameters.append(header_parameter("If-Match", "The ETag of what was read.", tag))
    if resource.kind == "feed":
        last = {"type": "string", "pattern": "^[0-9]{1,15}$"}
        parameters.append(header_parameter("Last-Event-ID", "Of a stream: the id of the last event.", last))
    if "min_position" in resource.door.parameters:
        position = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
        parameters.append(header_parameter("Portal-Position", "Of an earlier answer.", position))
    return parameters


def body(resource: Resource) -> Json:
    door, arguments = resource.door, resource.door.entry["parameters"]
    members = {
        "type": "object",
        "properties": {name: schema(door.service, door.parameters[name]) for name in resource.others},
        "required": [name for name in arguments.get("required", []) if name in resource.others],
        "additionalProperties": False,
    }
    example = {name: value for name, value in door.entry["example"]["parameters"].items() if name in resource.others}
    content: Json = {"application/json": {"schema": members, "example": example}}
    if resource.kind == "upload":
        content = {"multipart/form-data": {"schema": UPLOAD}, **content}
    return {"required": bool(members["required"]), "content": content}


UPLOAD: Json = {
    "type": "object",
    "required": ["requirement", "file"],
    "properties": {
        "requirement": {"type": "string", "minLength": 1, "maxLength": 100},
        "file": {"type": "string", "format": "binary", "description": f"At most {LARGEST_FILE} bytes."},
        "file_name": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    "additionalProperties": False,
}


def file_answer(description: str) -> Json:
    anything = {"schema": {"type": "string", "format": "binary"}}
    return {
        "description": description,
        "headers": {"Content-Disposition": {"schema": TEXT}, "ETag": {"$ref": "#/components/headers/ETag"}},
        "content": {"*/*": anything},
    }


def feed_answer(answer: Json) -> Json:
    """A feed as one answer or, for who accepts it, as server-sent events."""
    streamed = {"text/event-stream": {"schema": {"type": "string", "description": "events `change`, `resync`, `end`"}}}
    return {**answer, "content": {**answer["content"], **streamed}}


def export_answer() -> Json:
    """A file by the format asked for; as JSON it is a document."""
    answer = file_answer("The file")
    return {**answer, "content": {"*/*": {"schema": {}}}}


def answer_headers(resource: Resource) -> Json:
    headers = {"Portal-Call-Id": "CallId", "ETag": "ETag"}
    properties = resource.door.entry["reply"].get("properties", {})
    if "next_cursor" in properties:
        headers["Link"] = "Link"
    if resource.created:
        headers["Location"] = "Location"
    if resource.door.takes_command:
        headers["Portal-Position"] = "Position"
    return {name: {"$ref": f"#/components/headers/{header}"} for name, header in headers.items()}


def problem_response(names: list[str]) -> Json:
    """What may be refused under one status; the pages of the names say what each means."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": ", ".join(f"`{name}`" for name in names), "content": content}


def responses_of_the_front_door() -> Json:
    """What HTTP itself refuses, for operations to refer to."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {name: {"description": refusal.en, "content": content} for name, refusal in all_refusals().items()}
