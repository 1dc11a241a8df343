"""The event-sourced application of the library, on a pool that connects as the service does."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from eventsourcing.application import Application as EventSourced
from eventsourcing.persistence import InfrastructureFactory, TrackingRecorder
from eventsourcing.utils import Environment

from infra.chassis.storage.connections import KEEPALIVE, check_connected, parameters


def replay(aggregate: Any, events: Iterable[Any]) -> Any:
    """The state after these events. The library's own projector asks of each whether it fits a protocol, which takes
    half of the time of reading and applying; what cannot be applied fails here as well, at that event.
    """
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate


class Streams(EventSourced[UUID]):
    """The event-sourced application of the library; its name gives the table ``stored_events``."""

    name = "stored"

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        """The library's factory, whose pool connects by the whole of the database's URL and not by parts of it."""
        factory = super().construct_factory(env)
        postgres = sys.modules.get("eventsourcing.postgres")  # where nobody imported it, the factory is another one
        if postgres is not None and isinstance(factory, postgres.PostgresFactory):
            pool = factory.datastore.pool
            pool.kwargs.update(parameters(env["DATABASE_URL"], application_name="portal", **KEEPALIVE))
            pool._check = check_connected  # in place of the library's ping, which is a round trip; both raise alike
        return factory

    def aggregate(self, aggregate_id: UUID, version: int | None = None) -> Any:
        """What its events record, at a version or now; ``AggregateNotFoundError`` where there are none."""
        return self.repository.get(aggregate_id, version=version, projector_func=replay)
