"""What was promised, and what happened to the promise since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.working_time.counting import Amount


@dataclass(frozen=True)
class Promise:
    """How long handling may take: {"amount", "unit"} as a procedure's `processing_time` says it."""

    amount: Amount | None
    unit: str

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Promise:
        return cls(kept["amount"], kept["unit"])

    def to_json(self) -> dict[str, Any]:
        amount = self.amount
        return {"amount": float(amount) if amount is not None and amount != int(amount) else amount, "unit": self.unit}


@dataclass(frozen=True)
class Happening:
    """What moved the clock: `kind` paused, resumed, extended or ended; `cause` the event's name, `ref` its id.

    `due_at` is what holds afterwards (None while paused), `previous_due_at` what held before.
    """

    kind: str
    at: datetime
    cause: str
    ref: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    previous_due_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        kept = dict(self.__dict__)
        return kept | {name: written(kept[name]) for name in ("at", "due_at", "previous_due_at")}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Happening:
        return cls(**{**kept, **{name: read(kept[name]) for name in ("at", "due_at", "previous_due_at")}})


def written(at: datetime | None) -> str | None:
    """An instant as events hold it: ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat()


def read(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
