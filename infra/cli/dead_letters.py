"""``portal dead-letters``: what handlers could not digest, service by service."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from infra.chassis import logs
from infra.chassis.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Thông điệp xử lý lỗi / messages handlers could not digest.")
Service = Annotated[str, typer.Argument(help="identity, catalog, applications, payments or notifications")]
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


@app.command("list")
def listed(
    service: Anywhere = None,
    consumer: Consumer = "",
    error: Error = "",
    limit: Limit = 100,
    summary: Summary = False,
    as_json: AsJson = False,
) -> None:
    """Waiting letters, the oldest first, and what nobody could read (`portal.quarantine` has its bytes)."""
    from infra.cli.dead_letter_store import letters_of, named

    settings, kind = _settings(), {"consumer": consumer, "error": error}
    kept = [(name, letters_of(settings, name)) for name in named(settings, service)]
    if summary:
        found = [{"service": name, **one} for name, letters in kept for one in letters.summary(**kind)]
    else:
        found = [{"service": name, **one} for name, letters in kept for one in letters.unresolved(limit, **kind)]
    if as_json:
        _say(found)
        return
    for one in found:
        typer.echo(GROUP.format(**one) if summary else LETTER.format(**one))
    waiting = sum(len(letters.numbers(**kind)) for _name, letters in kept)
    cut = f", {len(found):,} of them shown" if not summary and len(found) < waiting else ""
    typer.echo(f"{waiting:,} waiting{cut}")


@app.command()
def show(service: Service, letter: Letter) -> None:
    """One letter whole: body, headers, error."""
    from infra.cli.dead_letter_store import letters_of

    _say(letters_of(_settings(), service).show(letter))


@app.command()
def replay(
    service: Service, letters: Letters = None, consumer: Consumer = "", error: Error = "", dry_run: DryRun = False
) -> None:
    """Hand letters to their handlers again; harmless twice, since handlers remember what they have done."""
    from infra.cli.dead_letter_store import chosen, letters_of, replayed, replayed_here

    settings = _settings()
    kept = letters_of(settings, service)
    numbers = chosen(kept, letters, consumer=consumer, error=error, readable=True)
    if dry_run:
        _say_of(letters, {"dry_run": True}, [kept.replay(one, dry_run=True) for one in numbers])
    elif settings.embedded:
        _say_of(letters, {"dry_run": False}, replayed_here(settings, service, numbers))
    else:
        said, settled = replayed(settings, kept, numbers)
        _say_of(letters, {"dry_run": False, **said}, settled)


@app.command()
def drop(
    service: Service,
    reason: Annotated[str, typer.Option(help="why they may be given up")],
    letters: Letters = None,
    consumer: Consumer = "",
    error: Error = "",
    dry_run: DryRun = False,
) -> None:
    """Give letters up, with the reason on record."""
    from infra.cli.dead_letter_store import chosen, dropped, letters_of

    settings = _settings()
    kept = letters_of(settings, service)
    numbers = chosen(kept, letters, consumer=consumer, error=error)
    if dry_run:
        _say_of(letters, {"dry_run": True}, [kept.show(one) for one in numbers])
        return
    said, settled = dropped(settings, kept, numbers, reason)
    _say_of(letters, {"dry_run": False, **said}, settled)


def _settings() -> Settings:
    logs.set_up("CRITICAL")
    return Settings.from_environment()


def _say_of(named: list[int] | None, said: dict[str, Any], letters: list[dict[str, Any]]) -> None:
    """One letter that was named, whole; of others their number and their places."""
    if named and len(named) == 1:
        _say({**said, **letters[0]})
        return
    outcomes = {one["id"]: one["outcome"] for one in letters if "outcome" in one}
    numbers = {"letters": len(letters), "ids": [one["id"] for one in letters]}
    _say({**said, **numbers, **({"outcomes": outcomes} if outcomes else {})})


def _say(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
