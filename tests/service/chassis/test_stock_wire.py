"""More faults of stock Nameko on the wire, each next to the chassis without it: see also `test_stock_faults`."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from itertools import pairwise

import eventlet
import pytest
from eventlet.patcher import original
from kombu import Connection, Exchange, Queue
from kombu.pools import connections, get_limit, set_limit
from nameko.amqp.publish import Publisher as StockPublisher
from nameko.events import event_handler
from nameko.exceptions import RemoteError
from nameko.extensions import DependencyProvider
from nameko.rpc import rpc
from nameko.standalone.events import event_dispatcher

from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import CONFIRM_TIMEOUT, Publisher, Unroutable, events_exchange, size_pools
from infra.chassis.messaging.quarantine import MAX_BODY
from tests.faults.engine.tcp_proxy import Proxy
from tests.service.chassis.conftest import died
from tests.service.chassis.test_stock_faults import EVENT, REPLY, StockEcho, port_of, through, until

BEAT = 2  # seconds between heartbeats
EVENTS = 5  # events, as many as are handled at once


def hold_the_hub(seconds: float) -> None:
    original("time").sleep(seconds)


# ── a handler that holds the hub longer than two heartbeats


class StockHolder:
    name = "listener"
    events: list[object] = []

    @event_handler("echo", "counted.v1")
    def hear(self, event: object) -> None:
        hold_together(StockHolder.events, event)


def hold_together(stored: list[object], event: object) -> None:
    """All of them at work at once; the first holds the hub until the broker has given the connection up."""
    stored.append(event)
    with eventlet.Timeout(60):
        while len(stored) < EVENTS:
            eventlet.sleep(0.05)
    if stored[0] is event:
        hold_the_hub(BEAT * 5)


def tell(wire, times: int = EVENTS) -> None:
    dispatch = event_dispatcher({"AMQP_URI": wire.uri})
    for number in range(times):
        dispatch("echo", "counted.v1", {**EVENT, "id": f"echo:{number}"})


def test_a_stock_service_that_held_the_hub_for_too_long_dies_of_its_acks(stock, wire):
    StockHolder.events = []
    container = stock(StockHolder, HEARTBEAT=BEAT)
    tell(wire)
    assert isinstance(died(container), OSError)


def test_ours_is_there_again_after_it_held_the_hub_and_has_every_effect_once(ours, wire, monkeypatch):
    from services.echo.service import Counter

    stored: list[object] = []
    hear = Counter.hear

    def slowly(self, event):
        hold_together(stored, event)
        hear(self, event)

    monkeypatch.setattr(Counter, "hear", slowly)
    service = ours(AMQP_HEARTBEAT=str(BEAT))
    tell(wire)
    until(lambda: len(service.counter.received) == EVENTS)
    until(lambda: wire.count("evt-echo-counted.v1--echo.hear") == 0)
    assert wire.ask("echo", "shout", text="a") == {"text": "A"}
    assert sorted(service.counter.received) == [f"echo:{number}" for number in range(5)] and service.alive


def test_a_handler_that_is_slow_and_yields_keeps_its_heartbeats(ours, wire, monkeypatch):
    from services.echo.service import Counter

    calls = []

    def count(self, command):
        calls.append(command.id)
        eventlet.sleep(BEAT * 3 * 3)
        return {"count": 1}

    monkeypatch.setattr(Counter, "count", count)
    ours(AMQP_HEARTBEAT=str(BEAT * 3))  # so that nobody but the handler keeps the hub from beating
    answer = wire.ask("echo", "count", command_id="7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c04")
    assert answer == {"count": 1} and len(calls) == 1, "one connection all the time: nothing was delivered twice"


# ── events


def test_a_stock_dispatcher_says_nothing_when_nobody_gets_its_event(wire):
    with Connection(wire.uri) as connection:
        events_exchange("echo")(connection.channel()).declare()
    dispatch = event_dispatcher({"AMQP_URI": wire.uri})
    dispatch("echo", "counted.v1", EVENT)  # no queue, no error, no event
    publisher = Publisher(wire.uri)
    with pytest.raises(Unroutable):
        publisher.publish(EVENT, exchange="echo.events", routing_key="counted.v1")
    publisher.close()


def test_an_alternate_exchange_would_hide_from_the_relay_that_nobody_listens(broker_server, wire):
    """So the exchanges of events have none, and no policy sets one: the return is what the relay acts upon."""
    vhost = wire.uri.rpartition("/")[2]
    with Connection(wire.uri) as connection:
        events_exchange("echo")(connection.channel()).declare()
        unrouted = Exchange("unrouted", type="fanout", durable=True)
        Queue("unrouted", unrouted, durable=True)(connection.channel()).declare()
    publisher = Publisher(wire.uri)
    with pytest.raises(Unroutable):
        publisher.publish(EVENT, exchange="echo.events", routing_key="counted.v1")
    policy = {"pattern": "events$", "definition": {"alternate-exchange": "unrouted"}, "apply-to": "exchanges"}
    broker_server.manage("PUT", f"policies/{vhost}/unrouted", policy)
    until(lambda: not _returned(publisher))
    assert wire.count("unrouted") >= 1
    publisher.close()


def _returned(publisher: Publisher) -> bool:
    try:
        publisher.publish(EVENT, exchange="echo.events", routing_key="counted.v1")
    except Unroutable:
        return True
    return False


class StockRequeuer:
    name = "listener"
    tries = 0

    @event_handler("echo", "counted.v1", requeue_on_error=True)
    def hear(self, event: object) -> None:
        StockRequeuer.tries += 1
        raise ValueError("never")


def test_a_stock_handler_that_requeues_runs_hot(stock, wire):
    StockRequeuer.tries = 0
    container = stock(StockRequeuer)
    event_dispatcher({"AMQP_URI": wire.uri})("echo", "counted.v1", EVENT)
    until(lambda: StockRequeuer.tries > 30)
    container.kill()


def test_ours_tries_again_after_its_delays_and_not_in_between(ours, wire, monkeypatch):
    from services.echo.service import Counter

    service, tries, hear = ours(RETRY_TIERS="1,1"), [], Counter.hear

    def noted(self, event):
        tries.append(time.monotonic())
        hear(self, event)

    monkeypatch.setattr(Counter, "hear", noted)
    service.counter.failures = 50
    event_dispatcher({"AMQP_URI": wire.uri})("echo", "counted.v1", EVENT)
    until(lambda: len(tries) == 3)
    assert all(later - earlier > 0.9 for earlier, later in pairwise(tries))
    until(DeadLetters(service.database).waiting)
    eventlet.sleep(1.5)
    assert len(tries) == 3, "after the last delay it is a dead letter"


# ── bodies and replies


def test_a_stock_service_expands_whatever_is_compressed(stock, wire):
    """Two hundred bytes that become two hundred kilobytes; a bomb is the same with more noughts."""
    from kombu import compression

    compression.register(gzip.compress, gzip.decompress, "application/x-gzip", aliases=["gzip"])
    try:
        stock(StockEcho)
        with Connection(wire.uri) as connection:
            connection.channel().queue_declare("answers", durable=False, auto_delete=False)
            queue = connection.channel()
            queue.queue_bind("answers", "nameko-rpc", "answers")
        wire.send(
            {"args": [], "kwargs": {"text": "x" * 200_000}},
            exchange="nameko-rpc",
            routing_key="echo.shout",
            compression="application/x-gzip",
            reply_to="answers",
            correlation_id="1",
        )
        [answer] = wire.take("answers")
        assert len(json.loads(answer["body"])["result"]["text"]) == 200_000
    finally:
        compression._decoders.clear()


def test_a_call_larger_than_we_read_is_answered_and_an_event_quarantined(ours, wire):
    service, large = ours(), "x" * (MAX_BODY + 1)
    with pytest.raises(RemoteError) as refusal:
        wire.ask("echo", "shout", timeout=30, text=large)
    assert refusal.value.exc_type == "InvalidRequest"
    wire.send({**EVENT, "data": {"count": large}}, routing_key="evt-echo-counted.v1--echo.hear")
    [letter] = wire.quarantined()
    assert letter["why"] == "body too large"
    assert service.alive and service.counter.received == []


class StockGreatAnswer:
    name = "echo"

    @rpc
    def shout(self) -> str:
        return "x" * 40_000_000


def test_a_stock_service_dies_of_an_answer_larger_than_the_broker_takes(stock, wire):
    container = stock(StockGreatAnswer)
    wire.send({"args": [], "kwargs": {}}, exchange="nameko-rpc", routing_key="echo.shout", **REPLY)
    assert died(container) is not None


def test_ours_outlives_an_answer_larger_than_the_broker_takes(ours, wire, monkeypatch):
    from services.echo.service import Counter

    monkeypatch.setattr(Counter, "count", lambda self, command: {"count": "x" * 40_000_000})
    service = ours()
    with pytest.raises(RemoteError) as refusal:
        wire.ask("echo", "count", command_id="7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c05")
    assert refusal.value.exc_type == "InternalFailure"
    assert wire.ask("echo", "shout", text="a") == {"text": "A"}
    assert service.alive and wire.count("rpc-echo") == 0


# ── what is around a call


class Failing(DependencyProvider):
    def worker_setup(self, worker_ctx: object) -> None:
        raise ConnectionError("whom the token belongs to cannot be asked")


class StockSetup:
    name = "echo"
    failing = Failing()

    @rpc
    def shout(self) -> None: ...


def test_a_stock_service_dies_when_a_dependency_cannot_be_set_up(stock, wire):
    container = stock(StockSetup)
    wire.send({"args": [], "kwargs": {}}, exchange="nameko-rpc", routing_key="echo.shout", **REPLY)
    assert died(container) is not None


def test_ours_finds_out_who_calls_behind_the_door_where_it_can_refuse(ours, wire):
    service = ours()
    for token in ("x", "a.b.c", "\x00", "é" * 1000):
        headers = {"nameko.auth_token": token}
        wire.send(
            {"args": [], "kwargs": {}}, exchange="nameko-rpc", routing_key="echo.staff_only", headers=headers, **REPLY
        )
    assert wire.ask("echo", "shout", text="a") == {"text": "A"} and service.alive


def test_a_call_whose_time_is_over_is_not_carried_out(ours, wire):
    from infra.chassis.storage.tables import command_log

    service = ours()

    def carried_out() -> list[str]:
        with service.database.session() as session:
            return [row.command_id for row in session.execute(command_log.select())]

    in_time, too_late = (f"7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c0{number}" for number in (6, 7))
    for deadline, command_id in ((time.time() - 1, too_late), (time.time() + 250, in_time)):
        wire.send(
            {"args": [], "kwargs": {"command_id": command_id}},
            exchange="nameko-rpc",
            routing_key="echo.count",
            headers={"nameko.deadline": f"{deadline:.3f}"},
            **REPLY,
        )
    until(carried_out)
    eventlet.sleep(1.0)
    assert carried_out() == [in_time]


# ── a broker that takes no messages


def test_a_stock_publisher_waits_for_a_confirm_without_end(wire):
    with Connection(wire.uri) as connection:
        connection.channel().queue_declare("someone", durable=True, auto_delete=False)
    with Proxy(port_of(wire.uri)) as proxy:
        publisher = StockPublisher(through(wire.uri, proxy))
        publisher.publish({"n": 1}, routing_key="someone")
        proxy.silence("down")
        waiting = eventlet.spawn(publisher.publish, {"n": 2}, routing_key="someone")
        eventlet.sleep(CONFIRM_TIMEOUT * 2)
        assert not waiting.dead
        proxy.heal()
        assert waiting.wait() is None


@pytest.fixture
def pools() -> Iterator[None]:
    """kombu's pools as stock Nameko finds them; afterwards as they were."""
    before = get_limit()
    set_limit(10)
    yield
    set_limit(before)


def one_more_than(stored: int, uri: str) -> bool:
    """Whether somebody gets a connection while others hold theirs (a publish that is stuck holds one)."""
    pool = connections[Connection(uri)]
    accepted = [pool.acquire(block=True) for _ in range(stored)]
    got = None
    with eventlet.Timeout(1.0, False):
        got = pool.acquire(block=True)
    for entry in [*accepted, *([got] if got else [])]:
        entry.release()
    return got is not None


def test_ten_stuck_publishes_stop_every_other_of_a_stock_service(pools, wire):
    assert one_more_than(9, wire.uri) and not one_more_than(10, wire.uri)


def test_ours_has_room_for_every_worker_and_the_platforms_own(pools, wire):
    size_pools(10)
    assert one_more_than(10 * 5, wire.uri)
