"""What was promised, and what changed its due date since."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.working_time.counting import Amount

WORKING_DAYS_AT_LEAST = 200  # in the emptiest year
MOST_A_YEAR = {
    "working_hours": WORKING_DAYS_AT_LEAST * 8,
    "working_days": WORKING_DAYS_AT_LEAST,
    "calendar_days": 365,
    "months": 12,
}
UNITS_OF_DAYS = ("calendar_days", "months")  # counted in whole days, working or not
MOST_YEARS = 30  # that a promise may reach; every one of them needs a calendar
INSTANTS = ("at", "due_at", "previous_due_at", "counted_to")
OPTIONAL = ("rule", "counted_to")  # left out of the JSON of what has none, as it was before they existed


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
    def from_json(cls, recorded: Mapping[str, Any]) -> Promise:
        return cls(recorded["amount"], recorded["unit"])

    def to_json(self) -> dict[str, Any]:
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

    def to_json(self) -> dict[str, Any]:
        """Every field by its name, instants as ISO 8601; ``rule`` and ``counted_to`` only where there are any."""
        row = {name: to_iso(value) if name in INSTANTS else value for name, value in self.__dict__.items()}
        return {name: value for name, value in row.items() if value is not None or name not in OPTIONAL}

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> ClockChange:
        fields: dict[str, Any] = {
            name: from_iso(value) if name in INSTANTS else value for name, value in recorded.items()
        }
        return cls(**fields)


def to_iso(at: datetime | None) -> str | None:
    """An instant as events hold it: ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat()


def from_iso(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
