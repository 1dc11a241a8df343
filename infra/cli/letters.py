"""``portal dead-letters``: what handlers could not digest, service by service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from sqlalchemy import select

from infra.chassis import logs
from infra.chassis.database import Database
from infra.chassis.dead_letters import DeadLetters
from infra.chassis.loader import installed
from infra.chassis.publishing import Publisher, Unroutable
from infra.chassis.settings import Settings
from infra.chassis.tables import inbox
from infra.cli.ending import Refused
from infra.cli.services import known

app = typer.Typer(no_args_is_help=True, help="Thông điệp xử lý lỗi / messages handlers could not digest.")
Service = Annotated[str, typer.Argument(help="identity, catalog, applications, payments or notifications")]
Letter = Annotated[int, typer.Argument(help="number of the letter, as listed")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
DIGESTED_WITHIN = 15.0  # seconds the embedded platform stays up for a replayed letter


@app.command("list")
def listed(service: Annotated[str | None, typer.Argument()] = None, as_json: AsJson = False) -> None:
    """Waiting letters of one service, or of all."""
    settings = _settings()
    waiting = [
        {"service": name, **letter}
        for name in _named(settings, service)
        for letter in DeadLetters.of(settings, name).waiting()
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
    settings = _settings()
    _say(_letters(settings, service).show(letter))


@app.command()
def replay(service: Service, letter: Letter, dry_run: bool = False) -> None:
    """Hand a letter to its handler again; harmless twice, since handlers remember what they have done."""
    settings = _settings()
    letters = _letters(settings, service)
    if dry_run:
        _say({"dry_run": True, **letters.show(letter)})
        return
    if settings.embedded:
        _say(_replayed_here(settings, service, letter))
        return
    with _publisher(settings) as publisher:
        _say({"dry_run": False, **letters.replay(letter, publisher)})


@app.command()
def drop(service: Service, letter: Letter, reason: Annotated[str, typer.Option(help="why it may be given up")]) -> None:
    """Give a letter up, with the reason on record."""
    settings = _settings()
    _say(_letters(settings, service).drop(letter, reason))


def _replayed_here(settings: Settings, service: str, letter: int) -> dict[str, Any]:
    """The embedded default comes up for it, tries it twice at once and goes down when it is digested or dead again."""
    from infra.cli.connection import reached

    quick = Settings({**settings.env, "RETRY_TIERS": "0.2"})
    with reached(quick):
        letters = DeadLetters.of(quick, service)
        before = _digesters(letters, letters.show(letter)["message_id"])
        with _publisher(quick) as publisher:
            told = letters.replay(letter, publisher)
        until = time.monotonic() + DIGESTED_WITHIN
        while (outcome := _outcome(letters, told, before)) == "handed over" and time.monotonic() < until:
            time.sleep(0.1)
    return {"dry_run": False, "outcome": outcome, **told}


def _outcome(letters: DeadLetters, letter: dict[str, Any], before: set[str]) -> str:
    """``digested``, ``dead again`` or, while neither shows, ``handed over``."""
    if any(one["message_id"] == letter["message_id"] for one in letters.waiting(1000)):
        return "dead again"
    now = _digesters(letters, letter["message_id"])
    method = letter["consumer"].rpartition(".")[2]
    return "digested" if method in now or now - before else "handed over"


def _digesters(letters: DeadLetters, message_id: str) -> set[str]:
    """The consumers that remember a message."""
    with letters.database.session() as session:
        return set(session.scalars(select(inbox.c.consumer).where(inbox.c.message_id == message_id)))


@contextmanager
def _publisher(settings: Settings) -> Iterator[Publisher]:
    publisher = Publisher(settings.amqp_uri)
    try:
        yield publisher
    except Unroutable as nowhere:
        raise Refused(f"no queue takes it ({nowhere}): run portal migrate; the letter still waits") from nowhere
    finally:
        publisher.close()


def _settings() -> Settings:
    logs.set_up("CRITICAL")
    return Settings.from_environment()


def _letters(settings: Settings, service: str) -> DeadLetters:
    (name,) = known([service])
    if settings.embedded and not (settings.home / f"{name}.sqlite").exists():
        raise Refused(f"{name} has no database in {settings.home} yet, and so no letters")
    return DeadLetters(Database.at(settings.database_url(name)))


def _named(settings: Settings, service: str | None) -> list[str]:
    """The services to look at: the one asked for, or all that have a database here."""
    if service:
        return known([service])
    if settings.embedded:
        return [name for name in installed() if (settings.home / f"{name}.sqlite").exists()]
    named = [name for name in installed() if settings.get(f"{name.upper()}_DATABASE_URL")]
    return named or installed()  # with none named, the first missing one is said


def _say(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
