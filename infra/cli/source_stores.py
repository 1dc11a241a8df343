"""What ``portal sources`` reads and writes in the services' databases, and asks of their neighbours."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging import incarnations
from infra.chassis.messaging.handler_queues import handler_queue, request_redelivery
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.topology import handler_methods
from infra.chassis.running.loader import service_class
from infra.chassis.settings import Settings
from infra.chassis.storage import inbox
from infra.chassis.storage.database import Database


def renew(settings: Settings, service: str) -> Json:
    with Database.at(settings.database_url(service)).session() as session:
        return {"ended": incarnations.renew(session)}


def redeliver(settings: Settings, service: str, since: datetime, source: str | None) -> Json:
    handlers = [entry for entry in handler_methods(service_class(service)) if source in (None, entry[0])]
    with closing(Publisher(settings.amqp_uri)) as publisher:
        for origin, kind, method in handlers:
            queue = handler_queue(origin, kind, service, method)
            request_redelivery(publisher, origin, {"queue": queue.name, "type": kind, "since": since.isoformat()})
    return {"asked_for": len(handlers)}


def acknowledge(settings: Settings, service: str) -> Json:
    with Database.at(settings.database_url(service)).session() as session:
        return {"acknowledged": inbox.acknowledge(session), "at": clock.now().isoformat()}


def about(settings: Settings, service: str) -> list[Json]:
    with Database.at(settings.database_url(service)).session() as session:
        own = [
            {"service": service, "stream": row.stream, "incarnation": row.incarnation, "after": row.after,
             "since": row.since.isoformat()}
            for row in incarnations.known_rows(session)
        ]  # fmt: skip
        sources = [
            {"service": service, "source": row.stream, "incarnation": row.incarnation, "position": row.first_position,
             "highest_before": row.highest_before, "since": row.since.isoformat()}
            for row in inbox.sources_that_went_back(session)
        ]  # fmt: skip
    return own + sources
