"""``portal dead-letters``: what handlers could not digest, service by service."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from infra.chassis import logs
from infra.chassis.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Thông điệp xử lý lỗi / messages handlers could not digest.")
Service = Annotated[str, typer.Argument(help="identity, catalog, applications, payments or notifications")]
Letter = Annotated[int, typer.Argument(help="number of the letter, as listed")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


@app.command("list")
def listed(service: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    """Waiting letters of one service, or of all, and what nobody could read (`portal.quarantine` has its bytes)."""
    from infra.cli.letters_kept import letters_of, named

    settings = _settings()
    waiting = [
        {"service": name, **letter}
        for name in named(settings, service)
        for letter in letters_of(settings, name).unresolved()
    ]
    if as_json:
        _say(waiting)
        return
    for one in waiting:
        typer.echo(f"{one['service']} {one['id']}: {one['type']} → {one['consumer']}")
        typer.echo(f"    {one['attempts']} attempts until {one['last_at']}: {one['error']}")
    typer.echo(f"{len(waiting)} waiting")


@app.command()
def show(service: Service, letter: Letter) -> None:
    """One letter whole: body, headers, error."""
    from infra.cli.letters_kept import letters_of

    _say(letters_of(_settings(), service).show(letter))


@app.command()
def replay(service: Service, letter: Letter, dry_run: bool = False) -> None:
    """Hand a letter to its handler again; harmless twice, since handlers remember what they have done."""
    from infra.cli.letters_kept import letters_of, publisher_of, replayed_here, without_copies

    settings = _settings()
    letters = letters_of(settings, service)
    if dry_run:
        _say({"dry_run": True, **letters.replay(letter, dry_run=True)})
        return
    if settings.embedded:
        _say(replayed_here(settings, service, letter))
        return
    with publisher_of(settings) as publisher:
        settled = letters.replay(letter, publisher)
    _say({"dry_run": False, **without_copies(settings, settled)})


@app.command()
def drop(service: Service, letter: Letter, reason: Annotated[str, typer.Option(help="why it may be given up")]) -> None:
    """Give a letter up, with the reason on record."""
    from infra.cli.letters_kept import letters_of, without_copies

    settings = _settings()
    _say(without_copies(settings, letters_of(settings, service).drop(letter, reason)))


def _settings() -> Settings:
    logs.set_up("CRITICAL")
    return Settings.from_environment()


def _say(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
