"""Histories worked on as a whole: rebuilding what is read from them, taking in those of older systems, the diagram."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.chassis import logs
from infra.chassis.loader import entry
from infra.chassis.settings import Settings
from infra.cli.desk import AsJson, say
from infra.cli.ending import Refused
from infra.cli.progress import progress
from infra.cli.services import known

MappingFile = Annotated[
    Path,
    typer.Option(exists=True, dir_okay=False, help="YAML with the keys case, activity, timestamp, resource."),
]

STAGES = {"reading": "đọc tệp (byte) / reading (bytes)", "storing": "ghi sự kiện / storing events"}


def rebuild(
    service: Annotated[str, typer.Argument(metavar="SERVICE")],
    projection: Annotated[str | None, typer.Option(help="One read model of the service; otherwise all.")] = None,
    swap: Annotated[bool, typer.Option(help="Put the rebuilt rows in place; --no-swap only compares.")] = True,
    as_json: AsJson = False,
) -> None:
    """Replay history into read models beside the live ones, show the difference, swap."""
    logs.set_up("ERROR")
    settings = Settings.from_environment()
    (name,) = known([service])
    try:
        replay = entry(name, "rebuilding", "rebuild")
    except ModuleNotFoundError:
        raise Refused(f"{name} keeps no read model that is made from a history") from None
    _made_if_embedded(settings, name)
    try:
        with progress("sự kiện / events", quiet=as_json) as tell:
            report = replay(settings, projection, swap=swap, progress=tell)
    except ValueError as unknown:
        raise Refused(str(unknown)) from unknown
    if as_json:
        say(report)
    else:
        _tell_rebuilt(report)


def _tell_rebuilt(report: dict[str, Any]) -> None:
    typer.echo(f"{report['events']} events, {report['rows']} rows, {report['differing']} differing")
    for one in report["differences"]:
        typer.echo(f"  {one['application_id']}: live {one['live']}, replayed {one['replayed']}")
    typer.echo("swapped" if report["swapped"] else "not swapped: the live read model is as it was")


def import_history(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .xes or .csv file.")],
    mapping: MappingFile,
    system: Annotated[str | None, typer.Option(help="Name of the older system; otherwise that of the file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take histories of an older system in, marked as imported; a second run adds nothing.

    Each case is an imported history with the reference SYSTEM/CASE.
    """
    logs.set_up("ERROR")
    settings = Settings.from_environment()
    _made_if_embedded(settings, "applications")
    take_in = entry("applications", "audit.imported", "import_history")
    try:
        # Without a terminal nobody watches: only what was taken in and what was left out is said.
        with progress("đọc / reading", quiet=as_json or not sys.stderr.isatty()) as tell:
            done = take_in(
                settings,
                str(file),
                str(mapping),
                system=system,
                progress=lambda so_far, total, what: tell(so_far, total, STAGES[what]),
            )
    except ValueError as unreadable:  # a mapping that is none, a file that is no XES
        raise Refused(f"{file.name}: {unreadable}") from unreadable
    if as_json:
        say(done)
        return
    typer.echo(
        f"{done['system']}: {done['cases']} cases, {done['events']} events; {done['added']} added, "
        f"{done['already_there']} there already, {done['erased']} of erased cases, "
        f"{done['duplicates']} repeated lines, {len(done['bad'])} bad lines"
    )
    for one in done["bad"]:
        typer.echo(f"  line {one['line']}: {one['problem']}", err=True)


def diagram() -> None:
    """The life cycle as a state diagram (Mermaid), from the table the service works by."""
    typer.echo(entry("applications", "lifecycle", "diagram")())


def _made_if_embedded(settings: Settings, service: str) -> None:
    """The embedded default makes its databases when they are first needed; real ones are migrated on purpose."""
    if settings.embedded:
        from infra.chassis.migrations import upgrade

        upgrade(settings, service)
