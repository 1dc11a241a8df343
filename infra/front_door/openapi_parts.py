"""The pieces that :mod:`openapi` puts together: schemas, parameters, headers, answers."""

from __future__ import annotations

import re

from infra.chassis.json_types import Json
from infra.front_door import cloud_events
from infra.front_door.arguments import types_of
from infra.front_door.context import UUID
from infra.front_door.errors import all_refusals
from infra.front_door.files import LARGEST_FILE
from infra.front_door.openapi_schemas import schema, without_null
from infra.front_door.problems import MEDIA_TYPE
from infra.front_door.resources import VERSION, Resource
from infra.front_door.statuses import status_of
from infra.front_door.surface import Door

# Refused at every door, whatever its contract names; and by the front door itself.
ALWAYS = ("InvalidRequest", "Unauthenticated", "Forbidden", "CommandIdReused", "ServiceUnavailable", "DeadlineExceeded",
          "InternalFailure")  # fmt: skip
NOT_EVERYWHERE = ("MethodNotAllowed", "RangeNotSatisfiable")


def _refused_anywhere() -> dict[int, list[str]]:
    statuses = {name: status_of(name) for name in ALWAYS}
    statuses |= {name: refusal.status for name, refusal in all_refusals().items() if name not in NOT_EVERYWHERE}
    return {
        status: [name for name in statuses if statuses[name] == status] for status in sorted(set(statuses.values()))
    }


REFUSED_ANYWHERE = _refused_anywhere()
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
    # A pattern: as a format, openapi-python-client makes it an object that its HTTP library takes for no header.
    {"type": "string", "pattern": f"^{UUID.pattern}$", "example": "0b0dcd3c-5e4e-4f3b-9a44-3d1f8f4d0c11"},
)
PARAMETERS = [
    header_parameter("Accept-Language", "`vi` (default) or `en`.", {"type": "string"}),
]


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
        "properties": {
            name: schema(door.service, door.parameters[name], f"{door.service}_{door.method}_{name}")
            for name in resource.others
        },
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
        # Whatever the paper is; named first is what a generator of clients takes for bytes.
        "content": {"application/octet-stream": anything, "*/*": anything},
    }


def feed_answer(answer: Json) -> Json:
    """A feed as one answer or, for who accepts it, as server-sent events."""
    streamed = {"text/event-stream": {"schema": {"type": "string", "description": "events `change`, `resync`, `end`"}}}
    return {**answer, "content": {**answer["content"], **streamed}}


def receipt_answer(answer: Json) -> Json:
    """As JSON, or as people keep it: what the Accept header names first."""
    printed = {"text/html": {"schema": TEXT}, "application/pdf": {"schema": {"type": "string", "format": "binary"}}}
    return {**answer, "content": {**answer["content"], **printed}}


def cloud_events_answer() -> Json:
    return {
        "description": "The log after a position",
        "headers": {
            "Link": {"$ref": "#/components/headers/Link"},
            "Portal-Position": {"$ref": "#/components/headers/Position"},
        },
        "content": {cloud_events.MEDIA_TYPE: {"schema": cloud_events.SCHEMA}},
    }


def export_answer() -> Json:
    """A file by the format asked for; as JSON it is a document."""
    answer = file_answer("The file")
    return {**answer, "content": {**answer["content"], "*/*": {"schema": {}}}}


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


def problem_response(status: int, own: list[str]) -> Json:
    """What may be refused under one status; the pages of the names say what each means. Where a call has none of its
    own, that is what any call may be refused, written once for all of them.
    """
    if not own:
        return {"$ref": f"#/components/responses/Refused{status}"}
    return _problem(_names(list(dict.fromkeys([*own, *REFUSED_ANYWHERE.get(status, [])]))))


def responses_of_the_front_door() -> Json:
    """What HTTP itself and every call may refuse, for operations to refer to."""
    own = {name: _problem(refusal.en) for name, refusal in all_refusals().items()}
    return {**own, **{f"Refused{status}": _problem(_names(names)) for status, names in REFUSED_ANYWHERE.items()}}


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _problem(description: str) -> Json:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}
