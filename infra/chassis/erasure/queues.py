"""The broker's queues in which messages stay: what nobody could read or handle, and what waits for its next try.

A queue is gone through once, from its head to what was there at the start; every message is held until the end, so
that those of other people go back to their places. One sweeper at a time, or each would miss what the other holds.
What is left of a message says which sweep it was, so that a sweeper that died before it noted how many there were finds
and counts them again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from amqp.exceptions import ResourceLocked
from kombu import Exchange, Queue

from infra.chassis.erasure.tables import redacted_body
from infra.chassis.json_types import Json
from infra.chassis.messaging.dead_letters import digest_of
from infra.chassis.messaging.failed_events import LAST_ERROR, REDACTED_IN
from infra.chassis.messaging.handler_queues import BOUNDS, unroutable_exchange
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.messaging.topology import retry_exchange, retry_queue, retry_tiers
from infra.chassis.messaging.transport import Connection
from infra.chassis.redaction import error_kind, mentions, redacted, with_token_claims, without_actors
from infra.chassis.settings import Settings
from infra.chassis.wire_types import BrokerMessage, Channel

BODY = "body_base64"  # what every quarantined message has, and no event
TURN = "portal.sweeping"  # an exclusive queue: whoever has it sweeps


class SweepInProgress(Exception):
    """Another service goes through the queues just now; try again."""


def sweep(settings: Settings, marks: set[str], name: str) -> dict[str, int]:
    """Take a person out of the quarantine and the retry tiers; how many messages of each this sweep changed.

    ``name``: the sweep's own, the same when it is made once more because its answer was lost.
    """
    removed, publisher = {}, Publisher(settings.amqp_uri)
    try:
        with _exclusive_channel(settings) as channel:
            removed["quarantine"] = _sweep_quarantine(channel, publisher, marks, name)
            removed["retry"] = sum(_sweep_tier(channel, publisher, tier, marks, name) for tier in retry_tiers(settings))
    finally:
        publisher.close()
    return {name: count for name, count in removed.items() if count}


def remove_settled(settings: Settings, settled: Collection[tuple[str, str]]) -> int:
    """Take dead letters that are settled out of the quarantine, with all their copies; how many there were.

    ``settled``: consumer and message id as their rows have them; the digest, for what nobody could read.
    """

    def left(message: BrokerMessage) -> Json | None:
        return {} if _identities(message) & pairs else None

    pairs = set(settled)

    with _exclusive_channel(settings) as channel:
        return _go_through(channel, QUARANTINE, left, lambda _message, _nothing: None)


def _identities(message: BrokerMessage) -> set[tuple[str, str]]:
    """Consumer and message id, or digest, of the row that a message in the quarantine has."""
    entry = _json(message)
    if BODY not in entry:
        return {(message.delivery_info["routing_key"], str(entry.get("id")))}
    names = [str(entry[name]) for name in ("message_id", "digest") if name in entry]
    if not names:  # quarantined by a release that did not write how it is found
        names = [digest_of(_body_of(entry))]
    return {(str(entry.get("routing_key"))[:160], name) for name in names}


@contextmanager
def _exclusive_channel(settings: Settings) -> Iterator[Channel]:
    """A channel, for as long as nobody else sweeps; :class:`SweepInProgress` if somebody does."""
    with Connection(settings.amqp_uri, connect_timeout=5, transport_options=BOUNDS) as connection:
        channel = connection.channel()
        turn = Queue(TURN, durable=False, exclusive=True, auto_delete=True)(channel)
        try:
            turn.declare()
        except ResourceLocked as error:
            raise SweepInProgress(TURN) from error
        yield channel
        turn.delete()


def _sweep_quarantine(channel: Channel, publisher: Publisher, marks: set[str], name: str) -> int:
    def left(message: BrokerMessage) -> Json | None:
        entry = _json(message)
        if BODY not in entry:
            return _redacted_event(message, marks)
        body = _body_of(entry).decode("utf-8", "replace")
        if "message_id" in entry and _json_of(body):
            return _redacted_dead_letter(entry, body, marks)
        if not mentions(with_token_claims(f"{json.dumps(entry, ensure_ascii=False)} {body}"), marks):
            return None
        left_over = {
            name: entry.get(name) for name in ("service", "why", "routing_key", "content_type", "digest", "at")
        }
        return {**left_over, "headers": {}, BODY: "", "forgotten": True}

    def put_back(message: BrokerMessage, entry: Json) -> None:
        if BODY in entry:
            headers = {REDACTED_IN: name}
            publisher.publish(entry, exchange=unroutable_exchange(), routing_key=QUARANTINE, headers=headers)
        else:
            _put_event_back(publisher, unroutable_exchange(), message, entry, name)

    return _go_through(channel, QUARANTINE, left, put_back, name)


def _redacted_dead_letter(entry: Json, body: str, marks: set[str]) -> Json | None:
    """As its row: who did what it reports is not whom it is about, and what is left can still have its effect."""
    text = json.dumps(without_actors(json.loads(body)), ensure_ascii=False)
    why = str(entry.get("why"))
    if not mentions(with_token_claims(f"{text} {entry.get('headers')} {why}"), marks):
        return None
    redacted_text = base64.b64encode(redacted_body(body, waiting=True)).decode()
    left = {**entry, "why": error_kind(why), "headers": {}, BODY: redacted_text}
    return left if left != entry else None


def _sweep_tier(channel: Channel, publisher: Publisher, tier: int, marks: set[str], name: str) -> int:
    exchange = retry_exchange(tier)

    def put_back(message: BrokerMessage, event: Json) -> None:
        _put_event_back(publisher, exchange, message, event, name)

    return _go_through(channel, retry_queue(tier).name, lambda message: _redacted_event(message, marks), put_back, name)


def _redacted_event(message: BrokerMessage, marks: set[str]) -> Json | None:
    """Of an event that waits or had no queue, or of whatever else somebody left there: nothing stops a sweep."""
    event = _json(message)
    if not event:
        return {"forgotten": True} if mentions(with_token_claims(_text(message)), marks) else None
    if not mentions(json.dumps(without_actors(event), ensure_ascii=False), marks):
        return None
    left: Json = redacted(event)
    return left if left != event or LAST_ERROR in (message.headers or {}) else None


def _put_event_back(publisher: Publisher, exchange: Exchange, message: BrokerMessage, event: Json, name: str) -> None:
    own_headers = {key: value for key, value in (message.headers or {}).items() if key.startswith("portal-")}
    headers = {**own_headers, REDACTED_IN: name}
    headers.pop(LAST_ERROR, None)
    queue = message.delivery_info["routing_key"]
    publisher.publish(event, exchange=exchange, routing_key=queue, headers=headers, message_id=event.get("id"))


Left = Callable[[BrokerMessage], Json | None]  # what is left of a message; None: it stays as it is
PutBack = Callable[[BrokerMessage, Json], None]


def _go_through(channel: Channel, queue_name: str, left: Left, put_back: PutBack, sweep_name: str | None = None) -> int:
    """Every message that is in the queue now: replaced by what is left of it, or handed back as it was."""
    queue = Queue(queue_name, durable=True)(channel)
    there = queue.queue_declare(passive=True).message_count
    changed, others = 0, []
    for _ in range(there):
        message = queue.get(no_ack=False)
        if message is None:
            break
        rest = left(message)
        if rest is None:
            others.append(message.delivery_tag)
            changed += sweep_name is not None and (message.headers or {}).get(REDACTED_IN) == sweep_name
            continue
        put_back(message, rest)
        message.ack()
        changed += 1
    for tag in others:
        channel.basic_reject(tag, requeue=True)
    return changed


def _json(message: BrokerMessage) -> Json:
    """A message's JSON; nothing, for one that somebody else left there."""
    return _json_of(_text(message))


def _json_of(text: str) -> Json:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _body_of(entry: Json) -> bytes:
    """The message that a quarantined one was; what is no Base64 is taken as it is."""
    try:
        return base64.b64decode(entry[BODY])
    except (TypeError, ValueError):
        return str(entry[BODY]).encode("utf-8", "surrogatepass")


def _text(message: BrokerMessage) -> str:
    body = message.body
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
