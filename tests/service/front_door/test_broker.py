"""The front door before a real RabbitMQ: what it sends, and what callers get when replies, services, broker fail."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import eventlet
import pytest
from amqp.exceptions import AMQPError
from kombu import Connection, Consumer, Exchange, Queue

from tests.support import servers
from tests.support.front_door import FrontDoor, eventually, front_door

EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True)
RECOVERED_WITHIN = 5.0  # seconds after the broker is there again


class Service:
    """A service as the wire sees it: takes calls of two names and answers as a test wants."""

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
                with Connection(self.uri, connect_timeout=1) as connection:
                    self._session(connection)
            except (OSError, AMQPError):
                eventlet.sleep(0.1)

    def _session(self, connection: Any) -> None:
        channel = connection.channel()
        queues = [Queue(f"rpc-{name}", EXCHANGE, f"{name}.*", durable=True) for name in ("catalog", "identity")]
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


@pytest.fixture(scope="module")
def wire(broker_server: Any) -> Iterator[str]:
    with broker_server.virtual_host() as uri:
        yield uri


@pytest.fixture(scope="module")
def door(wire: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with Connection(wire) as connection:
        EXCHANGE(connection.channel()).declare()
    with front_door(tmp_path_factory.mktemp("door"), wire) as door:
        yield door


@pytest.fixture
def service(wire: str, door: FrontDoor) -> Iterator[Service]:
    service = Service(wire)
    eventually(lambda: door.rpc("catalog", "health").status_code == 200, "the service answers")
    service.calls.clear()
    yield service
    service.stop()


def in_flight(door: FrontDoor, service: Service, method: str = "search") -> Any:
    """A call that has been taken and has no reply yet: a future of its answer."""
    service.answer = lambda body: None
    answer = ThreadPoolExecutor(1).submit(door.rpc, "catalog" if method == "search" else "identity", method, text="a")
    eventually(lambda: service.calls, "the call is taken")
    return answer


def test_what_goes_out_is_what_a_nameko_service_reads(door: FrontDoor, service: Service) -> None:
    sent = {"Accept-Language": "en", "Authorization": "Bearer a.b.c", "X-Evil": "1", "Portal-Timeout": "5"}
    answer = door.ask("POST", "/rpc/catalog/search", json={"text": "đổi"}, headers=sent)
    assert answer.json() == {"text": "đổi"}
    [message] = service.calls
    assert message.content_type == "application/json" and json.loads(message.body)["args"] == []
    assert message.headers["nameko.language"] == "en" and message.headers["nameko.auth_token"] == "a.b.c"
    assert 0 < float(message.headers["nameko.deadline"]) - time.time() <= 5
    assert all(isinstance(value, str) for name, value in message.headers.items() if name != "nameko.call_id_stack")
    assert set(message.headers) == {"nameko.call_id_stack", "nameko.language", "nameko.traceparent",
                                    "nameko.auth_token", "nameko.deadline"}  # fmt: skip
    assert 0 < int(message.properties["expiration"]) <= 5000


def test_a_service_that_is_not_there_is_503_at_once(door: FrontDoor, service: Service) -> None:
    answer = door.rpc("payments", "health")
    assert answer.status_code == 503 and answer.json()["name"] == "ServiceUnavailable"
    assert answer.headers["retry-after"] and answer.elapsed.total_seconds() < 2


def test_a_service_that_does_not_answer_is_504_when_the_callers_time_is_over(door: FrontDoor, service: Service) -> None:
    service.answer = lambda body: None
    answer = door.ask("POST", "/rpc/catalog/search", json={"text": "a"}, headers={"Portal-Timeout": "0.5"})
    assert answer.status_code == 504 and 0.4 < answer.elapsed.total_seconds() < 3


def test_a_reply_that_comes_too_late_goes_to_nobody(door: FrontDoor, service: Service) -> None:
    def late(body: Any) -> Any:
        eventlet.sleep(1.0 if body["kwargs"]["text"] == "late" else 0)
        return {"result": body["kwargs"], "error": None}

    service.answer = late
    slow = door.ask("POST", "/rpc/catalog/search", json={"text": "late"}, headers={"Portal-Timeout": "0.2"})
    assert slow.status_code == 504
    assert door.rpc("catalog", "search", text="next").json() == {"text": "next"}


def test_a_lost_connection_fails_what_may_not_be_done_twice_and_repeats_what_may(
    door: FrontDoor, service: Service, broker_server: Any
) -> None:
    waiting = in_flight(door, service, "sign_in")
    close_connections_of(broker_server, door)
    answer = waiting.result(10)
    assert answer.status_code == 503 and answer.elapsed.total_seconds() < 10
    service.answer = lambda body: {"result": {}, "error": None}
    eventually(lambda: door.rpc("catalog", "health").status_code == 200, "connected again")
    service.calls.clear()
    waiting = in_flight(door, service)
    service.answer = lambda body: {"result": {"again": True}, "error": None}
    close_connections_of(broker_server, door)
    assert waiting.result(10).json() == {"again": True}


def close_connections_of(broker_server: Any, door: FrontDoor) -> None:
    """The broker ends every connection of the front door."""
    if not isinstance(broker_server, servers.Broker):
        pytest.fail("this test needs a broker whose management it may use")

    def named() -> list[str]:
        listed = broker_server.manage("GET", "connections").json()
        return [
            connection["name"]
            for connection in listed
            if "aiormq" in json.dumps(connection.get("client_properties", {})).lower()
        ]

    for name in eventually(named, "the broker lists the front door's connection"):
        broker_server.manage("DELETE", f"connections/{quote(name, safe='')}")


def test_a_broker_that_is_killed_is_503_in_time_and_what_comes_after_it_is_answered(tmp_path: Path) -> None:
    with servers.running_broker(own=True) as own:
        assert isinstance(own, servers.Broker)
        with own.virtual_host() as uri:
            service = Service(uri)
            with front_door(tmp_path, uri) as door:
                eventually(lambda: door.rpc("catalog", "search", text="a").status_code == 200, "the service answers")
                waiting = in_flight(door, service, "sign_in")
                own.server.kill()
                assert waiting.result(20).status_code == 503
                away = door.ask("POST", "/rpc/catalog/search", json={}, headers={"Portal-Timeout": "3"})
                assert away.status_code == 503 and away.elapsed.total_seconds() < 4
                service.answer = lambda body: {"result": {}, "error": None}
                own.server.start()
                began = time.monotonic()
                eventually(lambda: door.rpc("catalog", "search", text="a").status_code == 200, "it recovers", 20)
                assert time.monotonic() - began < RECOVERED_WITHIN
            service.stop()


def test_an_id_that_a_caller_chooses_never_reaches_the_wire(door: FrontDoor, service: Service) -> None:
    mine = str(uuid.uuid4())
    door.ask("POST", "/rpc/catalog/search", json={"text": "a"}, headers={"Portal-Call-Id": mine, "X-Request-Id": mine})
    assert mine not in repr(service.calls[0].headers) + repr(service.calls[0].properties)
