"""Doors answer however many events wait, and a stop begins no event any more."""

from __future__ import annotations

from collections.abc import Iterator

import eventlet
import pytest
from eventlet.event import Event

from infra.chassis.running.runner import MAX_WORKERS
from tests.service.chassis.conftest import Ours, Wire
from tests.service.chassis.test_redelivery import QUEUE
from tests.service.chassis.test_stock_faults import until

MANY, AT_WORK = 25, MAX_WORKERS // 2


class Busy:
    """A service all of whose handlers are at work until :meth:`finish`."""

    def __init__(self, service: Ours) -> None:
        self.service, self.begun, self.done, self._end = service, list[str](), list[str](), Event()

    def fill(self, wire: Wire) -> None:
        for number in range(MANY):
            event = {"id": f"echo:{number}", "type": "counted.v1", "source": "/echo", "data": {"count": number}}
            wire.send(event, routing_key=QUEUE)
        until(lambda: len(self.begun) >= AT_WORK)

    def hear(self, event: dict[str, str]) -> None:
        self.begun.append(event["id"])
        self._end.wait()
        self.done.append(event["id"])

    def finish(self) -> None:
        if not self._end.ready():
            self._end.send()


@pytest.fixture
def busy(ours, wire, monkeypatch) -> Iterator[Busy]:
    made = Busy(ours())
    monkeypatch.setattr(made.service.counter, "hear", lambda _counter, event: made.hear(event))
    made.fill(wire)
    yield made
    made.finish()


def test_doors_answer_while_more_events_wait_than_there_are_workers(busy, wire):
    assert wire.ask("echo", "shout", text="xin chào", timeout=60)["text"] == "XIN CHÀO"
    assert len(busy.begun) == AT_WORK
    busy.finish()
    until(lambda: len(busy.done) == MANY)


def test_a_stop_ends_what_was_begun_and_begins_nothing_more(busy, wire):
    stopping = eventlet.spawn(busy.service.runner.stop)
    eventlet.sleep(0.5)
    busy.finish()
    stopping.wait()
    assert len(busy.done) == len(busy.begun) == AT_WORK
    assert until(lambda: wire.count(QUEUE) == MANY - AT_WORK), "the broker has the rest, and nothing that was done"
