"""A handler's queue that was deleted costs no event: whoever makes it again gets what it missed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import eventlet
import pytest
from amqp.exceptions import ChannelError
from kombu import Connection
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy import update

from infra.chassis import clock
from infra.chassis.erasure.queues import remove_settled, sweep
from infra.chassis.messaging.handler_queues import handler_queue, redelivery_queue, request_redelivery
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.messaging.redelivery import POLL_SECONDS
from infra.chassis.messaging.topology import retry_exchange, retry_queue
from infra.chassis.running.followers import Follower
from infra.chassis.settings import Settings
from infra.chassis.storage.tables import outbox
from tests.service.chassis.conftest import Ours
from tests.service.chassis.test_stock_faults import until

QUEUE = "evt-echo-counted.v1--echo.hear"
PLAIN = {"content_type": "application/json", "content_encoding": "utf-8"}


@pytest.fixture
def source(ours) -> Iterator[Follower]:
    """The follower of the echo's database."""
    service = ours()
    stop(service)
    # It leads however long a test takes between its rounds.
    follower = Follower(Settings({**service.settings.env, "LEASE_SECONDS": "600"}), "echo")
    until(follower.lease.acquire)
    yield follower
    follower.lease.release()


def stop(service: Ours) -> None:
    service.runner.stop()


def another_listens(wire) -> None:
    """A second queue for the event, so that the broker has somewhere to put it and returns nothing."""
    with Connection(wire.uri) as connection:
        queue = handler_queue("echo", "counted.v1", "another", "hear")
        queue(connection.channel()).declare()


def delete(wire, queue: str = QUEUE) -> None:
    with Connection(wire.uri) as connection:
        connection.channel().queue_delete(queue)


def count(wire, times: int = 1) -> None:
    with ClusterRpcProxy({"AMQP_URI": wire.uri}, timeout=60) as rpc:
        for _ in range(times):
            rpc.echo.count(command_id=str(uuid.uuid4()))


def follow(follower: Follower, rounds: int = 30) -> None:
    """Let the follower work for three seconds at least."""
    for _ in range(rounds):
        follower.once()
        eventlet.sleep(0.1)


def followed(follower: Follower, ask: Callable[[], Any]) -> Any:
    """The first true answer while the follower works."""

    def worked() -> Any:
        follower.once()
        return ask()

    return until(worked)


def answer_requests(wire, follower: Follower) -> None:
    """The queue is there again, and whoever asked for what it missed was answered."""
    followed(follower, lambda: is_there(wire) and wire.count(redelivery_queue("echo").name) == 0)


def is_there(wire, queue: str = QUEUE) -> bool:
    try:
        wire.count(queue)
    except ChannelError:
        return False
    return True


def test_an_event_published_while_its_queue_was_gone_is_published_again(ours, source, wire):
    another_listens(wire)
    service = ours()
    count(wire, 2)
    stop(service)
    delete(wire)
    assert source.once() == 2, "the other queue took them, and nobody complained"
    service = ours()
    followed(source, lambda: len(service.counter.received) == 2)
    assert sorted(service.counter.received) == ["echo:1", "echo:2"]
    assert followed(source, lambda: wire.count(QUEUE) == 0 == wire.count(redelivery_queue("echo").name))


def test_an_event_that_lay_in_a_deleted_queue_is_published_again(ours, source, wire):
    service = ours()
    count(wire)
    stop(service)
    assert source.once() == 1 and wire.count(QUEUE) == 1
    delete(wire)
    service = ours()
    assert followed(source, lambda: service.counter.received) == ["echo:1"]


def test_a_running_consumer_whose_queue_vanishes_makes_it_again_and_asks(ours, source, wire):
    another_listens(wire)
    service = ours()
    delete(wire)
    count(wire)
    assert followed(source, lambda: service.counter.received) == ["echo:1"]
    assert service.alive


def test_migrate_that_finds_a_queue_gone_asks_as_well(ours, source, wire):
    another_listens(wire)
    service = ours()
    count(wire)
    stop(service)
    delete(wire)
    source.once()
    stop(ours())  # declares everything, as portal migrate does, before its consumer looks
    followed(source, lambda: wire.count(QUEUE) == 1)
    service = ours()
    assert until(lambda: service.counter.received) == ["echo:1"]


def test_what_was_digested_before_has_no_second_effect(ours, source, wire):
    service = ours()
    count(wire, 3)
    source.once()
    until(lambda: len(service.counter.received) == 3)
    received = list(service.counter.received)
    delete(wire)
    answer_requests(wire, source)
    count(wire)
    assert followed(source, lambda: len(service.counter.received) == 4) and service.counter.received[:3] == received


def test_requests_that_wait_for_the_same_queue_are_answered_once_from_the_earliest(ours, source, wire, monkeypatch):
    another_listens(wire)
    service = ours()
    count(wire, 2)
    source.once()
    until(lambda: len(service.counter.received) == 2)
    redelivery = next(duty for duty in source.duties if duty.name == "redelivery")
    publisher, sent = redelivery.sources[0].publisher, []
    monkeypatch.setattr(
        publisher, "republish", lambda event, queue: sent.append((queue, event["id"].partition("@")[0]))
    )
    for days in (0, 2, 1):
        since = (clock.now() - timedelta(days=days)).isoformat()
        request_redelivery(Publisher(wire.uri), "echo", {"queue": QUEUE, "type": "counted.v1", "since": since})
    followed(source, lambda: len(sent) >= 2 and wire.count(redelivery_queue("echo").name) == 0)
    follow(source, 20)
    assert sent == [(QUEUE, "echo:1"), (QUEUE, "echo:2")]


def test_a_new_handler_does_not_get_what_was_before_it(ours, source, wire):
    another_listens(wire)
    with Connection(wire.uri) as connection:
        assert connection.channel().queue_declare(QUEUE, passive=True).message_count == 0
    with ours().database.session() as session:  # as if the handler had not been there yet
        from infra.chassis.storage.tables import relay_position

        session.execute(relay_position.delete().where(relay_position.c.name == "queue of hear"))
    count(wire)
    delete(wire)
    source.once()
    answer_requests(wire, source)


def test_the_follower_may_fail_in_the_middle_and_begins_again(ours, source, wire, monkeypatch):
    another_listens(wire)
    service = ours()
    count(wire, 2)
    stop(service)
    delete(wire)
    source.once()
    service = ours()
    redelivery = next(duty for duty in source.duties if duty.name == "redelivery")
    publisher = redelivery.sources[0].publisher
    again = publisher.republish
    broken: list[Any] = []

    def once_broken(event, queue):
        if not broken:
            broken.append(event["id"])
            raise OSError("the connection is gone")
        again(event, queue)

    monkeypatch.setattr(publisher, "republish", once_broken)
    followed(source, lambda: broken and len(service.counter.received) == 2)
    assert sorted(service.counter.received) == ["echo:1", "echo:2"]


def test_a_follower_that_leads_no_more_hands_its_requests_back(ours, source, wire, monkeypatch):
    another_listens(wire)
    service = ours()
    count(wire, 2)
    source.once()
    until(lambda: len(service.counter.received) == 2)
    monkeypatch.setattr("infra.chassis.messaging.redelivery.BATCH", 1)
    request_redelivery(
        Publisher(wire.uri), "echo", {"queue": QUEUE, "type": "counted.v1", "since": "2026-01-01T00:00:00+00:00"}
    )
    eventlet.sleep(POLL_SECONDS)
    assert source.once() == 1 and wire.count(redelivery_queue("echo").name) == 0, "begun, and not ended"
    monkeypatch.setattr(source.lease, "acquire", lambda: False)
    source.once()
    assert until(lambda: wire.count(redelivery_queue("echo").name) == 1), "for whoever leads now"


def test_nothing_older_than_the_window_is_published_again(ours, source, wire):
    another_listens(wire)
    service = ours()
    count(wire, 2)
    stop(service)
    with service.database.session() as session:
        session.execute(update(outbox).where(outbox.c.position == 1).values(at=clock.now() - timedelta(days=8)))
    delete(wire)
    source.once()
    service = ours()
    assert followed(source, lambda: service.counter.received) == ["echo:2"]
    follow(source)
    assert service.counter.received == ["echo:2"]


def test_a_request_that_is_none_is_passed_by(ours, source, wire):
    not_ours = b'{"queue": "rpc-echo", "type": "counted.v1", "since": "2026-01-01T00:00:00+00:00"}'
    too_long = not_ours.replace(b"rpc-echo", b"evt-echo-counted.v1--" + b"x" * 255)
    never = [
        not_ours.replace(b"rpc-echo", b"evt-echo-counted.v1--hear").replace(b"2026-01-01T00:00:00+00:00", at)
        for at in (b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"2026-01-01T00:00:00")
    ]
    for body in (b"{no json", b"[]", b"[" * 100_000, not_ours, too_long, *never):
        wire.send(
            body, routing_key=redelivery_queue("echo").name, content_type="application/json", content_encoding="utf-8"
        )
    followed(source, lambda: wire.count(redelivery_queue("echo").name) == 0)
    follow(source)
    assert wire.count(redelivery_queue("echo").name) == 0 and wire.count("rpc-echo") == 0


def test_an_event_an_operator_has_dropped_stays_dropped_when_it_is_published_again(ours, source, wire):
    from infra.chassis.messaging.dead_letters import DeadLetters

    service = ours()
    service.counter.failures = 3
    count(wire)
    source.once()
    letters = DeadLetters(service.database)
    [letter] = until(letters.waiting)
    letters.drop(letter["id"], "a test")
    service.counter.failures = 50
    delete(wire)
    followed(source, lambda: service.counter.failures == 49)
    eventlet.sleep(1.0)
    assert letters.waiting() == [] and service.counter.failures == 49


def test_the_exchange_of_a_source_is_bound_again_with_the_queue(ours, source, wire):
    service = ours()
    delete(wire)
    event = {"id": "echo:77", "data": {"count": 1}}

    def received() -> list[str]:
        """What the service heard of an event that is sent until its queue is bound again; it has one effect."""
        wire.send(event, exchange=events_exchange("echo").name, routing_key="counted.v1")
        return service.counter.received

    assert followed(source, received) == ["echo:77"]


def test_a_waiting_room_that_was_deleted_is_made_again_by_whoever_needs_it(ours, wire):
    service = ours()
    service.counter.failures = 2
    for tier in (200, 400):
        delete(wire, retry_queue(tier).name)
    wire.send({"id": "echo:5", "data": {"count": 1}}, routing_key=QUEUE)
    assert until(lambda: service.counter.received) == ["echo:5"]


def test_a_quarantine_that_was_deleted_is_made_again_by_whoever_needs_it(ours, wire):
    service = ours()
    delete(wire, QUARANTINE)
    wire.send(b"{no json", routing_key=QUEUE, content_type="application/json", content_encoding="utf-8")
    until(lambda: _counted(wire, QUARANTINE) == 1)
    assert service.alive


def test_an_event_whose_queue_is_gone_when_its_wait_is_over_lies_in_the_quarantine(ours, wire):
    goes_on_waiting = waits_for_its_next_try(ours, wire)
    delete(wire)
    assert wire.count(QUARANTINE) == 0
    goes_on_waiting()
    assert until(lambda: wire.count(QUARANTINE) == 1)
    [raw] = wire.take(QUARANTINE)
    assert json.loads(raw["body"])["id"] == "echo:5" and raw["headers"]["portal-attempt"] == 2
    assert raw["headers"]["x-death"][0]["reason"] == "expired"


def test_an_event_comes_back_to_a_queue_that_was_made_again_meanwhile(ours, source, wire):
    goes_on_waiting = waits_for_its_next_try(ours, wire)
    delete(wire)
    arguments = {"queue": QUEUE, "type": "counted.v1", "since": clock.now().isoformat()}
    wire.send(arguments, routing_key=redelivery_queue("echo").name)
    followed(source, lambda: is_there(wire))  # it is the source that makes the queue again
    goes_on_waiting()
    assert until(lambda: wire.count(QUEUE) == 1) and wire.count(QUARANTINE) == 0
    delete(wire)
    service = ours()  # and now it is the handler's own service
    comes_back(wire, service)


def test_a_queue_made_by_an_earlier_version_is_bound_as_well(ours, source, wire):
    delete(wire)
    with Connection(wire.uri) as connection:
        handler_queue("echo", "counted.v1", "echo", "hear")(connection.channel()).declare()
    comes_back(wire, ours())


def comes_back(wire, service: Ours) -> None:
    Publisher(wire.uri).publish({"id": "echo:6", "data": {"count": 1}}, exchange="portal.again", routing_key=QUEUE)
    assert until(lambda: service.counter.received) == ["echo:6"] and wire.count(QUARANTINE) == 0


def test_a_quarantine_that_was_made_again_takes_what_has_nowhere_to_go(ours, wire):
    service = ours()
    delete(wire, QUARANTINE)
    wire.send(b"{no json", routing_key=QUEUE, content_type="application/json", content_encoding="utf-8")
    until(lambda: _counted(wire, QUARANTINE) == 1)
    wire.send({"id": "echo:5"}, exchange="portal.again", routing_key="a queue that is gone")
    assert until(lambda: wire.count(QUARANTINE) == 2) and service.alive


def waits_for_its_next_try(ours, wire) -> Callable[[], None]:
    """An event that failed once was put into its tier, and its service has stopped meanwhile: what it does there goes
    on, and is over at once, when this is called.
    """
    service, tier = ours(RETRY_TIERS="120"), retry_queue(120_000).name
    service.counter.failures = 1
    wire.send({"id": "echo:5", "data": {"count": 1}}, routing_key=QUEUE)
    until(lambda: service.counter.failures == 0 and wire.count(tier) == 1)
    stop(service)
    with Connection(wire.uri) as connection:
        message = connection.channel().basic_get(tier, no_ack=True)
    headers = dict(message.headers)

    def goes_on() -> None:
        to_the_tier = {"exchange": retry_exchange(120_000).name, "routing_key": QUEUE}
        wire.send(message.body.encode(), headers=headers, expiration=0.2, **to_the_tier, **PLAIN)

    return goes_on


def test_what_has_no_queue_any_more_loses_the_words_of_an_erased_person(ours, wire):
    service, person = ours(), str(uuid.uuid4())
    headers = {"portal-attempt": 2, "portal-error": "ValueError: lời nói"}
    for who in (person, str(uuid.uuid4())):
        event = {"id": f"echo:{who}", "data": {"applicant_id": who, "reason": "lời nói"}}
        wire.send(event, exchange="portal.again", routing_key="a queue that is gone", headers=headers)
    wire.send(f"neither letter nor event: {person}".encode(), routing_key=QUARANTINE)
    until(lambda: wire.count(QUARANTINE) == 3)
    assert sweep(service.settings, {person}, "catalog 1") == {"quarantine": 2}
    assert sweep(service.settings, {person}, "payments 1") == {}, "another service's sweep finds nothing of the person"
    assert sweep(service.settings, {person}, "catalog 1") == {"quarantine": 2}, "it died before it noted how many"
    assert remove_settled(service.settings, [("a queue that is gone", "echo:another")]) == 0
    assert until(lambda: wire.count(QUARANTINE) == 3)
    assert remove_settled(service.settings, [("a queue that is gone", f"echo:{person}")]) == 1
    removed, other = sorted(wire.take(QUARANTINE), key=lambda entry: len(entry["body"]))
    assert json.loads(removed["body"]) == {"forgotten": True}
    assert json.loads(other["body"])["data"]["reason"] == "lời nói" and other["headers"] == headers


def _counted(wire, queue: str) -> int:
    try:
        return wire.count(queue)
    except ChannelError:
        return 0
