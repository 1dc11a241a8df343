"""What was promised, and what changed its due date since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.working_time.counting import Amount


@dataclass(frozen=True)
class Promise:
    """How long handling may take: {"amount", "unit"} as a procedure's ``processing_time`` says it."""

    amount: Amount | None
    unit: str

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> Promise:
        return cls(recorded["amount"], recorded["unit"])

    def to_json(self) -> dict[str, Any]:
        amount = self.amount
        return {"amount": float(amount) if amount is not None and amount != int(amount) else amount, "unit": self.unit}


@dataclass(frozen=True)
class ClockChange:
    """What moved the clock: ``kind`` paused, resumed, extended or ended; ``cause`` the event's name, ``ref`` its id.

    ``due_at`` is what holds afterwards (None while paused), ``previous_due_at`` what held before.
    """

    kind: str
    at: datetime
    cause: str
    ref: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    previous_due_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        recorded = dict(self.__dict__)
        return recorded | {name: to_iso(recorded[name]) for name in ("at", "due_at", "previous_due_at")}

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> ClockChange:
        return cls(**{**recorded, **{name: from_iso(recorded[name]) for name in ("at", "due_at", "previous_due_at")}})


def to_iso(at: datetime | None) -> str | None:
    """An instant as events hold it: ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat()


def from_iso(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
