"""A source publishes again what a handler's queue missed, as :mod:`infra.chassis.messaging.handler_queues` asks.

Requests are taken from ``portal.retell.<source>`` and acked when all is published, so a follower that ends in the
middle begins again. Those that wait for the same queue are answered once, from the earliest of their instants on. The
queue is made and bound before the log is read: what is published after that reaches it by itself, what was published
before is read here. A repeat is the inbox's affair.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kombu import Queue

from infra.chassis import logs
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import is_instant
from infra.chassis.messaging.event_publisher import EventPublisher
from infra.chassis.messaging.handler_queues import (
    BOUNDS,
    again_exchange,
    declare_handler_queue,
    ensure_exchanges,
    redelivery_exchange,
    redelivery_queue,
)
from infra.chassis.messaging.publishing import events_exchange
from infra.chassis.messaging.transport import Connection
from infra.chassis.settings import Settings
from infra.chassis.wire_types import BrokerMessage, Channel

LONGEST_NAME = 255  # bytes of a queue's name in AMQP
POLL_SECONDS = 1.0  # seconds between checks for a request
BATCH = 200
AT_ONCE = 1000  # requests taken together


class RedeliverySource(Protocol):
    """What has published events and can read them again."""

    publisher: EventPublisher

    def events_since(self, event_type: str, *, since: datetime, after: int, limit: int) -> list[tuple[int, CloudEvent]]:
        """The events of one type since a moment and after a position, in their order: ``(position, event)``."""
        ...


@dataclass
class RedeliveryRequest:
    """A handler's queue that missed events of one type; how far it has been served."""

    queue: str
    event_type: str
    since: datetime
    tags: list[object]  # of the requests this answers
    source: int = 0
    after: int = 0
    republished: int = 0


class Redelivery:
    """Answers one queue after the other, a batch a step."""

    name = "redelivery"

    def __init__(self, settings: Settings, sources: list[RedeliverySource]) -> None:
        self.settings, self.sources = settings, sources
        self.service = sources[0].publisher.service
        self.requests = redelivery_queue(self.service)
        self._connection: Connection | None = None
        self._channel: Channel | None = None
        self._request: RedeliveryRequest | None = None
        self._waiting: dict[str, RedeliveryRequest] = {}
        self._looked_at = float("-inf")

    def step(self) -> int:
        try:
            return self._step()
        except Exception:
            self.release_held()
            raise

    def release_held(self) -> None:
        """The broker gives the requests back, and whoever leads begins them anew."""
        connection, self._connection, self._channel, self._request = self._connection, None, None, None
        self._waiting.clear()
        if connection is not None:
            try:
                connection.collect()
            except Exception as error:  # it is being given up because it is broken
                self.last_error = error

    def _step(self) -> int:
        if self._request is None and not self._take():
            return 0
        request = self._request
        assert request is not None
        events = self.sources[request.source].events_since(
            request.event_type, since=request.since, after=request.after, limit=BATCH
        )
        for position, event in events:
            self.sources[request.source].publisher.republish(event, request.queue)
            request.after, request.republished = position, request.republished + 1
        if len(events) < BATCH:
            request.source, request.after = request.source + 1, 0
        if request.source == len(self.sources):
            for tag in request.tags:
                self._ready().basic_ack(tag)
            logs.get(service=self.service).warning(
                "events_redelivered", queue=request.queue, events=request.republished
            )
            self._request, self._looked_at = None, float("-inf")
        return len(events) or 1

    def _take(self) -> bool:
        """The next request, its queue being there afterwards; looks once a second when there is none."""
        if not self._waiting and not self._fetch():
            return False
        self._request = self._waiting.pop(next(iter(self._waiting)))
        self._declare(self._request)
        return True

    def _fetch(self) -> bool:
        """Take what is asked for now, one request for each queue."""
        if time.monotonic() - self._looked_at < POLL_SECONDS:
            return False
        self._looked_at = time.monotonic()
        for _ in range(AT_ONCE):
            channel = self._ready()
            message = channel.basic_get(self.requests.name)
            if message is None:
                break
            try:
                self._merge(self._read(message))
            except (ValueError, KeyError, TypeError, RecursionError) as wrong:
                logs.get(service=self.service).warning("redelivery_request_unreadable", error=str(wrong))
                channel.basic_ack(message.delivery_tag)
        return bool(self._waiting)

    def _merge(self, request: RedeliveryRequest) -> None:
        waiting = self._waiting.setdefault(request.queue, request)
        if waiting is not request:
            waiting.tags += request.tags
            waiting.since = min(waiting.since, request.since)

    def _declare(self, request: RedeliveryRequest) -> None:
        queue = Queue(
            request.queue, exchange=events_exchange(self.service), routing_key=request.event_type, durable=True
        )
        declare_handler_queue(self._ready(), queue)

    def _read(self, message: BrokerMessage) -> RedeliveryRequest:
        fields = json.loads(message.body)
        queue, event_type = str(fields["queue"]), str(fields["type"])
        if not queue.startswith(f"evt-{self.service}-{event_type}--"):
            raise ValueError("not a queue of this event")
        if len(queue.encode()) > LONGEST_NAME:
            raise ValueError("longer than a queue's name can be")
        if not is_instant(fields["since"]):
            raise ValueError("not an instant")
        return RedeliveryRequest(queue, event_type, datetime.fromisoformat(fields["since"]), [message.delivery_tag])

    def _ready(self) -> Channel:
        if self._channel is None:
            self._connection = Connection(
                self.settings.amqp_uri, connect_timeout=5, heartbeat=0, transport_options=BOUNDS
            )
            ours = (again_exchange(), redelivery_exchange(), events_exchange(self.service))
            ensure_exchanges(self._connection, *ours)
            self._channel = self._connection.channel()
            self.requests(self._channel).queue_declare()
            self.requests(self._channel).queue_bind()
        return self._channel
