"""What clients call without a browser: discovery, keys, tokens, userinfo, revocation; errors as their standards say."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.errors import HttpRefusal
from infra.front_door.gateway import Gateway
from infra.front_door.rpc_routes import as_json
from infra.front_door.sign_on.browser_state import Form, form_of
from infra.front_door.surface import doors

SHARED = {"Cache-Control": "public, max-age=300"}
TOKEN_FIELDS = ("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope")


class OAuthError(Exception):
    """An error by the code of RFC 6749, 5.2."""

    def __init__(self, error: str, *, basic: bool = False) -> None:
        super().__init__(error)
        self.error, self.basic = error, basic


class ClientEndpoints:
    """Each is one call of identity, which decides."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def configuration(self, request: Request) -> Response:
        return as_json(await self.ask(request, "openid_configuration"), headers=SHARED)

    async def keys(self, request: Request) -> Response:
        return as_json(await self.ask(request, "openid_keys"), headers=SHARED)

    async def token(self, request: Request) -> Response:
        async def answer(form: Form, client: Json) -> Response:
            arguments = {name: form.fields[name] for name in TOKEN_FIELDS if name in form.fields}
            if "grant_type" not in arguments:
                raise OAuthError("invalid_request")
            return as_json(await self.ask(request, "openid_token", **arguments, **client), headers=NOT_KEPT)

        return await _answered(request, answer)

    async def revoke(self, request: Request) -> Response:
        async def answer(form: Form, client: Json) -> Response:
            if "token" not in form.fields:
                raise OAuthError("invalid_request")
            await self.ask(request, "revoke_openid_token", token=form.fields["token"], **client)
            return Response(headers=NOT_KEPT)

        return await _answered(request, answer)

    async def userinfo(self, request: Request) -> Response:
        """By the bearer token of the header (RFC 6750)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return Response(status_code=401, headers={**NOT_KEPT, "WWW-Authenticate": 'Bearer realm="portal"'})
        try:
            return as_json(await self.ask(request, "openid_userinfo", access_token=token.strip()))
        except PlatformRefusal as refusal:
            if refusal.name not in ("Unauthenticated", "InvalidRequest"):
                raise
            challenge = 'Bearer realm="portal", error="invalid_token"'
            return Response(status_code=401, headers={**NOT_KEPT, "WWW-Authenticate": challenge})

    async def ask(self, request: Request, method: str, **arguments: object) -> object:
        caller = self._gateway.context_of(request, anonymous=True)
        return await self._gateway.ask(request, caller, doors()["identity", method], arguments)


NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def _answered(request: Request, answer: Callable[[Form, Json], Awaitable[Response]]) -> Response:
    basic = request.headers.get("authorization", "").lower().startswith("basic ")
    try:
        form = await form_of(request)
        response = await answer(form, _credentials(request, form))
    except OAuthError as fault:
        return _error(fault.error, basic=basic)
    except HttpRefusal as refusal:
        if refusal.status in (408, 413, 429):
            raise
        return _error("invalid_request", basic=basic)
    except PlatformRefusal as refusal:
        if refusal.name == "TokenRequestRefused":
            return _error(str(refusal.facts.get("error", "invalid_request")), basic=basic)
        if refusal.name == "InvalidRequest":
            return _error("invalid_request", basic=basic)
        raise
    except (PlatformUnreachable, DeadlinePassed):
        return _error("temporarily_unavailable", status=503)
    return response


def _error(error: str, *, basic: bool = False, status: int = 400) -> Response:
    headers = dict(NOT_KEPT)
    if error == "invalid_client":
        status = 401
        if basic:
            headers["WWW-Authenticate"] = 'Basic realm="portal"'
    return as_json({"error": error}, status, headers)


def _credentials(request: Request, form: Form) -> Json:
    """How a client says who it is: HTTP Basic or the form, never both (RFC 6749, 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        client = {"client_id": form.fields.get("client_id", ""), "client_secret": form.fields.get("client_secret")}
    elif scheme.lower() == "basic" and "client_secret" not in form.fields:
        client_id, secret = _basic(encoded)
        if form.fields.get("client_id", client_id) != client_id:
            raise OAuthError("invalid_request")
        client = {"client_id": client_id, "client_secret": secret}
    else:
        raise OAuthError("invalid_request")
    if not client["client_id"]:
        raise OAuthError("invalid_client")
    return {name: value for name, value in client.items() if value}


def _basic(encoded: str) -> tuple[str, str]:
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise OAuthError("invalid_client") from None
    if not colon:
        raise OAuthError("invalid_client")
    return unquote_plus(client_id), unquote_plus(secret)
