"""Histories worked on as a whole: rebuilding what is read from them, taking in those of older systems, the diagram."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.cli.audit_commands import AsJson, print_json
from infra.cli.exit_codes import Refused
from infra.cli.progress import progress
from infra.cli.services import known_services

MappingFile = Annotated[
    Path,
    typer.Option(exists=True, dir_okay=False, help="YAML with the keys case, activity, timestamp, resource."),
]

STAGES = {"reading": "đọc tệp (byte) / reading (bytes)", "storing": "ghi sự kiện / storing events"}


def rebuild(
    service: Annotated[str, typer.Argument(metavar="SERVICE")],
    projection: Annotated[str | None, typer.Option(help="One read model of the service; otherwise all.")] = None,
    swap: Annotated[
        bool | None,
        typer.Option(
            "--swap/--no-swap",
            help="Put the rebuilt rows in place without asking; only compare. Neither: a terminal is asked.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay history into read models next to the live ones, show the difference, swap.

    In a terminal it shows the difference and asks before swapping. In a script typing the command is the request.
    """
    logs.set_up("ERROR")
    settings = Settings.from_environment()
    (name,) = known_services([service])
    try:
        replay = tool(name, "rebuild")
    except (ModuleNotFoundError, AttributeError):
        raise Refused(f"{name} keeps no read model that is made from a history") from None
    _migrate_if_embedded(settings, name)
    try:
        with contextlib.ExitStack() as watching:
            on_progress = watching.enter_context(progress("sự kiện / events", quiet=as_json))
            agreed = _confirmation(watching) if swap is None and in_a_terminal() else None
            report = replay(settings, projection, swap=swap is not False, agreed=agreed, progress=on_progress)
    except ValueError as unknown:
        raise Refused(str(unknown)) from unknown
    if as_json:
        print_json(report)
        return
    if agreed is None:
        _print_difference(report)
    typer.echo("swapped" if report["swapped"] else "not swapped: the live read model is as it was")


def in_a_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _confirmation(watching: contextlib.ExitStack) -> Callable[[Json], bool]:
    """Shows what was found and asks, on standard error: standard output may be going into a file."""

    def agreed(report: dict[str, object]) -> bool:
        watching.close()  # nothing moves while somebody thinks
        _print_difference(report, err=True)
        question = "Thay mô hình đọc đang dùng? / Put the replayed rows in place of the live ones?"
        return typer.confirm(question, default=False, err=True)

    return agreed


def _print_difference(report: Json, *, err: bool = False) -> None:
    typer.echo(f"{report['events']} events, {report['rows']} rows, {report['differing']} differing", err=err)
    for difference in report["differences"]:
        typer.echo(
            f"  {difference['application_id']}: live {difference['live']}, replayed {difference['replayed']}", err=err
        )


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
    _migrate_if_embedded(settings, "applications")
    take_in = tool("applications", "import_history")
    try:
        # Without a terminal nobody watches: only what was taken in and what was left out is printed.
        with progress("đọc / reading", quiet=as_json or not sys.stderr.isatty()) as on_progress:
            done = take_in(
                settings,
                str(file),
                str(mapping),
                system=system,
                progress=lambda so_far, total, what: on_progress(so_far, total, STAGES[what]),
            )
        if settings.embedded:  # no follower may ever run here
            tool("applications", "seal_all")(settings)
    except ValueError as unreadable:  # a mapping that is none, a file that is no XES
        raise Refused(f"{file.name}: {unreadable}") from unreadable
    if as_json:
        print_json(done)
        return
    typer.echo(
        f"{done['system']}: {done['cases']} cases, {done['events']} events; {done['added']} added, "
        f"{done['already_there']} there already, {done['erased']} of erased cases, "
        f"{done['duplicates']} repeated lines, {len(done['bad'])} bad lines"
    )
    for line in done["bad"]:
        typer.echo(f"  line {line['line']}: {line['problem']}", err=True)


def sign_history(
    unsealed: Annotated[
        bool, typer.Option("--unsealed", help="Also what nobody sealed: only if you know that nobody put it there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Authenticate events recorded before they bore MACs, after checking them; `portal migrate` does so by itself."""
    logs.set_up("ERROR")
    settings = Settings.from_environment()
    _migrate_if_embedded(settings, "applications")
    with progress("sự kiện / events", quiet=as_json or not sys.stderr.isatty()) as on_progress:
        done = tool("applications", "sign_history")(settings, unsealed=unsealed, progress=on_progress)
    print_json(done)
    if done["unsealed"] or done["left"]:
        raise typer.Exit(1)


def diagram() -> None:
    """The life cycle as a state diagram (Mermaid), from the table the service works by."""
    typer.echo(tool("applications", "lifecycle_diagram")())


def _migrate_if_embedded(settings: Settings, service: str) -> None:
    """The embedded default makes its databases when they are first needed; real ones are migrated on purpose."""
    if settings.embedded:
        from infra.chassis.migrations import upgrade

        upgrade(settings, service)
