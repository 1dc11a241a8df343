"""Rule sets of the index: dated data, one file each (``rule_sets/``). Points and thresholds are never code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Self, TypedDict

FOLDER = Path(__file__).parent / "rule_sets"
EMPTY = ("null", "zero", "max")


class RuleRecord(TypedDict):
    """A criterion as a set of rules has it; ``full_at`` is a fraction as text."""

    number: str
    code: str
    name: dict[str, str]
    group: str
    points: int
    full_at: str
    measure: str
    empty: str
    communes: bool


@dataclass(frozen=True)
class Row:
    """``full_at``: the ratio that gives all points. ``empty``: the score where nothing can be divided by."""

    number: str
    code: str
    name: Mapping[str, str]
    group: str
    points: int
    full_at: Fraction
    measure: str
    empty: str
    communes: bool

    @classmethod
    def from_json(cls, row: RuleRecord) -> Self:
        return cls(
            row["number"], row["code"], row["name"], row["group"], row["points"], Fraction(row["full_at"]),
            row["measure"], row["empty"], row["communes"],
        )  # fmt: skip


@dataclass(frozen=True)
class RuleSet:
    """``digest``: SHA-256 of the file, so that a figure can say exactly which rules it was made by."""

    code: str
    name: Mapping[str, str]
    first: date
    last: date | None
    repeated_supplement_always_late: bool
    groups: tuple[tuple[str, Mapping[str, str]], ...]
    rows: tuple[Row, ...]
    digest: str

    @classmethod
    def read(cls, content: bytes) -> Self:
        data = json.loads(content)
        return cls(
            code=data["code"],
            name=data["name"],
            first=date.fromisoformat(data["from"]),
            last=date.fromisoformat(data["until"]) if data["until"] else None,
            repeated_supplement_always_late=data["settings"]["repeated_supplement_always_late"],
            groups=tuple((group["code"], group["name"]) for group in data["groups"]),
            rows=tuple(Row.from_json(row) for row in data["rows"]),
            digest=hashlib.sha256(content).hexdigest(),
        )

    def in_force(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@cache
def rule_sets() -> dict[str, RuleSet]:
    """Every known rule set by its code, oldest first."""
    read = [RuleSet.read(path.read_bytes()) for path in FOLDER.glob("*.json")]
    return {rules.code: rules for rules in sorted(read, key=lambda rules: rules.first)}


def rules_on(day: date) -> RuleSet | None:
    """The rule set in force on a day."""
    return next((rules for rules in rule_sets().values() if rules.in_force(day)), None)
