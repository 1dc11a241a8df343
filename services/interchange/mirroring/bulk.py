"""Bulk files: NDJSON, one record a line, read in chunks; each chunk is one transaction and is taken once.

A line with ``TrangThai`` is a step of a dossier, any other one a dossier. Where a load was broken off, the same command
goes on: chunks that were taken are known by the hash of their bytes and are passed over.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from infra.chassis import clock
from services.interchange.domain.dossiers import DOSSIER, PROGRESS
from services.interchange.event_store.store import InterchangeStore
from services.interchange.mirroring.intake import REFUSED, Intake, Outcome, StatementOrigin, parsed_line
from services.interchange.mirroring.tables import BulkChunk

LINES = 500  # of a chunk
LONGEST = 1_048_576  # bytes of a line; a longer one is read over and refused
TOO_LONG = b"-"  # in its place; no JSON


@dataclass
class Loaded:
    """What has come of a file so far; ``refusals``: the first of them, by line."""

    lines: int = 0
    bytes: int = 0
    passed_over: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, str]] = field(default_factory=list)


def load_lines(
    store: InterchangeStore,
    path: Path,
    origin: StatementOrigin,
    progress: Callable[[Loaded], None] = lambda loaded: None,
) -> Loaded:
    """Take a complete file; ``progress`` is called after each chunk."""
    loaded, intake = Loaded(), Intake(store)
    for chunk in chunks(path):
        digest = hashlib.sha256(b"\n".join(chunk)).hexdigest()
        counted, refusals = store.transact(partial(_chunk_outcomes, intake, origin, chunk, digest))
        if counted is None:
            loaded.passed_over += len(chunk)
        else:
            loaded.outcomes.update(counted)
            room = 100 - len(loaded.refusals)
            loaded.refusals += [(loaded.lines + at, why) for at, why in refusals][:room]
        loaded.lines += len(chunk)
        loaded.bytes += sum(map(len, chunk)) + len(chunk)
        progress(loaded)
    return loaded


def chunks(path: Path) -> Iterator[list[bytes]]:
    """The lines of a file, so many at a time; empty ones left out."""
    chunk: list[bytes] = []
    with path.open("rb") as file:
        while line := file.readline(LONGEST):
            if len(line) == LONGEST and not line.endswith(b"\n"):
                line = TOO_LONG
                while rest := file.readline(LONGEST):
                    if rest.endswith(b"\n"):
                        break
            if line.strip():
                chunk.append(line.rstrip(b"\r\n"))
            if len(chunk) == LINES:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _chunk_outcomes(
    intake: Intake, origin: StatementOrigin, chunk: list[bytes], digest: str, session: Session
) -> tuple[dict[str, int] | None, list[tuple[int, str]]]:
    if session.get(BulkChunk, (origin.source, digest)) is not None:
        return None, []
    records = [parsed_line(line) for line in chunk]
    outcomes: list[Outcome | None] = [None] * len(records)
    for kind in (DOSSIER, PROGRESS):  # so that a step in the same chunk finds its dossier
        places = [at for at, record in enumerate(records) if _kind(record) == kind]
        chunk_part = intake.take(session, origin, kind, [records[at] for at in places])
        for at, outcome in zip(places, chunk_part, strict=True):
            outcomes[at] = outcome
    complete = [outcome for outcome in outcomes if outcome is not None]
    counted = dict(Counter(outcome.outcome for outcome in complete))
    session.add(BulkChunk(source=origin.source, digest=digest, outcomes=counted, taken_at=clock.now()))
    refusals = [(at, next(iter(item.findings), "")) for at, item in enumerate(complete, 1) if item.outcome == REFUSED]
    return counted, refusals


def _kind(record: object) -> str:
    return PROGRESS if isinstance(record, dict) and "TrangThai" in record else DOSSIER
