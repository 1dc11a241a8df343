"""``portal open-data publish``: the open datasets as files that any web server can offer, with a catalogue.

Each dataset is one CSV and one JSON file, each written as a whole; ``manifest.json`` notes after each what is there,
``SHA256SUMS`` is what ``sha256sum -c`` reads, ``catalog.jsonld`` comes last. Broken off, the same command goes on:
datasets of a month that was over when they were made are not asked for again. What has not changed is not written.
"""

from __future__ import annotations

import hashlib
import json
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from infra.chassis import clock
from infra.chassis.files import replace_bytes, text_of
from infra.chassis.instants import today
from infra.chassis.settings import Settings
from infra.chassis.trust.signatures import canonical_json
from infra.chassis.wire_types import Doors
from infra.cli.dcat import PublishedDataset, PublishedFile, catalogue
from infra.cli.exit_codes import Refused
from infra.cli.official_session import official_session
from infra.cli.progress import progress

app = typer.Typer(no_args_is_help=True, help="Dữ liệu mở / open data.")
MANIFEST, SUMS, CATALOGUE = "manifest.json", "SHA256SUMS", "catalog.jsonld"
PUBLISHER = "Cổng dịch vụ công"
READABLE = 0o644
SERVICES = ("identity", "catalog", "oversight")


class Entry(TypedDict):
    """A file as the manifest has it. ``final``: its month was over when it was made."""

    sha256: str
    size: int
    modified: str
    final: bool


@app.callback()
def group() -> None:
    """Dữ liệu mở / open data."""


@app.command()
def publish(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where the files go; it is made if need be.")],
    since: Annotated[str | None, typer.Option("--from", help="The first month, 2025-09; otherwise the last.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The last month; otherwise the last that is over.")] = None,
    base: Annotated[
        str | None, typer.Option(help="Where the folder will be served; by default PORTAL_URL/open-data.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask for every dataset again.")] = False,
) -> None:
    """Write the open datasets as CSV and JSON with checksums and a DCAT-AP catalogue. Again: only what is new."""
    settings = Settings.from_environment()
    address = (base or f"{settings.get('PORTAL_URL', 'http://localhost')}/open-data").rstrip("/")
    last = until or _month(today().replace(day=1) - timedelta(days=1))
    with official_session(timeout=120, services=SERVICES) as rpc, progress("dữ liệu / datasets") as on:
        publication = Publication(folder, again=again)
        changed_files = publication.publish(rpc.oversight, months(since or last, last), address, on)
    typer.echo(f"{changed_files} tệp mới hoặc đã đổi / files new or changed, of {len(publication.entries)}: {folder}")


class Publication:
    """The folder, and what it had before."""

    def __init__(self, folder: Path, *, again: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.again, self.changed_files = folder, again, 0
        path = folder / MANIFEST
        self.entries: dict[str, Entry] = json.loads(text_of(path)) if path.exists() else {}

    def publish(
        self, oversight: Doors, month_list: list[str], base: str, on_progress: Callable[[int, int], None]
    ) -> int:
        """Bring the folder up to date; how many files were written."""
        there = oversight.datasets()
        described = {item["name"]: item for item in there["items"]}
        wanted_files: list[tuple[str, str | None]] = [
            (name, None) for name, item in described.items() if not item["periodic"]
        ]
        wanted_files += [(name, month) for name, item in described.items() if item["periodic"] for month in month_list]
        for done, (name, month) in enumerate(wanted_files, 1):
            if self.again or not self._is_final(name, month):
                self._take(oversight, name, month)
            on_progress(done, len(wanted_files))
        sums = "".join(f"{entry['sha256']}  {path}\n" for path, entry in sorted(self.entries.items()))
        self._write(SUMS, sums.encode())
        document = catalogue(base, PUBLISHER, there["licence"], described, self._datasets())
        self._write(CATALOGUE, json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")
        return self.changed_files

    def _take(self, oversight: Doors, name: str, month: str | None) -> None:
        final = month is not None and days_of(month)[1] < today()
        answer = oversight.dataset(name=name, **({"period": month} if month else {}))
        for kind, content in (("csv", answer["csv"].encode()), ("json", canonical_json(answer["rows"]))):
            digest = hashlib.sha256(content).hexdigest()
            if digest != answer[f"{kind}_sha256"]:
                raise Refused(f"{name} {month or ''}: the {kind} that came has not the checksum that came with it")
            self._note(path_of(name, month, kind), content, digest, final=final)
        self._write(MANIFEST, json.dumps(self.entries, indent=1, sort_keys=True).encode() + b"\n")

    def _note(self, path: str, content: bytes, digest: str, *, final: bool) -> None:
        before = self.entries.get(path)
        unchanged = before is not None and before["sha256"] == digest
        modified = before["modified"] if before is not None and unchanged else clock.now().isoformat(timespec="seconds")
        self._write(path, content)
        self.entries[path] = {"sha256": digest, "size": len(content), "modified": modified, "final": final}

    def _write(self, path: str, content: bytes) -> None:
        place = self.folder / path
        if place.exists() and place.read_bytes() == content:
            return
        place.parent.mkdir(exist_ok=True)
        replace_bytes(place, content, mode=READABLE)
        self.changed_files += 1

    def _is_final(self, name: str, month: str | None) -> bool:
        """Whether the files are there as they were when their month was over."""
        paths = [path_of(name, month, kind) for kind in ("csv", "json")]
        return all(self._is_final_file(path) for path in paths)

    def _is_final_file(self, path: str) -> bool:
        entry, place = self.entries.get(path), self.folder / path
        if entry is None or not entry["final"] or not place.exists():
            return False
        return hashlib.sha256(place.read_bytes()).hexdigest() == entry["sha256"]

    def _datasets(self) -> list[PublishedDataset]:
        files: dict[tuple[str, str | None], list[PublishedFile]] = {}
        for path, entry in sorted(self.entries.items()):
            name, _, rest = path.partition("/")
            month = rest.rpartition(".")[0] or None
            file = PublishedFile(path, entry["sha256"], entry["size"], entry["modified"])
            files.setdefault((name if month else name.rpartition(".")[0], month), []).append(file)
        return [
            PublishedDataset(name, month, _iso_days(month) if month else None, own)
            for (name, month), own in files.items()
        ]


def path_of(name: str, month: str | None, kind: str) -> str:
    """One stable name for each period: ``index/2025-09.csv``, ``agencies.csv``."""
    return f"{name}/{month}.{kind}" if month else f"{name}.{kind}"


def months(first: str, last: str) -> list[str]:
    """Every month from the first to the last."""
    day, end = days_of(first)[0], days_of(last)[0]
    month_list = []
    while day <= end:
        month_list.append(_month(day))
        day = (day + timedelta(days=31)).replace(day=1)
    if not month_list:
        raise Refused(f"no month lies between {first} and {last}")
    return month_list


def days_of(month: str) -> tuple[date, date]:
    """The first and the last day of a month."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Refused(f"{month} is no month: write 2025-09") from None
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _iso_days(month: str) -> tuple[str, str]:
    first, last = days_of(month)
    return first.isoformat(), last.isoformat()


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
