"""``portal identity``: what operators do with identity's own keys, in their own process."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from infra.chassis import logs
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Khóa của dịch vụ định danh. / Identity's keys.")


@app.callback()
def keys() -> None:
    """Identity's keys."""


@app.command("rotate-keys")
def rotate_keys(
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The key is in other hands: it and every token it signed end now.")
    ] = False,
) -> None:
    """Make the next key that signs tokens; it takes over within a minute, and nobody has to sign in again."""
    logs.set_up("WARNING")
    typer.echo(json.dumps(tool("identity", "rotate_keys")(Settings.from_environment(), at_once=at_once), indent=1))
