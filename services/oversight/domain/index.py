"""The index of one unit: every row with numerator, denominator, ratio, score, maximum and the quality of its data.

Arithmetic is in fractions and rounded once, half up, where a number is shown: the same figures on any machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypedDict

from services.oversight.domain.measures import Counted, OfferedProcedure, Tally
from services.oversight.domain.rules import Row, RuleSet

OK, NO_DATA, NOT_RECORDED, PARTLY_RECORDED = "OK", "NO_DATA", "NOT_RECORDED", "PARTLY_RECORDED"
NOT_APPLICABLE, EMPTY_ZERO, EMPTY_MAXIMUM = "NOT_APPLICABLE_MAXIMUM", "EMPTY_ZERO", "EMPTY_MAXIMUM"
QUALITY = {
    OK: ("đủ dữ liệu", "complete"),
    NO_DATA: ("không có dữ liệu trong kỳ; không phải điểm 0", "no data in the period; not a zero"),
    NOT_RECORDED: ("chưa có hệ thống nào ghi nhận; không phải điểm 0", "not recorded by any system yet; not a zero"),
    PARTLY_RECORDED: ("một phần hồ sơ không ghi nhận", "some applications do not say"),
    NOT_APPLICABLE: ("không áp dụng cho cấp xã, tính điểm tối đa", "does not apply to communes: its maximum"),
    EMPTY_ZERO: ("mẫu số bằng 0, tính 0 điểm", "nothing to divide by: zero by rule"),
    EMPTY_MAXIMUM: ("mẫu số bằng 0, tính điểm tối đa", "nothing to divide by: the maximum by rule"),
}


class IndexRow(TypedDict):
    """A criterion as it is shown; None where nothing is known."""

    number: str
    code: str
    name: dict[str, str]
    group: str
    numerator: int | None
    denominator: int | None
    ratio: float | None
    score: float | None
    max: int
    quality: str


class IndexFigures(TypedDict):
    """An index as it is shown: rows, and the sums of its groups and of all."""

    rows: list[IndexRow]
    groups: list[dict[str, object]]
    total: dict[str, object]


@dataclass(frozen=True)
class Scored:
    """One row of the index. ``score`` is ``None`` where it is missing, which is not zero."""

    row: Row
    counted: Counted | None
    score: Fraction | None
    quality: str

    @property
    def ratio(self) -> Fraction | None:
        if self.counted is None or not self.counted.denominator:
            return None
        return Fraction(self.counted.numerator, self.counted.denominator)

    def to_json(self) -> IndexRow:
        is_recorded = self.score is not None or self.quality == NO_DATA
        counted = self.counted if is_recorded else None
        return {
            "number": self.row.number,
            "code": self.row.code,
            "name": dict(self.row.name),
            "group": self.row.group,
            "numerator": counted.numerator if counted else None,
            "denominator": counted.denominator if counted else None,
            "ratio": rounded(self.ratio, 6) if counted else None,
            "score": rounded(self.score, 4),
            "max": self.row.points,
            "quality": self.quality,
        }


@dataclass(frozen=True)
class Index:
    """All rows of one unit."""

    rules: RuleSet
    scored: tuple[Scored, ...]

    @property
    def total(self) -> Fraction:
        return self.of_group(None)

    def of_group(self, group: str | None) -> Fraction:
        """The sum of a group's scores, or of all. A missing one adds nothing and is shared out to nobody."""
        scores = (scored.score for scored in self.scored if group in {None, scored.row.group})
        return sum((score for score in scores if score is not None), Fraction())

    def to_json(self) -> IndexFigures:
        return {
            "rows": [scored.to_json() for scored in self.scored],
            "groups": [
                {"code": code, "name": dict(name), **self._sum(code)} for code, name in self.rules.groups
            ],
            "total": self._sum(None),
        }  # fmt: skip

    def _sum(self, group: str | None) -> dict[str, object]:
        rows = [scored for scored in self.scored if group in {None, scored.row.group}]
        return {
            "score": rounded(self.of_group(group), 4),
            "shown": rounded(self.of_group(group), 2),
            "max": sum(scored.row.points for scored in rows),
            "missing": sum(scored.row.points for scored in rows if scored.score is None),
        }


def index_of(tally: Tally, procedures: Iterable[OfferedProcedure], rules: RuleSet, kind: str) -> Index:
    """The index of a unit of this kind from what was counted for it."""
    catalogue = list(procedures)
    return Index(rules, tuple(_scored(row, tally.measure(row.measure, catalogue), kind) for row in rules.rows))


def _scored(row: Row, counted: Counted | None, kind: str) -> Scored:
    if kind == "commune" and not row.communes:
        return Scored(row, None, Fraction(row.points), NOT_APPLICABLE)
    if counted is None or (counted.denominator and counted.unknown == counted.denominator):
        return Scored(row, counted, None, NOT_RECORDED)
    if not counted.denominator:
        return _empty(row, counted)
    ratio = max(Fraction(), Fraction(counted.numerator, counted.denominator))
    quality = PARTLY_RECORDED if counted.unknown else OK
    return Scored(row, counted, row.points * min(Fraction(1), ratio / row.full_at), quality)


def _empty(row: Row, counted: Counted) -> Scored:
    if row.empty == "null":
        return Scored(row, counted, None, NO_DATA)
    if row.empty == "max":
        return Scored(row, counted, Fraction(row.points), EMPTY_MAXIMUM)
    return Scored(row, counted, Fraction(), EMPTY_ZERO)


def rounded(value: Fraction | None, digits: int) -> float | None:
    """Half up, as published figures are; the nearest double of a decimal number is the same everywhere."""
    if value is None:
        return None
    scaled = value * 10**digits
    last_digits: int = (abs(scaled.numerator) * 2 + scaled.denominator) // (2 * scaled.denominator)
    rounded_value: float = (last_digits if scaled >= 0 else -last_digits) / 10.0**digits
    return rounded_value
