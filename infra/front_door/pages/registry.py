"""Every page there is, as one table: routes are made of it, and tests walk it as every role and as nobody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from infra.front_door.context import language_of
from infra.front_door.gateway import Gateway
from infra.front_door.pages import (
    accounts,
    auditing,
    deciding,
    desk,
    drafts,
    eid,
    finding,
    following,
    guarding,
    live,
    publishing,
    rendering,
    serving,
    sign_in,
    supplementing,
    wishes,
)
from infra.front_door.pages.languages import LANGUAGES
from infra.front_door.pages.page import Page
from infra.front_door.pages.sessions import Cookies
from infra.front_door.pages.visits import Shared
from infra.front_door.sealing import CARRIED, Sealing

FOR_EVER = "public, max-age=31536000, immutable"

PAGES: tuple[Page, ...] = (
    *finding.PAGES,
    *drafts.PAGES,
    *supplementing.PAGES,
    *following.PAGES,
    *desk.PAGES,
    *live.PAGES,
    *auditing.PAGES,
    *deciding.PAGES,
    *publishing.PAGES,
    *sign_in.PAGES,
    *eid.PAGES,
    *accounts.PAGES,
    *guarding.PAGES,
    *wishes.PAGES,
)


def page_routes(gateway: Gateway, keys: list[str], *, secure: bool, eid_offered: bool = False) -> list[BaseRoute]:
    """``keys`` seal what browsers keep; ``secure``: the cookie only travels by HTTPS."""
    cookies = Cookies(Sealing(keys, "session"), secure=secure)
    shared = Shared(gateway, cookies, Sealing(keys, CARRIED), eid_offered)
    fixed_first = sorted(PAGES, key=lambda page: "{" in page.path)
    routes: list[BaseRoute] = [Route("/", _opening), Route("/static/{digest}/{name}", _asset), _eid_return(shared)]
    routes += [_route(shared, language, page) for page in fixed_first for language in LANGUAGES]
    return [*routes, *(_nothing_there(shared, language) for language in LANGUAGES)]


def _route(shared: Shared, language: str, page: Page) -> Route:
    async def endpoint(request: Request) -> Response:
        return await serving.serve(shared, page, request)

    route = Route(f"/{language}" + ("" if page.path == "/" else page.path), endpoint)
    route.methods = None  # a wrong one is answered with a page, too
    return route


def _eid_return(shared: Shared) -> Route:
    async def endpoint(request: Request) -> Response:
        return eid.to_its_language(shared, request)

    return Route(eid.RETURN, endpoint)


def _nothing_there(shared: Shared, language: str) -> Route:
    async def endpoint(request: Request) -> Response:
        return serving.not_found(shared, request)

    route = Route(f"/{language}/{{rest:path}}", endpoint)
    route.methods = None
    return route


async def _opening(request: Request) -> Response:
    return RedirectResponse(f"/{language_of(request.headers.get('accept-language', ''))}", 303)


async def _asset(request: Request) -> Response:
    name = str(request.path_params["name"])
    kind = rendering.ASSETS.get(name)
    if kind is None:
        return Response(status_code=404)
    return Response(rendering.asset(name), headers={"Cache-Control": FOR_EVER, "Content-Type": kind})
