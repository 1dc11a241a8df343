"""The ASGI application: routes, what happens to exceptions, and what comes before both."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.chassis import logs
from infra.chassis.refusals import InternalFailure, ServiceUnavailable
from infra.front_door import problems
from infra.front_door.access_log import AccessLog
from infra.front_door.calls import DeadlinePassed, Platform, PlatformRefusal, PlatformUnreachable
from infra.front_door.context import language_of
from infra.front_door.devices import DeviceCookies
from infra.front_door.dvcqg import classic_routes
from infra.front_door.errors import HttpRefusal, MethodNotAllowed, PageNotFound, ReplyTooLate
from infra.front_door.feeds import Feeds
from infra.front_door.gateway import Gateway
from infra.front_door.govstack.routes import govstack_routes
from infra.front_door.inbound import inbound_routes
from infra.front_door.limits import Limits
from infra.front_door.origins import for_origins
from infra.front_door.pages.registry import page_routes
from infra.front_door.rates import Buckets, Rate
from infra.front_door.reference import reference_routes
from infra.front_door.resource_routes import resource_routes
from infra.front_door.rpc_routes import rpc_routes
from infra.front_door.sealing import CARRIED, Sealing
from infra.front_door.sign_on.routes import sign_on_routes


@dataclass(frozen=True)
class Browsers:
    """What the pages need to know: the keys of their sessions, whether cookies travel by HTTPS alone, whether people
    may sign in with the national e-ID."""

    keys: list[str]
    secure: bool
    eid: bool = False


def application(
    platform: Platform, rates: dict[str, Rate], feeds: Feeds, origins: list[str], browsers: Browsers
) -> ASGIApp:
    """Everything the front door serves, over this platform; pages of ``origins`` may read it."""
    gateway = Gateway(platform, Buckets(rates), feeds)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await platform.start()
        yield
        await platform.stop()

    starlette = Starlette(routes=routes(gateway, browsers), lifespan=lifespan, exception_handlers=HANDLERS)
    starlette.router.redirect_slashes = False
    return AccessLog(for_origins(Limits(DeviceCookies(starlette)), origins))


def routes(gateway: Gateway, browsers: Browsers) -> list[BaseRoute]:
    table: list[BaseRoute] = [
        *rpc_routes(gateway),
        *resource_routes(gateway),
        *inbound_routes(gateway),
        *classic_routes(gateway),
        *govstack_routes(gateway),
        *sign_on_routes(gateway, Sealing(browsers.keys, CARRIED) if browsers.eid else None),
        *reference_routes(),
        *page_routes(gateway, browsers.keys, secure=browsers.secure, eid_offered=browsers.eid),
    ]
    for route in table:
        if isinstance(route, Route):
            _know_their_route(route)
    return table


def _know_their_route(route: Route) -> None:
    """The template of the path, for log and metrics: what a caller wrote never gets there."""
    inner = route.app

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = route.path
        await inner(scope, receive, send)

    route.app = noting


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", "")[:500])


def _call_id(request: Request) -> str:
    return str(request.scope["state"]["call_id"])


async def _platform_refusal(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, PlatformRefusal)
    service = request.scope["state"].get("service", "")
    if_match = "if-match" in request.headers
    return problems.of_platform(
        refused, service=service, language=_language(request), call_id=_call_id(request), if_match=if_match
    )


async def _unreachable(request: Request, lost: Exception) -> Response:
    service = str(getattr(lost, "service", ""))
    refused = ServiceUnavailable(service=service)
    text = refused.text(_language(request))
    return await _platform_refusal(request, PlatformRefusal(refused.name, text, refused.facts))


async def _too_late(request: Request, _late: Exception) -> Response:
    return await _http_refusal(request, ReplyTooLate())


async def _http_refusal(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, HttpRefusal)
    return problems.of_http(refused, language=_language(request), call_id=_call_id(request))


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    allowed = (error.headers or {}).get("Allow", "")
    if error.status_code == MethodNotAllowed.status:
        return await _http_refusal(request, MethodNotAllowed(allowed=allowed, headers={"Allow": allowed}))
    return await _http_refusal(request, PageNotFound())


async def _client_left(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


async def _failure(request: Request, error: Exception) -> Response:
    logs.get().error("request_failed", call_id=_call_id(request), error=f"{type(error).__name__}: {error}"[:500])
    refused = PlatformRefusal(InternalFailure.__name__, "", {})
    return await _platform_refusal(request, refused)


HANDLERS: dict[type[Exception], Callable[..., Awaitable[Response]]] = {
    PlatformRefusal: _platform_refusal,
    PlatformUnreachable: _unreachable,
    DeadlinePassed: _too_late,
    HttpRefusal: _http_refusal,
    HTTPException: _http_exception,
    ClientDisconnect: _client_left,
    Exception: _failure,
}
