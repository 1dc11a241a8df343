"""The consumer of every queue: a bad message, a dead connection or a stop never ends a service.

Each subclass of Nameko here and in its neighbours (``rpc_consumer``, ``replies``, ``reliable_handler``) answers one
fault of the stock one, and each is pinned by a test of the stock fault: no ``reply_to``, wrong types in headers,
compressed bodies, undecodable bodies, acks on dead connections, replies that cannot be sent.
"""

from __future__ import annotations

import functools
import time

import eventlet
from kombu import Exchange
from nameko.messaging import QueueConsumer
from nameko.rpc import get_rpc_exchange

from infra.chassis import clock, logs, metrics
from infra.chassis.contracts import contract_of
from infra.chassis.messaging.dead_letters import DeadLetters, digest_of
from infra.chassis.messaging.handler_queues import ensure_exchanges
from infra.chassis.messaging.quarantine import quarantined_message, send_to_quarantine
from infra.chassis.messaging.transport import Connection
from infra.chassis.wire_types import BrokerMessage, Container

HAND_BACK = (1.0, 2.0, 5.0, 10.0)  # seconds before a message is handed back to the broker, growing


class Consumer(QueueConsumer):
    """Stock consumer whose acks and requeues survive a dead connection and which quarantines what it cannot decode."""

    _handed_back = 0  # messages in a row for which nothing else could be done
    _being_quarantined = 0  # messages at work in threads that are no workers

    def consume(
        self, limit: int | None, timeout: float | None = None, safety_interval: float = 0.2, **options: object
    ) -> object:
        """As stock, but looks up five times a second whether it shall stop."""
        return super().consume(limit, timeout, safety_interval, **options)

    def get_consumers(self, consumer_cls: object, channel: object) -> object:
        """As stock, after the handlers' queues are there; one that was gone is not made in silence."""
        with Connection(self.amqp_uri, connect_timeout=5) as connection:
            ensure_exchanges(connection, rpc_exchange(self.container))
        if makers := [provider.make_queues for provider in self._providers if hasattr(provider, "make_queues")]:
            subscriptions = [provider.subscription for provider in self._providers if hasattr(provider, "subscription")]
            try:
                makers[0](subscriptions)
            except Exception as error:
                raise ConnectionError(f"handlers' queues: {error}") from error  # tried again, as a lost connection is
        return super().get_consumers(consumer_cls, channel)

    def ack_message(self, message: BrokerMessage) -> None:
        self._handed_back = 0
        try:
            super().ack_message(message)
        except OSError:
            self._connection_lost("ack", message)

    def requeue_message(self, message: BrokerMessage) -> None:
        try:
            super().requeue_message(message)
        except OSError:
            self._connection_lost("requeue", message)

    def requeue_slowly(self, message: BrokerMessage) -> None:
        """Hand a message back when nothing else can be done with it, with a growing pause: it comes again at once."""
        self._handed_back += 1
        until = time.monotonic() + HAND_BACK[min(self._handed_back, len(HAND_BACK)) - 1]
        while time.monotonic() < until and not self._pending_remove_providers:  # a stop does not wait for it
            eventlet.sleep(0.1)
        self.requeue_message(message)

    def _connection_lost(self, what: str, message: BrokerMessage) -> None:
        # The broker takes the message back by itself when the connection ends.
        logs.get(service=self.container.service_name).warning(
            "connection_gone", while_doing=what, tag=str(message.delivery_tag)
        )

    def on_iteration(self) -> None:
        """As stock, but stays connected until all work is done: what is finished during a stop is acked, too."""
        self._cancel_consumers_if_requested()
        if not (self._consumers or self.container._worker_pool.running() or self._being_quarantined):
            self.should_stop = True

    def on_decode_error(self, message: BrokerMessage, exc: BaseException) -> None:
        """Put it aside in a thread of its own, as every other message has one; other messages need not wait."""
        self.container.spawn_managed_thread(functools.partial(self.quarantine, message, f"undecodable: {_cause(exc)}"))

    def quarantine(self, message: BrokerMessage, why: str) -> None:
        """Quarantine: the raw message in a durable queue (confirmed), then acked. Never dropped, never looped."""
        self._being_quarantined += 1
        try:
            self._quarantine(message, why)
        finally:
            self._being_quarantined -= 1

    def _quarantine(self, message: BrokerMessage, why: str) -> None:
        service = self.container.service_name
        delivery = message.delivery_info or {}
        routing_key = str(delivery.get("routing_key"))
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        if _is_call(str(delivery.get("exchange")), routing_key, self.container):
            body = contract_of(service).stored_call(routing_key.partition(".")[2], body)
        entry = {
            **quarantined_message(
                service, why[:500], routing_key, message.headers or {}, str(message.content_type), body
            ),
            "digest": digest_of(body),
            "at": clock.now().isoformat(),
        }
        try:
            send_to_quarantine(self.container, entry)
        except Exception as error:
            logs.get(service=service).error("quarantine_failed", why=why, error=str(error))
            self.requeue_slowly(message)
            return
        self._record_row(service, routing_key, body, why)
        metrics.quarantined.labels(service).inc()
        logs.get(service=service).warning("message_quarantined", why=why, routing_key=routing_key)
        self.ack_message(message)

    def _record_row(self, service: str, routing_key: str, body: bytes, why: str) -> None:
        """A row next to the queue, for ``portal dead-letters``; without its database a service still quarantines."""
        settings = self.container.config.get("settings")
        if settings is None:
            return
        try:
            DeadLetters.of(settings, service).record_unreadable(service, routing_key, body, why)
        except Exception as error:
            logs.get(service=service).error("quarantine_row_not_written", error=f"{type(error).__name__}: {error}")


def _is_call(exchange: str, routing_key: str, container: Container) -> bool:
    """An RPC or an answer to one, through its exchange or put into its queue directly."""
    return exchange == rpc_exchange(container).name or routing_key.startswith(("rpc-", "rpc."))


def _cause(error: BaseException) -> str:
    """What sort of fault; what it says may repeat what it found."""
    return type(error.__cause__ or error).__name__


def rpc_exchange(container: Container) -> Exchange:
    exchange: Exchange = get_rpc_exchange(container.config)
    return exchange
