"""What was promised, and what changed its due date since."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import overload

from infra.working_time.records import Amount, ChangeRecord, PromiseRecord

WORKING_DAYS_AT_LEAST = 200  # in the emptiest year
MOST_A_YEAR = {
    "working_hours": WORKING_DAYS_AT_LEAST * 8,
    "working_days": WORKING_DAYS_AT_LEAST,
    "calendar_days": 365,
    "months": 12,
}
UNITS_OF_DAYS = ("calendar_days", "months")  # counted in whole days, working or not
MOST_YEARS = 30  # that a promise may reach; every one of them needs a calendar


@dataclass(frozen=True)
class Promise:
    """How long handling may take: {"amount", "unit"} as a procedure's ``processing_time`` says it."""

    amount: Amount | None
    unit: str

    @property
    def problem(self) -> str | None:
        """Why it cannot be counted: ``unknown_unit``, ``negative``, ``fraction`` or ``too_long``; None when it can."""
        if self.unit == "not_stated" or self.amount is None:
            return None
        if self.unit not in MOST_A_YEAR:
            return "unknown_unit"
        if not self.amount >= 0:  # nor is what is not a number
            return "negative"
        if self.amount > MOST_YEARS * MOST_A_YEAR[self.unit]:
            return "too_long"
        return "fraction" if self.unit in UNITS_OF_DAYS and self.amount != int(self.amount) else None

    def countable(self) -> Promise:
        """Itself, or the nearest promise above that can be counted, for what was published before this was checked.

        A fraction of a day or month counts as a whole one, the longest time as ``MOST_YEARS``.
        """
        if self.problem == "fraction" and self.amount is not None:
            return Promise(math.ceil(self.amount), self.unit)
        if self.problem == "too_long":
            return Promise(MOST_YEARS * MOST_A_YEAR[self.unit], self.unit)
        return self

    @property
    def years_reached(self) -> int:
        """How many years beyond the next one it can reach at most: what a calendar for it has to cover."""
        if self.amount is None or self.unit not in MOST_A_YEAR:
            return 0
        return int(self.amount / MOST_A_YEAR[self.unit])

    @classmethod
    def from_json(cls, recorded: PromiseRecord) -> Promise:
        return cls(recorded["amount"], recorded["unit"])

    def to_json(self) -> PromiseRecord:
        amount = self.amount
        return {"amount": float(amount) if amount is not None and amount != int(amount) else amount, "unit": self.unit}


@dataclass(frozen=True)
class ClockChange:
    """What moved the clock: ``kind`` paused, resumed, extended or ended; ``cause`` the event's name, ``ref`` its id.

    ``due_at`` is what holds afterwards (None while paused), ``previous_due_at`` what held before. Of a resumption
    ``rule`` names how it was counted (None: in office minutes, as before rules were recorded) and ``counted_to`` is
    the date before it was moved to a working day, where the promise is in days or months.
    """

    kind: str
    at: datetime
    cause: str
    ref: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    previous_due_at: datetime | None = None
    rule: str | None = None
    counted_to: datetime | None = None

    def to_json(self) -> ChangeRecord:
        """Every field by its name, instants as ISO 8601; ``rule`` and ``counted_to`` only where there are any."""
        row: ChangeRecord = {
            "kind": self.kind,
            "at": to_iso(self.at),
            "cause": self.cause,
            "ref": self.ref,
            "reason": self.reason,
            "due_at": to_iso(self.due_at),
            "previous_due_at": to_iso(self.previous_due_at),
        }
        if self.rule is not None:
            row["rule"] = self.rule
        if self.counted_to is not None:
            row["counted_to"] = to_iso(self.counted_to)
        return row

    @classmethod
    def from_json(cls, recorded: ChangeRecord) -> ClockChange:
        if unknown := recorded.keys() - cls.__dataclass_fields__.keys():
            raise TypeError(f"a change of a clock has no {', '.join(sorted(unknown))}")
        return cls(
            kind=recorded["kind"],
            at=from_iso(recorded["at"]),
            cause=recorded["cause"],
            ref=recorded.get("ref"),
            reason=recorded.get("reason"),
            due_at=from_iso(recorded.get("due_at")),
            previous_due_at=from_iso(recorded.get("previous_due_at")),
            rule=recorded.get("rule"),
            counted_to=from_iso(recorded.get("counted_to")),
        )


@overload
def to_iso(at: datetime) -> str: ...
@overload
def to_iso(at: datetime | None) -> str | None: ...
def to_iso(at: datetime | None) -> str | None:
    """An instant as events hold it: ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat()


@overload
def from_iso(at: str) -> datetime: ...
@overload
def from_iso(at: str | None) -> datetime | None: ...
def from_iso(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
