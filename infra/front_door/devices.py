"""The device's token of a sign-in (:mod:`identity`), kept in a cookie that no script reads.

It signs nobody in and opens nothing: with it, failures of this device are counted apart from a stranger's. So a request
that another site's page makes gains nothing by it. Whoever sends the member ``device`` itself, be it ``null``, keeps
the token itself: programs without cookies.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.chassis.json_types import Json
from infra.front_door.surface import Door

COOKIE = "__Host-portal-device"
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)
HOLDS = 180 * 24 * 3600  # seconds, as long as identity knows a device
SIGNING_IN = ("sign_in", "complete_eid_sign_in", "sign_in_to_authorize", "reset_password")
ANSWERED_BY = {("identity", method) for method in SIGNING_IN}


def knows_devices(door: Door) -> bool:
    return (door.service, door.method) in ANSWERED_BY


def with_device(request: Request, door: Door, arguments: Json) -> Json:
    """The arguments of a sign-in with what the cookie says."""
    if "device" not in door.parameters:
        return arguments
    token = request.cookies.get(COOKIE, "")
    return {"device": token, **arguments} if TOKEN.fullmatch(token) else arguments


def to_cookie(request: Request, arguments: Json, reply: Json) -> Json:
    """The reply of a sign-in without the token, which goes into the cookie; the whole to whoever keeps it itself."""
    if "device" in arguments or "device" not in reply:
        return reply
    request.scope["state"]["device"] = reply["device"]
    return {name: value for name, value in reply.items() if name != "device"}


class DeviceCookies:
    """ASGI middleware: sets the cookie where a sign-in left a token for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            token = scope.get("state", {}).get("device")
            if token and message["type"] == "http.response.start":
                cookie = f"{COOKIE}={token}; Max-Age={HOLDS}; Path=/; Secure; HttpOnly; SameSite=Strict"
                message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie.encode("ascii"))]}
            await send(message)

        await self._app(scope, receive, sending)
