"""``POST /rpc/{service}/{method}``: every call of the contracts as it is, arguments and answer as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.front_door.context import idempotency_key
from infra.front_door.errors import MalformedRequest
from infra.front_door.gateway import Gateway, json_object
from infra.front_door.surface import Door, doors

Endpoint = Callable[[Request], Awaitable[Response]]


def rpc_routes(gateway: Gateway) -> list[Route]:
    return [
        Route(f"/rpc/{door.service}/{door.method}", _endpoint(gateway, door), methods=["POST"])
        for door in doors().values()
    ]


def _endpoint(gateway: Gateway, door: Door) -> Endpoint:
    async def ask(request: Request) -> Response:
        caller = gateway.context_of(request)
        arguments = await json_object(request)
        key = idempotency_key(request) if door.takes_command else None
        if key and str(arguments.setdefault("command_id", key)).lower() != key.lower():
            reason_en = "command_id is not what Idempotency-Key says"
            raise MalformedRequest(reason="command_id khác Idempotency-Key", reason_en=reason_en)
        return as_json(await gateway.ask(request, caller, door, arguments))

    return ask


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that nobody may store, unless ``headers`` say otherwise."""
    return Response(
        json_bytes(value), status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json"
    )


def json_bytes(value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
