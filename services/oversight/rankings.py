"""The index of a unit, and the ranking of all units of a kind, by total or by one group, with movement."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from services.oversight.country import Country
from services.oversight.domain.feedback import feedback_parts
from services.oversight.domain.figures import indexes_of
from services.oversight.domain.index import QUALITY, Index, rounded
from services.oversight.domain.periods import FigureWindow
from services.oversight.domain.ranking import movement, ranks
from services.oversight.domain.rules import RuleSet, rules_on
from services.oversight.domain.units import COUNTRY, Units
from services.oversight.fact_store import FactStore
from services.oversight.feedback.streams import FeedbackStreams
from services.oversight.figure_requests import (
    FigureRequest,
    check_unit,
    cut_off_text,
    period_named,
    rules_of,
    window_of,
)
from services.oversight.seals import Seals


class Ranker:
    """The index of Decision 766/QĐ-TTg."""

    def __init__(self, facts: FactStore, country: Country, seals: Seals) -> None:
        self.facts, self.country, self.seals = facts, country, seals
        self.feedback = FeedbackStreams(facts.database)

    @classmethod
    def from_settings(cls, settings: Settings) -> Ranker:
        return cls(FactStore.from_settings(settings), Country.from_settings(settings), Seals.from_settings(settings))

    def index(self, unit: str, period: str, rules: str | None, cut_off: str | None, provinces: int) -> Json:
        """Every row of a unit's index, its groups and its total."""
        window = window_of(period_named(period), cut_off)
        used = rules_of(rules, window.period)
        units = self.country.units(window)
        check_unit(units, unit, provinces)
        index = self.indexes(window, used, units, [unit], provinces)[unit]
        key = FigureRequest(window, unit, provinces).key(period=period, rules=used.code)
        index_json = index.to_json()
        rows = [{**row, "figure": f"{key}&indicator={row['code']}"} for row in index_json["rows"]]
        heading = _heading(window, used, provinces)
        body = {
            "unit": unit,
            "unit_name": units.name(unit),
            "kind": units.kind_of(unit),
            **heading,
            **index_json,
            "rows": rows,
        }
        return self.seals.sealed(key, body)

    def ranking(
        self, kind: str, period: str, group: str | None, rules: str | None, cut_off: str | None, provinces: int
    ) -> Json:
        """All units of a kind, best first: rank, scores by group, movement against the period before."""
        window = window_of(period_named(period), cut_off)
        used = rules_of(rules, window.period)
        _check_group(group, used)
        units = self.country.units(window)
        indexes = self.indexes(window, used, units, units.ranked(kind, provinces), provinces)
        now = ranks({unit: index.of_group(group) for unit, index in indexes.items()})
        before = self._before(kind, window, group, rules, units, provinces)
        moved = movement(now, before)
        rows = [
            _row(unit, now[unit], moved[unit], indexes[unit], units) for unit in sorted(now, key=lambda u: (now[u], u))
        ]
        key = FigureRequest(window, COUNTRY, provinces).key(
            kind=kind, period=period, rules=used.code, group=group or ""
        )
        heading = _heading(window, used, provinces)
        return self.seals.sealed(key, {"kind": kind, "group": group, **heading, "rows": rows})

    def indexes(
        self, window: FigureWindow, rules: RuleSet, units: Units, asked_units: Collection[str], provinces: int
    ) -> dict[str, Index]:
        """The index of each unit, in one pass over the facts."""
        scope = units.scope(next(iter(asked_units)), provinces) if len(asked_units) == 1 else None
        facts = self.facts.facts(window, scope)
        procedures = self.country.procedures(window)
        return indexes_of(facts, window, rules, units, asked_units, provinces, procedures, self._feedback(window))

    def _feedback(self, window: FigureWindow) -> Iterator[tuple[str | None, list[tuple[str, int]]]]:
        for row, ticket in self.feedback.tickets(window):
            yield ticket.agency_code, feedback_parts(row.kind, row.given_at, ticket, window.since, window.until)

    def _before(
        self, kind: str, window: FigureWindow, group: str | None, rules: str | None, units: Units, provinces: int
    ) -> dict[str, int]:
        """Ranks of the period before, as known at the same cut-off; none where no rules held or nobody was served."""
        previous = window.period.previous
        used = rules_on(previous.last) if rules is None else rules_of(rules, previous)
        if used is None:
            return {}
        earlier = FigureWindow(previous, window.cut_off)
        indexes = self.indexes(earlier, used, units, units.ranked(kind, provinces), provinces)
        comparable = group is None or group in {code for code, _name in used.groups}
        if not comparable or not any(_served(index) for index in indexes.values()):
            return {}
        return ranks({unit: index.of_group(group) for unit, index in indexes.items()})


def _served(index: Index) -> bool:
    return any(
        scored.row.measure == "in_time" and scored.counted and scored.counted.denominator for scored in index.scored
    )


def _row(unit: str, rank: int, moved: int | None, index: Index, units: Units) -> Json:
    scores = {code: rounded(index.of_group(code), 4) for code, _name in index.rules.groups}
    return {
        "unit": unit,
        "name": units.name(unit),
        "rank": rank,
        "movement": moved,
        "score": rounded(index.total, 4),
        "shown": rounded(index.total, 2),
        "groups": scores,
    }


def _heading(window: FigureWindow, rules: RuleSet, provinces: int) -> Json:
    return {
        "period": window.period.name,
        "cut_off": cut_off_text(window.cut_off),
        "complete": window.until == window.period.until,
        "rules": {"code": rules.code, "name": dict(rules.name), "sha256": rules.digest},
        "provinces": provinces,
        "compared": "instants",
        "qualities": {code: {"vi": vi, "en": en} for code, (vi, en) in QUALITY.items()},
    }


def _check_group(group: str | None, rules: RuleSet) -> None:
    if group is not None and group not in {code for code, _name in rules.groups}:
        group_codes = ", ".join(code for code, _name in rules.groups)
        raise InvalidRequest.at(
            "/group", f"không có nhóm này; có: {group_codes}", f"no such group; there are: {group_codes}"
        )
