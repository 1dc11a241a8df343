"""Whoever has the broker's address can put an event into a handler's queue; it counts only if its source signed it.

The attacker is stock kombu with everything it can see on the wire. Each of these events had its effect before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import eventlet
import pytest
import time_machine
from nameko.standalone.events import event_dispatcher

from infra.chassis import metrics
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.redaction import redacted
from infra.chassis.running.followers import Follower
from infra.chassis.settings import Settings
from infra.chassis.trust.event_signatures import signed_event
from infra.chassis.trust.installation import signer
from tests.service.chassis.conftest import Ours, Wire, ours, wire
from tests.support.signed_events import signed

__all__ = ["ours", "wire"]
HEAR = "evt-echo-counted.v1--echo.hear"
EVENT = {"specversion": "1.0", "id": "echo:1", "source": "/echo", "type": "counted.v1", "data": {"count": 1}}


def until(check: Callable[[], Any], seconds: float = 60) -> Any:
    with eventlet.Timeout(seconds):
        while not (answer := check()):
            eventlet.sleep(0.02)
    return answer


class Target:
    """The sample service, what it believed and what it refused."""

    def __init__(self, echo: Ours, wire: Wire) -> None:
        self.echo, self.wire, self.settings = echo, wire, echo.settings

    def refused(self, reason: str) -> float:
        return float(metrics.events_refused.labels("echo", "hear", reason)._value.get())

    def send(self, event: dict[str, Any], *, exchange: str = "echo.events", routing_key: str = "counted.v1") -> None:
        self.wire.send(event, exchange=exchange, routing_key=routing_key)

    def attacked(self, reason: str, event: dict[str, Any], **where: str) -> None:
        """The event is refused, counted, quarantined and has no effect; a genuine one after it has."""
        before = self.refused(reason)
        self.send(event, **where)
        until(lambda: self.refused(reason) == before + 1)
        assert self.effects() == []

    def effects(self) -> list[str]:
        return list(self.echo.counter.received)


@pytest.fixture
def target(ours: Callable[..., Ours], wire: Wire) -> Target:
    return Target(ours(), wire)


def test_a_genuine_event_is_heard_once_however_often_it_comes(target):
    genuine = signed(target.settings, EVENT)
    for _ in range(3):
        target.send(genuine)
    target.send(signed(target.settings, EVENT))
    until(lambda: target.effects() and target.wire.count(HEAR) == 0)
    assert target.effects() == ["echo:1"]


def test_an_event_of_a_stock_dispatcher_is_quarantined(target):
    before = target.refused("unsigned")
    event_dispatcher({"AMQP_URI": target.wire.uri})("echo", "counted.v1", EVENT)
    until(lambda: target.refused("unsigned") == before + 1)
    [aside] = target.wire.quarantined()
    assert aside["why"].startswith("event refused") and target.effects() == []


def test_an_event_signed_by_another_service_is_quarantined(target):
    target.attacked("foreign", signed_event(signer(target.settings, "payments"), EVENT))


def test_an_event_signed_with_a_key_of_ones_own_is_quarantined(target, tmp_path):
    elsewhere = Settings({"PORTAL_HOME": str(tmp_path / "elsewhere")})
    target.attacked("foreign", signed(elsewhere, EVENT))


@pytest.mark.parametrize(
    "altered", [{"data": {"count": 1_000_000}}, {"id": "echo:2"}, {"subject": "another"}, {"time": "2020-01-01"}]
)
def test_an_event_with_one_member_changed_is_quarantined(target, altered):
    target.attacked("altered", {**signed(target.settings, EVENT), **altered})


def test_an_event_of_another_type_is_quarantined_though_its_source_signed_it(target):
    target.attacked("type", signed(target.settings, {**EVENT, "type": "emptied.v1"}))


def test_an_event_of_another_source_is_quarantined_though_that_source_signed_it(target):
    target.attacked("source", signed(target.settings, {**EVENT, "source": "/catalog", "id": "catalog:1"}))


def test_the_signature_of_one_event_is_none_of_another(target):
    signature = signed(target.settings, EVENT)["signature"]
    target.attacked("altered", {**EVENT, "id": "echo:7", "salt": "x", "signature": signature})


def test_straight_into_the_handlers_queue_is_no_way_round(target):
    target.attacked("unsigned", EVENT, exchange="", routing_key=HEAR)


def test_an_event_recorded_long_ago_waits_for_an_operator_and_counts_when_one_replays_it(target):
    with time_machine.travel(time.time() - 30 * 86_400, tick=False):
        old = signed(target.settings, EVENT)
    target.attacked("stale", old)
    letters = DeadLetters.of(target.settings, "echo")
    [letter] = until(letters.waiting)
    assert letter["error"].startswith("StaleEvent")
    target.attacked("stale", old)
    publisher = Publisher(target.wire.uri)
    letters.replay(letter["id"], publisher)
    until(target.effects)
    publisher.close()
    assert target.effects() == ["echo:1"]


def test_events_of_a_source_whose_clock_is_an_hour_ahead_are_handled(target):
    with time_machine.travel(time.time() + 3600, tick=False):
        early = signed(target.settings, EVENT)
    target.send(early)
    until(target.effects)


def test_what_is_left_of_an_event_after_an_erasure_is_still_its_sources(target):
    worded = {**EVENT, "data": {"count": 1, "note": "lời riêng của người dân"}}
    genuine = signed(target.settings, worded)
    target.send(redacted(genuine))
    until(target.effects)
    assert target.effects() == ["echo:1"]


def test_a_dead_letter_of_another_body_is_no_licence(target):
    target.echo.counter.failures = 100
    target.send(signed(target.settings, EVENT))
    letters = DeadLetters.of(target.settings, "echo")
    [letter] = until(letters.waiting)
    target.echo.counter.failures = 0
    publisher = Publisher(target.wire.uri)
    letters.replay(letter["id"], publisher)
    until(target.effects)
    publisher.close()
    target.echo.counter.received.clear()
    target.attacked("unsigned", {**EVENT, "data": {"count": 2}}, exchange="", routing_key=HEAR)


def test_a_follower_signs_what_it_publishes(target):
    target.wire.ask("echo", "count", command_id="6f5e4d3c-2b1a-4f9e-8d7c-6b5a4f3e2d06")
    follower = Follower(target.settings, "echo")
    until(lambda: follower.once() or target.effects())
    until(target.effects)
    assert target.effects() == ["echo:1"]


def test_around_the_release_that_began_to_sign_unsigned_events_of_the_right_source_count_for_a_while(ours, wire):
    echo = ours(UNSIGNED_EVENTS_UNTIL="2999-01-01T00:00:00+00:00")
    target = Target(echo, wire)
    target.attacked("source", {**EVENT, "source": "/payments"})
    target.attacked("foreign", signed_event(signer(target.settings, "payments"), EVENT))
    target.send(EVENT)
    until(target.effects)
