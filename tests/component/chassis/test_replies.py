"""Answers of neighbours arrive however busy a service is with events."""

from __future__ import annotations

from typing import Any

import pytest
from nameko.runners import ServiceRunner

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.chassis.trust.service_calls import ServiceCall, table

EVENTS = 12


@pytest.fixture
def asker(echo, monkeypatch):
    """A service of two workers next to the echo service, which it may ask."""
    from services.asker.service import AskerService, received

    received.clear()
    open_to_all = ServiceCall(public=True, itself=False, roles=frozenset())
    monkeypatch.setitem(table(), "asker", {"echo.shout": open_to_all})
    url = echo.settings.env["ECHO_DATABASE_URL"]
    settings = Settings({**echo.settings.env, "MAX_WORKERS": "2", "ASKER_DATABASE_URL": url})
    declare_topology(settings, [AskerService], [contract_of("asker")])
    runner = ServiceRunner(container_config(settings))
    runner.add_service(AskerService)
    runner.start()
    yield received
    runner.stop()


def test_answers_arrive_while_every_worker_waits_for_one_and_more_events_come(echo, asker):
    """Whoever misses the answer to its call waits for a minute, and its event is not digested before."""
    publisher = Publisher(echo.settings.amqp_uri)
    for number in range(EVENTS):
        kind = ("counted.v1", "unheard.v1")[number % 2]
        event: dict[str, Any] = {"id": f"echo:{number}", "type": kind, "data": {"count": 1}}
        publisher.publish(event, exchange=events_exchange("echo"), routing_key=kind, message_id=event["id"])
    echo.until(lambda: len(set(asker)) == EVENTS, seconds=40)
    assert len(asker) == EVENTS, "somebody had waited for an answer that was there"
