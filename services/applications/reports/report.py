"""One application on one page: who had it, how long, what stopped the clock, what was done. Content, not layout.

``report()`` works on rows (see ``representation.enclosed``), of a running service or of an evidence file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from infra.chassis.json_types import Json
from infra.working_time import OFFICE_ZONE, Clock, WorkingCalendar, working_minutes_between
from services.applications.reports.wording import HOLDERS, KIND_NAMES, LABELS, ROLE_NAMES, STATUS_NAMES

WITH_THE_CITIZEN = frozenset({"draft", "supplement_requested", "payment_requested", "withdrawal_requested"})
PAUSED = frozenset({"supplement_requested", "payment_requested", "withdrawal_requested"})
AT_THE_COUNTER = frozenset({"submitted"})
OVER = frozenset({"intake_refused", "withdrawn", "stopped", "approved", "rejected", "result_returned"})


@dataclass(frozen=True)
class Span:
    """A stretch of time in one pair of hands. `holder`: citizen, counter, officer or over; `who` an account, if one."""

    holder: str
    who: str | None
    since: datetime
    until: datetime
    paused: bool
    office_minutes: int


@dataclass(frozen=True)
class Line:
    """One event in the list."""

    number: int
    at: datetime
    what: str
    who: str
    note: str


@dataclass(frozen=True)
class Report:
    """What a page shows. Texts are in `language` already."""

    language: str
    title: str
    facts: list[tuple[str, str]]
    spans: list[Span]
    lines: list[Line]
    due_at: datetime | None
    evidence: list[tuple[str, str]] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        return self.lines[0].at

    @property
    def until(self) -> datetime:
        ends = [span.until for span in self.spans] + [line.at for line in self.lines]
        return max(ends + ([self.due_at] if self.due_at else []))

    def says(self, key: str) -> str:
        return LABELS[key][self.language]

    def holder(self, span: Span) -> str:
        named = HOLDERS["paused" if span.paused else span.holder][self.language]
        return f"{named} {short(span.who)}" if span.who else named

    def lasted(self, span: Span) -> str:
        """How long, by the calendar and in office hours."""
        total = int((span.until - span.since).total_seconds()) // 60
        days, rest = divmod(total, 1440)
        words = self.says("days"), self.says("hours"), self.says("minutes")
        parts = zip((days, rest // 60, rest % 60), words, strict=True)
        text = " ".join(f"{amount} {word}" for amount, word in parts if amount) or f"0 {words[2]}"
        hours = f"{span.office_minutes / 60:.1f}".replace(".", "," if self.language == "vi" else ".")
        return f"{text} ({hours} {self.says('office_hours')})"


def report(
    rows: Sequence[Json], *, language: str = "vi", until: datetime | None = None, checkpoint: str | None = None
) -> Report:
    """`until`: the end of a running application's drawing, else its last event. `checkpoint`: signed note to cite."""
    ordered = _in_order(rows)
    if not ordered:
        raise ValueError("a report needs at least one event")
    clock = _clock(ordered)
    spans = _spans(ordered, clock.calendar if clock else WorkingCalendar(), until)
    lines = [_line(row, language) for row in ordered]
    due = clock.last_due_at if clock else None
    reference = _fact(rows, "reference") or _fact(rows, "case") or ordered[0]["application_id"]
    title = f"{LABELS['title'][language]} {reference}"
    return Report(language, title, _facts(ordered, clock, language), spans, lines, due, _evidence(checkpoint, language))


def _in_order(rows: Sequence[Json]) -> list[Json]:
    """As recorded; what was imported as it is stated to have happened, without the taking in itself."""
    ordered = sorted(rows, key=lambda row: row["version"])
    imported = [row for row in ordered if row["kind"] == "ActivityImported"]
    return sorted(imported, key=_at) if imported else ordered


def _clock(rows: Sequence[Json]) -> Clock | None:
    """The deadline as the events recorded it; nothing is counted here."""
    from infra.working_time import ClockChange

    clock: Clock | None = None
    for row in rows:
        facts = row["facts"]
        if facts.get("started_clock"):
            clock = Clock.from_json(facts["started_clock"])
        elif clock and facts.get("clock"):
            stored = facts["clock"]
            calendar = WorkingCalendar.from_json(stored["calendar"]) if stored.get("calendar") else None
            for happening in stored["happenings"]:
                clock = clock.apply(ClockChange.from_json(happening), calendar)
    return clock


def _spans(rows: Sequence[Json], calendar: WorkingCalendar, until: datetime | None) -> list[Span]:
    spans: list[Span] = []
    officer: str | None = None
    last = max(until or _at(rows[-1]), _at(rows[-1]))
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        officer = row["facts"].get("officer_id") or row["facts"].get("resource") or officer
        holder, who = _holder(row.get("status") or "", officer)
        since, end = _at(row), _at(following) if following else last
        paused = row.get("status") in PAUSED
        if holder == "over" and following is None:
            break
        before = spans[-1] if spans else None
        if before and (before.holder, before.who, before.paused) == (holder, who, paused):
            since, spans = before.since, spans[:-1]
        minutes = working_minutes_between(since, end, calendar)
        spans.append(Span(holder, who, since, end, paused, minutes))
    return spans


def _holder(status: str, officer: str | None) -> tuple[str, str | None]:
    if status in WITH_THE_CITIZEN:
        return "citizen", None
    if status in AT_THE_COUNTER:
        return "counter", None
    return ("over", None) if status in OVER else ("officer", officer)


def _line(row: Json, language: str) -> Line:
    who = str(row["facts"].get("resource") or "") if row["kind"] == "ActivityImported" else _acted(row, language)
    what = KIND_NAMES.get(row["kind"], {}).get(language) or row["facts"].get("activity") or row["kind"]
    note = " · ".join(str(part) for part in (row.get("reason"), row.get("legal_basis")) if isinstance(part, str))
    return Line(row["version"], _at(row), what, who, note)


def _acted(row: Json, language: str) -> str:
    """Who did it: the role in words, the beginning of the account's id, the agency."""
    by = row.get("by") or {}
    role, account = str(by.get("role") or ""), str(by.get("account_id") or "")
    named = [ROLE_NAMES.get(role, {}).get(language) or role, short(account) if account != role else None]
    return " · ".join(str(part) for part in (*named, by.get("agency_code")) if part)


def short(who: str) -> str:
    """An account's id as people can compare it by eye; a name of an older system as it is. Evidence has it whole."""
    try:
        return str(UUID(who))[:8]
    except ValueError:
        return who


def _facts(rows: Sequence[Json], clock: Clock | None, language: str) -> list[tuple[str, str]]:
    status = rows[-1].get("status") or ""
    facts = [
        ("procedure", _fact(rows, "procedure_code")),
        ("receipt", _fact(rows, "receipt_number")),
        ("agency", _fact(rows, "agency_code")),
        ("status", STATUS_NAMES.get(status, {}).get(language, status)),
        ("submitted", _first(rows, "Submitted")),
        ("accepted", _first(rows, "Accepted")),
        ("promised", office_time_text(clock.promised_at) if clock and clock.promised_at else None),
        ("due", office_time_text(clock.last_due_at) if clock and clock.last_due_at else None),
    ]
    return [(LABELS[key][language], str(value)) for key, value in facts if value]


def _evidence(checkpoint: str | None, language: str) -> list[tuple[str, str]]:
    if checkpoint is None:
        return []
    origin, size, root = checkpoint.split("\n")[:3]
    return [(LABELS["log"][language], f"{origin}, {size}"), (LABELS["root"][language], root)]


def _fact(rows: Sequence[Json], name: str) -> object:
    return next((row["facts"][name] for row in reversed(rows) if row["facts"].get(name)), None)


def _first(rows: Sequence[Json], kind: str) -> str | None:
    return next((office_time_text(_at(row)) for row in rows if row["kind"] == kind), None)


def _at(row: Json) -> datetime:
    return datetime.fromisoformat(row["facts"].get("occurred_at") or row["at"])


def office_time_text(at: datetime) -> str:
    """An instant as a page shows it: office time, Vietnamese order."""
    return at.astimezone(OFFICE_ZONE).strftime("%d/%m/%Y %H:%M")
