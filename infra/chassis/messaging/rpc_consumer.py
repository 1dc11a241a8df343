"""Requests are checked first and refused by name; a reply that cannot be sent ends nothing."""

from __future__ import annotations

from typing import Any

from kombu.serialization import dumps
from nameko.amqp.publish import Publisher as NamekoPublisher
from nameko.exceptions import ContainerBeingKilled
from nameko.rpc import Responder, RpcConsumer

from infra.chassis import logs, metrics
from infra.chassis.messaging.consumer import Consumer, rpc_exchange
from infra.chassis.messaging.envelopes import MalformedBody, MalformedEnvelope, check_body, check_envelope
from infra.chassis.refusals import InternalFailure, InvalidRequest, Refusal, as_remote, supported_language

MAX_ANSWER = 30 * 1024 * 1024  # bytes; the broker's own limit (infra/rabbitmq) is a little higher


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
            rpc_exchange(self.container),
            "json",
            message,
            ssl=self.container.config.get("AMQP_SSL"),
        )
        try:
            result, exc_info = self._respond(responder, message, result, exc_info)
        except Exception as error:
            # The caller's deadline passes and it asks again with the same command id.
            service = self.container.service_name
            metrics.reply_failures.labels(service).inc()
            logs.get(service=service).error("reply_not_sent", error=f"{type(error).__name__}: {error}")
        self.queue_consumer.ack_message(message)
        return result, exc_info

    def _respond(self, responder: QuickResponder, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        try:
            sent: tuple[Any, Any] = responder.send_response(result, exc_info)
        except ReplyTooLarge as error:
            logs.get(service=self.container.service_name).error("reply_too_large", error=str(error))
            call_id = (message.headers.get("nameko.call_id_stack") or ["–"])[-1]
            failure = InternalFailure(call_id, supported_language(message.headers.get("nameko.language")))
            sent = responder.send_response(None, (InternalFailure, failure, None))
        return sent
