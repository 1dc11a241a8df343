"""Files of records: JSON lines, plain or compressed, read in bounded pieces with the layout of each record."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from infra.chassis.json_limits import members_once
from infra.chassis.json_types import Json

BATCH = 50  # records a call carries
BATCH_BYTES = 2_000_000  # and how many bytes of them


class Layout(StrEnum):
    """How records are written; ``auto`` tells the layouts apart by their keys, record by record."""

    auto = "auto"
    structured = "structured"
    portal = "portal"
    definition = "definition"


@dataclass(frozen=True)
class Line:
    """One record and where it is in the file."""

    number: int
    record: Json
    layout: str


def layout_of(record: Json) -> str:
    """Which layout a record is in: each has keys that no other has."""
    if "metadata" in record or "tables" in record:
        return "structured"
    own = record["definition"] if isinstance(record.get("definition"), dict) else record  # our export, or bare
    return "definition" if isinstance(own.get("title"), dict) and "code" in own else "portal"


def chunks(file: Path, layout: str = "auto") -> Iterator[tuple[list[Line], list[Json]]]:
    """``(lines, bad lines)`` in bounded pieces, streamed; a file that breaks off is reported where it does."""
    lines: list[Line] = []
    bad: list[Json] = []
    size = 0
    for number, raw in _raw_lines(file):
        read = raw if isinstance(raw, str) else _record(raw)
        if isinstance(read, str):
            bad.append({"file": file.name, "line": number, "error": read})
        else:
            lines.append(Line(number, read, layout_of(read) if layout == "auto" else layout))
            size += len(raw)
        if len(lines) >= BATCH or size >= BATCH_BYTES:
            yield lines, bad
            lines, bad, size = [], [], 0
    if lines or bad:
        yield lines, bad


def _raw_lines(file: Path) -> Iterator[tuple[int, bytes | str]]:
    """Lines that are not empty; a string is why nothing can be read from there on."""
    number = 0
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as broken:
        yield number + 1, f"the file breaks off: {broken}"


def _record(raw: bytes) -> Json | str:
    """The record of a line, or why it is none."""
    try:
        record = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=members_once)
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error.reason} at byte {error.start}"
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return record if isinstance(record, dict) else f"a {type(record).__name__}, not a record"
