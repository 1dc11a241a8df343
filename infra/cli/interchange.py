"""``portal interchange``: other systems' records in bulk, straight into the store, progress shown."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.cli.exit_codes import REFUSED
from infra.cli.progress import progress

app = typer.Typer(no_args_is_help=True, help="Đồng bộ hồ sơ / synchronisation with other systems.")


@app.command()
def load(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="NDJSON, one record a line.")],
    source: Annotated[str, typer.Option(help="Whose records they are: the code of the sending unit.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Take dossiers and their progress from files. Broken off, the same command goes on where it was.

    Exit 1 where a record could not be kept; all others are.
    """
    logs.set_up("ERROR")
    settings = Settings.from_environment()
    if settings.embedded:
        tool("interchange", "make_tables")(settings)
    outcomes: Counter[str] = Counter()
    refused: list[Json] = []
    with progress("đồng bộ / mirroring (byte)", quiet=as_json) as on_progress:
        for path in files:
            size = path.stat().st_size
            loaded = tool("interchange", "load_bulk_file")(
                settings, path, source, lambda now, size=size: on_progress(min(now.bytes, size), size)
            )
            outcomes.update(loaded.outcomes)
            outcomes["passed over"] += loaded.passed_over
            refused += [{"file": str(path), "line": line, "reason": reason} for line, reason in loaded.refusals]
    _print(outcomes, refused, as_json)
    if outcomes["refused"]:
        raise typer.Exit(REFUSED)


def _print(outcomes: Counter[str], refused: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"outcomes": {**outcomes}, "refused": refused}, ensure_ascii=False))
        return
    typer.echo("  ".join(f"{name}: {count:,}" for name, count in sorted(outcomes.items()) if count) or "0")
    for item in refused:
        typer.echo(f"  {item['file']}:{item['line']}  {item['reason']}")
