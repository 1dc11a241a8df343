"""RPC from outside with a bound on every wait: an answer, a refusal by name, or an outcome nobody knows."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import uuid
from typing import Any

from kombu import Connection, Exchange, Queue

EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True)


class OutcomeUnknown(Exception):
    """No answer came: the command may have been carried out or not."""


class Refused(Exception):
    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name


class RpcClient:
    """One connection, made again after every trouble. Not for two greenlets at once."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._connection: Connection | None = None
        self._replies: dict[str, Any] = {}
        self._timeouts = 0

    def call(
        self, service: str, method: str, arguments: dict[str, Any], *, token: str | None = None, timeout: float = 6.0
    ) -> Any:
        """The result; :class:`Refused` or :class:`OutcomeUnknown`. The deadline travels along."""
        until = time.monotonic() + timeout
        try:
            connection = self._ready()
            correlation_id = str(uuid.uuid4())
            self._send(service, method, arguments, token, correlation_id, timeout)
            while correlation_id not in self._replies:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                connection.drain_events(timeout=left)
        except Exception as error:  # noqa: BLE001 - whatever it was, the outcome is unknown
            self._timeouts += 1
            if not isinstance(error, socket.timeout) or self._timeouts > 1:
                self.close()
            raise OutcomeUnknown(f"{type(error).__name__}: {error}") from None
        self._timeouts = 0
        return _unwrap(self._replies.pop(correlation_id))

    def _send(
        self, service: str, method: str, arguments: dict[str, Any], token: str | None, correlation_id: str, wait: float
    ) -> None:
        headers = {"nameko.language": "en", "nameko.deadline": f"{time.time() + wait:.3f}"}
        if token:
            headers["nameko.auth_token"] = token
        self._producer.publish(
            {"args": [], "kwargs": arguments},
            exchange=EXCHANGE,
            routing_key=f"{service}.{method}",
            serializer="json",
            reply_to=self._queue,
            correlation_id=correlation_id,
            headers=headers,
            expiration=wait,
        )

    def _ready(self) -> Connection:
        if self._connection is None:
            connection = Connection(
                self.uri, connect_timeout=3, heartbeat=0, transport_options={"read_timeout": 10, "write_timeout": 10}
            )
            try:
                connection.connect()
                channel = connection.channel()
                self._queue = f"outside-{uuid.uuid4().hex}"
                replies = Queue(self._queue, EXCHANGE, self._queue, exclusive=True, auto_delete=True, durable=False)
                consumer = connection.Consumer([replies], callbacks=[self._on_reply], no_ack=True, channel=channel)
                consumer.consume()
                self._producer = connection.Producer(channel)
            except Exception:
                with contextlib.suppress(Exception):
                    connection.collect()
                raise
            self._connection, self._timeouts = connection, 0
            self._replies.clear()
        return self._connection

    def _on_reply(self, body: Any, message: Any) -> None:
        self._replies[str(message.properties.get("correlation_id"))] = body

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.collect()


def _unwrap(reply: Any) -> Any:
    reply = json.loads(reply) if isinstance(reply, str | bytes) else reply
    if error := reply.get("error"):
        raise Refused(error["exc_type"], str(error["value"]))
    return reply["result"]
