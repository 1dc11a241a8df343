"""What a figure is asked for: unit, period, cut-off, rules. Parsed from a door's arguments, or from a figure's key.

The key of a figure is its request as a query string: whoever has a figure can ask for it again, and for its evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

from infra.chassis import clock
from infra.chassis.instants import instant
from infra.chassis.refusals import InvalidRequest
from infra.chassis.text.numbers import natural_number
from services.oversight.domain.fact import OWN, iso
from services.oversight.domain.periods import FIRST_YEAR, LAST_YEAR, CutOff, FigurePeriod, FigureWindow
from services.oversight.domain.rules import RuleSet, rule_sets, rules_on
from services.oversight.domain.units import Units
from services.oversight.errors import FigureNotFound, PeriodNotBegun, RuleSetNotFound, UnitNotFound

POSITION = "applications:"
LONGEST_POSITION = 18


@dataclass(frozen=True)
class FigureRequest:
    """The window, the unit and how provinces are counted."""

    window: FigureWindow
    unit: str
    provinces: int

    def key(self, **more: str) -> str:
        """The key of a figure: what was asked, with the cut-off that was used."""
        cut_off = cut_off_text(self.window.cut_off)
        return urlencode({"unit": self.unit, "provinces": str(self.provinces), "cut_off": cut_off, **more})


def window_of(period: FigurePeriod, cut_off: str | None) -> FigureWindow:
    """The period as far as it is known; refuses one that has not begun."""
    window = FigureWindow(period, cut_off_of(cut_off))
    if window.until <= window.since:
        raise PeriodNotBegun(period=period.name, cut_off=iso(window.cut_off.at))
    return window


def cut_off_of(text: str | None) -> CutOff:
    """An instant or a day; ``applications:<position>`` after a semicolon, or alone, for a place in the log."""
    if text is None:
        return CutOff.of(clock.now())
    at, _, position = (
        text.partition(";") if ";" in text else ("", "", text) if text.startswith(POSITION) else (text, "", "")
    )
    now = clock.now()  # nothing later is known: a cut-off in days to come is the present one, and the answer says so
    cut_off = CutOff.of(min(instant(at, "/cut_off"), now) if at else now)
    if not position:
        return cut_off
    number = natural_number(position.removeprefix(POSITION), LONGEST_POSITION)
    if not position.startswith(POSITION) or number is None:
        raise InvalidRequest.at(
            "/cut_off",
            "không phải thời điểm hoặc vị trí applications:<số>",
            "neither an instant nor applications:<number>",
        )
    return CutOff(cut_off.at, ((OWN, number),))


def cut_off_text(cut_off: CutOff) -> str:
    """The cut-off as it is asked for again."""
    positions = dict(cut_off.positions)
    return iso(cut_off.at) + (f";{POSITION}{positions[OWN]}" if OWN in positions else "")


def period_named(name: str) -> FigurePeriod:
    period = FigurePeriod.named(name)
    if period is None:
        raise InvalidRequest.at(
            "/period", "không phải kỳ 2026-07, 2026-Q3 hoặc 2026", "not a period: 2026-07, 2026-Q3 or 2026"
        )
    return period


def period_between(from_date: str, to_date: str) -> FigurePeriod:
    first, last = date.fromisoformat(from_date), date.fromisoformat(to_date)
    if last < first or first.year < FIRST_YEAR or last.year > LAST_YEAR:
        raise InvalidRequest.at(
            "/to_date", "trước from_date hoặc ngoài lịch", "before from_date, or beyond the calendar"
        )
    return FigurePeriod.between(first, last)


def rules_of(code: str | None, period: FigurePeriod) -> RuleSet:
    """The rule set of this code, or the one in force on the period's last day."""
    rules = rules_on(period.last) if code is None else rule_sets().get(code)
    if rules is None:
        raise RuleSetNotFound(rules=code or "–", period=period.name, available=", ".join(rule_sets()))
    return rules


def check_unit(units: Units, unit: str, provinces: int) -> None:
    if not units.is_known(unit, provinces):
        raise UnitNotFound(unit=unit, provinces=provinces)


def figure_of(key: str) -> Mapping[str, str]:
    """The parts of a figure's key."""
    parts = dict(parse_qsl(key))
    if not {"unit", "provinces", "cut_off"} <= parts.keys() or parts["provinces"] not in {"34", "63"}:
        raise FigureNotFound(figure=key)
    return parts
