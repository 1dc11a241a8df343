"""``/openapi.json``: OpenAPI 3.1 made from the contracts and the table of resources; nothing is written twice.

For generators of clients: branches of unions have titles, any value is ``{}``, names of components have no dots.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache

from infra.chassis.json_types import Json
from infra.chassis.settings import SERVICES
from infra.front_door import openapi_parts as parts
from infra.front_door.openapi_schemas import arguments_of, component_schemas, reply_of
from infra.front_door.resources import RESOURCES, Resource
from infra.front_door.statuses import status_of
from infra.front_door.surface import Door, doors

VERSION = "1"
TITLES = {"vi": "Cổng dịch vụ công", "en": "Public service portal"}


@cache
def document() -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    for resource in RESOURCES:
        paths.setdefault(resource.path, {})[resource.verb.lower()] = resource_operation(resource)
    for door in doors().values():
        paths[f"/rpc/{door.service}/{door.method}"] = {"post": rpc_operation(door)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{TITLES['vi']} · {TITLES['en']}",
            "version": VERSION,
            "description": "Every call of the platform. Refusals are RFC 9457 problems in Vietnamese and English.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": service} for service in SERVICES],
        "paths": paths,
        "components": components(),
    }


@cache
def document_bytes() -> tuple[bytes, str]:
    """The document as it is served, and its ETag."""
    body = json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()
    return body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def components() -> Json:
    return {
        "schemas": component_schemas({"Problem": parts.PROBLEM}),
        "headers": parts.HEADERS,
        "responses": parts.responses_of_the_front_door(),
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }


def rpc_operation(door: Door) -> Json:
    """``POST /rpc/…``: arguments and reply as they are in the contract."""
    return {
        **_about(door, f"rpc_{door.service}_{door.method}"),
        "parameters": parts.PARAMETERS,  # a command's id is in the body; the header is for who cannot put it there
        "requestBody": {
            "required": bool(door.entry["parameters"].get("required")),
            "content": {
                "application/json": {
                    "schema": arguments_of(door),
                    "example": door.entry["example"]["parameters"],
                }
            },
        },
        "responses": {"200": _reply(door, door.entry["example"]["reply"]), **_refusals(door)},
    }


def resource_operation(resource: Resource) -> Json:
    """One row of the table."""
    door = resource.door
    operation = {
        **_about(door, parts.operation_id(resource.verb, resource.path)),
        "parameters": [*parts.of_path(resource), *parts.of_query(resource), *parts.of_headers(resource)],
        "responses": {str(resource.status): _answer(resource), **_refusals(door, if_match=bool(resource.expected))},
    }
    if resource.verb not in ("GET", "DELETE") and resource.others:
        operation["requestBody"] = parts.body(resource)
    if resource.public or (resource.verb == "GET" and resource.kind == "json"):
        operation["responses"]["304"] = {"description": "Not modified"}
    if resource.kind in ("download", "receipt"):
        operation["responses"]["206"] = parts.file_answer("A part of the file")
        operation["responses"]["416"] = {"$ref": "#/components/responses/RangeNotSatisfiable"}
    return operation


def _about(door: Door, operation_id: str) -> Json:
    summary = door.entry["summary"][:300]
    return {
        "operationId": operation_id,
        "tags": [door.service],
        "summary": summary,
        "security": _security(door),
    }


def _security(door: Door) -> list[Json]:
    """Public calls of identity are for who has no token; a generator would ask for one if it were named."""
    if door.public:
        return [] if door.service == "identity" else [{}, {"bearer": []}]
    return [{"bearer": []}]


def _answer(resource: Resource) -> Json:
    if resource.kind == "download":
        return parts.file_answer("The file")
    if resource.kind == "export":
        return parts.export_answer()
    if resource.kind == "cloudevents":
        return parts.cloud_events_answer()
    if resource.kind == "receipt":
        return parts.receipt_answer(_reply(resource.door, resource.door.entry["example"]["reply"]))
    if resource.kind == "feed":
        return parts.feed_answer(_reply(resource.door, resource.door.entry["example"]["reply"]))
    answer = _reply(resource.door, resource.door.entry["example"]["reply"])
    answer["headers"] = parts.answer_headers(resource)
    return answer


def _reply(door: Door, example: object) -> Json:
    content = {"schema": reply_of(door), "example": example}
    return {"description": "The answer", "content": {"application/json": content}}


def _refusals(door: Door, *, if_match: bool = False) -> Json:
    """Every refusal of the call under its status, and what the front door itself refuses."""
    own: dict[int, list[str]] = {}
    for name in door.entry["refusals"]:
        for status in {status_of(name), status_of(name, if_match=if_match)}:
            own.setdefault(status, []).append(name)
    statuses = sorted({*own, *parts.REFUSED_ANYWHERE})
    return {str(status): parts.problem_response(status, own.get(status, [])) for status in statuses}
