"""``portal sources``: incarnations of the services' stores, for when a database was put back to an earlier day."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import Annotated

import typer

from infra.chassis import clock, logs
from infra.chassis.json_types import Json
from infra.chassis.messaging import incarnations
from infra.chassis.messaging.handler_queues import handler_queue, request_redelivery
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.topology import handler_methods
from infra.chassis.running.loader import service_class
from infra.chassis.settings import Settings
from infra.chassis.storage import inbox
from infra.chassis.storage.database import Database
from infra.cli.services import known_services

app = typer.Typer(no_args_is_help=True, help="Kho dữ liệu được khôi phục / databases that were put back.")
Service = Annotated[str, typer.Argument(help="identity, catalog, applications, payments or notifications")]


@app.command("list")
def list_sources(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False) -> None:
    """The incarnations of every store, and the sources each service has seen going back."""
    settings = _settings()
    entries = [entry for service in known_services(None) for entry in _about(settings, service)]
    if as_json:
        typer.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    for entry in entries:
        typer.echo("  ".join(f"{name}={value}" for name, value in entry.items()))


@app.command()
def renew(service: Service) -> None:
    """After putting a database back, before its follower starts: what it publishes from now on is new."""
    settings = _settings()
    (name,) = known_services([service])
    with Database.at(settings.database_url(name)).session() as session:
        ended = incarnations.renew(session)
    typer.echo(json.dumps({"ended": ended}))


@app.command()
def redeliver(
    service: Service,
    since: Annotated[str, typer.Option(help="an instant, such as 2026-11-28T17:00:00+07:00")],
    source: Annotated[str | None, typer.Option(help="from this service only")] = None,
) -> None:
    """Have a service's neighbours publish again what it handles, from an instant on; its inbox drops repeats."""
    settings = _settings()
    (name,) = known_services([service])
    moment = datetime.fromisoformat(since)
    if moment.tzinfo is None:
        raise typer.BadParameter("the instant needs its zone, such as +07:00")
    handlers = [entry for entry in handler_methods(service_class(name)) if source in (None, entry[0])]
    with closing(Publisher(settings.amqp_uri)) as publisher:
        for origin, kind, method in handlers:
            queue = handler_queue(origin, kind, name, method)
            request = {"queue": queue.name, "type": kind, "since": moment.isoformat()}
            request_redelivery(publisher, origin, request)
    typer.echo(json.dumps({"asked_for": len(handlers)}))


@app.command()
def acknowledge(service: Service) -> None:
    """What this service has seen of sources that went back has been seen to; ``portal doctor`` is content again."""
    settings = _settings()
    (name,) = known_services([service])
    with Database.at(settings.database_url(name)).session() as session:
        typer.echo(json.dumps({"acknowledged": inbox.acknowledge(session), "at": clock.now().isoformat()}))


def _about(settings: Settings, service: str) -> list[Json]:
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


def _settings() -> Settings:
    logs.set_up("CRITICAL")
    return Settings.from_environment()
