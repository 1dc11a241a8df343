"""Behind a figure: the applications that were counted in it, and the events that each of them was folded from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import Forbidden
from infra.chassis.settings import Settings
from services.oversight.country import Country
from services.oversight.domain.fact import Fact, iso
from services.oversight.domain.forms import NAMES, TOTAL, UNKNOWN_FIELD, columns_of
from services.oversight.domain.measures import parts_of
from services.oversight.domain.periods import FigurePeriod, FigureWindow
from services.oversight.domain.rules import RuleSet
from services.oversight.domain.units import Units
from services.oversight.errors import FigureNotFound
from services.oversight.fact_store import FactStore
from services.oversight.figure_requests import check_unit, cut_off_of, figure_of, period_named, rules_of

NATIONAL = ("auditor", "operator")
Counted = Callable[[Fact], int | None]
NOT_COUNTED = -1_000_000  # no part of any figure


class EvidenceDesk:
    """Follows a figure to single events."""

    def __init__(self, facts: FactStore, country: Country) -> None:
        self.facts, self.country = facts, country

    @classmethod
    def from_settings(cls, settings: Settings) -> EvidenceDesk:
        return cls(FactStore.from_settings(settings), Country.from_settings(settings))

    def evidence_of(self, figure: str, limit: int, cursor: str | None, *, by: Actor) -> Page[Json]:
        """The applications behind ``figure``, the key of a row of a form or of an index (see :mod:`.figure_requests`).

        ``counted``: what an application added to the numerator; ``None`` where its events do not say.
        """
        parts = figure_of(figure)
        window = _window(figure, parts)
        units = self.country.units(window)
        unit, provinces = parts["unit"], int(parts["provinces"])
        check_unit(units, unit, provinces)
        scope = units.scope(unit, provinces)
        _check_reach(scope, by)
        counted = self._counted(figure, parts, window, units)
        after = key_of(cursor, str)
        items: list[Json] = []
        # Who is a party to an application does not look at it as an official.
        for fact, part in _behind(self.facts.facts(window, scope, after[0] if after else ""), counted):
            if fact.applicant_id == by.account_id:
                continue
            if len(items) == limit:
                return {"items": items, "next_cursor": cursor_of(items[-1]["application_id"])}
            items.append(_view(fact, part))
        return {"items": items, "next_cursor": None}

    def _counted(self, figure: str, parts: Mapping[str, str], window: FigureWindow, units: Units) -> Counted:
        if "form" in parts:
            field_of = {code: procedure.field for code, procedure in self.country.procedures(window).items()}
            return _in_column(figure, parts, window, units, field_of)
        if "indicator" in parts:
            return _in_measure(figure, parts, window, rules_of(parts.get("rules"), window.period))
        raise FigureNotFound(figure=figure)


def _window(figure: str, parts: Mapping[str, str]) -> FigureWindow:
    try:
        if "period" in parts:
            return FigureWindow(period_named(parts["period"]), cut_off_of(parts["cut_off"]))
        days = date.fromisoformat(parts["from_date"]), date.fromisoformat(parts["to_date"])
        return FigureWindow(FigurePeriod.between(*days), cut_off_of(parts["cut_off"]))
    except (KeyError, ValueError):
        raise FigureNotFound(figure=figure) from None


def _in_column(
    figure: str, parts: Mapping[str, str], window: FigureWindow, units: Units, field_of: Mapping[str, str]
) -> Counted:
    column = parts.get("column", "(3)")
    level, _, field = parts.get("row", f"{TOTAL}/{TOTAL}").partition("/")
    if column not in NAMES:
        raise FigureNotFound(figure=figure)

    def counted(fact: Fact) -> int:
        own_row = level in {TOTAL, units.agency(fact.agency_code).kind} and field in {
            TOTAL,
            field_of.get(fact.procedure_code, UNKNOWN_FIELD),
        }
        return 1 if own_row and column in columns_of(fact, window) else NOT_COUNTED

    return counted


def _in_measure(figure: str, parts: Mapping[str, str], window: FigureWindow, rules: RuleSet) -> Counted:
    measure = next((row.measure for row in rules.rows if row.code == parts["indicator"]), None)
    if measure is None:
        raise FigureNotFound(figure=figure)
    accepted_parts = {"numerator": (1,), "missed": (0, -1), "unknown": (None,)}.get(parts.get("part", "denominator"))

    def counted(fact: Fact) -> int | None:
        part = dict(parts_of(fact, window, rules)).get(measure, NOT_COUNTED)
        return part if accepted_parts is None or part in accepted_parts else NOT_COUNTED

    return counted


def _behind(facts: Iterator[Fact], counted: Counted) -> Iterator[tuple[Fact, int | None]]:
    for fact in facts:
        part = counted(fact)
        if part != NOT_COUNTED:
            yield fact, part


def _view(fact: Fact, part: int | None) -> Json:
    return {
        "application_id": fact.application_id,
        "reference": fact.reference,
        "source": fact.source,
        "agency_code": fact.agency_code,
        "procedure_code": fact.procedure_code,
        "counted": part,
        "accepted_at": _text(fact.accepted_at),
        "due_at": _text(fact.due_at),
        "promised_at": _text(fact.promised_at),
        "ended_at": _text(fact.ended_at),
        "ending": fact.ending,
        "event_ids": fact.event_ids,
    }


def _text(at: int | None) -> str | None:
    return None if at is None else iso(at)


def _check_reach(scope: set[str] | None, by: Actor) -> None:
    """Auditors and operators see the country's applications, an approver those of their own agencies."""
    if by.has(*NATIONAL):
        return
    own = {code for code in by.agencies if by.at(code, "approver")}
    if scope is None or not scope <= own:
        raise Forbidden(
            reason="chỉ xem hồ sơ của cơ quan mình", reason_en="only applications of one's own agency are shown"
        )
