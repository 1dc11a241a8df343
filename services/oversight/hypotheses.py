"""Replay under other rules: how many would have been late, what would have been collected, who would rank where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from infra.chassis.json_types import Json
from infra.chassis.official_calendar import FIRST_YEAR, LAST_YEAR, official_calendar
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.working_time import WorkingCalendar
from services.oversight.domain.fact import Fact
from services.oversight.domain.figures import indexes_of
from services.oversight.domain.forms import columns_of
from services.oversight.domain.hypothesis import HypotheticalChange, changed_fact
from services.oversight.domain.index import rounded
from services.oversight.domain.periods import FigureWindow
from services.oversight.domain.ranking import movement, ranks
from services.oversight.domain.rules import RuleSet
from services.oversight.domain.units import COUNTRY, Units
from services.oversight.figure_requests import check_unit, cut_off_text, period_named, rules_of, window_of
from services.oversight.rankings import Ranker

PROVINCES = 34


class Hypotheses:
    """Compares a period as it was with the same under a change."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker

    @classmethod
    def from_settings(cls, settings: Settings) -> Hypotheses:
        return cls(Ranker.from_settings(settings))

    def what_if(self, change: Json, period: str, unit: str | None) -> Json:
        """``change``: ``rules``, ``due_days``, ``fee``, and ``procedure_code`` to bound the latter two."""
        window = window_of(period_named(period), None)
        units = self.ranker.country.units(window)
        asked_unit = unit or COUNTRY
        check_unit(units, asked_unit, PROVINCES)
        self._check_procedure(change.get("procedure_code"))
        rules = rules_of(None, window.period)
        other_rules = rules_of(change.get("rules"), window.period)
        actual = self._outcome(window, rules, units, asked_unit, {})
        hypothetical = self._outcome(window, other_rules, units, asked_unit, cast(HypotheticalChange, change))
        before, after = actual.pop("ranks"), hypothetical.pop("ranks")
        moved = movement(after, before)
        return {
            "hypothetical": True,
            "note": {
                "vi": "Số liệu giả định, không phải số liệu chính thức",
                "en": "Hypothetical: no official figure",
            },
            "change": change,
            "unit": asked_unit,
            "period": period,
            "cut_off": cut_off_text(window.cut_off),
            "actual": actual,
            "hypothetical_outcome": hypothetical,
            "ranks": [
                {"unit": code, "rank": before[code], "hypothetical_rank": after[code], "moved": moved[code]}
                for code in sorted(after, key=lambda code: (after[code], code))
            ],
        }

    def _check_procedure(self, code: str | None) -> None:
        if code is not None and not self.ranker.country.knows_procedure(code):
            raise InvalidRequest.at(
                "/change/procedure_code", f"không có thủ tục {code}", f"there is no procedure {code}"
            )

    def _outcome(
        self, window: FigureWindow, rules: RuleSet, units: Units, unit: str, change: HypotheticalChange
    ) -> Json:
        scope = units.scope(unit, PROVINCES)
        counted = _Counted(window, scope)
        calendar = _calendar_of(window) if change.get("due_days") else WorkingCalendar()
        facts = (changed_fact(fact, change, calendar) for fact in self.ranker.facts.facts(window))
        asked_units = {*units.ranked("province", PROVINCES), unit}
        procedures = self.ranker.country.procedures(window)
        indexes = indexes_of(counted.through(facts), window, rules, units, asked_units, PROVINCES, procedures)
        scores = {code: indexes[code].total for code in units.ranked("province", PROVINCES)}
        outcome = {"rules": rules.code, "score": rounded(indexes[unit].total, 4)}
        return {**outcome, **counted.sums, "ranks": ranks(scores)}


def _calendar_of(window: FigureWindow) -> WorkingCalendar:
    """The published calendar of the years that promises of a period may lie in; others are counted as weeks."""
    years = range(window.period.first.year - 2, window.period.last.year + 3)
    return official_calendar(year for year in years if FIRST_YEAR <= year <= LAST_YEAR)


class _Counted:
    """Counts on the way what a unit's facts come to."""

    def __init__(self, window: FigureWindow, scope: set[str] | None) -> None:
        self.window, self.scope = window, scope
        self.sums = {"received": 0, "late": 0, "beyond": 0, "owed": 0, "collected": 0}

    def through(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        for fact in facts:
            if self.scope is None or fact.agency_code in self.scope:
                self._count(fact)
            yield fact

    def _count(self, fact: Fact) -> None:
        columns = columns_of(fact, self.window)
        for column, name in (("(3)", "received"), ("(10)", "late"), ("(13)", "beyond")):
            self.sums[name] += column in columns
        if self.window.holds(fact.accepted_at):
            self.sums["owed"] += 0 if fact.fee_currency else fact.fee_owed or 0
            self.sums["collected"] += fact.paid_amount
