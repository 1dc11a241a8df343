"""Faults of stock Nameko 2.14.1, pinned, each next to the service on the chassis that does not have it.

A stock half that no longer fails means that the chassis has a subclass nobody needs any more.
"""

from __future__ import annotations

import base64
import gzip
import json

import eventlet
import pytest
from eventlet.event import Event
from kombu import Connection
from nameko.events import event_handler
from nameko.exceptions import RemoteError, RpcTimeout
from nameko.rpc import RpcProxy, rpc
from nameko.standalone.events import event_dispatcher

from infra.chassis.clients import Neighbour
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import CONFIRM_TIMEOUT, Publisher, Unroutable
from infra.chassis.settings import Settings
from infra.chassis.trust.service_calls import ServiceCall, table
from tests.faults.engine.tcp_proxy import Proxy
from tests.service.chassis.conftest import died

EVENT = {
    "specversion": "1.0",
    "id": "echo:1",
    "source": "/echo",
    "type": "counted.v1",
    "subject": "counter",
    "time": "2026-03-02T02:00:00+00:00",
    "datacontenttype": "application/json",
    "data": {"count": 1},
}
CALL = {"args": [], "kwargs": {"text": "xin chào"}}
REPLY = {"reply_to": "nobody", "correlation_id": "1"}


class StockEcho:
    name = "echo"

    @rpc
    def shout(self, text: str) -> dict[str, str]:
        return {"text": text.upper()}

    begun, end = Event(), Event()  # of the call that is worked on

    @rpc
    def slow(self) -> None:
        StockEcho.begun.send()
        StockEcho.end.wait()


POISON = {
    "without a reply address": (CALL, {}),
    "with a call id stack that is a number": (CALL, {**REPLY, "headers": {"nameko.call_id_stack": 7}}),
}


@pytest.mark.parametrize("name", ["without a reply address", "with a call id stack that is a number"])
def test_one_bad_call_ends_a_stock_service_and_every_restart_of_it(stock, wire, name):
    body, options = POISON[name]
    first = stock(StockEcho)
    wire.send(body, exchange="nameko-rpc", routing_key="echo.shout", **options)
    assert died(first) is not None
    assert died(stock(StockEcho)) is not None, "the message was given back and ends the next one too"


@pytest.mark.parametrize("name", POISON)
def test_a_bad_call_is_put_aside_and_the_next_good_one_is_answered(ours, wire, name):
    body, options = POISON[name]
    service = ours()
    wire.send(body, exchange="nameko-rpc", routing_key="echo.shout", **options)
    [letter] = wire.quarantined()
    assert letter["why"] and letter["routing_key"] == "echo.shout"
    assert wire.ask("echo", "shout", text="xin chào") == {"text": "XIN CHÀO"}
    assert service.alive and wire.count("rpc-echo") == 0


def test_a_compressed_body_is_never_expanded(ours, wire):
    bomb = gzip.compress(json.dumps({"args": [], "kwargs": {"text": "x" * 5_000_000}}).encode())
    service = ours()
    wire.send(
        bomb,
        exchange="nameko-rpc",
        routing_key="echo.shout",
        content_type="application/json",
        content_encoding="utf-8",
        headers={"compression": "application/x-gzip"},
        **REPLY,
    )
    [letter] = wire.quarantined()
    assert len(letter["body_base64"]) < len(bomb) * 2
    assert service.alive


class StockHandler:
    name = "listener"
    received: list[object] = []

    @event_handler("echo", "counted.v1")
    def hear(self, event: object) -> None:
        StockHandler.received.append(event)
        raise ValueError("not yet")


def test_a_stock_handler_that_fails_has_lost_its_event(stock, wire):
    StockHandler.received = []
    stock(StockHandler)
    event_dispatcher({"AMQP_URI": wire.uri})("echo", "counted.v1", EVENT)
    until(lambda: StockHandler.received)
    eventlet.sleep(1.0)
    assert len(StockHandler.received) == 1
    assert wire.count("evt-echo-counted.v1--listener.hear") == 0


def until(ask, seconds: float = 60):
    with eventlet.Timeout(seconds):
        while not (answer := ask()):
            eventlet.sleep(0.05)
    return answer


def test_a_handler_that_fails_gets_its_event_again_after_each_delay(ours, wire):
    service = ours()
    service.counter.failures = 2
    event_dispatcher({"AMQP_URI": wire.uri})("echo", "counted.v1", EVENT)
    assert until(lambda: service.counter.received) == ["echo:1"]
    assert service.counter.failures == 0


def test_an_event_given_up_is_a_dead_letter_and_can_be_replayed_twice_without_harm(ours, wire):
    service = ours()
    service.counter.failures = 3
    event_dispatcher({"AMQP_URI": wire.uri})("echo", "counted.v1", EVENT)
    letters = DeadLetters(service.database)
    [letter] = until(letters.waiting)
    assert letter["attempts"] == 3 and "not yet" in letter["error"] and letter["first_at"] < letter["last_at"]
    publisher = Publisher(wire.uri)
    letters.replay(letter["id"], publisher, dry_run=True)
    assert letters.waiting() and service.counter.received == []
    letters.replay(letter["id"], publisher)
    letters.replay(letter["id"], publisher)
    until(lambda: service.counter.received)
    until(lambda: wire.count("evt-echo-counted.v1--echo.hear") == 0)
    assert service.counter.received == ["echo:1"] and letters.waiting() == []
    publisher.close()


def test_a_stock_handler_drops_what_it_cannot_decode(stock, wire):
    stock(StockHandler)
    wire.send(
        b"{no json",
        exchange="echo.events",
        routing_key="counted.v1",
        content_type="application/json",
        content_encoding="utf-8",
    )
    eventlet.sleep(1.0)
    assert wire.count("evt-echo-counted.v1--listener.hear") == 0


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"{no json", "application/json", "utf-8"),
        (b"\x80\x04K\x01.", "application/x-python-serialize", "binary"),
        (b'"\xff\xfe"', "application/json", "utf-8"),
        (b"[" * 100_000, "application/json", "utf-8"),
    ],
)
def test_what_cannot_be_decoded_is_kept_byte_by_byte(ours, wire, body, content_type, encoding):
    service = ours()
    wire.send(
        body, exchange="echo.events", routing_key="counted.v1", content_type=content_type, content_encoding=encoding
    )
    [letter] = wire.quarantined()
    assert base64.b64decode(letter["body_base64"]) == body
    assert service.alive and service.counter.received == []


class StockCaller:
    name = "caller"
    echo = RpcProxy("echo")

    @rpc
    def ask(self) -> object:
        return self.echo.slow()


class OurCaller:
    name = "caller"
    echo = Neighbour("echo", timeout=1.0)

    @rpc
    def ask(self) -> object:
        return self.echo.slow()


def nobody_answers(stock) -> None:
    """The queue is there, its service is not."""
    stock(StockEcho).stop()


def test_a_stock_caller_waits_for_ever(stock, wire):
    stock(StockCaller)
    nobody_answers(stock)
    with pytest.raises(RpcTimeout):
        wire.ask("caller", "ask", timeout=4)


def test_our_caller_says_after_its_deadline_who_is_silent(stock, wire, tmp_path, monkeypatch):
    nobody_answers(stock)
    open_to_all = ServiceCall(public=True, itself=False, roles=frozenset())
    monkeypatch.setitem(table(), "caller", {"echo.slow": open_to_all})
    settings = Settings({"AMQP_URI": wire.uri, "PORTAL_ENVIRONMENT": "development", "PORTAL_HOME": str(tmp_path)})
    stock(OurCaller, settings=settings)
    with pytest.raises(RemoteError) as refusal:
        wire.ask("caller", "ask")
    assert refusal.value.exc_type == "ServiceUnavailable"


def through(uri: str, proxy: Proxy) -> str:
    before, _, vhost = uri.rpartition("/")
    return f"{before.rpartition(':')[0]}:{proxy.port}/{vhost}"


def port_of(uri: str) -> int:
    return int(uri.rpartition("/")[0].rpartition(":")[2])


def break_while_working(proxy: Proxy, wire, method: str, **kwargs: str) -> None:
    """A call is being worked on when every connection breaks, and none can be made; then it is done."""
    StockEcho.begun, StockEcho.end = Event(), Event()
    wire.send({"args": [], "kwargs": kwargs}, exchange="nameko-rpc", routing_key=f"echo.{method}", **REPLY)
    StockEcho.begun.wait(60)
    assert StockEcho.begun.ready()
    proxy.refuse()
    proxy.reset()
    eventlet.sleep(1.0)
    StockEcho.end.send()


def test_a_stock_service_dies_when_its_reply_cannot_be_sent(stock, wire):
    with Proxy(port_of(wire.uri)) as proxy:
        container = stock(StockEcho, through(wire.uri, proxy))
        break_while_working(proxy, wire, "slow")
        eventlet.sleep(12.0)
        proxy.heal()
        assert died(container) is not None


def test_ours_outlives_replies_and_acks_that_cannot_be_sent(ours, wire, monkeypatch):
    from services.echo.service import Counter

    def slowly(self, command):
        if not StockEcho.begun.ready():
            StockEcho.begun.send()
            StockEcho.end.wait()
        return {"count": 1}

    monkeypatch.setattr(Counter, "count", slowly)
    with Proxy(port_of(wire.uri)) as proxy:
        service = ours(through(wire.uri, proxy))
        break_while_working(proxy, wire, "count", command_id="7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c03")
        eventlet.sleep(8.0)
        proxy.heal()
        assert wire.ask("echo", "shout", text="xin chào") == {"text": "XIN CHÀO"}
        assert service.alive


def test_a_message_larger_than_the_broker_takes_is_refused_to_its_publisher_alone(ours, wire):
    ours()
    publisher = Publisher(wire.uri)
    with pytest.raises(Exception, match=r"(?i)larger than configured max size|PRECONDITION"):
        publisher.publish(b"x" * 34_000_000, exchange="", routing_key="rpc-echo")
    publisher.publish(b"{}", exchange="", routing_key="portal.quarantine")
    assert wire.ask("echo", "shout", text="xin chào") == {"text": "XIN CHÀO"}
    publisher.close()


def test_a_broker_that_does_not_confirm_is_not_waited_for_without_end(wire):
    queue = _queue(wire, "someone")
    with Proxy(port_of(wire.uri)) as proxy:
        publisher = Publisher(through(wire.uri, proxy))
        publisher.publish({"n": 1}, exchange="", routing_key=queue)
        proxy.silence("down")
        with pytest.raises(OSError), eventlet.Timeout(CONFIRM_TIMEOUT + 40):
            publisher.publish({"n": 2}, exchange="", routing_key=queue)
        proxy.heal()
        publisher.publish({"n": 3}, exchange="", routing_key=queue)
        publisher.close()


def test_an_event_nobody_has_a_queue_for_is_told_apart_and_the_next_one_goes_out(wire):
    queue = _queue(wire, "someone")
    publisher = Publisher(wire.uri)
    with pytest.raises(Unroutable):
        publisher.publish(EVENT, exchange="", routing_key="nobody")
    publisher.publish(EVENT, exchange="", routing_key=queue)
    assert wire.count(queue) == 1
    publisher.close()


def _queue(wire, name: str) -> str:
    with Connection(wire.uri) as connection:
        connection.channel().queue_declare(name, durable=True, auto_delete=False)
    return name
