"""``GET /changes`` with ``Accept: text/event-stream``: a feed as server-sent events.

Each change is an event ``change`` whose id is its position; ``Last-Event-ID`` (or ``after``) resumes. ``resync`` says
that the position was too old: load lists again; ``end`` that the token does not hold any longer. A comment every few
seconds keeps what is between awake.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from infra.chassis.json_types import Json
from infra.front_door.calls import Call, DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.context import Context
from infra.front_door.errors import MalformedRequest
from infra.front_door.feeds import Answer, Ask, FeedEnded
from infra.front_door.gateway import Gateway
from infra.front_door.limits import STREAM
from infra.front_door.rates import account_key
from infra.front_door.surface import Door

HEARTBEAT = 15.0  # seconds
BATCH = 500  # positions that one call looks at
RETRY = 3000  # milliseconds after which a client connects again
RESYNC = "event: resync\ndata: {}\n\n"
HEADERS = {"Cache-Control": "no-store", "Content-Type": STREAM.decode(), "X-Accel-Buffering": "no"}

CLOSING: set[asyncio.Future[None]] = set()  # a task that nobody refers to may be collected before it has run


def is_asked_for(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "") and request.method == "GET"


async def stream(
    gateway: Gateway,
    request: Request,
    caller: Context,
    door: Door,
    arguments: Json,
    missed: Callable[[], Awaitable[bool]] | None = None,
) -> Response:
    """The stream, once the platform has answered for the first time: a refusal is an ordinary problem.

    ``missed``: asked once the feed's position is known, whether the client has seen less than that; ``resync`` comes
    first then, and the stream goes on.
    """
    arguments = {**arguments, "limit": BATCH}
    first = await gateway.ask(request, caller, door, arguments)
    opening = f"retry: {RETRY}\n\n" + (RESYNC if missed is not None and await missed() else "")
    account = account_key(caller.token or "")
    gateway.feeds.admit(account)

    async def ask(after: int | None) -> Answer:
        again = Call(door.service, door.method, {**arguments, "after": after}, caller.headers(), caller.within, True)
        answer: Answer = await gateway.platform.call(again)
        return answer

    key = (account, str(arguments.get("agency_code", "")))
    return Stream(_lines(gateway, key, ask, first, opening), lambda: gateway.feeds.release(account))


def resumed(request: Request, arguments: Json) -> Json:
    """The arguments from the last event on that the client has had."""
    last = request.headers.get("last-event-id", "").strip()
    if not last:
        return arguments
    if not (last.isascii() and last.isdigit() and len(last) <= 15):
        raise MalformedRequest(reason="Last-Event-ID không phải vị trí", reason_en="Last-Event-ID is no position")
    begin = arguments.get("after", 0)
    return {**arguments, "after": max(begin, int(last))} if isinstance(begin, int) else arguments


class Stream(StreamingResponse):
    """Counted until it ends, also when its client has gone before the first line."""

    def __init__(self, lines: AsyncIterator[bytes], ended: Callable[[], None]) -> None:
        super().__init__(lines, 200, HEADERS)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _lines(gateway: Gateway, key: tuple[str, ...], ask: Ask, first: Answer, opening: str) -> AsyncIterator[bytes]:
    answers = gateway.feeds.answers(key, ask, first)
    following = None
    try:
        yield opening.encode()
        while True:
            following = following or asyncio.ensure_future(anext(answers))
            if not (await asyncio.wait([following], timeout=HEARTBEAT))[0]:
                yield b": \n\n"
                continue
            answer, following = await following, None
            yield _events(answer)
            if answer["resync"]:
                return
    except (FeedEnded, PlatformRefusal):
        yield b"event: end\ndata: {}\n\n"
    except (PlatformUnreachable, DeadlinePassed):
        return  # the client connects again and is told what there is
    finally:
        # In a task of its own: whoever's client has gone is cancelled at every await.
        closing = asyncio.ensure_future(_close(following, answers))
        CLOSING.add(closing)
        closing.add_done_callback(CLOSING.discard)


async def _close(following: asyncio.Future[Answer] | None, answers: AsyncGenerator[Answer, None]) -> None:
    if following is not None:
        following.cancel()
        await asyncio.wait([following])
    await answers.aclose()


def _events(answer: Answer) -> bytes:
    """An answer's changes, and its position as the id to resume at: a block without data is no event to a client."""
    blocks = [f"id: {item['position']}\nevent: change\ndata: {_json(item)}\n\n" for item in answer["items"]]
    if answer["resync"]:
        blocks.append(f"id: {answer['position']}\n{RESYNC}")
    return "".join([*blocks, f"id: {answer['position']}\n\n"]).encode()


def _json(item: Json) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))
