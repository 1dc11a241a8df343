"""``portal sources``: incarnations of the services' stores, for when a database was put back to an earlier day."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from infra.chassis import logs
from infra.chassis.settings import SERVICES, Settings
from infra.cli.services import known_services

app = typer.Typer(no_args_is_help=True, help="Kho dữ liệu được khôi phục / databases that were put back.")
Service = Annotated[str, typer.Argument(help=f"{', '.join(SERVICES[:-1])} or {SERVICES[-1]}")]


@app.command("list")
def list_sources(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False) -> None:
    """The incarnations of every store, and the sources each service has seen going back."""
    from infra.cli import source_stores

    settings = _settings()
    entries = [entry for service in known_services(None) for entry in source_stores.about(settings, service)]
    if as_json:
        typer.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    for entry in entries:
        typer.echo("  ".join(f"{name}={value}" for name, value in entry.items()))


@app.command()
def renew(service: Service) -> None:
    """After putting a database back, before its follower starts: what it publishes from now on is new."""
    from infra.cli import source_stores

    (name,) = known_services([service])
    typer.echo(json.dumps(source_stores.renew(_settings(), name)))


@app.command()
def redeliver(
    service: Service,
    since: Annotated[str, typer.Option(help="an instant, such as 2026-11-28T17:00:00+07:00")],
    source: Annotated[str | None, typer.Option(help="from this service only")] = None,
) -> None:
    """Have a service's neighbours publish again what it handles, from an instant on; its inbox drops repeats."""
    from infra.cli import source_stores

    (name,) = known_services([service])
    moment = datetime.fromisoformat(since)
    if moment.tzinfo is None:
        raise typer.BadParameter("the instant needs its zone, such as +07:00")
    typer.echo(json.dumps(source_stores.redeliver(_settings(), name, moment, source)))


@app.command()
def acknowledge(service: Service) -> None:
    """What this service has seen of sources that went back has been seen to; ``portal doctor`` is content again."""
    from infra.cli import source_stores

    (name,) = known_services([service])
    typer.echo(json.dumps(source_stores.acknowledge(_settings(), name)))


def _settings() -> Settings:
    logs.set_up("CRITICAL")
    return Settings.from_environment()
