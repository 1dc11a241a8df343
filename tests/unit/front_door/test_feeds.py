"""What a feed gives its streams, without a loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from infra.front_door import feeds
from infra.front_door.errors import StreamsTooMany


async def _no_answer(_after: int | None) -> dict[str, Any]:
    raise AssertionError("nobody asks here")


def answer(position: int) -> dict[str, Any]:
    return {"items": [{"position": position}], "position": position, "more": False, "resync": False}


def test_a_stream_that_is_too_far_behind_gets_its_end_and_the_others_go_on() -> None:
    slow: asyncio.Queue[Any] = asyncio.Queue(feeds.MOST_WAITING)
    fast: asyncio.Queue[Any] = asyncio.Queue(feeds.MOST_WAITING)
    feed = feeds.Feed(_no_answer, 0, {slow, fast})
    for position in range(1, feeds.MOST_WAITING + 2):
        feed.publish(answer(position))
        assert fast.get_nowait()["position"] == position
    assert slow.get_nowait() is None and slow.empty(), "it resumes by itself at the last event that it was sent"
    assert feed.queues == {fast}


def test_what_a_stream_has_had_by_itself_is_not_repeated() -> None:
    assert feeds._after(7, {**answer(7), "items": [{"position": 7}, {"position": 9}]})["items"] == [{"position": 9}]


def test_streams_are_counted_for_each_account() -> None:
    counted = feeds.Feeds(most_of_one=2)
    for account in ("a", "a", "b"):
        counted.admit(account)
    with pytest.raises(StreamsTooMany):
        counted.admit("a")
    counted.release("a")
    counted.admit("a")
