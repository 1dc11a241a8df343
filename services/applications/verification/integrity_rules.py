"""Integrity alarms: what in a history should make an auditor look twice. Each finding cites the events it is based on.

Pure rules over the rows of one application (see `reading`). A finding accuses nobody: it says what is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from infra.chassis.json_types import Json

CLOSE_TO_DUE = timedelta(hours=1)
READING_A_PAPER = timedelta(seconds=15)  # faster than this per paper nobody opened them
PEOPLE = frozenset({"citizen", "system", "service"})
TOGGLES = frozenset({"SupplementRequested", "PaymentRequested", "DeadlineExtended"})

NOTES = {
    "event_not_authentic": (
        "Sự kiện không do dịch vụ này ghi; không được niêm phong",
        "An event that this service did not record; it is not sealed",
    ),
    "back_dated_import": (
        "Sự kiện nhập sau nhưng ghi thời điểm trước các sự kiện đã nhập",
        "Imported later than events it claims to precede",
    ),
    "recorded_out_of_time": (
        "Thời điểm ghi sớm hơn sự kiện ngay trước đó",
        "Dated earlier than the event before it",
    ),
    "decided_by_proposer": (
        "Người quyết định cũng là người đã đề xuất",
        "Decided by the person who proposed",
    ),
    "repeated_supplement": (
        "Yêu cầu bổ sung hồ sơ từ lần thứ hai",
        "A supplement was requested more than once",
    ),
    "toggled_near_due": (
        "Đổi trạng thái trong vòng một giờ trước hạn trả kết quả",
        "Status changed within an hour before the due date",
    ),
    "approved_unread": (
        "Duyệt nhanh hơn thời gian cần để mở các giấy tờ",
        "Approved faster than the papers could be opened",
    ),
    "own_application": (
        "Cán bộ xử lý hồ sơ của chính mình hoặc do mình nộp thay",
        "An officer acted on an application of their own, or one they filed for somebody",
    ),
}


@dataclass(frozen=True)
class IntegrityFinding:
    """One finding. `versions` and `positions` name the events it cites; `facts` what was compared."""

    kind: str
    application_id: str
    versions: tuple[int, ...]
    positions: tuple[int, ...]
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def finding_id(self) -> str:
        """The same for the same finding, so that looking twice records it once."""
        identity = json.dumps([self.kind, self.application_id, self.versions])
        return hashlib.sha256(identity.encode()).hexdigest()[:32]

    def to_json(self) -> Json:
        """{"finding_id", "kind", "application_id", "events": [{"version", "position"}], "facts", "note"}."""
        vi, en = NOTES[self.kind]
        cited = zip(self.versions, self.positions, strict=True)
        return {
            "finding_id": self.finding_id,
            "kind": self.kind,
            "application_id": self.application_id,
            "events": [{"version": version, "position": position} for version, position in cited],
            "facts": dict(self.facts),
            "note": {"vi": vi, "en": en},
        }


def findings_in(rows: Sequence[Json]) -> list[IntegrityFinding]:
    """All findings over the rows of one application, in the order of its versions."""
    ordered = sorted(rows, key=lambda row: row["version"])
    return [alarm for rule in RULES for alarm in rule(ordered)]


def back_dated(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    """A later import slips something in before what an earlier one brought."""
    latest: Json | None = None
    for row in (row for row in rows if row["kind"] == "ActivityImported"):
        mine, other = row["facts"], latest["facts"] if latest else {}
        if latest and mine["import_id"] != other["import_id"] and _at(mine["occurred_at"]) < _at(other["occurred_at"]):
            yield _of("back_dated_import", latest, row, occurred_at=mine["occurred_at"], after=other["occurred_at"])
        elif latest is None or _at(mine["occurred_at"]) >= _at(other["occurred_at"]):
            latest = row


def out_of_time(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    for before, row in pairwise(rows):
        # Clocks of two machines may differ by a little; a minute is no such little.
        if _at(row["at"]) < _at(before["at"]) - timedelta(minutes=1):
            yield _of("recorded_out_of_time", before, row)


def decided_by_proposer(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    proposal: Json | None = None
    for row in rows:
        if row["kind"] == "OutcomeProposed":
            proposal = row
        elif row["kind"] in ("Approved", "Rejected") and proposal and _who(row) == _who(proposal):
            yield _of("decided_by_proposer", proposal, row, account_id=_who(row))


def repeated_supplement(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    requests = [row for row in rows if row["kind"] == "SupplementRequested"]
    for number, row in enumerate(requests[1:], 2):
        yield _of("repeated_supplement", requests[0], row, times=number)


def toggled_near_due(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    due: str | None = None
    for row in rows:
        near = due is not None and timedelta() <= _at(due) - _at(row["at"]) <= CLOSE_TO_DUE
        if near and row["kind"] in TOGGLES:
            yield _of("toggled_near_due", row, due_at=due)
        due = _due_after(row, due)


def approved_unread(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    """Time between proposal and approval against the papers there were to open."""
    papers: set[str] = set()
    proposal: Json | None = None
    for row in rows:
        if row["kind"] == "Attached":
            papers.add(row["facts"]["attachment_id"])
        elif row["kind"] == "Detached":
            papers.discard(row["facts"]["attachment_id"])
        elif row["kind"] == "OutcomeProposed":
            proposal = row
        elif row["kind"] == "Approved" and proposal and papers:
            took = _at(row["at"]) - _at(proposal["at"])
            if took < READING_A_PAPER * len(papers):
                yield _of("approved_unread", proposal, row, seconds=round(took.total_seconds(), 1), papers=len(papers))


def own_application(rows: Sequence[Json]) -> Iterable[IntegrityFinding]:
    applicant = next((row["facts"]["applicant_id"] for row in rows if row["facts"].get("applicant_id")), None)
    filed = [applicant, *(_who(row) for row in rows if _role(row) == "citizen")]
    for who in dict.fromkeys(filter(None, filed)):
        acts = [row for row in rows if _role(row) not in PEOPLE and _who(row) == who]
        if acts:
            yield _of("own_application", *acts, account_id=who)


RULES: tuple[Callable[[Sequence[Json]], Iterable[IntegrityFinding]], ...] = (
    back_dated,
    out_of_time,
    decided_by_proposer,
    repeated_supplement,
    toggled_near_due,
    approved_unread,
    own_application,
)


def _due_after(row: Json, due: str | None) -> str | None:
    """The due date an event leaves behind: set at acceptance, moved or paused by what it did to the clock."""
    clock = row["facts"].get("clock")
    if isinstance(clock, Mapping) and clock["happenings"]:
        moved: str | None = clock["happenings"][-1]["due_at"]
        return moved
    return row["facts"].get("due_at") or due if row["kind"] in ("Accepted", "AppealUpheld", "DeadlineExtended") else due


def _of(kind: str, *rows: Json, **facts: object) -> IntegrityFinding:
    versions, positions = tuple(r["version"] for r in rows), tuple(r.get("position") or 0 for r in rows)
    return IntegrityFinding(kind, rows[0]["application_id"], versions, positions, facts)


def _who(row: Json) -> str | None:
    who: str | None = (row.get("by") or {}).get("account_id")
    return who


def _role(row: Json) -> str:
    return str((row.get("by") or {}).get("role") or "system")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
