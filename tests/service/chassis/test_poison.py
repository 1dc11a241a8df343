"""Every known kind of poison ends in quarantine exactly once and hurts nobody."""

from __future__ import annotations

import random
from typing import Any

import eventlet
import pytest
from nameko.exceptions import MethodNotFound

from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.quarantine import QUARANTINE
from tests.faults.scenarios.storms import answerable_calls, poisoned_calls, poisoned_events
from tests.service.chassis.test_stock_faults import until

PLAIN = {"content_type": "application/json", "content_encoding": "utf-8"}
QUEUE = "evt-echo-counted.v1--echo.hear"


def quarantined(wire, seconds: float = 60) -> list[str]:
    with eventlet.Timeout(seconds, False):
        return [message["why"] for message in wire.quarantined()]
    return []


def test_every_kind_of_poisoned_call_is_put_aside_once(ours, wire):
    service = ours()
    for number, (body, options) in enumerate(poisoned_calls(random.Random(7))):
        wire.send(body, exchange="nameko-rpc", routing_key="echo.shout", **{**PLAIN, **options})
        assert len(quarantined(wire)) == 1, (number, body[:60], options)
    assert service.alive and wire.ask("echo", "shout", text="a") == {"text": "A"}


def test_every_kind_of_poisoned_event_is_put_aside_once(ours, wire):
    service = ours()
    for number, (body, options) in enumerate(poisoned_events(random.Random(7))):
        wire.send(body, routing_key=QUEUE, **{**PLAIN, **options})
        assert len(quarantined(wire)) == 1, (number, body[:60], options)
    assert service.alive and service.counter.received == []


def test_a_call_that_makes_no_sense_is_answered_and_not_quarantined(ours, wire):
    service = ours()
    for body, options in answerable_calls():
        wire.send(body, exchange="nameko-rpc", routing_key="echo.shout", **{**PLAIN, **options})
    assert wire.ask("echo", "shout", text="a") == {"text": "A"}
    assert service.alive and wire.count("rpc-echo") == 0 and wire.count(QUARANTINE) == 0


@pytest.mark.parametrize("method", ["_private", "no_such_door", "x" * 220])
def test_an_unknown_door_is_answered_by_name(ours, wire, method):
    service = ours()
    with pytest.raises(MethodNotFound):
        wire.ask("echo", method)
    assert service.alive


@pytest.mark.parametrize("poison", [b"{no json", b'{"no": "event"}'])
def test_a_stop_ends_what_is_being_quarantined(ours, wire, monkeypatch, poison):
    laid, lay = [], Publisher.publish_durably

    def slowly(publisher: Publisher, *arguments: Any, **options: Any) -> None:
        lay(publisher, *arguments, **options)
        laid.append(arguments)
        eventlet.sleep(1)

    monkeypatch.setattr(Publisher, "publish_durably", slowly)
    service = ours()
    for _ in range(30):
        wire.send(poison, routing_key=QUEUE, **PLAIN)
    until(lambda: laid)
    service.runner.stop()
    assert until(lambda: 0 < wire.count(QUARANTINE) == len(laid))
    assert until(lambda: wire.count(QUEUE) == 30 - len(laid)), "what lies in quarantine is not handed over again"
