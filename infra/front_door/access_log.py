"""One line for each request, as JSON and without personal data: the route, never the path, query, body or address.

Outermost: it gives the request its call id, and its answer the headers that every answer has.
"""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.chassis import logs
from infra.front_door import metrics
from infra.front_door.context import new_call_id

CALL_ID = b"portal-call-id"
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
]
POLICY = (
    b"content-security-policy",
    b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
)


class AccessLog:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["call_id"] = new_call_id()
        line = _Line(scope)

        async def sent(message: Message) -> None:
            line.see(message)
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with_own(message["headers"], state["call_id"])}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            line.write()


def _with_own(headers: list[tuple[bytes, bytes]], call_id: str) -> list[tuple[bytes, bytes]]:
    names = {name.lower() for name, _ in headers}
    own = [*ALWAYS, POLICY, (CALL_ID, call_id.encode())]
    return [*headers, *(header for header in own if header[0] not in names)]


class _Line:
    def __init__(self, scope: Scope) -> None:
        self._scope, self._since = scope, time.perf_counter()
        self.status, self._length = 0, 0

    def see(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        else:
            self._length += len(message.get("body", b""))

    def write(self) -> None:
        state, took = self._scope["state"], time.perf_counter() - self._since
        route, method = state.get("route", "other"), _method_label(self._scope["method"])
        metrics.request_seconds.labels(method, route).observe(took)
        metrics.requests.labels(method, route, str(self.status)).inc()
        logs.get().info(
            "request",
            method=method,
            route=route,
            status=self.status,
            ms=round(took * 1000, 1),
            bytes=self._length,
            call_id=state["call_id"],
            language=state.get("language"),
            **({"calls": state["calls"]} if "calls" in state else {}),
        )


def _method_label(method: str) -> str:
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
