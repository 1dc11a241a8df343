"""An in-memory broker transport for kombu: what RabbitMQ does for this platform, within one process.

Topic, direct and fanout exchanges, mandatory publishing, per-queue time-to-live with dead-lettering (the retry
tiers) and its alternate exchange, per-message expiry. Nothing is durable and nothing crosses the process; ``portal
doctor`` says so.
URI: ``embedded://name`` — one broker per name.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from queue import Empty
from typing import Protocol

from amqp.exceptions import ChannelError
from amqp.protocol import queue_declare_ok_t
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.transport.virtual.base import BrokerState
from kombu.utils.scheduling import FairCycle

from infra.chassis.json_types import Json

LONGEST_WAIT = 0.05  # seconds a drain sleeps when no publish wakes it (bounds the delay of expiring messages)


class Broker:
    """The state all connections of one name share."""

    _brokers: dict[str, Broker] = {}

    def __init__(self) -> None:
        self.state = BrokerState()
        self.queues: dict[str, deque[Json]] = {}
        self.arguments: dict[str, Json] = {}
        self.arrived = threading.Condition()

    @classmethod
    def named(cls, name: str) -> Broker:
        if name not in cls._brokers:
            cls._brokers[name] = cls()
        return cls._brokers[name]

    @classmethod
    def forget(cls, name: str) -> None:
        cls._brokers.pop(name, None)

    def put(self, queue: str, message: Json) -> None:
        if queue not in self.queues:
            return
        ttl = self.arguments.get(queue, {}).get("x-message-ttl")
        if ttl is not None:
            message = {**message, "due": time.monotonic() + ttl / 1000}
        expiration = message["properties"].get("expiration")
        if expiration is not None and "expires" not in message:
            message = {**message, "expires": time.monotonic() + float(expiration) / 1000}
        with self.arrived:
            self.queues[queue].append(message)
            self.arrived.notify_all()

    def take(self, queue: str) -> Json | None:
        waiting = self.queues.get(queue)
        while waiting:
            message = waiting.popleft()
            if message.get("expires", float("inf")) > time.monotonic():
                return message
        return None

    def expire(self) -> None:
        """Hand messages whose queue's time is up on, by the exchange that queue names and with their routing key."""
        now = time.monotonic()
        for name, arguments in list(self.arguments.items()):
            if "x-dead-letter-exchange" not in arguments:
                continue
            waiting = self.queues.get(name)
            while waiting and waiting[0].get("due", 0.0) <= now:
                message = waiting.popleft()
                message.pop("due", None)
                key = message["properties"]["delivery_info"]["routing_key"]
                for queue in self.handed_to(arguments["x-dead-letter-exchange"], key):
                    self.put(queue, message)

    def handed_to(self, exchange: str, key: str) -> list[str]:
        """The queues to which the broker itself hands on, by a direct exchange or else by its alternate one."""
        if not exchange:
            return [key]
        exchange_state: Json = (self.state.exchanges or {}).get(exchange) or {}
        everybody = exchange_state.get("type") == "fanout"
        bound = [queue for pattern, _, queue in exchange_state.get("table", ()) if everybody or pattern == key]
        there = [queue for queue in bound if queue in self.queues]
        alternate = exchange_state.get("arguments", {}).get("alternate-exchange")
        return there if there or alternate is None else self.handed_to(alternate, key)


Returned = Callable[[None, str, str, Json], object]  # told of a message that found no queue: exchange, key, message


class Message(virtual.Message):
    """A virtual message that keeps ``content_type`` among its properties, where Nameko looks for it."""

    def __init__(self, payload: object, channel: virtual.Channel | None = None, **kwargs: object) -> None:
        super().__init__(payload, channel=channel, **kwargs)
        self.properties.setdefault("content_type", self.content_type)


class Channel(virtual.Channel):
    """Routing and queues of one connection's channel."""

    Message = Message
    do_restore = False
    supports_fanout = False
    body_encoding = None  # type: ignore[assignment]  # kombu itself sets None for plain bodies

    def __init__(self, connection: object, **kwargs: object) -> None:
        super().__init__(connection, **kwargs)
        self.exchange_types["fanout"] = _Fanout(self)  # type: ignore[assignment]  # kombu's table is of instances
        self.events: dict[str, set[Returned]] = {"basic_return": set()}

    @property
    def broker(self) -> Broker:
        broker: Broker = self.connection.broker
        return broker

    def basic_publish(
        self, message: Json, exchange: str, routing_key: str, mandatory: bool = False, **kwargs: object
    ) -> None:
        self._inplace_augment_message(message, exchange, routing_key)
        queues = [name for name in self._destinations(exchange, routing_key) if name in self.broker.queues]
        if not queues and mandatory:
            self._return(message, exchange, routing_key)
        for name in queues:
            self.broker.put(name, message)

    def _destinations(self, exchange: str, routing_key: str) -> list[str]:
        if not exchange:
            return [routing_key]
        if exchange not in self.state.exchanges:
            return []
        return list(self.typeof(exchange).lookup(self.get_table(exchange), exchange, routing_key, None))

    def _return(self, message: Json, exchange: str, routing_key: str) -> None:
        listeners = self.events["basic_return"]
        if not listeners:
            raise ChannelError("NO_ROUTE", (60, 40), "312")
        for listener in listeners:
            listener(None, exchange, routing_key, message)

    def queue_declare(
        self, queue: str | None = None, passive: bool = False, arguments: Json | None = None, **kwargs: object
    ) -> queue_declare_ok_t:
        answer = super().queue_declare(queue, passive, **kwargs)
        if arguments:
            self.broker.arguments[answer.queue] = dict(arguments)
        return answer

    def _has_queue(self, queue: str, **kwargs: object) -> bool:
        return queue in self.broker.queues

    def _new_queue(self, queue: str, **kwargs: object) -> None:
        self.broker.queues.setdefault(queue, deque())

    def _get(self, queue: str, timeout: object = None) -> Json:
        message = self.broker.take(queue)
        if message is None:
            raise Empty()
        return message

    def _put(self, queue: str, message: Json, **kwargs: object) -> None:
        self.broker.put(queue, message)

    def _size(self, queue: str) -> int:
        return len(self.broker.queues.get(queue, ()))

    def _delete(self, queue: str, *args: object, **kwargs: object) -> None:
        self.broker.queues.pop(queue, None)
        self.broker.arguments.pop(queue, None)

    def _purge(self, queue: str) -> int:
        size = self._size(queue)
        if size:
            self.broker.queues[queue].clear()
        return size

    def _reset_cycle(self) -> None:
        self._cycle = FairCycle(self._get_and_deliver, self._active_queues, Empty)

    def after_reply_message_received(self, queue: str) -> None:
        """Reply queues are kept until their connection goes."""


class _Fanout(virtual.exchange.ExchangeType):
    """Every bound queue, whatever the routing key."""

    type = "fanout"  # type: ignore[assignment]  # the base class leaves it open with None

    def lookup(
        self, table: Iterable[tuple[object, object, str]], exchange: str, routing_key: str, default: object
    ) -> list[str]:
        return [queue for _, _, queue in table]


class _Client(Protocol):
    hostname: str | None


class Transport(virtual.Transport):
    """The kombu transport of ``embedded://``."""

    Channel = Channel
    driver_type = "embedded"
    driver_name = "embedded"
    polling_interval = None  # type: ignore[assignment]  # kombu: None for no polling
    # A returned message is for the publisher to see, as with RabbitMQ; kombu must not take it for its own to retry.
    channel_errors = ()  # type: ignore[assignment]
    recoverable_channel_errors = ()
    implements = virtual.Transport.implements.extend(exchange_type=frozenset(["direct", "topic", "fanout"]))

    def __init__(self, client: _Client, **kwargs: object) -> None:
        super().__init__(client, **kwargs)
        self._name = client.hostname or "portal"

    @property
    def broker(self) -> Broker:
        """The broker of that name as it is now: connections kept in kombu's pools outlive a platform."""
        return Broker.named(self._name)

    @property
    def state(self) -> BrokerState:
        return self.broker.state

    @state.setter
    def state(self, _unused: object) -> None:
        """kombu gives every transport a state of its own; ours belongs to the broker."""

    def drain_events(self, connection: object, timeout: float | None = None) -> None:  # type: ignore[override]
        assert self.cycle is not None
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            self.broker.expire()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
                return
            except Empty:
                if until is not None and time.monotonic() >= until:
                    raise TimeoutError() from None
            with self.broker.arrived:
                self.broker.arrived.wait(LONGEST_WAIT)

    def driver_version(self) -> str:
        return "1"


def install() -> None:
    """Make ``embedded://`` known to kombu."""
    TRANSPORT_ALIASES["embedded"] = "infra.embedded.broker:Transport"
