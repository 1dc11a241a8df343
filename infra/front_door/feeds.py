"""Feeds of changes: for each feed one poller in this process, whatever the number of streams that show it.

A feed is what one access token may see of its own or of one office's applications: only who holds the token is shown
what it gave, and a feed ends with it. Positions are the platform's: who resumes at one misses nothing and sees nothing
twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.front_door import metrics
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.errors import StreamsTooMany
from infra.front_door.statuses import status_of

EVERY = 2.0  # seconds between two looks at a feed
MOST_WAITING = 100  # answers that a stream may be behind its feed; more, and it is cut: its client resumes by itself
MOST_STREAMS = 1000  # of this process

Answer = Json  # of ``applications.changes``
Ask = Callable[[int | None], Awaitable[Answer]]


class FeedEnded(Exception):
    """Nothing more comes: the token does not hold any longer, the stream was too slow, or the process stops."""


@dataclass(eq=False)
class Feed:
    """``position``: how far its poller has come; ``queues``: one for each open stream."""

    ask: Ask
    position: int
    queues: set[asyncio.Queue[Answer | None]] = field(default_factory=set)
    poller: asyncio.Task[None] | None = None

    def publish(self, answer: Answer | None) -> None:
        """To every stream; one that is too far behind gets the end instead."""
        for queue in list(self.queues):
            if queue.full():
                self.queues.discard(queue)
                _emptied(queue).put_nowait(None)
                metrics.streams_cut.inc()
            else:
                queue.put_nowait(answer)


class Feeds:
    """The feeds of this process, by token and office."""

    def __init__(self, most_of_one: int) -> None:
        self._feeds: dict[tuple[str, ...], Feed] = {}
        self._most_of_one = most_of_one
        self.stopping: Callable[[], bool] = lambda: False  # asked before every look; all streams end then
        self._open: dict[str, int] = {}
        metrics.open_streams.set_function(lambda: sum(self._open.values()))

    def admit(self, account: str) -> None:
        """Count a stream in; refused when an account or the process has too many."""
        if self._open.get(account, 0) >= self._most_of_one or sum(self._open.values()) >= MOST_STREAMS:
            raise StreamsTooMany(seconds=30, headers={"Retry-After": "30"})
        self._open[account] = self._open.get(account, 0) + 1

    def release(self, account: str) -> None:
        self._open[account] -= 1
        if not self._open[account]:
            del self._open[account]

    async def answers(self, key: tuple[str, ...], ask: Ask, first: Answer) -> AsyncGenerator[Answer, None]:
        """``first``, and every answer that follows it; :class:`FeedEnded` at the end."""
        answer = first
        yield answer
        while answer["more"]:
            answer = await ask(answer["position"])
            yield answer
        position = answer["position"]
        feed, queue = self._joined(key, ask, position)
        try:
            published = feed.position
            while position < published:  # before this stream joined
                answer = await ask(position)
                position = answer["position"]
                yield answer
            while True:
                queued = await queue.get()
                if queued is None:
                    raise FeedEnded()
                if queued["position"] > position:
                    yield _after(position, queued)
                    position = queued["position"]
        finally:
            self._leave(key, feed, queue)

    def _joined(self, key: tuple[str, ...], ask: Ask, position: int) -> tuple[Feed, asyncio.Queue[Answer | None]]:
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(ask, position)
            feed.poller = asyncio.create_task(self._poll(key, feed), name="feed")
        queue: asyncio.Queue[Answer | None] = asyncio.Queue(MOST_WAITING)
        feed.queues.add(queue)
        return feed, queue

    def _leave(self, key: tuple[str, ...], feed: Feed, queue: asyncio.Queue[Answer | None]) -> None:
        feed.queues.discard(queue)
        if not feed.queues:
            if self._feeds.get(key) is feed:
                del self._feeds[key]
            if feed.poller is not None:
                feed.poller.cancel()

    async def _poll(self, key: tuple[str, ...], feed: Feed) -> None:
        """Until the last stream leaves, the token ends, or the process stops."""
        more = False
        try:
            while not self.stopping():
                if not more:
                    await asyncio.sleep(EVERY)
                more = await self._step(feed)
        except PlatformRefusal as refused:
            logs.get().info("feed_ended", refusal=refused.name)
        finally:
            if self._feeds.get(key) is feed:
                del self._feeds[key]
            feed.publish(None)

    async def _step(self, feed: Feed) -> bool:
        """One look, and whether there is more to read at once; only the end of the token ends the feed."""
        try:
            answer = await feed.ask(feed.position)
        except (PlatformUnreachable, DeadlinePassed):
            return False
        except PlatformRefusal as refused:
            if status_of(refused.name) in (401, 403):
                raise
            return False
        feed.position = answer["position"]
        feed.publish(answer)
        return bool(answer["more"])


def _after(position: int, answer: Answer) -> Answer:
    """What of an answer is beyond a position that a stream has had by itself."""
    return {**answer, "items": [item for item in answer["items"] if item["position"] > position]}


def _emptied(queue: asyncio.Queue[Answer | None]) -> asyncio.Queue[Answer | None]:
    while not queue.empty():
        queue.get_nowait()
    return queue
