"""``POST /rpc/{service}/{method}``: every call of the contracts as it is, arguments and answer as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.front_door.gateway import Gateway, json_object
from infra.front_door.surface import Door, doors

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def rpc_routes(gateway: Gateway) -> list[Route]:
    return [
        Route(f"/rpc/{door.service}/{door.method}", _endpoint(gateway, door), methods=["POST"])
        for door in doors().values()
    ]


def _endpoint(gateway: Gateway, door: Door) -> Endpoint:
    async def ask(request: Request) -> Response:
        caller = gateway.context_of(request)
        arguments = await json_object(request)
        key = request.headers.get("idempotency-key")
        if key is not None and door.takes_command:
            arguments.setdefault("command_id", key.strip().strip('"'))
        return as_json(await gateway.ask(request, caller, door, arguments))

    return ask


def as_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that nobody may store, unless ``headers`` say otherwise."""
    return Response(
        json_bytes(value), status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json"
    )


def json_bytes(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
