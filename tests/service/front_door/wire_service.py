"""A service as the wire sees it, beside the front door that calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import eventlet
from amqp.exceptions import AMQPError
from kombu import Connection, Consumer, Exchange, Queue

from tests.support.front_door import FrontDoor, eventually

EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True)
NAMES = ("catalog", "identity", "applications")


class Service:
    """A service as the wire sees it: takes calls of three names and answers as a test wants."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.calls: list[Any] = []
        self.answer: Callable[[Any], Any] = lambda body: {"result": body["kwargs"], "error": None}
        self._stopping = False
        self._serving = eventlet.spawn(self._serve)

    def stop(self) -> None:
        self._stopping = True
        self._serving.wait()

    def _serve(self) -> None:
        while not self._stopping:
            try:
                with Connection(self.uri, connect_timeout=10) as connection:
                    self._session(connection)
            except (OSError, AMQPError):
                eventlet.sleep(0.1)

    def _session(self, connection: Any) -> None:
        channel = connection.channel()
        queues = [Queue(f"rpc-{name}", EXCHANGE, f"{name}.*", durable=True) for name in NAMES]
        self._producer = connection.Producer()
        with Consumer(channel, queues, on_message=self._take, no_ack=True):
            while not self._stopping:
                try:
                    connection.drain_events(timeout=0.1)
                except TimeoutError:
                    continue

    def _take(self, message: Any) -> None:
        self.calls.append(message)
        reply = self.answer(json.loads(message.body))
        if reply is not None:
            to = {"exchange": EXCHANGE, "routing_key": message.properties["reply_to"]}
            self._producer.publish(reply, correlation_id=message.properties["correlation_id"], **to)


def in_flight(door: FrontDoor, service: Service, method: str = "search") -> Any:
    """A call that has been taken and has no reply yet: a future of its answer."""
    service.answer = lambda body: None
    answer = ThreadPoolExecutor(1).submit(door.rpc, "catalog" if method == "search" else "identity", method, text="a")
    eventually(lambda: service.calls, "the call is taken")
    return answer
