"""Before anything is read: how many requests at once, how many and how long headers, how large a body and how slowly it
may come. Outermost but for the access log; endless headers and answers nobody reads are cut by :mod:`connections`.
"""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.front_door import metrics, problems
from infra.front_door.connections import LARGEST_HEADERS
from infra.front_door.context import headers_of, language_of
from infra.front_door.errors import BodyTooLarge, FrontDoorBusy, HeadersTooLarge, HttpRefusal, RequestTooSlow

STREAM = b"text/event-stream; charset=utf-8"
MOST_HEADERS = 100
LONGEST_PATH = 2000
LONGEST_QUERY = 8000
MOST_AT_ONCE = 500  # requests being answered, streams not counted
LARGEST_BODY = 15 * 1024 * 1024  # bytes; a door takes 16 MiB with what is around it
MOST_BUFFERED = 96 * 1024 * 1024  # bytes of all bodies at work
BODY_WITHIN = 60.0  # seconds a body may take as a whole
SILENCE = 10.0  # seconds without a byte


class Limits:
    """ASGI middleware; what is too much is answered as a problem, and its connection is closed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._at_once = self._buffered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        try:
            length = self._admit(scope, headers)
        except HttpRefusal as refused:
            await self._refuse(refused, scope, headers, receive, send)
            return
        body, place = _Body(receive), _Place(self)
        self._buffered += length

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and (b"content-type", STREAM) in message["headers"]:
                place.leave()  # streams have a bound of their own
            await send(message)

        try:
            await self._app(scope, body.receive, sending)
        finally:
            place.leave()
            self._buffered -= length

    def _admit(self, scope: Scope, headers: dict[str, str]) -> int:
        """The length of the body to come (the largest there is, where the client does not say)."""
        if len(scope["headers"]) > MOST_HEADERS or len(scope["path"]) > LONGEST_PATH:
            raise HeadersTooLarge()
        size = sum(len(name) + len(value) for name, value in scope["headers"])  # h11 only bounds what is incomplete
        if len(scope["query_string"]) > LONGEST_QUERY or size > LARGEST_HEADERS:
            raise HeadersTooLarge(headers={"Connection": "close"})
        announced = headers.get("content-length", "0")
        length = (
            int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 12 else LARGEST_BODY + 1
        )
        if length > LARGEST_BODY:
            raise BodyTooLarge(limit=LARGEST_BODY, headers={"Connection": "close"})
        if "transfer-encoding" in headers:
            length = LARGEST_BODY
        if self._at_once >= MOST_AT_ONCE or self._buffered + length > MOST_BUFFERED:
            raise FrontDoorBusy(seconds=1, headers={"Retry-After": "1", "Connection": "close"})
        return length

    async def _refuse(
        self, refused: HttpRefusal, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        metrics.limited.labels(refused.name).inc()
        language = language_of(headers.get("accept-language", ""))
        answer = problems.of_http(refused, language=language, call_id=scope["state"]["call_id"])
        await answer(scope, receive, send)


class _Place:
    """One of the requests at once, from its beginning to its end or to that of a stream's headers."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._counted = limits, 1
        limits._at_once += 1

    def leave(self) -> None:
        self._limits._at_once -= self._counted
        self._counted = 0


class _Body:
    """What is received, counted: too much, too slowly or not at all is refused while it comes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left, self._until, self._complete = LARGEST_BODY, time.monotonic() + BODY_WITHIN, False

    async def receive(self) -> Message:
        if self._complete:  # the end of the client, for which streams wait
            return await self._receive()
        try:
            async with asyncio.timeout(min(SILENCE, max(0.0, self._until - time.monotonic()))):
                message = await self._receive()
        except TimeoutError:
            raise RequestTooSlow(headers={"Connection": "close"}) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge(limit=LARGEST_BODY, headers={"Connection": "close"})
        self._complete = not message.get("more_body", False)
        return message
