"""The service's figures agree with a script that shares no code with them, at random cut-offs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from infra.chassis.text.provinces import provinces
from services.oversight.domain.fact import Fact, micros
from services.oversight.domain.figures import indexes_of
from services.oversight.domain.folding import first_fact, fold, move_of
from services.oversight.domain.forms import NAMES, TOTAL, Form, FormPlaces
from services.oversight.domain.measures import OfferedProcedure
from services.oversight.domain.periods import CutOff, FigurePeriod, FigureWindow
from services.oversight.domain.rules import rule_sets
from services.oversight.domain.units import Agency, Units
from tests.support.generated_histories import agencies, histories, procedures
from tests.support.straight_line_figures import new_codes, straight_line

OLD_CODES = sorted(
    str(unit["code"]) for unit in provinces() if unit["valid_from"] < "2025-06-30" <= str(unit["valid_until"])
)
APPLICATIONS, CUT_OFFS = 1_000, 20
Event = dict[str, Any]


@pytest.fixture(scope="module")
def told_histories() -> list[list[Event]]:
    return list(histories(APPLICATIONS, OLD_CODES))


@pytest.fixture(scope="module")
def units() -> Units:
    places_by_agency = {row["code"]: _agency(row) for row in agencies(OLD_CODES)}
    return Units(places_by_agency, {old: new for old, new in new_codes().items() if old != new})


def _agency(row: dict[str, Any]) -> Agency:
    recorded_on = date.fromisoformat(row["created_at"][:10])
    return Agency(row["code"], row["name"], row["parent_code"], row["province_code"], recorded_on)


def test_there_are_63_old_provinces_and_34_new_ones(units: Units) -> None:
    assert len(units.provinces(63)) == 63
    assert len(units.provinces(34)) == 34


@pytest.mark.parametrize("provinces_counted", [63, 34])
@pytest.mark.parametrize("number", range(CUT_OFFS // 2))
def test_form_and_index_agree_with_the_straight_line_at_a_random_cut_off(
    number: int, provinces_counted: int, told_histories: list[list[Event]], units: Units
) -> None:
    window = _drawn(number + provinces_counted)
    places_by_agency = {code: units.province_of(code, provinces_counted) or "" for code in units.agencies}
    span = _instant(window.since), _instant(window.period.until), _instant(window.cut_off.at)
    columns, top, bottom, shown_codes = straight_line(told_histories, *span, places_by_agency)
    facts = list(_facts(told_histories, window))
    forms = {
        province: Form(window, FormPlaces(lambda code: units.agency(code).kind, {}))
        for province in set(places_by_agency.values())
    }
    for fact in facts:
        forms[places_by_agency[fact.agency_code]].add(fact)
    for province, form in forms.items():
        total = form.rows()[-1]
        assert total["level"] == TOTAL
        assert {name: total[name] for name in NAMES} == {name: columns[province][name] for name in NAMES}
    catalogue = {row["code"]: _procedure(row) for row in procedures()}
    for rules in rule_sets().values():
        asked_units = units.provinces(provinces_counted)
        indexes = indexes_of(facts, window, rules, units, asked_units, provinces_counted, catalogue)
        for province, index in indexes.items():
            for scored in index.scored:
                if scored.row.measure not in bottom[province] or scored.counted is None:
                    continue
                expected = top[province][scored.row.measure], bottom[province][scored.row.measure]
                assert (scored.counted.numerator, scored.counted.denominator) == expected, (province, scored.row.code)
            _agrees_on_procedures(index, shown_codes[province], catalogue)


def _procedure(row: dict[str, Any]) -> OfferedProcedure:
    return OfferedProcedure(row["code"], row["field"], row["level"], has_fees=row["has_fees"])


def _agrees_on_procedures(index: Any, shown_codes: dict[str, set[str]], catalogue: dict[str, OfferedProcedure]) -> None:
    by_code = {scored.row.measure: scored for scored in index.scored}
    online = [scored for scored in catalogue.values() if scored.level >= 3]
    if "online_services_used" in by_code:
        used = len(shown_codes["accepted_online"] & {scored.code for scored in online})
        assert by_code["online_services_used"].score == 4 * Fraction(used, len(online))
    if "fee_procedures_paid_online" in by_code and shown_codes["carried_fee"]:
        share = Fraction(len(shown_codes["paid_online"]), len(shown_codes["carried_fee"]))
        assert by_code["fee_procedures_paid_online"].score == min(Fraction(2), 2 * share / Fraction("0.8"))


def _drawn(seed: int) -> FigureWindow:
    chance = random.Random(seed)
    name = chance.choice(["2025-06", "2025-07", "2025-Q3", "2025", "2026-01", "2026", "2025-12"])
    period = FigurePeriod.named(name)
    assert period is not None
    days = (period.last - period.first).days + 1
    at = datetime(period.first.year, period.first.month, 1, tzinfo=UTC) + timedelta(
        minutes=chance.randrange(days * 24 * 60 * 3 // 2)
    )
    return FigureWindow(period, CutOff(micros(at)))


def _instant(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def _facts(told_histories: Iterable[list[Event]], window: FigureWindow) -> Iterator[Fact]:
    for events in told_histories:
        moves = [move_of(event, 0) for event in events]
        places_by_agency = [move for move in moves if move.at < window.until and window.cut_off.knows(move, "portal")]
        yield fold(first_fact(events[0]["data"]), places_by_agency)
