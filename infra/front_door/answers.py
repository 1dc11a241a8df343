"""Answers of resource routes: versions as ETag, positions, pages, places of what was made, and who may keep a copy."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.resources import Resource
from infra.front_door.rpc_routes import as_json, json_bytes

PUBLIC = "public, max-age=60, stale-while-revalidate=300"
POSITION = "Portal-Position"


def answer_of(resource: Resource, request: Request, result: object, arguments: Json) -> Response:
    """The result as it is in the contract, with what HTTP says of it in headers."""
    headers = {
        "Cache-Control": PUBLIC if resource.public else "no-store",
        "Vary": "Accept-Language, Authorization, Origin",
    }
    facts = result if isinstance(result, dict) else {}
    if isinstance(position := facts.get("position"), int):
        headers[POSITION] = str(position)
    if isinstance(cursor := facts.get("next_cursor"), str):
        headers["Link"] = f'<{_next_page(request, cursor)}>; rel="next"'
    if resource.created:
        headers["Location"] = _place(resource.created, {**arguments, **facts})
    if resource.public:
        headers["ETag"] = weak_tag(result)
        if matches(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
    elif tag := version_tag(facts):
        headers["ETag"] = tag
        if request.method in ("GET", "HEAD") and matches(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
    return as_json(result, resource.status, headers)


def version_tag(facts: Json) -> str | None:
    """The version of one thing as a strong ETag."""
    for name in ("version", "revision"):
        if isinstance(facts.get(name), int):
            return f'"{facts[name]}"'
    return None


def weak_tag(result: object) -> str:
    return f'W/"{hashlib.blake2b(json_bytes(result), digest_size=12).hexdigest()}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Weak comparison (RFC 9110, 8.8.3.2)."""
    if if_none_match is None:
        return False
    listed = [tag_text.strip().removeprefix("W/") for tag_text in if_none_match.split(",")]
    return "*" in listed or tag.removeprefix("W/") in listed


def _next_page(request: Request, cursor: str) -> str:
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{quote(request.url.path)}?{urlencode([*parameters, ('cursor', cursor)])}"


def _place(template: str, facts: Json) -> str:
    return template.format_map({name: quote(str(value), safe="") for name, value in facts.items()})
