"""The broker's queues in which messages stay: what nobody could read, and what waits for its next try.

A queue is gone through once, from its head to what was there at the start; every message is held until the end, so
that those of other people go back to their places. One sweeper at a time, or each would miss what the other holds.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from amqp.exceptions import ResourceLocked
from kombu import Connection, Queue

from infra.chassis.handlers import LAST_ERROR
from infra.chassis.publishing import Publisher
from infra.chassis.settings import Settings
from infra.chassis.topology import retry_exchange, retry_tiers
from infra.chassis.wire import QUARANTINE
from infra.chassis.wordless import about, speaks_of, with_tokens_read, without_words

TURN = "portal.sweeping"  # an exclusive queue: whoever has it sweeps


class AnotherSweeps(Exception):
    """Another service goes through the queues just now; try again."""


def sweep(settings: Settings, marks: set[str]) -> dict[str, int]:
    """Take a person out of the quarantine and the retry tiers; how many messages of each were changed."""
    found = {}
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        channel, publisher = connection.channel(), Publisher(settings.amqp_uri)
        turn = Queue(TURN, durable=False, exclusive=True, auto_delete=True)(channel)
        try:
            turn.declare()
        except ResourceLocked as taken:
            raise AnotherSweeps(TURN) from taken
        try:
            found["quarantine"] = _sweep_quarantine(channel, publisher, marks)
            found["retry"] = sum(_sweep_tier(channel, publisher, tier, marks) for tier in retry_tiers(settings))
            turn.delete()
        finally:
            publisher.close()
    return {name: count for name, count in found.items() if count}


def _sweep_quarantine(channel: Any, publisher: Publisher, marks: set[str]) -> int:
    def left(message: Any) -> dict[str, Any] | None:
        letter = json.loads(_text(message))
        body = base64.b64decode(letter.get("body_base64") or "").decode("utf-8", "replace")
        if not speaks_of(with_tokens_read(f"{json.dumps(letter, ensure_ascii=False)} {body}"), marks):
            return None
        kept = {name: letter.get(name) for name in ("service", "why", "routing_key", "content_type")}
        return {**kept, "headers": {}, "body_base64": "", "forgotten": True}

    def put_back(message: Any, letter: dict[str, Any]) -> None:
        publisher.publish(letter, exchange="", routing_key=QUARANTINE)

    return _gone_through(channel, QUARANTINE, left, put_back)


def _sweep_tier(channel: Any, publisher: Publisher, tier: int, marks: set[str]) -> int:
    exchange = retry_exchange(tier)

    def left(message: Any) -> dict[str, Any] | None:
        event = json.loads(_text(message))
        if not speaks_of(json.dumps(about(event), ensure_ascii=False), marks):
            return None
        wordless: dict[str, Any] = without_words(event)
        return wordless if wordless != event or LAST_ERROR in (message.headers or {}) else None

    def put_back(message: Any, event: dict[str, Any]) -> None:
        headers = {
            name: value
            for name, value in (message.headers or {}).items()
            if name.startswith("portal-") and name != LAST_ERROR
        }
        queue = message.delivery_info["routing_key"]
        publisher.publish(event, exchange=exchange, routing_key=queue, headers=headers, message_id=event.get("id"))

    return _gone_through(channel, exchange.name, left, put_back)


def _gone_through(channel: Any, name: str, left: Any, put_back: Any) -> int:
    """Every message that is in the queue now: replaced by what is left of it, or handed back as it was."""
    queue = Queue(name, durable=True)(channel)
    there = queue.queue_declare(passive=True).message_count
    changed, others = 0, []
    for _ in range(there):
        message = queue.get(no_ack=False)
        if message is None:
            break
        rest = left(message)
        if rest is None:
            others.append(message.delivery_tag)
            continue
        put_back(message, rest)
        message.ack()
        changed += 1
    for tag in others:
        channel.basic_reject(tag, requeue=True)
    return changed


def _text(message: Any) -> str:
    body = message.body
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
