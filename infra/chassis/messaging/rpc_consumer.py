"""Requests are checked first and refused by name; a reply that cannot be sent ends nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping

import eventlet
from kombu import Connection
from kombu.serialization import dumps, registry
from nameko.exceptions import ContainerBeingKilled, UnserializableValueError, serialize
from nameko.rpc import RpcConsumer

from infra.chassis import logs, metrics
from infra.chassis.messaging.consumer import Consumer
from infra.chassis.messaging.envelopes import MalformedBody, MalformedEnvelope, check_body, check_envelope
from infra.chassis.refusals import InternalFailure, InvalidRequest, Refusal, as_remote, supported_language
from infra.chassis.wire_types import BrokerMessage, Channel, ExcInfo

MAX_ANSWER = 30 * 1024 * 1024  # bytes; the broker's own limit (infra/rabbitmq) is a little higher
PAUSES = (0.0, 0.2, 0.7, 1.2)  # seconds between tries of sending an answer


class ReplyTooLarge(Exception):
    """An answer that the broker does not take."""


class Answers:
    """Sends replies as stock Nameko does, for less: serialised once, without confirms (their caller has a deadline
    anyway), each on a channel that nobody else uses meanwhile. There are as many as replies were ever sent at once.
    """

    def __init__(self, config: Mapping[str, object]) -> None:
        self._connection = Connection(config["AMQP_URI"], ssl=config.get("AMQP_SSL"), connect_timeout=5)
        self._idle: list[tuple[Connection, Channel]] = []

    def send(self, exchange: str, message: BrokerMessage, result: object, exc_info: ExcInfo) -> tuple[object, ExcInfo]:
        """Answer a request in the encoding it came in; ``(result, exc_info)`` as it was answered.

        :class:`ReplyTooLarge` for what the broker would not take. It closes the channel on it, and since nobody listens
        for confirms, every later answer would go nowhere.
        """
        serializer = registry.type_to_name[message.properties["content_type"]]
        error = None if exc_info is None else serialize(exc_info[1])
        try:
            content_type, encoding, body = dumps({"result": result, "error": error}, serializer)
        except Exception:
            exc_info, error = sys.exc_info(), serialize(UnserializableValueError(result))
            result = None
            content_type, encoding, body = dumps({"result": None, "error": error}, serializer)
        if len(body) > MAX_ANSWER:
            raise ReplyTooLarge(f"an answer of {len(body)} bytes")
        about = {"delivery_mode": 1, "correlation_id": message.properties.get("correlation_id")}
        self._publish(exchange, message.properties["reply_to"], body, content_type, encoding, about)
        return result, exc_info

    def _publish(self, exchange: str, routing_key: str, *content: object) -> None:
        """Publish; a broken channel is given up with all that are idle, and the answer goes out on a new one."""
        body, content_type, encoding, properties = content
        for pause in (*PAUSES, None):
            connection, channel = self._idle.pop() if self._idle else (self._connection.clone(), None)
            try:
                channel = channel or connection.channel()
                answer = channel.prepare_message(body, None, content_type, encoding, {}, properties)
                channel.basic_publish(answer, exchange=exchange, routing_key=routing_key)
            except (*connection.connection_errors, *connection.channel_errors):
                self.close(connection)
                if pause is None:
                    raise
                eventlet.sleep(pause)
            except BaseException:  # a frame may be half sent
                self.close(connection)
                raise
            else:
                self._idle.append((connection, channel))
                return

    def close(self, *connections: Connection) -> None:
        """Give up the idle connections, and these."""
        idle, self._idle = self._idle, []
        for connection in (*(connection for connection, _channel in idle), *connections):
            with contextlib.suppress(Exception):  # it may be broken already
                connection.collect()


class CheckedRpcConsumer(RpcConsumer):
    """Stock RPC consumer that checks the envelope first and outlives replies that cannot be sent."""

    queue_consumer = Consumer()

    def setup(self) -> None:
        super().setup()
        self.answers = Answers(self.container.config)
        self.queue.exchange.no_declare = True  # Consumer sees to it; declaring needs the right to delete

    def stop(self) -> None:
        super().stop()
        self.answers.close()

    def handle_message(self, body: object, message: BrokerMessage) -> None:
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

    def refuse(self, message: BrokerMessage, refusal: Refusal) -> None:
        """Answer by name what never comes to a door, so that its caller need not wait for a deadline."""
        logs.get(service=self.container.service_name).info("refused", refusal=refusal.name, reason=str(refusal))
        answer = as_remote(refusal, supported_language(message.headers.get("nameko.language")))
        self.handle_result(message, None, (type(answer), answer, None))

    def handle_result(self, message: BrokerMessage, result: object, exc_info: ExcInfo) -> tuple[object, ExcInfo]:
        try:
            result, exc_info = self._respond(message, result, exc_info)
        except Exception as error:
            # The caller's deadline passes and it asks again with the same command id.
            service = self.container.service_name
            metrics.reply_failures.labels(service).inc()
            logs.get(service=service).error("reply_not_sent", error=f"{type(error).__name__}: {error}")
        self.queue_consumer.ack_message(message)
        return result, exc_info

    def _respond(self, message: BrokerMessage, result: object, exc_info: ExcInfo) -> tuple[object, ExcInfo]:
        exchange = self.queue.exchange.name
        try:
            return self.answers.send(exchange, message, result, exc_info)
        except ReplyTooLarge as error:
            logs.get(service=self.container.service_name).error("reply_too_large", error=str(error))
            call_id = (message.headers.get("nameko.call_id_stack") or ["–"])[-1]
            failure = InternalFailure(call_id, supported_language(message.headers.get("nameko.language")))
            return self.answers.send(exchange, message, None, (InternalFailure, failure, None))
