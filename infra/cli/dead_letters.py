"""``portal dead-letters``: what handlers could not handle, service by service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, TypedDict

import typer

from infra.chassis import logs
from infra.chassis.settings import SERVICES, Settings

app = typer.Typer(no_args_is_help=True, help="Thông điệp xử lý lỗi / messages handlers could not digest.")
Service = Annotated[str, typer.Argument(help=f"{', '.join(SERVICES[:-1])} or {SERVICES[-1]}")]
Anywhere = Annotated[str | None, typer.Argument(help="one service; all, when none is named")]
Letter = Annotated[int, typer.Argument(help="number of the letter, as listed")]
Letters = Annotated[list[int] | None, typer.Argument(help="numbers of letters, as listed")]
Consumer = Annotated[str, typer.Option(help="those whose consumer has these words in its name")]
Error = Annotated[str, typer.Option(help="those whose error has these words in it")]
Limit = Annotated[int, typer.Option(min=1, help="how many to list of each service")]
Summary = Annotated[bool, typer.Option("--summary", help="How many, by type, consumer and kind of error.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]

LETTER = "{service} {id}: {type} → {consumer}\n    {attempts} attempts until {last_at}: {error}"
GROUP = "{service} {letters:,} × {type} → {consumer}\n    {error}, first {first_at}, last {last_at}"


class Kind(TypedDict):
    """Which dead letters are meant, by words in their consumer and error."""

    consumer: str
    error: str


@app.command("list")
def list_open(
    service: Anywhere = None,
    consumer: Consumer = "",
    error: Error = "",
    limit: Limit = 100,
    summary: Summary = False,
    as_json: AsJson = False,
) -> None:
    """Waiting dead letters, the oldest first, and what nobody could read (`portal.quarantine` has its bytes)."""
    from infra.cli.dead_letter_store import dead_letters_of, services_with_database

    settings, kind = _settings(), Kind(consumer=consumer, error=error)
    stores = [(name, dead_letters_of(settings, name)) for name in services_with_database(settings, service)]
    if summary:
        rows = [{"service": name, **letter} for name, letters in stores for letter in letters.summary(**kind)]
    else:
        rows = [{"service": name, **row} for name, letters in stores for row in letters.unresolved(limit, **kind)]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(GROUP.format(**row) if summary else LETTER.format(**row))
    waiting = sum(len(letters.ids(**kind)) for _name, letters in stores)
    cut = f", {len(rows):,} of them shown" if not summary and len(rows) < waiting else ""
    typer.echo(f"{waiting:,} waiting{cut}")


@app.command()
def show(service: Service, letter: Letter) -> None:
    """One dead letter whole: body, headers, error."""
    from infra.cli.dead_letter_store import dead_letters_of

    _print_json(dead_letters_of(_settings(), service).show(letter))


@app.command()
def replay(
    service: Service, letters: Letters = None, consumer: Consumer = "", error: Error = "", dry_run: DryRun = False
) -> None:
    """Hand dead letters to their handlers again; harmless twice, since handlers remember what they have done."""
    from infra.cli.dead_letter_store import dead_letters_of, replay_all, replay_embedded, selected_ids

    settings = _settings()
    store = dead_letters_of(settings, service)
    numbers = selected_ids(store, letters, consumer=consumer, error=error, readable=True)
    if dry_run:
        _print_settled(letters, {"dry_run": True}, [store.replay(number, dry_run=True) for number in numbers])
    elif settings.embedded:
        _print_settled(letters, {"dry_run": False}, replay_embedded(settings, service, numbers))
    else:
        outcome, settled = replay_all(settings, store, numbers)
        _print_settled(letters, {"dry_run": False, **outcome}, settled)


@app.command()
def drop(
    service: Service,
    reason: Annotated[str, typer.Option(help="why they may be given up")],
    letters: Letters = None,
    consumer: Consumer = "",
    error: Error = "",
    dry_run: DryRun = False,
) -> None:
    """Give dead letters up, with the reason on record."""
    from infra.cli.dead_letter_store import dead_letters_of, drop_all, selected_ids

    settings = _settings()
    store = dead_letters_of(settings, service)
    numbers = selected_ids(store, letters, consumer=consumer, error=error)
    if dry_run:
        _print_settled(letters, {"dry_run": True}, [store.show(number) for number in numbers])
        return
    outcome, settled = drop_all(settings, store, numbers, reason)
    _print_settled(letters, {"dry_run": False, **outcome}, settled)


def _settings() -> Settings:
    logs.set_up("CRITICAL")
    return Settings.from_environment()


def _print_settled(
    ids: list[int] | None, outcome: Mapping[str, object], letters: Sequence[Mapping[str, object]]
) -> None:
    """One dead letter that was named, whole; of others their number and their places."""
    if ids and len(ids) == 1:
        _print_json({**outcome, **letters[0]})
        return
    outcomes = {letter["id"]: letter["outcome"] for letter in letters if "outcome" in letter}
    numbers = {"letters": len(letters), "ids": [letter["id"] for letter in letters]}
    _print_json({**outcome, **numbers, **({"outcomes": outcomes} if outcomes else {})})


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
