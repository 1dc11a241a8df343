"""A mirrored dossier as its statements make it: ordered by the time they state, whatever order they came in.

The fold is a function of the set of statements alone. Impossible histories become findings; nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DOSSIER, PROGRESS = "dossier", "progress"
REGISTERED, ACCEPTED, NOT_ACCEPTED, STOPPED, FINISHED, RETURNED = 1, 2, 3, 8, 9, 10
OFFICIAL = range(REGISTERED, RETURNED + 1)
ENDS = {NOT_ACCEPTED, STOPPED, FINISHED, RETURNED}
AFTER_ACCEPTANCE = {4, 5, 6, FINISHED, RETURNED}
AHEAD = timedelta(days=1)  # how far a stated time may lie after it was received


@dataclass(frozen=True)
class DossierStatement:
    """What one record states. ``text``: its content, people included; ``facts``: what is about nobody."""

    kind: str
    number: str
    text: str
    said_at: datetime | None
    status: str
    facts: Mapping[str, object]
    odd: frozenset[str]
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Received:
    """A statement with when it came first: ``digest`` names its content, ``version`` its event in the stream."""

    statement: DossierStatement
    digest: str
    version: int
    received_at: datetime

    @property
    def at(self) -> datetime:
        """When it holds from: as stated, and as received where nothing readable is stated."""
        return self.statement.said_at or self.received_at

    @property
    def official(self) -> int | None:
        return official_status(self.statement.status)

    @property
    def place(self) -> tuple[object, ...]:
        """Its place in the history. Of two contents that state the same time, the later one to come corrects."""
        if self.statement.kind == DOSSIER:
            return (self.at, 0, 0, "", self.version)
        return (self.at, 1, self.official or 0, self.digest, 0)


@dataclass
class Dossier:
    """The present state. ``has_content``: its content has come, so progress that waited for it counts."""

    has_content: bool = False
    official: int | None = None
    status: str = ""
    status_at: datetime | None = None
    facts: dict[str, object] = field(default_factory=dict)
    findings: set[str] = field(default_factory=set)


def official_status(raw: str) -> int | None:
    """The official code in a raw value; None where it is none of the ten."""
    text = raw.strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 2 else 0
    return number if number in OFFICIAL else None


def dossier_of(received: Iterable[Received]) -> Dossier:
    """The dossier that these statements make."""
    dossier, reached, ended_at = Dossier(), set[int](), None
    for item in sorted(received, key=lambda each: each.place):
        dossier.findings |= item.statement.odd
        if item.at > item.received_at + AHEAD:
            dossier.findings.add("in_the_future")
        if item.statement.kind == DOSSIER:
            dossier.has_content = True
            dossier.facts |= item.statement.facts
        if not item.statement.status:
            continue
        dossier.status, dossier.status_at = item.statement.status, item.at
        if item.official is None:
            dossier.findings.add("unknown_status")
            continue
        if ended_at is not None and item.official not in ENDS and item.at > ended_at:
            dossier.findings.add("status_after_end")
        if item.official in ENDS:
            ended_at = item.at
        dossier.official = item.official
        reached.add(item.official)
    dossier.findings |= _skipped(reached)
    return dossier


def _skipped(reached: set[int]) -> set[str]:
    """Steps that must have been taken and were never told."""
    return {"skipped/2"} if reached & AFTER_ACCEPTANCE and ACCEPTED not in reached else set()


def impossible(times: Mapping[str, datetime]) -> set[str]:
    """What the times of a dossier cannot all be."""
    impossible_times = set()
    start = times.get("NgayTiepNhan")
    for name in ("NgayKetThucXuLy", "NgayTra"):
        if start and name in times and times[name] < start:
            impossible_times.add(f"end_before_start/{name}")
    if start and "NgayHenTra" in times and times["NgayHenTra"] < start:
        impossible_times.add("due_before_start/NgayHenTra")
    if start and "NgayNopHoSo" in times and times["NgayNopHoSo"] > start:
        impossible_times.add("accepted_before_filed/NgayNopHoSo")
    return impossible_times
