"""Whatever goes wrong with a message, it waits in a tier or is quarantined once; the failure path never runs hot."""

from __future__ import annotations

import contextlib
import json
import time

import eventlet
import pytest
import structlog
from sqlalchemy.exc import OperationalError

from infra.chassis import logs
from infra.chassis.messaging.consumer import HAND_BACK, Consumer
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.storage.database import Database
from infra.embedded.broker import Broker
from tests.component.chassis.test_handlers import HEAR


def queue(echo, name):
    return Broker.named(echo.settings.amqp_uri.removeprefix("embedded://")).queues[name]


def publish(echo, event_id="echo:7", *, data=None, **headers):
    event = {"id": event_id, "type": "counted.v1", "source": "/echo", "data": data or {"count": 1}}
    Publisher(echo.settings.amqp_uri).publish(event, exchange="", routing_key=HEAR, headers=headers)


@pytest.fixture
def requeued(monkeypatch):
    """When each message was handed straight back to the broker."""
    counted, requeue = [], Consumer.requeue_message

    def count(self, message):
        requeue(self, message)
        counted.append(time.monotonic())

    monkeypatch.setattr(Consumer, "requeue_message", count)
    return counted


def handed_back_slowly(requeued):
    """Whether a second or more lies before the second time, however long this machine takes for the first."""
    until = time.monotonic() + 60
    while len(requeued) < 2:
        assert time.monotonic() < until, "nothing is handed back"
        eventlet.sleep(0.05)
    return requeued[1] - requeued[0] >= HAND_BACK[0]


@pytest.fixture
def calls(echo, monkeypatch):
    """How often the handler was called."""
    counted, hear = [], echo.counter.hear

    def count(self, event):
        counted.append(event["id"])
        hear(self, event)

    monkeypatch.setattr(echo.counter, "hear", count)
    return counted


@pytest.fixture
def outage(monkeypatch):
    """A database that is away while ``outage.on``."""

    class Outage:
        on = False

    session = Database.session

    @contextlib.contextmanager
    def unless_away(self):
        if Outage.on:
            raise OperationalError("SELECT 1", {}, Exception("the database is away"))
        with session(self) as opened:
            yield opened

    monkeypatch.setattr(Database, "session", unless_away)
    return Outage


def test_an_event_whose_id_no_inbox_holds_lies_in_quarantine_once(echo, requeued, calls):
    echo.counter.failures = 100
    publish(echo, "x" * 121)
    echo.until(lambda: queue(echo, QUARANTINE))
    eventlet.sleep(0.5)
    assert len(queue(echo, QUARANTINE)) == 1 and not calls and not requeued
    assert "120" in json.loads(queue(echo, QUARANTINE)[0]["body"])["why"]
    assert [letter["attempts"] for letter in DeadLetters(echo.database).unresolved()] == [1]


def test_an_event_whose_id_an_inbox_just_holds_is_handled(echo):
    publish(echo, "x" * 120)
    echo.until(lambda: echo.counter.received)


@pytest.mark.parametrize(
    "headers",
    [
        {"portal-first-at": "yesterday"},
        {"portal-first-at": "nan"},
        {"portal-first-at": "1e999"},
        {"portal-first-at": "-1e17"},
        {"portal-first-at": {"a": "table"}},
        {"portal-attempt": "three"},
        {"portal-attempt": True},
        {"portal-attempt": 10**12},
        {"portal-error": {"not": "text"}},
        {"portal-error": "x" * 100_000},
    ],
    ids=str,
)
def test_own_headers_that_somebody_else_wrote_cost_nothing(echo, requeued, headers):
    echo.counter.failures = 100
    publish(echo, **headers)
    if headers.get("portal-error") == "x" * 100_000:  # more than an envelope may have
        echo.until(lambda: queue(echo, QUARANTINE))
        return
    [letter] = echo.until(lambda: DeadLetters(echo.database).waiting())
    eventlet.sleep(0.3)
    assert letter["message_id"] == "echo:7" and len(queue(echo, QUARANTINE)) == 1 and not requeued


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_database_keeps_is_a_dead_letter_all_the_same(echo, requeued, text):
    publish(echo, data={"count": 1, "text": text})
    [letter] = echo.until(lambda: DeadLetters(echo.database).waiting())
    assert DeadLetters(echo.database).show(letter["id"])["body"]["data"]["text"] == text
    assert len(queue(echo, QUARANTINE)) == 1 and not requeued


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_an_error_that_no_database_keeps_is_written_as_far_as_it_can_be(echo, requeued, monkeypatch, text):
    def fail(self, event):
        raise ValueError(f"cannot take {text}")

    monkeypatch.setattr(echo.counter, "hear", fail)
    publish(echo)
    [letter] = echo.until(lambda: DeadLetters(echo.database).waiting())
    assert letter["error"] == "ValueError: cannot take a\N{REPLACEMENT CHARACTER}b" and not requeued


def test_an_event_waits_in_the_tiers_while_the_database_is_away(echo, requeued, calls, outage):
    outage.on = True
    publish(echo)
    echo.until(lambda: len(calls) >= 5)
    assert not requeued and not queue(echo, QUARANTINE)
    outage.on = False
    echo.until(lambda: echo.counter.received)
    assert echo.counter.received == ["echo:7"] and not DeadLetters(echo.database).unresolved()


def test_an_event_that_fails_for_good_while_the_database_is_away_is_a_dead_letter_afterwards(
    echo, requeued, calls, outage
):
    echo.counter.failures = 10**6
    outage.on = True
    publish(echo)
    echo.until(lambda: len(calls) >= 5)
    assert not requeued and not queue(echo, QUARANTINE)
    outage.on = False
    [letter] = echo.until(lambda: DeadLetters(echo.database).waiting())
    assert letter["message_id"] == "echo:7" and len(queue(echo, QUARANTINE)) == 1


def test_an_event_that_cannot_even_wait_is_handed_back_slowly(echo, requeued, calls, monkeypatch):
    echo.counter.failures = 10**6

    def refuse(*_about, **_options):
        raise OSError("the broker takes nothing")

    publish(echo)
    monkeypatch.setattr(Publisher, "publish_durably", refuse)
    assert handed_back_slowly(requeued) and len(calls) <= len(requeued) + 1


def test_what_cannot_be_put_into_quarantine_is_handed_back_slowly(echo, requeued, monkeypatch):
    def refuse(*_about, **_options):
        raise OSError("the broker takes nothing")

    monkeypatch.setattr(Publisher, "publish_durably", refuse)
    publish(echo, "x" * 500)
    assert handed_back_slowly(requeued)


def test_logs_of_one_cause_are_limited_and_say_how_many_were_left_out():
    limit, commits = logs.Limit(burst=5, window=60.0, clock=lambda: moment), []
    moment = 0.0

    def log(**fields):
        with contextlib.suppress(structlog.DropEvent):
            commits.append(limit(None, "warning", dict(fields)))

    for number in range(1000):
        log(event="handler_failed", handler="hear", error=f"OperationalError: {number}", level="warning")
    log(event="handler_failed", handler="shout", error="OperationalError: 1", level="warning")
    log(event="handler_failed", handler="hear", error="ValueError: 1", level="warning")
    for number in range(100):
        log(event="call", number=number, level="info")
    assert len([entry for entry in commits if entry["event"] == "handler_failed"]) == 7
    assert len([entry for entry in commits if entry["event"] == "call"]) == 100
    moment = 61.0
    log(event="handler_failed", handler="hear", error="OperationalError: again", level="warning")
    assert commits[-1]["suppressed"] == 995
