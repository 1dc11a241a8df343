"""``portal dead-letters``: what handlers could not digest, service by service."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from infra.chassis.dead_letters import DeadLetters
from infra.chassis.loader import installed
from infra.chassis.publishing import Publisher
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Thông điệp xử lý lỗi / messages handlers could not digest.")
Service = Annotated[str, typer.Argument(help="identity, catalog, applications, payments or notifications")]
Letter = Annotated[int, typer.Argument(help="number of the letter, as listed")]


def _letters(service: str) -> tuple[Settings, DeadLetters]:
    settings = Settings.from_environment()
    return settings, DeadLetters.of(settings, service)


def _say(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _refused(refusal: Refusal) -> typer.Exit:
    typer.echo(refusal.text("en"), err=True)
    return typer.Exit(1)


@app.command("list")
def listed(service: Annotated[str | None, typer.Argument()] = None) -> None:
    """Waiting letters of one service, or of all."""
    for name in [service] if service else installed():
        for letter in _letters(name)[1].waiting():
            _say({"service": name, **letter})


@app.command()
def show(service: Service, letter: Letter) -> None:
    """One letter whole: body, headers, error."""
    try:
        _say(_letters(service)[1].show(letter))
    except Refusal as refusal:
        raise _refused(refusal) from None


@app.command()
def replay(service: Service, letter: Letter, dry_run: bool = False) -> None:
    """Hand a letter to its handler again; harmless twice, since handlers remember what they have done."""
    settings, letters = _letters(service)
    if settings.embedded:
        typer.echo(
            "The embedded default has no broker to replay to while it is down; use it within portal run.", err=True
        )
        raise typer.Exit(2)
    publisher = Publisher(settings.amqp_uri)
    try:
        _say({"dry_run": dry_run, **letters.replay(letter, publisher, dry_run=dry_run)})
    except Refusal as refusal:
        raise _refused(refusal) from None
    finally:
        publisher.close()


@app.command()
def drop(service: Service, letter: Letter, reason: Annotated[str, typer.Option(help="why it may be given up")]) -> None:
    """Give a letter up, with the reason on record."""
    try:
        _say(_letters(service)[1].drop(letter, reason))
    except Refusal as refusal:
        raise _refused(refusal) from None
