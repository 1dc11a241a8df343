"""Months, quarters and years of the office, and the instant up to which events are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from infra.working_time import OFFICE_ZONE
from services.oversight.domain.fact import Fact, RecordedMove, iso, micros
from services.oversight.domain.folding import fold

NAME = re.compile(r"(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")
FIRST_YEAR, LAST_YEAR = 1900, 9998  # whose neighbours are in the calendar, too
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class FigurePeriod:
    """From the first day to the last, both counted. ``since`` and ``until`` in microseconds, the end exclusive."""

    name: str
    kind: str
    first: date
    last: date

    @classmethod
    def named(cls, name: str) -> Self | None:
        """``2026-07``, ``2026-Q3`` or ``2026``; ``None`` for anything else."""
        parsed = NAME.fullmatch(name)
        if parsed is None or not FIRST_YEAR <= int(parsed["year"]) <= LAST_YEAR:
            return None
        year = int(parsed["year"])
        if parsed["month"]:
            return cls._of(name, "month", year, int(parsed["month"]))
        if parsed["quarter"]:
            return cls._of(name, "quarter", year, 3 * int(parsed["quarter"]) - 2)
        return cls._of(name, "year", year, 1)

    @classmethod
    def between(cls, first: date, last: date) -> Self:
        return cls(f"{first.isoformat()}/{last.isoformat()}", "days", first, last)

    @classmethod
    def _of(cls, name: str, kind: str, year: int, month: int) -> Self:
        return cls(name, kind, date(year, month, 1), _months_on(year, month, MONTHS[kind]) - timedelta(days=1))

    @property
    def previous(self) -> FigurePeriod:
        """The period of the same kind that ends the day before."""
        months = MONTHS[self.kind]
        begins = _months_on(self.first.year, self.first.month, -months)
        names = {
            "month": f"{begins:%Y-%m}",
            "quarter": f"{begins.year}-Q{(begins.month + 2) // 3}",
            "year": f"{begins.year}",
        }
        return FigurePeriod._of(names[self.kind], self.kind, begins.year, begins.month)

    @property
    def since(self) -> int:
        return _midnight(self.first)

    @property
    def until(self) -> int:
        return _midnight(self.last + timedelta(days=1))


@dataclass(frozen=True)
class CutOff:
    """What is known: events up to an instant, and, where given, up to a position of a source's log."""

    at: int
    positions: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, at: datetime) -> Self:
        return cls(micros(at))

    def knows(self, move: RecordedMove, source: str) -> bool:
        limit = dict(self.positions).get(source)
        return max(move.at, move.facts.get("received_at", 0)) <= self.at and (limit is None or move.position <= limit)

    def text(self) -> str:
        positions = "".join(f";{source}:{position}" for source, position in self.positions)
        return f"{iso(self.at)}{positions}"


@dataclass(frozen=True)
class FigureWindow:
    """A period as far as it is known: from its start to its end, or to the cut-off where that comes first."""

    period: FigurePeriod
    cut_off: CutOff

    @property
    def since(self) -> int:
        return self.period.since

    @property
    def until(self) -> int:
        """Exclusive; the cut-off's own instant still counts."""
        return min(self.period.until, self.cut_off.at + 1)

    def holds(self, at: int | None) -> bool:
        return at is not None and self.since <= at < self.until

    def as_of_end(self, fact: Fact, moves: list[RecordedMove], source: str) -> Fact:
        """The fact as it stood at the end: later events, and those beyond the cut-off, are not known yet."""
        known_moves = [move for move in moves if move.at < self.until and self.cut_off.knows(move, source)]
        return fold(fact, known_moves)


def _months_on(year: int, month: int, months: int) -> date:
    years, index = divmod(year * 12 + month - 1 + months, 12)
    return date(years, index + 1, 1)


def _midnight(day: date) -> int:
    return micros(datetime.combine(day, time(), OFFICE_ZONE))
