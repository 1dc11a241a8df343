"""The auditors' desk: history, state, difference, explanation, findings, evidence and report of one application.

Each takes a reference or an id, and asks the platform; or an evidence file, and then asks nobody.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

import typer

from infra.chassis.clock import OFFICE_ZONE
from infra.chassis.files import draft_of, text_of
from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.cli.connection import language_of
from infra.cli.exit_codes import Refused
from infra.cli.official_session import official_session

Reference = Annotated[
    str, typer.Argument(metavar="REF", help="Reference or id of an application, or an evidence file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]
Purpose = Annotated[str | None, typer.Option(help="Why it is looked at; kept in the citizen's access log.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; otherwise standard output.")]
SEALED_WITHIN = 15.0  # seconds an event may wait for its seal


def history(reference: Reference, as_json: AsJson = False, purpose: Purpose = None) -> None:
    """Every event of an application: who, what, when, why, from which call."""
    answer = audit_query(reference, "history", purpose=purpose)
    if as_json:
        print_json(answer)
        return
    rows = [
        (str(item["version"]), office_time(_when(item)), _what(item), _who(item), item["status"] or "", _why(item))
        for item in answer["items"]
    ]
    columns = ("#", "khi nào / when", "việc / what", "ai / who", "trạng thái / status", "vì sao / why")
    table(answer["reference"] or reference, columns, rows)


def state(
    reference: Reference,
    at: Annotated[str | None, typer.Option(help="An instant, ISO 8601 with offset.")] = None,
    version: Annotated[int | None, typer.Option(help="A version, from 1.")] = None,
    as_json: AsJson = False,
    purpose: Purpose = None,
) -> None:
    """The application as it was at an instant or version, from its events alone (JSON in any case)."""
    print_json(audit_query(reference, "state_at", at=at, version=version, purpose=purpose))


def diff(
    reference: Reference,
    from_version: Annotated[int, typer.Argument(metavar="FROM")],
    to_version: Annotated[int, typer.Argument(metavar="TO")],
    as_json: AsJson = False,
    purpose: Purpose = None,
) -> None:
    """Which fields changed between two versions, before and after."""
    answer = audit_query(reference, "diff", from_version=from_version, to_version=to_version, purpose=purpose)
    if as_json:
        print_json(answer)
        return
    rows = [(change["field"], _short(change["before"]), _short(change["after"])) for change in answer["changes"]]
    table(f"{reference} {from_version} → {to_version}", ("trường / field", "trước / before", "sau / after"), rows)


def explain(reference: Reference, as_json: AsJson = False) -> None:
    """Why the due date is what it is, day by day."""
    answer = audit_query(reference, "explain_due_date")
    if as_json:
        print_json(answer)
        return
    due = office_time(answer["due_at"]) if answer["due_at"] else "–"
    promised = office_time(answer["promised_at"]) if answer["promised_at"] else "–"
    rows = [(day["date"], day["kind"], _note(day.get("note"))) for day in answer["days"]]
    table(f"hẹn / promised {promised}, hạn / due {due}", ("ngày / day", "loại / kind", "ghi chú / note"), rows)


def findings(
    reference: Annotated[
        str | None, typer.Argument(metavar="[REF]", help="One application or evidence file; otherwise all there are.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="One kind of finding only.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the integrity alarms found, with the events each finding is based on."""
    settings = Settings.from_environment()
    items = list(_findings(reference, kind))
    if as_json:
        print_json({"items": items})
        return
    language = language_of(settings)
    rows = [
        (finding["kind"], finding["application_id"], ", ".join(str(event["version"]) for event in finding["events"]),
         finding["note"][language], _short(finding["facts"]))
        for finding in items
    ]  # fmt: skip
    columns = ("loại / kind", "hồ sơ / application", "sự kiện / events", "nhận xét / note", "so sánh / compared")
    table(f"{len(rows)} phát hiện / findings", columns, rows)


def _findings(reference: str | None, kind: str | None) -> Iterator[Json]:
    if reference and Path(reference).is_file():
        items = evidence_reader(Path(reference)).findings()
        yield from (finding for finding in items if kind in (None, finding["kind"]))
        return
    about = {name: value for name, value in (("application_id", reference), ("kind", kind)) if value}
    with official_session() as rpc:
        after: int | None = 0
        while after is not None:
            page = rpc.applications.findings(**about, after=after, limit=500)
            yield from page["items"]
            after = page["next"]


def evidence(reference: Reference, output: Output = None) -> None:
    """One file that proves an application's history without this installation."""
    with official_session() as rpc:
        bundle = once_sealed(lambda: rpc.applications.evidence(application_id=reference))
    write_output(json.dumps(bundle, ensure_ascii=False, indent=1) + "\n", output)


def report(
    reference: Reference,
    output: Annotated[Path, typer.Option("--output", "-o", help="A file that ends in .html or .pdf.")],
    purpose: Purpose = None,
) -> None:
    """One application on one page: who had it, how long, what stopped the clock."""
    settings = Settings.from_environment()
    if output.suffix not in (".html", ".pdf"):
        raise Refused(f"{output.name}: a report is .html or .pdf")
    items, checkpoint = _events_and_checkpoint(reference, purpose)
    language = language_of(settings)
    page = tool("applications", "report")(items, language=language, checkpoint=checkpoint)
    if output.suffix == ".html":
        write_output(tool("applications", "report_as_html")(page), output)
    else:
        font = tool("applications", "report_font")(settings)
        with draft_of(output) as draft:
            draft.write_bytes(tool("applications", "report_as_pdf")(page, font))
    typer.echo(str(output))


def _events_and_checkpoint(reference: str, purpose: str | None) -> tuple[list[Json], str | None]:
    """The events of an application, and the signed checkpoint they are sealed under (None before the first)."""
    if Path(reference).is_file():
        reader = evidence_reader(Path(reference))
        return reader.history()["items"], reader.bundle.get("checkpoint")
    with official_session() as rpc:
        about = {"purpose": purpose} if purpose else {}
        items = rpc.applications.history(application_id=reference, **about)["items"]
        return items, once_sealed(rpc.applications.checkpoint)["checkpoint"]


def audit_query(reference: str, question: str, **about: object) -> Json:
    """The answer to one of the auditors' questions, from an evidence file if ``reference`` is one."""
    about = {name: value for name, value in about.items() if value is not None}
    answer: Json
    if Path(reference).is_file():
        about.pop("purpose", None)
        answer = getattr(evidence_reader(Path(reference)), question)(**about)
        return answer
    with official_session() as rpc:
        answer = getattr(rpc.applications, question)(application_id=reference, **about)
        return answer


class EvidenceFile(Protocol):
    """What the command line asks of an evidence file without a server."""

    bundle: Json

    def history(self) -> Json: ...
    def findings(self) -> list[Json]: ...
    def export(self, form: str) -> str: ...


def evidence_reader(file: Path) -> EvidenceFile:
    """The desk over an evidence file."""
    try:
        reader: EvidenceFile = tool("applications", "EvidenceReader")(json.loads(text_of(file)))
        return reader
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{file} is no evidence file ({type(error).__name__}: {error})") from error


def once_sealed(ask: Callable[[], Json]) -> Json:
    """What has just happened is sealed within seconds: ask again until it is. Where nobody seals it is sealed here."""
    from nameko.exceptions import RemoteError

    until, settings = time.monotonic() + SEALED_WITHIN, Settings.from_environment()
    while True:
        try:
            return ask()
        except RemoteError as refused:
            if refused.exc_type not in ("NotSealedYet", "NothingSealed") or time.monotonic() > until:
                raise
        if not (settings.embedded and tool("applications", "seal_all")(settings)):
            time.sleep(0.3)


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def write_output(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
    else:
        with draft_of(output) as draft:
            draft.write_text(text, encoding="utf-8")


def table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table as wide as the terminal, or as wide as it has to be."""
    import sys

    from rich.console import Console
    from rich.table import Table

    made = Table(*columns, title=title, title_justify="left")
    for row in rows:
        made.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False).print(made)


def office_time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(OFFICE_ZONE).isoformat(sep=" ", timespec="seconds")


def _when(item: Json) -> str:
    """When it happened; for what was imported, as the older system says."""
    return str(item["facts"].get("occurred_at") or item["at"])


def _what(item: Json) -> str:
    return str(item["facts"].get("activity") or item["kind"])


def _who(item: Json) -> str:
    if "occurred_at" in item["facts"]:
        return str(item["facts"].get("resource") or "")
    by = item.get("by") or {}
    return " ".join(part for part in (by.get("role"), (by.get("account_id") or "")[:8], by.get("agency_code")) if part)


def _why(item: Json) -> str:
    return "; ".join(str(item[name]) for name in ("reason", "legal_basis") if isinstance(item.get(name), str))


def _note(note: object) -> str:
    return str(note.get("vi") or "") if isinstance(note, dict) else str(note or "")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
