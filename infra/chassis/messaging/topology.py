"""The broker's exchanges and queues, declared by ``portal migrate`` and not by whoever starts first."""

from __future__ import annotations

from kombu import Exchange, Queue
from nameko.rpc import get_rpc_exchange

from infra.chassis.contracts import Contract
from infra.chassis.messaging.handler_queues import (
    again_exchange,
    make_handler_queues,
    redelivery_exchange,
    redelivery_queue,
)
from infra.chassis.messaging.publishing import events_exchange
from infra.chassis.messaging.quarantine import quarantine_queue
from infra.chassis.messaging.transport import Connection
from infra.chassis.settings import Settings
from infra.chassis.wire_types import NamedClass

DEFAULT_TIERS = "5,30,300,1800,14400"  # seconds: 5 s, 30 s, 5 min, 30 min, 4 h


def retry_tiers(settings: Settings) -> list[int]:
    """Delays between tries of a failing handler, in milliseconds (setting RETRY_TIERS, in seconds)."""
    return [round(seconds * 1000) for seconds in settings.numbers("RETRY_TIERS", DEFAULT_TIERS)]


def retry_exchange(milliseconds: int) -> Exchange:
    """Takes what is to wait, by the queue it comes back to: the broker lets a service write to its own alone."""
    return Exchange(f"portal.retry.{milliseconds}ms", type="topic", durable=True)


def retry_queue(milliseconds: int) -> Queue:
    """A waiting room: after the queue's time-to-live the message goes back to the queue that its routing key names."""
    name = f"portal.wait.{milliseconds}ms"
    return Queue(
        name,
        exchange=retry_exchange(milliseconds),
        routing_key="#",
        durable=True,
        queue_arguments={"x-message-ttl": milliseconds, "x-dead-letter-exchange": again_exchange().name},
    )


def handler_methods(service_class: object) -> list[tuple[str, str, str]]:
    """``(source, event type, method)`` of every event handler of a service class."""
    methods = [
        (*getattr(service_class, name).handles, name)
        for name in dir(service_class)
        if hasattr(getattr(service_class, name, None), "handles")
    ]
    return sorted(methods)


def declare_topology(
    settings: Settings, service_classes: list[type[NamedClass]], contracts: list[Contract]
) -> list[str]:
    """Declare everything; safe to repeat. Returns the names of the queues."""
    queues = [quarantine_queue(), *[retry_queue(tier) for tier in retry_tiers(settings)]]
    queues += [redelivery_queue(contract.service) for contract in contracts]
    rpc = get_rpc_exchange({})
    for service in service_classes:
        queues.append(Queue(f"rpc-{service.name}", exchange=rpc, routing_key=f"{service.name}.*", durable=True))
    with Connection(settings.topology_uri, connect_timeout=5) as connection:
        channel = connection.channel()
        for exchange in (
            again_exchange(),
            redelivery_exchange(),
            *[events_exchange(contract.service) for contract in contracts],
        ):
            exchange(channel).declare()
        for queue in queues:
            queue(channel).declare()
    names = [queue.name for queue in queues]
    for service in service_classes:
        names += make_handler_queues(settings, service.name, handler_methods(service), topology=True)
    return names
