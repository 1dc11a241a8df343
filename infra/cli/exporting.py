"""``portal export``: the log as a file, streamed page by page; or one evidence file in another format, offline."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from infra.chassis.files import draft_of
from infra.chassis.json_types import Json
from infra.chassis.wire_types import Cluster
from infra.cli.audit_commands import evidence_reader
from infra.cli.official_session import official_session
from infra.cli.progress import OnProgress, progress

PAGE = 500


class Format(StrEnum):
    """What auditors' tools read."""

    jsonl = "jsonl"
    csv = "csv"
    ocel2 = "ocel2"
    xes = "xes"


def export(
    form: Annotated[
        Format, typer.Option("--format", help="CloudEvents, a spreadsheet, or a process mining log.")
    ] = Format.jsonl,
    from_at: Annotated[str | None, typer.Option("--from", help="From this instant on, ISO 8601 with offset.")] = None,
    to_at: Annotated[str | None, typer.Option("--to", help="Before this instant, ISO 8601 with offset.")] = None,
    bundle: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="An evidence file: no server is asked.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; otherwise standard output.")] = None,
) -> None:
    """Every event of the log. Each export is itself recorded."""
    with contextlib.ExitStack() as stack:
        file: IO[str] = sys.stdout
        if output:
            draft = stack.enter_context(draft_of(output))
            file = stack.enter_context(draft.open("w", encoding="utf-8", newline=""))
        if bundle:
            file.write(evidence_reader(bundle).export(form.value))
            return
        rpc = stack.enter_context(official_session(timeout=60))
        on_progress = stack.enter_context(progress("sự kiện / events"))
        query = {"format": form.value, "limit": PAGE, "from_at": from_at, "to_at": to_at}
        pages = _pages(rpc, {name: value for name, value in query.items() if value is not None}, on_progress)
        (_as_one_document if form is Format.ocel2 else _one_after_another)(pages, file)
        file.flush()


def _pages(rpc: Cluster, query: Json, on_progress: OnProgress) -> Iterator[str]:
    cursor, done = None, 0
    while True:
        page = rpc.applications.export(**query, **({"cursor": cursor} if cursor else {}))
        done += page["events"]
        on_progress(done, None if page["next_cursor"] else done)
        yield page["content"]
        if (cursor := page["next_cursor"]) is None:
            return


def _one_after_another(pages: Iterator[str], file: IO[str]) -> None:
    for page in pages:
        file.write(page)


def _as_one_document(pages: Iterator[str], file: IO[str]) -> None:
    """Pages of OCEL are documents of their own: events go out as they come, objects are kept to be written once."""
    types: dict[str, dict[str, dict[str, object]]] = {"objectTypes": {}, "eventTypes": {}}
    objects: dict[str, dict[str, object]] = {}
    between = ""
    file.write('{"events":[')
    for page in pages:
        document = json.loads(page)
        for event in document["events"]:
            file.write(between + "\n" + _json(event))
            between = ","
        for name, definition in types.items():
            definition.update({definition["name"]: definition for definition in document[name]})
        for event in document["objects"]:
            objects.setdefault(event["id"], event)
    tail = {name: list(definition.values()) for name, definition in types.items()} | {"objects": list(objects.values())}
    file.write("]," + _json(tail)[1:] + "\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
