"""``/dvcqg``: synchronisation in the classic shape, as senders of today call it; judged by *interchange*.

``POST /dvcqg/login`` with ``{username, password}``; ``POST /dvcqg`` with ``{session, madonvi, service, …}``, or
``POST /dvcqg/{service}`` without ``service`` in the body. Whatever becomes of a call, the answer has ``error_code``,
``message`` and ``result``: what was judged with status 200, what cannot be read with 400, 503 where nobody could judge.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.chassis.json_types import Json
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.errors import HttpRefusal
from infra.front_door.gateway import Gateway, json_object
from infra.front_door.rpc_routes import as_json
from infra.front_door.surface import doors

OWN_MEMBERS = {"session", "madonvi", "service"}
UNJUDGED = {"ServiceUnavailable", "TooManyRequests", "InternalFailure", "DeadlineExceeded"}


def classic_routes(gateway: Gateway) -> list[Route]:
    async def login(request: Request) -> Response:
        return await _judged(gateway, request, "open_session", _sign_in)

    async def call(request: Request) -> Response:
        return await _judged(gateway, request, "classic_call", _arguments)

    return [
        Route("/dvcqg/login", login, methods=["POST"]),
        Route("/dvcqg", call, methods=["POST"]),
        Route("/dvcqg/{service}", call, methods=["POST"]),
    ]


async def _judged(
    gateway: Gateway, request: Request, method: str, arguments_of: Callable[[Request, Json], Json]
) -> Response:
    try:
        caller = gateway.context_of(request)
        arguments = arguments_of(request, await json_object(request))
        return as_json(await gateway.ask(request, caller, doors()["interchange", method], arguments))
    except HttpRefusal as refusal:
        return _unread(refusal.status, refusal.text("vi"))
    except PlatformRefusal as refusal:
        return _unread(503 if refusal.name in UNJUDGED else 400, refusal.text)
    except (PlatformUnreachable, DeadlinePassed):
        return _unread(503, "Cổng chưa xử lý được; hãy gửi lại, gửi lặp không gây hại.")


def _sign_in(_request: Request, body: Json) -> Json:
    return {name: body.get(name) for name in ("username", "password")}


def _arguments(request: Request, body: Json) -> Json:
    """The call as *interchange* takes it; what a sender adds besides is for the service that is called."""
    return {
        "session": body.get("session"),
        "operation": request.path_params.get("service") or body.get("service"),
        "unit": body.get("madonvi"),
        "arguments": {name: value for name, value in body.items() if name not in OWN_MEMBERS},
    }


def _unread(status: int, message: str) -> Response:
    return as_json({"error_code": str(status), "message": message, "result": None}, status)
