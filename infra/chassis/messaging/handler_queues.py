"""Handlers' queues: whoever makes one that was there before asks its source to publish again what it missed.

The broker returns an event that no queue takes, not one that a single queue of several missed; nor does it say what a
deleted queue held. So nobody makes a handler's queue in silence. The service's database knows since when each handler
has had one; who finds it gone first leaves a request with the source (confirmed, durable), then makes the queue. The
source's follower answers (:mod:`infra.chassis.messaging.redelivery`); the inbox makes the repeat harmless.

What has waited for its next try the broker hands back by itself, and nobody sees a return. So it comes by an exchange
of its own, whose alternate one takes what no queue is there for any more.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

from amqp.exceptions import ChannelError
from kombu import Exchange, Queue
from sqlalchemy import select

from infra.chassis import clock, logs
from infra.chassis.json_types import Json
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.transport import Connection
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import relay_position
from infra.chassis.wire_types import Channel

LONGEST_MEMORY = 36_525  # days
REDELIVERY_DAYS = 7.0  # how far back; longer than a queue's backlog and all retry tiers together
NOT_FOUND = 404
BOUNDS = {"read_timeout": 10, "write_timeout": 10}  # seconds; a silent network must not stop a consumer for good


def handler_queue(source: str, event_type: str, service: str, method: str) -> Queue:
    """The queue of one handler; the same name and arguments as stock Nameko's, so that either may declare it."""
    return Queue(
        f"evt-{source}-{event_type}--{service}.{method}",
        exchange=events_exchange(source),
        routing_key=event_type,
        durable=True,
    )


def unroutable_exchange() -> Exchange:
    """Takes what the broker itself has no queue for; the quarantine is bound to it."""
    return Exchange("portal.unroutable", type="fanout", durable=True)


def again_exchange() -> Exchange:
    """Hands what has waited back to the queue its routing key names."""
    alternate = {"alternate-exchange": unroutable_exchange().name}
    return Exchange("portal.again", type="direct", durable=True, arguments=alternate)


def redelivery_exchange() -> Exchange:
    """What is for one queue alone, by its name; and requests to a source, by the source's."""
    return Exchange("portal.redelivery", type="topic", durable=True)


def redelivery_queue(source: str) -> Queue:
    """Where ``source`` is asked to publish something again."""
    return Queue(f"portal.retell.{source}", exchange=redelivery_exchange(), routing_key=source, durable=True)


def make_handler_queues(
    settings: Settings, service: str, handlers: list[tuple[str, str, str]], *, topology: bool = False
) -> list[str]:
    """See to it that the queues of ``(source, event type, method)`` are there and bound; their names.

    ``topology``: for ``portal migrate``, which also writes down since when there are those found (installations older
    than this bookkeeping).
    """
    uri = settings.topology_uri if topology else settings.amqp_uri
    made = [(handler_queue(source, kind, service, method), source, method) for source, kind, method in handlers]
    with (
        Connection(uri, connect_timeout=5, transport_options=BOUNDS) as connection,
        closing(Publisher(uri)) as publisher,
    ):
        probe = QueueProbe(connection)
        sources = sorted({source for source, _kind, _method in handlers})
        ensure_exchanges(connection, again_exchange(), redelivery_exchange(), *map(events_exchange, sources))
        for queue, source, method in made:
            # One that vanishes between the two is not made in silence: the binding fails, and all begins anew.
            if probe.has(queue.name):
                if topology:
                    undelivered_since(settings, service, method)
                bind(probe.channel, queue)
                continue
            if since := undelivered_since(settings, service, method):
                request_redelivery(
                    publisher, source, {"queue": queue.name, "type": queue.routing_key, "since": since.isoformat()}
                )
            declare_handler_queue(probe.channel, queue)
    return [queue.name for queue, _source, _method in made]


class QueueProbe:
    """A channel on which to look for queues; the broker closes one on which it was asked for what is not there."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.channel: Channel = connection.channel()

    def has(self, name: str) -> bool:
        """Whether the broker has a queue of that name."""
        try:
            self.channel.queue_declare(name, passive=True)
        except ChannelError as error:
            if int(error.reply_code or error.code or 0) != NOT_FOUND:
                raise
            self.channel = self.connection.channel()
            return False
        return True


def ensure_exchanges(connection: Connection, *exchanges: Exchange) -> None:
    """See to it that exchanges are there. Whoever may not make them, and need not, only looks."""
    for exchange in exchanges:
        channel = connection.channel()
        try:
            exchange(channel).declare(passive=True)
            channel.close()
        except ChannelError as error:
            if int(error.reply_code or error.code or 0) != NOT_FOUND:
                raise
            exchange(connection.channel()).declare()


def bind(channel: Channel, queue: Queue) -> None:
    """Bind a handler's queue that is there, also to where what has waited and what is for it alone come from."""
    bound = queue(channel)
    bound.queue_bind()
    for exchange in (again_exchange(), redelivery_exchange()):
        bound.bind_to(exchange, routing_key=queue.name)


def declare_handler_queue(channel: Channel, queue: Queue) -> None:
    """Make a handler's queue, with all its bindings; the exchanges are there."""
    queue(channel).queue_declare()
    bind(channel, queue)


def undelivered_since(settings: Settings, service: str, method: str) -> datetime | None:
    """Since when a handler's queue may have missed events; ``None`` for a new one, recorded before it is made."""
    name = f"queue of {method}"
    with Database.at(settings.database_url(service)).session() as session:
        born: datetime | None = session.scalar(select(relay_position.c.at).where(relay_position.c.name == name))
        if born is None:
            session.execute(relay_position.insert().values(name=name, position=0, at=clock.now()))
            return None
    days = settings.number("RETELL_DAYS", REDELIVERY_DAYS, least=0, most=LONGEST_MEMORY)
    return max(born, clock.now() - timedelta(days=days))


def request_redelivery(publisher: Publisher, source: str, request: Json) -> None:
    """Leave a request with the source, confirmed."""
    logs.get().warning("queue_gone", queue=request["queue"], asked=source, since=request["since"])
    queue = redelivery_queue(source)
    publisher.publish_durably(request, queue, exchange=redelivery_exchange(), routing_key=source)
