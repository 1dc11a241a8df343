"""Routes of single sign-on: OpenID Connect for other portals."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.front_door.answers import PUBLIC
from infra.front_door.gateway import Gateway
from infra.front_door.sealing import Sealing
from infra.front_door.sign_on.client_endpoints import ClientEndpoints
from infra.front_door.sign_on.journey import SIGN_IN, SignOnJourney
from infra.front_door.sign_on.pages import FOLDER, Endpoint, with_page_of_refusals

STYLE: Path = FOLDER / "sign_on.css"


def sign_on_routes(gateway: Gateway, eid: Sealing | None = None) -> list[Route]:
    """``eid``: what the way back from the e-ID provider is sealed with, where people may sign in with it."""
    clients, journey = ClientEndpoints(gateway), SignOnJourney(gateway, eid)
    return [
        Route("/.well-known/openid-configuration", clients.configuration, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server", clients.configuration, methods=["GET"]),
        Route("/oauth2/jwks", clients.keys, methods=["GET"]),
        Route("/oauth2/token", clients.token, methods=["POST"]),
        Route("/oauth2/revoke", clients.revoke, methods=["POST"]),
        Route("/oauth2/userinfo", clients.userinfo, methods=["GET", "POST"]),
        Route("/oauth2/authorize", with_page_of_refusals(journey.authorize), methods=["GET", "POST"]),
        Route(SIGN_IN, with_page_of_refusals(_by_method(journey)), methods=["GET", "POST"]),
        Route("/oauth2/consent", with_page_of_refusals(journey.consent), methods=["POST"]),
        Route("/oauth2/logout", with_page_of_refusals(journey.logout), methods=["GET", "POST"]),
        Route("/static/sign_on.css", _style, methods=["GET"]),
    ]


def _by_method(journey: SignOnJourney) -> Endpoint:
    async def serve(request: Request) -> Response:
        return await (journey.sign_in(request) if request.method == "POST" else journey.step(request))

    return serve


async def _style(_request: Request) -> Response:
    return Response(STYLE.read_bytes(), headers={"Cache-Control": PUBLIC}, media_type="text/css")
