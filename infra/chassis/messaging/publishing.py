"""Publishing with confirms and a bound on every wait; what nobody listens to is known, not lost."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from kombu import Exchange, Producer, Queue
from kombu.pools import set_limit

from infra.chassis import logs
from infra.chassis.messaging.transport import Connection

CONFIRM_TIMEOUT = 5.0  # seconds to wait for the broker's confirm (pitfall: the stock wait has no end)
RETRY = {"max_retries": 3, "interval_start": 0.1, "interval_step": 0.5, "interval_max": 2.0}


def events_exchange(service: str) -> Exchange:
    """The topic exchange a service publishes its events on; the same as stock Nameko's."""
    return Exchange(f"{service}.events", type="topic", durable=True, delivery_mode=2)


def size_pools(workers: int) -> None:
    """Room in kombu's global pools for every worker and the platform's own publishers (their wait has no end)."""
    set_limit(workers * 5 + 20)


class Unroutable(Exception):
    """The broker accepted the message but no queue takes it."""


class Publisher:
    """One confirmed, mandatory publishing channel. Not for use by two threads at once: it locks."""

    def __init__(self, amqp_uri: str) -> None:
        self.amqp_uri = amqp_uri
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._returned: list[object] = []
        self._lock = threading.Lock()

    def publish(
        self,
        body: object,
        *,
        exchange: Exchange | str,
        routing_key: str,
        headers: Mapping[str, object] | None = None,
        message_id: str | None = None,
        **options: object,
    ) -> None:
        """Publish and wait for the confirm; :class:`Unroutable` when no queue is bound."""
        with self._lock:
            try:
                self._publish(body, exchange, routing_key, headers or {}, message_id, options)
            except Unroutable:
                raise
            except Exception:
                self._drop()
                raise

    def publish_durably(
        self,
        body: object,
        queue: Queue,
        *,
        exchange: Exchange | str,
        routing_key: str,
        headers: Mapping[str, object] | None = None,
        message_id: str | None = None,
    ) -> None:
        """Publish what must not be lost; a queue that is gone is declared again first."""
        try:
            self.publish(body, exchange=exchange, routing_key=routing_key, headers=headers, message_id=message_id)
        except Unroutable:
            logs.get().warning("queue_gone", queue=queue.name)
            with Connection(self.amqp_uri, connect_timeout=5) as connection:
                queue(connection.channel()).declare()
            self.publish(body, exchange=exchange, routing_key=routing_key, headers=headers, message_id=message_id)

    def _publish(
        self,
        body: object,
        exchange: Exchange | str,
        routing_key: str,
        headers: Mapping[str, object],
        message_id: str | None,
        options: dict[str, object],
    ) -> None:
        producer = self._ready()
        self._returned.clear()
        options.setdefault("serializer", "json")
        if isinstance(body, bytes):
            options.pop("serializer", None)
            options.setdefault("content_type", "application/json")
            options.setdefault("content_encoding", "utf-8")
        producer.publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            headers=headers,
            message_id=message_id,
            mandatory=True,
            delivery_mode=2,
            timeout=CONFIRM_TIMEOUT,
            confirm_timeout=CONFIRM_TIMEOUT,
            **options,
        )
        if self._returned:
            raise Unroutable(routing_key)

    def _ready(self) -> Producer:
        if self._producer is None:
            self._connection = Connection(
                self.amqp_uri,
                connect_timeout=5,
                heartbeat=0,
                transport_options={
                    "confirm_publish": True,
                    "read_timeout": 30,
                    "write_timeout": 30,
                    "client_properties": {"connection_name": "portal publisher"},
                },
            )
            # A returned message is noted by the callback: raising from the wait would leave the confirm unread,
            # and the next publish would take it for its own.
            self._producer = Producer(self._connection.channel(), on_return=lambda *about: self._returned.append(about))
        return self._producer

    def _drop(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            try:
                connection.collect()
            except Exception as error:  # the connection is being given up because it is broken
                self.last_error = error

    def close(self) -> None:
        with self._lock:
            self._drop()
