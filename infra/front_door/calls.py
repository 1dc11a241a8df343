"""A call of the platform, as the front door makes it: one interface, whatever carries the call.

A link (:mod:`amqp_link`, :mod:`local_link`) only sends and says when it broke; futures, deadlines and repeats are here.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from typing import Protocol

from infra.chassis.json_types import Json
from infra.front_door import metrics

MOST_OPEN = 1000  # calls that wait for a reply at once
PATIENCE = 1.0  # seconds a call waits for a link that is just coming back
UNKNOWN = {"name": "InternalFailure", "text": "", "facts": {}}


class PlatformRefusal(Exception):
    """The platform refused: the refusal's name, its text in the caller's language and its facts."""

    def __init__(self, name: str, text: str, facts: Json) -> None:
        super().__init__(name)
        self.name, self.text, self.facts = name, text, facts


class PlatformUnreachable(Exception):
    """Nobody is there to be asked; ``begun`` when the link broke after the call was sent."""

    def __init__(self, service: str, *, begun: bool = False) -> None:
        super().__init__(service)
        self.service, self.begun = service, begun


class DeadlinePassed(Exception):
    """No reply within the time that the caller gave."""


@dataclass(frozen=True, slots=True)
class Call:
    """``headers``: Nameko's context, checked; ``repeatable``: harmless when it is done twice."""

    service: str
    method: str
    arguments: Json
    headers: Json
    within: float
    repeatable: bool = False

    def body(self) -> bytes:
        """The wire's body, in UTF-8; a lone surrogate goes escaped, for the service to refuse by name."""
        content = {"args": [], "kwargs": self.arguments}
        try:
            return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            return json.dumps(content, separators=(",", ":")).encode()


class Link(Protocol):
    """What carries calls: it takes a body, and hands replies, returns and its own end to :class:`OpenCalls`."""

    connected: asyncio.Event

    async def send(self, correlation_id: str, call: Call, body: bytes, headers: Json, left: float) -> None:
        """Give the call to the other side; an ``OSError`` or ``ConnectionError`` when that is not possible."""

    async def start(self, open_calls: OpenCalls) -> None: ...

    async def stop(self) -> None: ...


class OpenCalls:
    """Futures of calls without a reply yet, by correlation id."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        metrics.open_calls.set_function(lambda: len(self._waiting))

    def __len__(self) -> int:
        return len(self._waiting)

    def open(self, correlation_id: str) -> asyncio.Future[bytes]:
        future = self._waiting[correlation_id] = asyncio.get_running_loop().create_future()
        return future

    def close(self, correlation_id: str) -> None:
        self._waiting.pop(correlation_id, None)

    def reply(self, correlation_id: str, body: bytes) -> None:
        """What came for a call; a late reply is counted and dropped."""
        future = self._waiting.pop(correlation_id, None)
        if future is None:
            metrics.late_replies.inc()
        elif not future.done():
            future.set_result(body)

    def returned(self, correlation_id: str) -> None:
        """The broker knows no queue for it: the service is not there, and nothing has begun."""
        self._fail(correlation_id, begun=False)

    def fail_all(self) -> None:
        """The link broke: nobody waits for a reply that cannot come any more."""
        for correlation_id in list(self._waiting):
            self._fail(correlation_id, begun=True)

    def _fail(self, correlation_id: str, *, begun: bool) -> None:
        future = self._waiting.pop(correlation_id, None)
        if future is not None and not future.done():
            future.set_exception(PlatformUnreachable("", begun=begun))


class Platform:
    """What every route calls; ``call`` gives the result or raises one of the three exceptions above."""

    def __init__(self, link: Link) -> None:
        self.link, self.open_calls = link, OpenCalls()

    @property
    def connected(self) -> bool:
        return self.link.connected.is_set()

    async def start(self) -> None:
        await self.link.start(self.open_calls)

    async def stop(self) -> None:
        await self.link.stop()
        self.open_calls.fail_all()

    async def call(self, call: Call) -> Json:
        if len(self.open_calls) >= MOST_OPEN:
            raise PlatformUnreachable(call.service)
        until = time.monotonic() + call.within
        try:
            return await self._once(call, until)
        except PlatformUnreachable as broken:
            if not (broken.begun and call.repeatable):
                raise PlatformUnreachable(call.service, begun=broken.begun) from None
        metrics.repeated_calls.inc()
        return await self._once(call, until)

    async def _once(self, call: Call, until: float) -> Json:
        await self._connected(call, until)
        correlation_id = str(uuid.uuid4())
        future = self.open_calls.open(correlation_id)
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                left = max(0.001, until - time.monotonic())
                headers = {**call.headers, "nameko.deadline": f"{time.time() + left:.3f}"}
                await self.link.send(correlation_id, call, call.body(), headers, left)
                return result_of(await future)
        except TimeoutError:
            raise DeadlinePassed(call.service) from None
        except PlatformUnreachable as lost:
            raise PlatformUnreachable(call.service, begun=lost.begun) from None
        except OSError:
            raise PlatformUnreachable(call.service, begun=True) from None
        finally:
            self.open_calls.close(correlation_id)

    async def _connected(self, call: Call, until: float) -> None:
        if self.connected:
            return
        try:
            async with asyncio.timeout(min(PATIENCE, max(0.0, until - time.monotonic()))):
                await self.link.connected.wait()
        except TimeoutError:
            raise PlatformUnreachable(call.service) from None


def result_of(body: bytes) -> Json:
    """The result in a reply, or the refusal that it is; a reply nobody can read is a failure inside."""
    try:
        reply = json.loads(body)
        error = reply["error"]
        if not error:
            result: Json = reply["result"]
            return result
        arguments = error.get("exc_args") or []
        facts = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], dict) else {}
        refusal = PlatformRefusal(str(error["exc_type"]), str(error["value"]), facts)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PlatformRefusal(**UNKNOWN) from None  # type: ignore[arg-type]
    raise refusal
