"""The auditors' desk: history, state, difference, explanation, exports, proofs, rebuilding of read models."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from infra.chassis import logs
from infra.chassis.loader import entry
from infra.chassis.settings import Settings

Reference = Annotated[str, typer.Argument(help="reference or id of an application")]


@contextlib.contextmanager
def desk(role: str = "auditor") -> Iterator[Any]:
    """RPC as an auditor, on the running platform or the embedded default."""
    from infra.cli.connection import desk_token, reached

    logs.set_up("ERROR")
    with reached(Settings.from_environment()) as portal:
        yield portal.as_(desk_token(portal, role))


def _say(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def history(reference: Reference, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Every event of an application: who, what, when, why, from which call."""
    with desk() as rpc:
        answer = rpc.applications.history(application_id=reference)
    if as_json:
        _say(answer)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("#", "khi nào / when", "sự kiện / event", "ai / who", "trạng thái / status")
    for item in answer["items"]:
        who = item.get("by") or {}
        table.add_row(
            str(item["version"]),
            item["at"],
            item["kind"],
            f"{who.get('role', '')} {who.get('account_id', '')[:8]}",
            item.get("status") or "",
        )
    Console(width=140).print(table)


def state(
    reference: Reference,
    at: Annotated[str | None, typer.Option(help="instant, ISO 8601 with offset")] = None,
    version: Annotated[int | None, typer.Option()] = None,
) -> None:
    """The application as it was at an instant or version, from its events alone."""
    wanted = {key: value for key, value in {"at": at, "version": version}.items() if value is not None}
    with desk() as rpc:
        _say(rpc.applications.state_at(application_id=reference, **wanted))


def diff(reference: Reference, from_version: int, to_version: int) -> None:
    """Which fields changed between two versions, before and after."""
    with desk() as rpc:
        _say(rpc.applications.diff(application_id=reference, from_version=from_version, to_version=to_version))


def explain(reference: Reference) -> None:
    """Why the due date is what it is, day by day."""
    with desk() as rpc:
        _say(rpc.applications.explain_due_date(application_id=reference))


def rebuild(
    service: str = "applications", projection: Annotated[str | None, typer.Option()] = None, swap: bool = False
) -> None:
    """Replay history into read models beside the live ones, show the difference, swap when asked."""
    from rich.progress import Progress

    logs.set_up("ERROR")
    settings = Settings.from_environment()
    with Progress() as bar:
        task = bar.add_task("events", total=None)
        report = entry(service, "rebuilding", "rebuild")(
            settings, projection, swap=swap, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    _say(report)


def diagram() -> None:
    """The life cycle as a state diagram (Mermaid), from the table the service works by."""
    typer.echo(entry("applications", "lifecycle", "diagram")())


def add_to(app: typer.Typer) -> None:
    """Put the desk's commands on the ``portal`` command."""
    for command in (history, state, diff, explain, rebuild, diagram):
        app.command()(command)
