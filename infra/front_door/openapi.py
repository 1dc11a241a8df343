"""``/openapi.json``: OpenAPI 3.1 made from the contracts and the table of resources; nothing is written twice.

For generators of clients: branches of unions have titles, any value is ``{}``, names of components have no dots.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from infra.chassis.settings import SERVICES
from infra.front_door import openapi_parts as parts
from infra.front_door.resources import RESOURCES, Resource
from infra.front_door.statuses import status_of
from infra.front_door.surface import Door, document_of, doors

VERSION = "1"
TITLES = {"vi": "Cổng dịch vụ công", "en": "Public service portal"}


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
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


def components() -> dict[str, Any]:
    schemas = {
        parts.component(service, name): parts.schema(service, definition)
        for service in SERVICES
        for name, definition in document_of(service).get("definitions", {}).items()
    }
    return {
        "schemas": {**schemas, "Problem": parts.PROBLEM},
        "headers": parts.HEADERS,
        "responses": parts.responses_of_the_front_door(),
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }


def rpc_operation(door: Door) -> dict[str, Any]:
    """``POST /rpc/…``: arguments and reply as they are in the contract."""
    return {
        **_about(door, f"rpc_{door.service}_{door.method}"),
        "parameters": parts.PARAMETERS,  # a command's id is in the body; the header is for who cannot put it there
        "requestBody": {
            "required": bool(door.entry["parameters"].get("required")),
            "content": {
                "application/json": {
                    "schema": parts.schema(door.service, door.entry["parameters"]),
                    "example": door.entry["example"]["parameters"],
                }
            },
        },
        "responses": {"200": _reply(door, door.entry["example"]["reply"]), **_refusals(door)},
    }


def resource_operation(resource: Resource) -> dict[str, Any]:
    """One row of the table."""
    door = resource.door
    operation = {
        **_about(door, parts.operation_id(resource.verb, resource.path)),
        "parameters": [*parts.of_path(resource), *parts.of_query(resource), *parts.of_headers(resource)],
        "responses": {str(resource.status): _answer(resource), **_refusals(door, if_match=bool(resource.expected))},
    }
    if resource.verb not in ("GET", "DELETE"):
        operation["requestBody"] = parts.body(resource)
    if resource.public or (resource.verb == "GET" and resource.kind == "json"):
        operation["responses"]["304"] = {"description": "Not modified"}
    if resource.kind == "download":
        operation["responses"]["206"] = parts.file_answer("A part of the file")
        operation["responses"]["416"] = {"$ref": "#/components/responses/RangeNotSatisfiable"}
    return operation


def _about(door: Door, operation_id: str) -> dict[str, Any]:
    summary = door.entry["summary"][:300]
    return {
        "operationId": operation_id,
        "tags": [door.service],
        "summary": summary,
        "security": [{}, {"bearer": []}] if door.public else [{"bearer": []}],
    }


def _answer(resource: Resource) -> dict[str, Any]:
    if resource.kind == "download":
        return parts.file_answer("The file")
    if resource.kind == "export":
        return parts.export_answer()
    if resource.kind == "feed":
        return parts.feed_answer(_reply(resource.door, resource.door.entry["example"]["reply"]))
    answer = _reply(resource.door, resource.door.entry["example"]["reply"])
    answer["headers"] = parts.answer_headers(resource)
    return answer


def _reply(door: Door, example: Any) -> dict[str, Any]:
    content = {"schema": parts.schema(door.service, door.entry["reply"]), "example": example}
    return {"description": "The answer", "content": {"application/json": content}}


def _refusals(door: Door, *, if_match: bool = False) -> dict[str, Any]:
    """Every refusal of the call under its status, and what the front door itself refuses."""
    by_status: dict[int, list[str]] = {}
    for name in [*door.entry["refusals"], *parts.ALWAYS]:
        statuses = {status_of(name), status_of(name, if_match=if_match)}
        for status in statuses:
            by_status.setdefault(status, []).append(name)
    for name, status in parts.OWN.items():
        by_status.setdefault(status, []).append(name)
    return {
        str(status): parts.problem_response(list(dict.fromkeys(names))) for status, names in sorted(by_status.items())
    }
