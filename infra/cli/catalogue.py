"""``portal catalog``: real records in, findings out, progress shown; and the catalogue out again."""

from __future__ import annotations

import contextlib
import gzip
import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import IO, Annotated

import typer

from infra.chassis.files import draft_of
from infra.chassis.json_types import Json
from infra.chassis.wire_types import Cluster
from infra.cli.catalogue_files import Layout, Line, chunks
from infra.cli.official_session import official_session
from infra.cli.progress import progress

app = typer.Typer(no_args_is_help=True, help="Danh mục thủ tục / the catalogue.")
LONGEST_REASON = 300
PAGE = 200  # versions a page of an export holds
EFFECTIVE_FROM = "2025-07-01"
EXAMPLES, EXCERPT = 3, 100  # examples of each kind of finding, and how many letters of each are printed
DECIDING = {True: "Biên tập viên phải quyết định / for an editor to decide", False: "Để biết / to know"}


class Form(StrEnum):
    """What the catalogue may be written as."""

    json = "json"
    csv = "csv"
    cpsv_ap = "cpsv-ap"


@dataclass
class Summary:
    """What became of the records. ``bad_lines``: what could not be read or sent at all, by file and line."""

    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Json] = field(default_factory=dict)
    bad_lines: list[Json] = field(default_factory=list)

    def add(self, reply: Json, file: str, lines: list[Line]) -> None:
        """What the catalogue answered to a call; lines counted as the file counts them."""
        self.counts.update(reply["counts"])
        self.kinds.update(finding["kind"] for finding in reply["findings"])
        for group in reply["groups"]:
            group_total = self.groups.setdefault(group["kind"], {**group, "findings": 0, "records": 0, "examples": []})
            group_total["findings"] += group["findings"]
            group_total["records"] += group["records"]
            more = [placed(example, file, lines) for example in group["examples"]]
            group_total["examples"] = [*group_total["examples"], *more][:EXAMPLES]

    def to_json(self) -> Json:
        """``{"records", "counts", "findings": {kind: n}, "groups": [...], "bad_lines": [{"file", "line", "error"}]}``.

        ``groups`` is the report to work from: what an editor must decide first, then the most frequent.
        """
        order = sorted(
            self.groups.values(), key=lambda total: (not total["must_decide"], -total["findings"], total["kind"])
        )
        return {
            "records": sum(self.counts.values()),
            "counts": dict(self.counts),
            "findings": dict(self.kinds.most_common()),
            "groups": order,
            "bad_lines": self.bad_lines,
        }


def placed(finding: Json, file: str, lines: list[Line]) -> Json:
    """A finding with its file; one about a whole record names the file's line, not the record's number in its call."""
    number = finding["path"].removeprefix("/lines/")
    is_line = number.isdigit() and 1 <= int(number) <= len(lines)
    return {"file": file, **finding, "path": f"/lines/{lines[int(number) - 1].number}" if is_line else finding["path"]}


@app.callback()
def catalogue() -> None:
    """Danh mục thủ tục / the catalogue."""


@app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, help=".jsonl or .jsonl.gz, one official record a line"),
    ],
    layout: Annotated[Layout, typer.Option(help="How the records are written.")] = Layout.auto,
    effective_from: Annotated[str, typer.Option(help="Day from which what is new or changed holds.")] = EFFECTIVE_FROM,
    findings: Annotated[
        Path | None, typer.Option(help="A file for every finding, one JSON object a line: code, path, kind, text.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Import official records; every record loads or is reported, every field is understood or kept with a finding."""
    with contextlib.ExitStack() as stack:
        draft = stack.enter_context(draft_of(findings)) if findings else None
        file = stack.enter_context(draft.open("w", encoding="utf-8")) if draft else None
        editor = stack.enter_context(official_session("catalog_editor", timeout=120, asks_only=False))
        on_progress = stack.enter_context(progress("bản ghi / records", quiet=as_json))
        done = Counter[str]()

        def advance(count: int) -> None:
            done["records"] += count
            on_progress(done["records"], None)

        summary = import_all(editor, files, layout.value, effective_from, advance, file)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=1))
    else:
        _print_summary(summary)


@app.command("export")
def export_file(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to; .gz is compressed.")],
    form: Annotated[
        Form, typer.Option("--format", help="json: a line each, as `catalog import` reads it.")
    ] = Form.json,
    at: Annotated[str | None, typer.Option(help="What is in force on this day; without it today.")] = None,
    history: Annotated[bool, typer.Option(help="json: every published version, the oldest first.")] = False,
) -> None:
    """Hand the catalogue on: to another installation, to a spreadsheet, as linked data (a document a line)."""
    with contextlib.ExitStack() as stack:
        editor = stack.enter_context(official_session("catalog_editor", timeout=120))
        on_progress = stack.enter_context(progress("thủ tục / procedures"))
        opened = gzip.open if file.suffix == ".gz" else open
        draft = stack.enter_context(draft_of(file))
        out = stack.enter_context(opened(draft, "wt", encoding="utf-8", newline=""))
        count = export_all(editor, form.value, at, history, out, lambda done: on_progress(done, None))
    typer.echo(f"{count} phiên bản / versions: {file}")


def export_all(
    editor: Cluster, form: str, at: str | None, history: bool, out: IO[str], progress: Callable[[int], None]
) -> int:
    """Write every page of ``catalog.export``; how many versions that were."""
    count, cursor = 0, None
    while True:
        page = editor.catalog.export(format=form, at=at, cursor=cursor, limit=PAGE, history=history)
        if form == "json":
            out.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in json.loads(page["content"]))
        else:
            out.write(page["content"] + ("" if form == "csv" else "\n"))
        count, cursor = count + int(page["count"]), page["next_cursor"]
        progress(count)
        if cursor is None:
            return count


def _print_summary(summary: Json) -> None:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in summary["counts"].items() if count)
    typer.echo(f"{summary['records']} bản ghi / records: {counts or '–'}")
    for must_decide, heading in DECIDING.items():
        groups = [group for group in summary["groups"] if group["must_decide"] is must_decide]
        if groups:
            typer.echo(f"{heading}: {sum(group['findings'] for group in groups)}")
        for group in groups:
            typer.echo(f"  {group['findings']:6} {group['name']['vi']} / {group['name']['en']} ({group['kind']})")
            for example in group["examples"] if must_decide else ():
                typer.echo(f"         {example['code']} {example['path']}: {example['text'][:EXCERPT]}")
    if summary["bad_lines"]:
        typer.echo(f"{len(summary['bad_lines'])} dòng lỗi / bad lines:")
    for bad in summary["bad_lines"]:
        typer.echo(f"  {bad['file']}:{bad['line']}: {bad['error']}")


def import_all(
    editor: Cluster,
    files: list[Path],
    layout: str,
    effective_from: str,
    progress: Callable[[int], None],
    findings: IO[str] | None = None,
) -> Json:
    """Send every line of ``files`` to the catalogue; :meth:`Summary.to_json`."""
    summary, run = Summary(), uuid.uuid4()
    for file in files:
        before = len(summary.bad_lines)
        for chunk, bad in chunks(file, layout):
            summary.bad_lines += bad
            for chosen, lines in groupby(chunk, key=lambda line: line.layout):
                _send(editor, file, list(lines), chosen, effective_from, run, summary, findings)
            progress(len(chunk) + len(bad))
        summary.bad_lines[before:] = sorted(summary.bad_lines[before:], key=lambda record: record["line"])
    return summary.to_json()


def _send(
    editor: Cluster,
    file: Path,
    lines: list[Line],
    layout: str,
    effective_from: str,
    run: uuid.UUID,
    summary: Summary,
    findings: IO[str] | None,
) -> None:
    """One call. When the catalogue refuses it, each record goes by itself, so that one does not keep out fifty."""
    from nameko.exceptions import RemoteError

    records = [line.record for line in lines]
    command_id = str(uuid.uuid5(run, json.dumps([records, layout, effective_from], sort_keys=True)))
    try:
        reply = editor.catalog.import_procedures(
            records=records,
            layout=layout,
            effective_from=effective_from,
            reason=f"portal catalog import {file.name}"[:LONGEST_REASON],
            command_id=command_id,
        )
    except RemoteError as refused:
        if refused.exc_type not in ("InvalidRequest", "InternalFailure"):
            raise
        if len(lines) == 1:
            summary.bad_lines.append({"file": file.name, "line": lines[0].number, "error": str(refused.value)})
            return
        for line in lines:
            _send(editor, file, [line], layout, effective_from, run, summary, findings)
        return
    summary.add(reply, file.name, lines)
    for finding in reply["findings"] if findings else ():
        findings.write(json.dumps(placed(finding, file.name, lines), ensure_ascii=False) + "\n")  # type: ignore[union-attr]
