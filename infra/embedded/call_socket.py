"""Where the front door reaches the embedded platform: a socket of this machine, for its owner alone.

asyncio and the event hub do not share a process, so the front door is a process of its own here, too. What crosses is
what would cross the broker. A request is a frame of ``length (4 bytes), length of the head (4), head, body``; the head
is JSON ``{"id", "to", "headers", "expiration"}``. An answer is ``length (4), kind (1), id (36), body``, of kind ``R``
(a reply) or ``U`` (nobody is there).
"""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

import eventlet
from eventlet.semaphore import Semaphore
from kombu import Consumer, Exchange, Producer, Queue

from infra.chassis import logs
from infra.chassis.files import replace_text
from infra.chassis.json_types import Json
from infra.chassis.messaging.transport import Connection
from infra.chassis.settings import Settings
from infra.chassis.wire_types import BrokerMessage

LARGEST_FRAME = 32 * 1024 * 1024
EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True)
REPLY, RETURNED = b"R", b"U"


class CallSocket:
    """Listens from :meth:`start` to :meth:`stop`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="portal-"))  # 0700; a home's own path may be too long for a socket
        self._listening: socket.socket | None = None
        self._links: list[_Link] = []

    def start(self) -> None:
        path = self._folder / "calls"
        listening = self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(str(path))
        listening.listen(16)
        replace_text(self._settings.call_address, str(path))
        eventlet.spawn(self._accept, listening)

    def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
        for link in self._links:
            link.close()
        self._settings.call_address.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            link = _Link(line, self._settings.amqp_uri)
            self._links.append(link)
            eventlet.spawn(link.serve)


class _Link:
    """One front door: its requests are published to the broker, what comes to its own reply queue is handed back."""

    def __init__(self, line: socket.socket, amqp_uri: str) -> None:
        self._line, self._one_writer = line, Semaphore(1)
        self._publishing, self._consuming = Connection(amqp_uri), Connection(amqp_uri)
        self._key = str(uuid.uuid4())
        self._producer = Producer(self._publishing.channel(), on_return=self._returned)
        name = f"rpc.reply-front-door-{self._key}"
        queue = Queue(name, exchange=EXCHANGE, routing_key=self._key, exclusive=True, auto_delete=True)
        self._consumer = Consumer(self._consuming.channel(), [queue], no_ack=True, on_message=self._replied)
        self._consumer.consume()
        self._open = True

    def serve(self) -> None:
        drain = eventlet.spawn(self._drain)
        try:
            while frame := self._frame():
                self._publish(frame)
        except (OSError, ValueError, KeyError) as error:
            if self._open:
                logs.get().warning("front_door_link_broken", error=f"{type(error).__name__}: {error}")
        finally:
            self.close()
            drain.wait()
            self._consumer.channel.close()
            self._publishing.close()
            self._consuming.close()

    def close(self) -> None:
        self._open = False
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()

    def _frame(self) -> bytes | None:
        size = self._exactly(4)
        return self._exactly(_size(size)) if size else None

    def _exactly(self, length: int) -> bytes | None:
        parts = []
        while length:
            part = self._line.recv(min(length, 1 << 20))
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _publish(self, frame: bytes) -> None:
        end = 4 + int.from_bytes(frame[:4], "big")
        head = json.loads(frame[4:end])
        self._producer.publish(
            frame[end:].decode(),
            exchange=EXCHANGE,
            routing_key=head["to"],
            serializer=None,
            content_type="application/json",
            content_encoding="utf-8",
            mandatory=True,
            expiration=head["expiration"],
            reply_to=self._key,
            correlation_id=head["id"],
            headers=head["headers"],
        )

    def _drain(self) -> None:
        while self._open:
            with suppress(TimeoutError):
                self._consuming.drain_events(timeout=0.5)

    def _replied(self, message: BrokerMessage) -> None:
        body = message.body if isinstance(message.body, bytes) else message.body.encode()
        self._answer(REPLY, message.properties["correlation_id"], body)

    def _returned(self, _error: object, _exchange: str, _key: str, message: Json) -> None:
        self._answer(RETURNED, message["properties"]["correlation_id"], b"")

    def _answer(self, kind: bytes, correlation_id: str, body: bytes) -> None:
        frame = kind + correlation_id.encode() + body
        with self._one_writer, suppress(OSError):
            self._line.sendall(len(frame).to_bytes(4, "big") + frame)


def _size(head: bytes) -> int:
    size = int.from_bytes(head, "big")
    if not 4 < size <= LARGEST_FRAME:
        raise ValueError(f"a frame of {size} bytes")
    return size
