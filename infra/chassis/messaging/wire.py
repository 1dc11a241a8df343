"""Nameko at the edge of the wire, made safe: a bad message, a dead connection or a lost reply never ends a service.

Each class answers one fault of the stock one, and each is pinned by a test of the stock fault:
no ``reply_to``, wrong types in headers, compressed bodies, undecodable bodies, acks on dead connections,
replies that cannot be sent.
"""

from __future__ import annotations

import functools
import time
from typing import Any

import eventlet
import kombu.compression
from kombu import Connection
from kombu.serialization import dumps
from nameko.amqp.publish import Publisher as NamekoPublisher
from nameko.exceptions import ContainerBeingKilled
from nameko.messaging import QueueConsumer
from nameko.rpc import ReplyListener, Responder, RpcConsumer

from infra.chassis import clock, logs, metrics
from infra.chassis.contracts import contract_of
from infra.chassis.json_limits import MAX_DEPTH, MAX_VALUES, too_deep, too_many
from infra.chassis.messaging.dead_letters import DeadLetters, digest_of
from infra.chassis.messaging.handler_queues import ensure_exchanges
from infra.chassis.messaging.publishing import CONFIRM_TIMEOUT
from infra.chassis.messaging.quarantine import MAX_BODY, quarantined_message, send_to_quarantine
from infra.chassis.refusals import InternalFailure, InvalidRequest, Refusal, as_remote, supported_language

MAX_ANSWER = 30 * 1024 * 1024  # bytes; the broker's own limit (infra/rabbitmq) is a little higher
MAX_HEADER = 64 * 1024
HAND_BACK = (1.0, 2.0, 5.0, 10.0)  # seconds before a message is handed back to the broker, growing


def refuse_compression() -> None:
    """No compressed body is ever expanded: a 200 KB gzip bomb is 200 MB of memory. Unknown encodings: quarantined."""
    kombu.compression._decoders.clear()


class MalformedEnvelope(Exception):
    """What is wrong with a message's envelope; the message is quarantined, not answered."""


class MalformedBody(Exception):
    """A body that no door takes, in an envelope that says whom to answer: ``problem`` has a pointer, vi and en."""

    def __init__(self, place: str, vi: str, en: str) -> None:
        super().__init__(en)
        self.problem = {"pointer": place, "vi": vi, "en": en}


def check_envelope(message: Any, *, reply: bool) -> None:
    """Types, sizes and encodings of what is around the body, before anything reads it."""
    properties, headers = message.properties, message.headers
    if not isinstance(headers, dict) or len(repr(headers)) > MAX_HEADER:
        raise MalformedEnvelope("headers are no table or too large")
    if "compression" in headers:
        raise MalformedEnvelope("compressed bodies are not accepted")
    if len(message.body or b"") > MAX_BODY and not reply:
        raise MalformedEnvelope("body too large")
    if not isinstance(message.content_type, str):
        raise MalformedEnvelope("content type missing")
    stack = headers.get("nameko.call_id_stack", [])
    if (
        not isinstance(stack, list)
        or len(stack) > 100
        or not all(isinstance(call_id, str) and len(call_id) < 300 for call_id in stack)
    ):
        raise MalformedEnvelope("call_id_stack is no list of strings")
    for name in ("auth_token", "language", "deadline", "traceparent"):
        if not isinstance(headers.get(f"nameko.{name}", ""), str):
            raise MalformedEnvelope(f"header {name} is no string")
    if reply and not (isinstance(properties.get("reply_to"), str) and properties["reply_to"]):
        raise MalformedEnvelope("no reply_to")


def check_body(body: Any, size: int) -> None:
    """What every request's body is: no larger than ``MAX_BODY`` bytes, with args and kwargs, not nested without end."""
    if size > MAX_BODY:
        raise MalformedBody("", f"yêu cầu lớn hơn {MAX_BODY} byte", f"the request is larger than {MAX_BODY} bytes")
    if not (isinstance(body, dict) and isinstance(body.get("args"), list) and isinstance(body.get("kwargs"), dict)):
        raise MalformedBody("", "thiếu args và kwargs", "it has no args and kwargs")
    for name, value in (*body["kwargs"].items(), ("args", body["args"])):
        if too_many(value):
            problem = f"nhiều hơn {MAX_VALUES} giá trị", f"more than {MAX_VALUES} values"
            raise MalformedBody(f"/{name}", *problem)
        if too_deep(value):
            raise MalformedBody(f"/{name}", f"lồng sâu quá {MAX_DEPTH} tầng", f"nested deeper than {MAX_DEPTH} levels")


class Consumer(QueueConsumer):
    """Stock consumer whose acks and requeues survive a dead connection and which quarantines what it cannot decode."""

    _handed_back = 0  # messages in a row for which nothing else could be done
    _being_quarantined = 0  # messages at work in threads that are no workers

    def consume(
        self, limit: int | None, timeout: float | None = None, safety_interval: float = 0.2, **options: Any
    ) -> Any:
        """As stock, but looks up five times a second whether it shall stop."""
        return super().consume(limit, timeout, safety_interval, **options)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        """As stock, after the handlers' queues are there; one that was gone is not made in silence."""
        with Connection(self.amqp_uri, connect_timeout=5) as connection:
            ensure_exchanges(connection, _rpc_exchange(self.container))
        if makers := [provider.make_queues for provider in self._providers if hasattr(provider, "make_queues")]:
            subscriptions = [provider.subscription for provider in self._providers if hasattr(provider, "subscription")]
            try:
                makers[0](subscriptions)
            except Exception as error:
                raise ConnectionError(f"handlers' queues: {error}") from error  # tried again, as a lost connection is
        return super().get_consumers(consumer_cls, channel)

    def ack_message(self, message: Any) -> None:
        self._handed_back = 0
        try:
            super().ack_message(message)
        except OSError:
            self._connection_lost("ack", message)

    def requeue_message(self, message: Any) -> None:
        try:
            super().requeue_message(message)
        except OSError:
            self._connection_lost("requeue", message)

    def requeue_slowly(self, message: Any) -> None:
        """Hand a message back when nothing else can be done with it, with a growing pause: it comes again at once."""
        self._handed_back += 1
        until = time.monotonic() + HAND_BACK[min(self._handed_back, len(HAND_BACK)) - 1]
        while time.monotonic() < until and not self._pending_remove_providers:  # a stop does not wait for it
            eventlet.sleep(0.1)
        self.requeue_message(message)

    def _connection_lost(self, what: str, message: Any) -> None:
        # The broker takes the message back by itself when the connection ends.
        logs.get(service=self.container.service_name).warning(
            "connection_gone", while_doing=what, tag=str(message.delivery_tag)
        )

    def on_iteration(self) -> None:
        """As stock, but stays connected until all work is done: what is finished during a stop is acked, too."""
        self._cancel_consumers_if_requested()
        if not (self._consumers or self.container._worker_pool.running() or self._being_quarantined):
            self.should_stop = True

    def on_decode_error(self, message: Any, exc: BaseException) -> None:
        """Put it aside in a thread of its own, as every other message has one; other messages need not wait."""
        self.container.spawn_managed_thread(functools.partial(self.quarantine, message, f"undecodable: {_cause(exc)}"))

    def quarantine(self, message: Any, why: str) -> None:
        """Quarantine: the raw message in a durable queue (confirmed), then acked. Never dropped, never looped."""
        self._being_quarantined += 1
        try:
            self._quarantine(message, why)
        finally:
            self._being_quarantined -= 1

    def _quarantine(self, message: Any, why: str) -> None:
        service = self.container.service_name
        delivery = message.delivery_info or {}
        routing_key = str(delivery.get("routing_key"))
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        if _is_call(str(delivery.get("exchange")), routing_key, self.container):
            body = contract_of(service).stored_call(routing_key.partition(".")[2], body)
        letter = {
            **quarantined_message(
                service, why[:500], routing_key, message.headers or {}, str(message.content_type), body
            ),
            "digest": digest_of(body),
            "at": clock.now().isoformat(),
        }
        try:
            send_to_quarantine(self.container, letter)
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
            logs.get(service=service).error("quarantine_not_noted", error=f"{type(error).__name__}: {error}")


def _is_call(exchange: str, routing_key: str, container: Any) -> bool:
    """An RPC or an answer to one, through its exchange or put into its queue directly."""
    return exchange == _rpc_exchange(container).name or routing_key.startswith(("rpc-", "rpc."))


def _cause(error: BaseException) -> str:
    """What sort of fault; what it says may repeat what it found."""
    return type(error.__cause__ or error).__name__


class ReplyTooLarge(Exception):
    """An answer that the broker does not take."""


class ReplyPublisher(NamekoPublisher):
    """Replies go without confirms (their caller has a deadline anyway) over their own pool."""

    use_confirms = False
    transport_options = {"max_retries": 3, "interval_start": 0.2, "interval_step": 0.5, "interval_max": 2}
    delivery_mode = 1

    def publish(self, payload: Any, **options: Any) -> None:
        """Send; :class:`TooLarge` for what the broker would not take. It closes the channel on it, and since nobody
        listens for confirms, every later answer would go nowhere.
        """
        content_type, encoding, body = dumps(payload, options.pop("serializer", "json"))
        if len(body) > MAX_ANSWER:
            raise ReplyTooLarge(f"an answer of {len(body)} bytes")
        super().publish(body, content_type=content_type, content_encoding=encoding, **options)


class QuickResponder(Responder):
    publisher_cls = ReplyPublisher


class CheckedRpcConsumer(RpcConsumer):
    """Stock RPC consumer that checks the envelope first and outlives replies that cannot be sent."""

    queue_consumer = Consumer()

    def setup(self) -> None:
        super().setup()
        self.queue.exchange.no_declare = True  # Consumer sees to it; declaring needs the right to delete

    def handle_message(self, body: Any, message: Any) -> None:
        try:
            check_envelope(message, reply=True)
            check_body(body, len(message.body or b""))
        except MalformedEnvelope as wrong:
            self.queue_consumer.quarantine(message, str(wrong))
            return
        except MalformedBody as wrong:
            self.refuse(message, InvalidRequest([wrong.problem]))
            return
        try:
            super().handle_message(body, message)
        except ContainerBeingKilled:
            self.requeue_message(message)

    def refuse(self, message: Any, refusal: Refusal) -> None:
        """Answer by name what never comes to a door, so that its caller need not wait for a deadline."""
        logs.get(service=self.container.service_name).info("refused", refusal=refusal.name, reason=str(refusal))
        answer = as_remote(refusal, supported_language(message.headers.get("nameko.language")))
        self.handle_result(message, None, (type(answer), answer, None))

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        responder = QuickResponder(
            self.container.config["AMQP_URI"],
            _rpc_exchange(self.container),
            "json",
            message,
            ssl=self.container.config.get("AMQP_SSL"),
        )
        try:
            try:
                result, exc_info = responder.send_response(result, exc_info)
            except ReplyTooLarge as error:
                logs.get(service=self.container.service_name).error("reply_too_large", error=str(error))
                call_id = (message.headers.get("nameko.call_id_stack") or ["–"])[-1]
                failure = InternalFailure(call_id, supported_language(message.headers.get("nameko.language")))
                result, exc_info = responder.send_response(None, (InternalFailure, failure, None))
        except Exception as error:
            # The caller's deadline passes and it asks again with the same command id.
            service = self.container.service_name
            metrics.reply_failures.labels(service).inc()
            logs.get(service=service).error("reply_not_sent", error=f"{type(error).__name__}: {error}")
        self.queue_consumer.ack_message(message)
        return result, exc_info


def _rpc_exchange(container: Any) -> Any:
    from nameko.rpc import get_rpc_exchange

    return get_rpc_exchange(container.config)


class ReplyConsumer(Consumer):
    """A consumer of its own, so that a reply never waits behind an event for which no worker is free.

    The stock one takes both: with every worker waiting for a reply it waits for a worker, and all time out together.
    """


class Replies(ReplyListener):
    """Stock reply listener on its own robust consumer; forgets calls nobody waits for any more."""

    queue_consumer = ReplyConsumer()

    def setup(self) -> None:
        super().setup()
        self.queue.exchange.no_declare = True

    def forget(self, correlation_id: str) -> None:
        self._reply_events.pop(correlation_id, None)


PUBLISH_OPTIONS = {"timeout": CONFIRM_TIMEOUT, "confirm_timeout": CONFIRM_TIMEOUT}
