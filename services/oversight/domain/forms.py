"""Forms II.06 and II.06a of Circular 01/2020/TT-VPCP with the form's own column numbers, and the columns of 2026.

One pass over facts as they stood at the end of the period; (3) = (7) + (11) holds for every row by construction of
:func:`standing` and is checked by a property.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.oversight.domain.fact import OWN, Fact
from services.oversight.domain.periods import FigureWindow
from services.oversight.domain.standing import PeriodStanding, standing

# Column of the form -> whether an application with this standing belongs to it.
COLUMNS: dict[str, Callable[[PeriodStanding], bool]] = {
    "(3)": lambda _case: True,
    "(4)": lambda case: case.received == "online",
    "(5)": lambda case: case.received == "direct",
    "(6)": lambda case: case.received == "carried_over",
    "(7)": lambda case: case.result in {"early", "in_time", "late"},
    "(8)": lambda case: case.result == "early",
    "(9)": lambda case: case.result == "in_time",
    "(10)": lambda case: case.result == "late",
    "(11)": lambda case: case.result in {"within", "beyond"},
    "(12)": lambda case: case.result == "within",
    "(13)": lambda case: case.result == "beyond",
}
TITLES = {
    "(1)": ("STT", "No."),
    "(2)": ("Lĩnh vực giải quyết", "Field"),
    "(3)": ("Số hồ sơ nhận giải quyết: tổng số", "Received: total"),
    "(4)": ("Trong kỳ: trực tuyến", "In the period: online"),
    "(5)": ("Trong kỳ: trực tiếp, dịch vụ bưu chính", "In the period: in person, by post"),
    "(6)": ("Từ kỳ trước", "Carried over"),
    "(7)": ("Số hồ sơ đã giải quyết: tổng số", "Solved: total"),
    "(8)": ("Trước hạn", "Early"),
    "(9)": ("Đúng hạn", "In time"),
    "(10)": ("Quá hạn", "Late"),
    "(11)": ("Số hồ sơ đang giải quyết: tổng số", "In process: total"),
    "(12)": ("Trong hạn", "Within time"),
    "(13)": ("Quá hạn", "Beyond time"),
}
# The further columns of 2026, each over an application that belongs to the period.
FURTHER: dict[str, Callable[[Fact, PeriodStanding, FigureWindow], bool]] = {
    "full_online": lambda fact, case, _window: case.received == "online" and fact.level == 4,
    "part_online": lambda fact, case, _window: case.received == "online" and fact.level == 3,
    "in_person": lambda fact, case, _window: case.received == "direct" and fact.channel != "post",
    "by_post": lambda fact, case, _window: case.received == "direct" and fact.channel == "post",
    "stopped": lambda fact, _case, window: fact.ending == "stopped" and window.holds(fact.ended_at),
    "withdrawn": lambda fact, _case, window: fact.ending == "withdrawn" and window.holds(fact.ended_at),
    "synchronised": lambda fact, _case, _window: fact.source != OWN,
    "paid_online": lambda fact, _case, window: fact.paid_online and window.holds(fact.accepted_at),
    "paid_at_counter": lambda fact, _case, window: fact.paid_at_counter and window.holds(fact.accepted_at),
}
# Columns over applications that were never accepted and so belong to no row of the form itself.
BEFORE_ACCEPTANCE: dict[str, Callable[[Fact, FigureWindow], bool]] = {
    "awaiting_acceptance": lambda fact, _window: (
        fact.accepted_at is None and fact.submitted_at is not None and fact.ended_at is None
    ),
    "refused": lambda fact, window: fact.ending == "intake_refused" and window.holds(fact.ended_at),
}
NAMES = (*COLUMNS, *FURTHER, *BEFORE_ACCEPTANCE)
LEVELS = ("ministry", "department", "commune")
TOTAL = "total"
UNKNOWN_FIELD = "khac"

RowKey = tuple[str, str]


@dataclass(frozen=True)
class FormPlaces:
    """What a fact's codes mean for the form: the level of its agency and the field of its procedure."""

    level_of: Callable[[str], str]
    field_of: Mapping[str, str]

    def row(self, fact: Fact) -> RowKey:
        return self.level_of(fact.agency_code), self.field_of.get(fact.procedure_code, UNKNOWN_FIELD)


def columns_of(fact: Fact, window: FigureWindow) -> list[str]:
    """Every column, by its number or name, that an application counts in."""
    case = standing(fact, window)
    if case is None:
        return [name for name, belongs in BEFORE_ACCEPTANCE.items() if belongs(fact, window)]
    official = [name for name, belongs in COLUMNS.items() if belongs(case)]
    return official + [name for name, belongs in FURTHER.items() if belongs(fact, case, window)]


class Form:
    """Counts of one form, filled fact by fact."""

    def __init__(self, window: FigureWindow, places: FormPlaces) -> None:
        self.window, self.places = window, places
        self.counts: dict[RowKey, dict[str, int]] = {}

    def add(self, fact: Fact) -> None:
        names = columns_of(fact, self.window)
        if not names:
            return
        level, field = self.places.row(fact)
        for key in ((level, field), (level, TOTAL), (TOTAL, TOTAL)):
            counts = self.counts.setdefault(key, dict.fromkeys(NAMES, 0))
            for name in names:
                counts[name] += 1

    def rows(self) -> list[dict[str, Any]]:
        """Rows in the order of the form: each level with its fields, the total last; (1) numbers them."""
        rows = []
        levels = [level for level in LEVELS if (level, TOTAL) in self.counts]
        for letter, level in zip("ABC", levels, strict=False):
            rows.append(self._row(letter, level, TOTAL))
            fields = sorted(field for at, field in self.counts if at == level and field != TOTAL)
            rows += [self._row(f"{number}", level, field) for number, field in enumerate(fields, 1)]
        return [*rows, self._row("", TOTAL, TOTAL)]

    def _row(self, number: str, level: str, field: str) -> dict[str, Any]:
        counts = self.counts.get((level, field)) or dict.fromkeys(NAMES, 0)
        return {"level": level, "field": field, "(1)": number, "(2)": field, **counts}


def form_rows(facts: Iterable[Fact], window: FigureWindow, places: FormPlaces) -> list[dict[str, Any]]:
    form = Form(window, places)
    for fact in facts:
        form.add(fact)
    return form.rows()
