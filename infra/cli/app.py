"""The commands of ``portal``, one line each; the work is in the other modules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from infra.chassis import logs
from infra.chassis.files import text_of
from infra.chassis.settings import FRONT_DOOR, Settings
from infra.cli.services import known_services

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cổng dịch vụ công: nền tảng, vận hành, kiểm tra. / The public service portal.",
)

Services = Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Which services; otherwise all.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


def settings_here(level: str = "INFO") -> Settings:
    """Settings of this process, with logging set up."""
    settings = Settings.from_environment()
    logs.set_up(settings.get("LOG_LEVEL", level))
    return settings


@app.command()
def run(services: Services = None, follower: bool = False) -> None:
    """Run services in the foreground until TERM (all of them, with their followers, on the embedded default).

    The HTTP front door is a process of its own: `portal run front-door`.
    """
    from infra.cli.serving import Run, serve

    named = [FRONT_DOOR] if services == [FRONT_DOOR] else known_services(services)
    raise typer.Exit(serve(Run(named, follower)))


@app.command()
def start(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the front door; 0: a free one.")] = 8000,
    as_json: AsJson = False,
) -> None:
    """The whole platform with sample people and the front door over HTTP, in the foreground until Ctrl-C."""
    from infra.cli.start import start as start_all

    raise typer.Exit(start_all(settings_here("WARNING"), port=port, as_json=as_json))


@app.command()
def migrate(services: Services = None) -> None:
    """Bring databases and broker topology up to date."""
    from infra.cli import run as commands

    commands.migrate(settings_here(), known_services(services))


@app.command()
def bootstrap(
    username: str = "operator",
    full_name: str = "Quản trị hệ thống",
    password_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="File with the first operator's password; asked for when absent."
        ),
    ] = None,
) -> None:
    """Make the first operator account and the service credentials of an installation."""
    from infra.cli import run as commands

    password = (
        text_of(password_file).strip()
        if password_file
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    )
    made = commands.bootstrap(settings_here("WARNING"), username, password, full_name)
    typer.echo(json.dumps(made, ensure_ascii=False))


@app.command()
def seed(as_json: AsJson = False) -> None:
    """Development only: sample catalogue, agencies, officials and citizens."""
    from infra.cli.connection import portal_session
    from infra.cli.seed import NotDevelopment, overview
    from infra.cli.seed import seed as make

    settings = settings_here("WARNING")
    if not settings.development:
        raise NotDevelopment()
    with portal_session(settings) as portal:
        world = make(settings, portal, lambda line: None if as_json else typer.echo(line))
    typer.echo(json.dumps(overview(world), ensure_ascii=False, indent=None if as_json else 1))


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable steps.")] = False,
    keep: Annotated[
        Path | None, typer.Option(file_okay=False, help="Leave the databases in this folder, for portal history.")
    ] = None,
    procedures: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A .jsonl(.gz) of real procedure records to import as well."),
    ] = None,
) -> None:
    """The whole journey on the embedded default, narrated; exit 0 only if every step held."""
    from infra.cli.demo import demo as perform

    logs.set_up("ERROR")
    raise typer.Exit(perform(as_json=as_json, keep=keep, procedures=procedures))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check settings, broker, databases, clock, calendar data and library pins; say what to do."""
    from infra.cli.doctor import examine

    logs.set_up("CRITICAL")
    raise typer.Exit(examine(Settings.from_environment(), as_json=as_json))


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument()] = None,
    procedures: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="Official records for `catalog`, .jsonl.gz.")
    ] = None,
) -> None:
    """The benchmarks of tests/bench (needs a checkout): ratios measured in one run."""
    if not Path("tests/bench/__main__.py").exists():
        typer.echo("portal bench: run it in a checkout of the project, where tests/bench is", err=True)
        raise typer.Exit(2)
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench", *(names or [])]
    command += [f"--procedures={file}" for file in procedures or []]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _add_desks() -> None:
    from infra.cli import (
        audit_commands,
        catalogue,
        dead_letters,
        exporting,
        identity_keys,
        interchange,
        maintenance,
        open_data,
        sources,
        verifying,
        what_if,
    )

    app.add_typer(dead_letters.app, name="dead-letters")
    app.add_typer(sources.app, name="sources")
    app.add_typer(catalogue.app, name="catalog")
    app.add_typer(interchange.app, name="interchange")
    app.add_typer(open_data.app, name="open-data")
    app.add_typer(identity_keys.app, name="identity")
    looks = (
        audit_commands.history,
        audit_commands.state,
        audit_commands.diff,
        audit_commands.explain,
        audit_commands.findings,
        audit_commands.evidence,
        audit_commands.report,
        what_if.what_if,
    )
    for command in (*looks, exporting.export, verifying.verify, maintenance.rebuild, maintenance.diagram):
        app.command()(command)
    app.command("import-history")(maintenance.import_history)
    app.command("sign-history")(maintenance.sign_history)


_add_desks()
