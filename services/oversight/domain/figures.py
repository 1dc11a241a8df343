"""Figures of a period over a stream of facts: the form and the index of every unit asked for, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from services.oversight.domain.fact import Fact
from services.oversight.domain.index import Index, index_of
from services.oversight.domain.measures import OfferedProcedure, Tally, parts_of, shown_by
from services.oversight.domain.periods import FigureWindow
from services.oversight.domain.rules import RuleSet
from services.oversight.domain.units import Units


@dataclass
class Tallies:
    """What was counted for each unit. ``units_of``: the units that an agency's applications count for."""

    window: FigureWindow
    rules: RuleSet
    units_of: Callable[[str], Iterable[str]]
    tallies: dict[str, Tally] = field(default_factory=dict)
    _units: dict[str, list[Tally]] = field(default_factory=dict)

    def add(self, fact: Fact) -> None:
        tallies = self._tallies(fact.agency_code)
        if not tallies:
            return
        parts = list(parts_of(fact, self.window, self.rules))
        procedure_signs = list(shown_by(fact, self.window))
        for tally in tallies:
            for measure, part in parts:
                tally.add(measure, part)
            for what in procedure_signs:
                tally.show(what, fact.procedure_code)

    def add_feedback(self, agency_code: str | None, parts: Iterable[tuple[str, int]]) -> None:
        """What a ticket adds to the units its agency belongs to; one with no agency is nobody's."""
        for tally in self._tallies(agency_code) if agency_code else ():
            for measure, part in parts:
                tally.add(measure, part)

    def of(self, unit: str) -> Tally:
        return self.tallies.setdefault(unit, Tally())

    def _tallies(self, agency_code: str) -> list[Tally]:
        if agency_code not in self._units:
            self._units[agency_code] = [self.of(unit) for unit in self.units_of(agency_code)]
        return self._units[agency_code]


def indexes_of(
    facts: Iterable[Fact],
    window: FigureWindow,
    rules: RuleSet,
    units: Units,
    asked_units: Iterable[str],
    provinces: int,
    procedures: Mapping[str, OfferedProcedure],
    feedback: Iterable[tuple[str | None, list[tuple[str, int]]]] = (),
) -> dict[str, Index]:
    """The index of every unit asked for."""
    scopes = {unit: units.scope(unit, provinces) for unit in asked_units}
    tallies = Tallies(window, rules, lambda code: [unit for unit, scope in scopes.items() if _holds(scope, code)])
    for fact in facts:
        tallies.add(fact)
    for agency_code, parts in feedback:
        tallies.add_feedback(agency_code, parts)
    return {
        unit: index_of(tallies.of(unit), offered_by(scope, procedures), rules, units.kind_of(unit))
        for unit, scope in scopes.items()
    }


def offered_by(scope: set[str] | None, procedures: Mapping[str, OfferedProcedure]) -> list[OfferedProcedure]:
    """The procedures under the authority of any agency of a scope; one that names no agency is offered by all."""
    return [
        procedure
        for procedure in procedures.values()
        if scope is None or not procedure.agency_codes or not scope.isdisjoint(procedure.agency_codes)
    ]


def _holds(scope: set[str] | None, agency_code: str) -> bool:
    return scope is None or agency_code in scope
