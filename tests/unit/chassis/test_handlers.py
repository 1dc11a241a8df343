"""Events are heard exactly once in effect, tried again when a handler fails, and never lost."""

from __future__ import annotations

import uuid

from infra.chassis.dead_letters import DeadLetters
from infra.chassis.publishing import Publisher, events_exchange
from infra.chassis.wire import QUARANTINE
from infra.embedded.broker import Broker


def broker_of(echo):
    return Broker.named(echo.settings.amqp_uri.removeprefix("embedded://"))


def test_what_is_committed_is_told_and_heard_once(echo):
    echo.call("count", command_id=str(uuid.uuid4()))
    echo.follower.once()
    echo.until(lambda: echo.counter.heard)
    assert echo.counter.heard == ["echo:1"]


def test_a_repeated_event_has_no_second_effect(echo):
    publisher = Publisher(echo.settings.amqp_uri)
    for number in ("echo:7", "echo:7", "echo:8"):
        event = {"id": number, "type": "counted.v1", "data": {"count": 1}}
        publisher.publish(event, exchange=events_exchange("echo"), routing_key="counted.v1", message_id=number)
    echo.until(lambda: "echo:8" in echo.counter.heard)
    assert echo.counter.heard == ["echo:7", "echo:8"]


def test_a_failing_handler_is_tried_again_later(echo):
    echo.counter.failures = 2
    echo.call("count", command_id=str(uuid.uuid4()))
    echo.follower.once()
    echo.until(lambda: echo.counter.heard)
    assert echo.counter.heard == ["echo:1"]
    assert DeadLetters(echo.database).waiting() == []


def test_after_the_last_try_the_event_is_a_dead_letter_that_can_be_replayed(echo):
    echo.counter.failures = 3
    echo.call("count", command_id=str(uuid.uuid4()))
    echo.follower.once()
    letters = DeadLetters(echo.database)
    letter = echo.until(letters.waiting)[0]
    assert (letter["message_id"], letter["attempts"], letter["error"]) == ("echo:1", 3, "ValueError: not yet")
    publisher = Publisher(echo.settings.amqp_uri)
    letters.replay(letter["id"], publisher, dry_run=True)
    assert echo.counter.heard == []
    letters.replay(letter["id"], publisher)
    letters.replay(letter["id"], publisher)
    echo.until(lambda: echo.counter.heard)
    assert echo.counter.heard == ["echo:1"]
    assert letters.waiting() == []


def test_an_event_that_does_not_fit_the_contract_becomes_a_dead_letter(echo):
    event = {"id": "echo:9", "type": "counted.v1", "data": {"count": "many"}}
    Publisher(echo.settings.amqp_uri).publish(event, exchange=events_exchange("echo"), routing_key="counted.v1")
    letter = echo.until(DeadLetters(echo.database).waiting)[0]
    assert "/count" in letter["error"]


def test_what_cannot_be_read_is_put_aside_and_the_service_lives(echo):
    publisher = Publisher(echo.settings.amqp_uri)
    publisher.publish({"no": "envelope"}, exchange=events_exchange("echo"), routing_key="counted.v1")
    publisher.publish(b"{broken", exchange=events_exchange("echo"), routing_key="counted.v1")
    publisher.publish({"args": [], "kwargs": {}}, exchange="nameko-rpc", routing_key="echo.shout")  # no reply_to
    publisher.publish(
        {"args": [], "kwargs": {}},
        exchange="nameko-rpc",
        routing_key="echo.shout",
        reply_to="x",
        headers={"nameko.call_id_stack": 5},
    )
    publisher.publish(
        {"id": "x"},
        exchange="nameko-rpc",
        routing_key="echo.shout",
        reply_to="x",
        headers={"compression": "application/x-gzip"},
    )
    echo.until(lambda: len(broker_of(echo).queues[QUARANTINE]) == 5)
    assert echo.call("shout", text="a") == {"text": "A"}


def test_an_event_that_somebody_awaits_is_kept_until_their_queue_is_there(echo):
    broker = broker_of(echo)
    queue = next(name for name in broker.queues if name.startswith("evt-echo-counted"))
    waiting = broker.queues.pop(queue)
    echo.call("count", command_id=str(uuid.uuid4()))
    assert echo.follower.once() == 0
    broker.queues[queue] = waiting
    echo.follower._not_before.clear()
    assert echo.follower.once() == 1
