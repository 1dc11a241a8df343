"""Where outsiders call back: payment gateways and carriers of messages. What they say is judged by the services.

A gateway is answered in its own codes, always with status 200 as it expects; what could not be judged (the platform is
away, the request is malformed) is answered 99, so that it calls again.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.front_door.arguments import from_query
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.errors import HttpRefusal
from infra.front_door.gateway import Gateway, json_object
from infra.front_door.rpc_routes import as_json
from infra.front_door.surface import doors

NOT_JUDGED = {"RspCode": "99", "Message": "Unknown error"}
NOT_FOUND = "GatewayNotFound"


def inbound_routes(gateway: Gateway) -> list[Route]:
    async def gateway_callback(request: Request) -> Response:
        return await _callback(gateway, request)

    async def delivery_report(request: Request) -> Response:
        arguments = {"provider": request.path_params["name"], "parameters": await json_object(request)}
        door = doors()["notifications", "delivery_report"]
        return as_json(await gateway.ask(request, gateway.context_of(request), door, arguments))

    return [
        Route("/callbacks/{name}", gateway_callback, methods=["GET"]),
        Route("/delivery-reports/{name}", delivery_report, methods=["POST"]),
    ]


async def _callback(gateway: Gateway, request: Request) -> Response:
    door = doors()["payments", "gateway_callback"]
    try:
        parameters: Json = from_query(request.scope["query_string"])
        arguments = {"gateway": request.path_params["name"], "parameters": parameters}
        return as_json(await gateway.ask(request, gateway.context_of(request), door, arguments))
    except PlatformRefusal as refusal:
        if refusal.name == NOT_FOUND:
            raise
        reason = refusal.name
    except (PlatformUnreachable, DeadlinePassed, HttpRefusal) as failure:
        reason = type(failure).__name__
    logs.get().warning("callback_not_judged", reason=reason)
    return as_json(NOT_JUDGED)
