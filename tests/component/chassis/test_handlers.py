"""Events are handled exactly once in effect, tried again when a handler fails, and never lost."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from typing import Any

import pytest
from amqp.exceptions import ResourceLocked
from kombu import Queue
from sqlalchemy.event import listen, remove

from infra.chassis.erasure.queues import TURN, SweepInProgress, remove_settled
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.embedded.broker import Broker

HEAR = "evt-echo-counted.v1--echo.hear"


def broker_of(echo):
    return Broker.named(echo.settings.amqp_uri.removeprefix("embedded://"))


def quarantined(echo):
    return [json.loads(message["body"]) for message in broker_of(echo).queues[QUARANTINE]]


def given_up(echo, *numbers):
    """Events that the handler gives up after its last try."""
    echo.counter.failures = 3 * len(numbers)
    for number in numbers:
        event = {"id": number, "type": "counted.v1", "source": "/echo", "data": {"count": 1}}
        Publisher(echo.settings.amqp_uri).publish(event, exchange="", routing_key=HEAR, headers={"said": "xin chào"})
    return echo.until(lambda: len(result := DeadLetters(echo.database).waiting()) == len(numbers) and result)


def test_what_is_committed_is_published_and_handled_once(echo):
    echo.call("count", command_id=str(uuid.uuid4()))
    echo.follower.once()
    echo.until(lambda: echo.counter.received)
    assert echo.counter.received == ["echo:1"]


def test_a_repeated_event_has_no_second_effect(echo):
    publisher = Publisher(echo.settings.amqp_uri)
    for number in ("echo:7", "echo:7", "echo:8"):
        event = {"id": number, "type": "counted.v1", "data": {"count": 1}}
        publisher.publish(event, exchange=events_exchange("echo"), routing_key="counted.v1", message_id=number)
    echo.until(lambda: "echo:8" in echo.counter.received)
    assert echo.counter.received == ["echo:7", "echo:8"]


def test_another_event_under_an_id_that_was_handled_is_a_dead_letter_at_once(echo):
    publisher = Publisher(echo.settings.amqp_uri)
    for time in ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"):
        event = {"id": "echo:7@0123abcd", "type": "counted.v1", "time": time, "data": {"count": 1}}
        publisher.publish(event, exchange=events_exchange("echo"), routing_key="counted.v1", message_id="7")
    [letter] = echo.until(DeadLetters(echo.database).waiting)
    assert letter["error"].startswith("EventIdReused: echo:7@0123abcd") and letter["attempts"] == 1
    assert echo.counter.received == ["echo:7"]


def test_a_failing_handler_is_tried_again_later(echo):
    echo.counter.failures = 2
    echo.call("count", command_id=str(uuid.uuid4()))
    echo.follower.once()
    echo.until(lambda: echo.counter.received)
    assert echo.counter.received == ["echo:1"]
    assert DeadLetters(echo.database).waiting() == []


def test_after_the_last_try_the_event_is_a_dead_letter_that_can_be_replayed(echo):
    echo.counter.failures = 3
    echo.call("count", command_id=str(uuid.uuid4()))
    echo.follower.once()
    letters = DeadLetters(echo.database)
    letter = echo.until(letters.waiting)[0]
    assert (letter["attempts"], letter["error"]) == (3, "ValueError: not yet")
    assert letter["message_id"].startswith("echo:1@")
    publisher = Publisher(echo.settings.amqp_uri)
    letters.replay(letter["id"], publisher, dry_run=True)
    assert echo.counter.received == []
    letters.replay(letter["id"], publisher)
    letters.replay(letter["id"], publisher)
    echo.until(lambda: echo.counter.received)
    assert echo.counter.received == ["echo:1"]
    assert letters.waiting() == []


def test_an_event_given_up_lies_in_the_quarantine_and_in_a_row(echo):
    [row] = given_up(echo, "echo:7")
    [letter] = quarantined(echo)
    report = ("service", "why", "routing_key", "content_type", "message_id", "attempts")
    assert {name: letter[name] for name in report} == {
        "service": "echo",
        "why": "ValueError: not yet",
        "routing_key": HEAR,
        "content_type": "application/json",
        "message_id": "echo:7",
        "attempts": 3,
    }
    assert letter["headers"]["said"] == "xin chào" and "portal-attempt" in letter["headers"]
    assert json.loads(base64.b64decode(letter["body_base64"]))["data"] == {"count": 1}
    assert row["first_at"] == letter["first_at"] < letter["last_at"] <= row["last_at"]


def test_no_row_without_its_letter_and_a_repeat_only_adds_a_copy(echo, monkeypatch):
    keep = DeadLetters.record
    cut: list[Any] = []

    def cut_once(self, *what):
        assert quarantined(echo), "the letter comes first"
        if not cut:
            cut.append(1)
            echo.counter.failures = 3
            raise OSError("the database is gone")
        keep(self, *what)

    monkeypatch.setattr(DeadLetters, "record", cut_once)
    [row] = given_up(echo, "echo:7")
    assert [message["message_id"] for message in quarantined(echo)] == ["echo:7", "echo:7"] and row[
        "message_id"
    ] == "echo:7"


def test_all_copies_of_a_letter_are_taken_out_and_nobody_elses(echo):
    given_up(echo, "echo:7", "echo:8")
    publisher = Publisher(echo.settings.amqp_uri)
    again = next(message for message in quarantined(echo) if message["message_id"] == "echo:7")
    publisher.publish(again, exchange="", routing_key=QUARANTINE)
    publisher.publish({**again, "routing_key": "another's"}, exchange="", routing_key=QUARANTINE)
    publisher.publish(b"no json", exchange="", routing_key=QUARANTINE)
    assert remove_settled(echo.settings, [(HEAR, "echo:7")]) == 2
    assert remove_settled(echo.settings, [(HEAR, "echo:7")]) == 0
    left = [message["body"] for message in broker_of(echo).queues[QUARANTINE]]
    assert len(left) == 3 and b"no json" in left


def test_what_nobody_could_read_is_taken_out_by_its_digest(echo):
    publisher = Publisher(echo.settings.amqp_uri)
    for body in (b"{broken", b"{broken", b"{other"):
        publisher.publish(body, exchange="", routing_key=HEAR)
    echo.until(lambda: len(quarantined(echo)) == 3)
    digest = f"sha256:{hashlib.sha256(b'{broken').hexdigest()}"
    assert [message["digest"] for message in quarantined(echo)].count(digest) == 2
    assert all(message["at"].endswith("+00:00") for message in quarantined(echo))
    older = {name: value for name, value in quarantined(echo)[0].items() if name not in ("digest", "at")}
    publisher.publish(older, exchange="", routing_key=QUARANTINE)
    assert remove_settled(echo.settings, [(HEAR, digest)]) == 3 and len(quarantined(echo)) == 1


def test_nothing_is_taken_out_while_another_goes_through_the_queue(echo, monkeypatch):
    given_up(echo, "echo:7")

    def resource_locked(self, *_more, **_options):
        if self.name == TURN:
            raise ResourceLocked("RESOURCE_LOCKED")
        return declare(self, *_more, **_options)

    declare = Queue.declare
    monkeypatch.setattr(Queue, "declare", resource_locked)
    with pytest.raises(SweepInProgress):
        remove_settled(echo.settings, [(HEAR, "echo:7")])
    assert len(quarantined(echo)) == 1


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


def test_a_letter_is_found_by_its_message_however_many_there_are(echo):
    letters, request = DeadLetters(echo.database), []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        request.append((statement, parameters))

    listen(echo.database.engine, "before_cursor_execute", note)
    letters.dropped(HEAR, "echo:7")
    remove(echo.database.engine, "before_cursor_execute", note)
    statement, parameters = next(entry for entry in request if "dead_letter" in entry[0])
    with echo.database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "USING INDEX dead_letter_message" in plan[0][-1]
