"""``portal catalog import``: real records in, findings out, progress shown."""

from __future__ import annotations

import gzip
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.chassis.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Danh mục thủ tục / the catalogue.")
BATCH = 50  # records a call carries


@app.callback()
def catalogue() -> None:
    """Danh mục thủ tục / the catalogue."""


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help=".jsonl or .jsonl.gz, one official record a line")],
    layout: Annotated[str, typer.Option(help="structured, portal, or auto")] = "auto",
    effective_from: str = "2025-07-01",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Import official records; every record loads or is reported, every field is understood or kept with a finding."""
    from rich.progress import Progress

    from infra.cli.connection import desk_token, reached

    settings = Settings.from_environment()
    with reached(settings) as portal:
        desk = portal.as_(desk_token(portal, "catalog_editor"))
        with Progress(disable=as_json) as bar:
            task = bar.add_task("records", total=None)
            summary = import_all(desk, files, layout, effective_from, lambda done: bar.advance(task, done))
    typer.echo(json.dumps(summary, ensure_ascii=False, indent=1))


def import_all(
    desk: Any, files: list[Path], layout: str, effective_from: str, progress: Callable[[int], None]
) -> dict[str, Any]:
    """Send every line of ``files`` to the catalogue; ``{"records", "counts", "findings", "bad_lines"}``."""
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    bad: list[dict[str, Any]] = []
    for file in files:
        for chunk, found in chunks(file):
            bad += found
            if chunk:
                reply = send(desk, chunk, layout, effective_from)
                counts.update(reply["counts"])
                kinds.update(one["kind"] for one in reply["findings"])
            progress(len(chunk) + len(found))
    return {
        "records": sum(counts.values()),
        "counts": dict(counts),
        "findings": dict(kinds.most_common()),
        "bad_lines": bad,
    }


def send(desk: Any, records: list[dict[str, Any]], layout: str, effective_from: str) -> dict[str, Any]:
    """One call; its command id follows from what it carries, so that a repeated import is the same command."""
    chosen = layout_of(records[0]) if layout == "auto" else layout
    text = json.dumps([records, chosen, effective_from], sort_keys=True, ensure_ascii=False)
    command_id = str(uuid.uuid5(uuid.NAMESPACE_URL, text))
    reply: dict[str, Any] = desk.catalog.import_procedures(
        records=records, layout=chosen, effective_from=effective_from, command_id=command_id
    )
    return reply


def layout_of(record: dict[str, Any]) -> str:
    """The two layouts of official records tell themselves apart by their keys."""
    return "structured" if "tables" in record or "metadata" in record else "portal"


def chunks(file: Path) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """``(records, bad lines)`` in bounded pieces, streamed."""
    records: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                records.append(json.loads(line))
            except ValueError as error:
                bad.append({"file": file.name, "line": number, "error": str(error)})
            if len(records) >= BATCH:
                yield records, bad
                records, bad = [], []
    if records or bad:
        yield records, bad
