"""Forms, index and ranking as their doors answer them: followed to single events, sealed, the same for ever."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.refusals import Forbidden, InvalidRequest
from infra.chassis.trust.signatures import canonical_json, verify_detached
from services.oversight.errors import FigureNotFound, PeriodNotBegun, RuleSetNotFound, UnitNotFound
from services.oversight.models import Table
from services.oversight.seals import TYPE
from tests.component.oversight.use_cases import APPROVER, AUDITOR, KEY, OversightOffice
from tests.support.generated_histories import histories
from tests.support.tables_in_memory import with_tables

CUT_OFF = "2026-02-01T00:00:00+00:00"


def everything(office: OversightOffice, provinces: int = 34) -> list[Any]:
    return [
        office.form_desk.report("II.06", "VN", "2025-07-01", "2025-09-30", CUT_OFF, provinces),
        office.ranker.index("01", "2025-Q3", None, CUT_OFF, provinces),
        office.ranker.ranking("province", "2025-Q3", None, None, CUT_OFF, provinces),
        office.ranker.ranking("commune", "2025-09", "TDGQ", "766/2026", CUT_OFF, provinces),
    ]


def pages(office: OversightOffice, figure: str) -> list[Any]:
    items, cursor = [], None
    while True:
        page = office.evidence.evidence_of(figure, 40, cursor, by=AUDITOR)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_the_same_question_is_answered_with_the_same_bytes_after_any_rebuild(office: OversightOffice) -> None:
    told_events = office.with_histories(150, ["01", "02", "08"])
    before = [canonical_json(answer) for answer in everything(office)]
    office.facts.rebuild()
    assert [canonical_json(answer) for answer in everything(office)] == before
    elsewhere = OversightOffice(with_tables(Table.metadata, "oversight")).opened(["01", "02", "08"])
    with elsewhere.database.session() as session:
        elsewhere.facts.record(session, [event for events in reversed(told_events) for event in reversed(events)])
    assert [canonical_json(answer) for answer in everything(elsewhere)] == before
    elsewhere.database.engine.dispose()


def test_a_result_carries_its_digest_and_the_seal_of_the_service(office: OversightOffice) -> None:
    office.with_histories(20, ["01"])
    answer = office.ranker.index("01", "2025-Q3", None, CUT_OFF, 34)
    body = {name: value for name, value in answer.items() if name not in {"digest", "seal"}}
    verify_detached(answer["seal"], TYPE, canonical_json(body), lambda _kid: KEY.public_key())


def test_the_units_below_add_up_to_the_form(office: OversightOffice) -> None:
    office.with_histories(250)
    for provinces in (34, 63):
        form = office.form_desk.report("II.06", "VN", "2025-07-01", "2025-12-31", CUT_OFF, provinces)
        total = form["rows"][-1]
        assert len(form["units"]) == provinces
        for column in ("(3)", "(7)", "(10)", "(11)", "(13)"):
            assert sum(unit[column] for unit in form["units"]) == total[column]


def test_restating_for_34_provinces_moves_only_what_was_merged(office: OversightOffice) -> None:
    office.with_histories(300)
    old, new = (
        {row["unit"]: row["(3)"] for row in everything(office, provinces)[0]["units"]} for provinces in (63, 34)
    )
    assert (old["01"], old["04"]) == (new["01"], new["04"])
    assert new["25"] == old["17"] + old["25"] + old["26"]
    assert sum(old.values()) == sum(new.values())


def test_every_count_of_a_form_is_followed_to_as_many_applications(office: OversightOffice) -> None:
    office.with_histories(120, ["01"])
    form = office.form_desk.report("II.06a", "H01.01", "2025-03-01", "2025-09-30", CUT_OFF, 34)
    for row in form["rows"]:
        for column in ("(3)", "(6)", "(10)", "stopped"):
            behind = pages(office, f"{row['figure']}&column={column}")
            assert len(behind) == row[column]
            assert all(item["event_ids"] for item in behind)


def test_every_row_of_an_index_is_followed_to_its_numerator_and_denominator(office: OversightOffice) -> None:
    office.with_histories(300, ["01"])
    index = office.ranker.index("H01.01", "2025", "766/2022", CUT_OFF, 34)
    for row in index["rows"]:
        if row["code"] in {"PROCESSING_ON_TIME", "SENT_ONLINE", "PAID_ONLINE", "REUSED_DIGITIZED_DATA"}:
            assert row["denominator"]
            behind = pages(office, row["figure"])
            assert len(behind) == row["denominator"]
            assert sum(item["counted"] or 0 for item in behind) == row["numerator"]
            assert len(pages(office, f"{row['figure']}&part=numerator")) == row["numerator"]


def test_a_ranking_orders_all_units_and_says_how_far_they_moved(office: OversightOffice) -> None:
    office.with_histories(250)
    ranking = office.ranker.ranking("province", "2025-Q4", None, None, CUT_OFF, 34)
    scores = [row["score"] for row in ranking["rows"]]
    assert len(scores) == 34
    assert scores == sorted(scores, reverse=True)
    before = office.ranker.ranking("province", "2025-Q3", None, None, CUT_OFF, 34)
    ranks = {row["unit"]: row["rank"] for row in before["rows"]}
    assert all(row["movement"] == ranks[row["unit"]] - row["rank"] for row in ranking["rows"])


def test_a_ranked_unit_has_the_score_of_its_own_index(office: OversightOffice) -> None:
    office.with_histories(150, ["01", "08"])
    first = office.ranker.ranking("province", "2025-Q4", None, None, CUT_OFF, 34)["rows"][0]
    assert office.ranker.index(first["unit"], "2025-Q4", None, CUT_OFF, 34)["total"]["score"] == first["score"]


def test_a_unit_a_rule_set_a_group_and_a_period_must_exist(office: OversightOffice) -> None:
    office.opened(["01"])
    with pytest.raises(UnitNotFound):
        office.ranker.index("99", "2025-07", None, CUT_OFF, 34)
    with pytest.raises(RuleSetNotFound):
        office.ranker.index("01", "2025-07", "766/1999", CUT_OFF, 34)
    with pytest.raises(RuleSetNotFound):
        office.ranker.index("01", "2021-07", None, CUT_OFF, 34)
    with pytest.raises(InvalidRequest):
        office.ranker.ranking("province", "2025-07", "XXXX", None, CUT_OFF, 34)
    with pytest.raises(InvalidRequest):
        office.ranker.ranking("province", "2025-7", None, None, CUT_OFF, 34)
    with pytest.raises(PeriodNotBegun):
        office.ranker.index("01", "2026-03", None, CUT_OFF, 34)
    with pytest.raises(InvalidRequest):
        office.form_desk.report("II.06", "01", "2025-07-01", "2025-06-30", CUT_OFF, 34)
    with pytest.raises(InvalidRequest):
        office.ranker.index("01", "2025-07", None, "applications:many", 34)


@pytest.mark.parametrize(
    "figure", ["", "x", "unit=01&provinces=35&cut_off=2026-02-01", "unit=01&provinces=34&cut_off=2026-02-01",
               "unit=01&provinces=34&cut_off=2026-02-01&period=2025&indicator=NONE",
               "unit=01&provinces=34&cut_off=2026-02-01&form=II.06&from_date=x&to_date=y",
               "unit=01&provinces=34&cut_off=2026-02-01&form=II.06&from_date=2025-01-01&to_date=2025-01-31&column=(99)"],
)  # fmt: skip
def test_a_key_that_names_no_figure_is_refused(figure: str, office: OversightOffice) -> None:
    office.opened(["01"])
    with pytest.raises((FigureNotFound, InvalidRequest)):
        office.evidence.evidence_of(figure, 10, None, by=AUDITOR)


def test_an_approver_follows_figures_of_their_own_agency_only(office: OversightOffice) -> None:
    office.with_histories(100, ["01"])
    own = office.form_desk.report("II.06a", "H01.01", "2025-01-01", "2025-12-31", CUT_OFF, 34)["rows"][-1]["figure"]
    assert office.evidence.evidence_of(own, 10, None, by=APPROVER)["items"]
    for unit in ("VN", "01", "H01", "H01.02"):
        with pytest.raises(Forbidden):
            office.evidence.evidence_of(own.replace("unit=H01.01", f"unit={unit}"), 10, None, by=APPROVER)


def test_what_the_service_is_told_later_does_not_change_an_earlier_cut_off(office: OversightOffice) -> None:
    office.opened(["01"])
    told_events = list(histories(200, ["01"]))
    known_events = [event for events in told_events for event in events if event["data"]["at"] <= CUT_OFF]
    later = [event for events in told_events for event in events if event["data"]["at"] > CUT_OFF]
    assert later
    with office.database.session() as session:
        office.facts.record(session, known_events)
    before = [canonical_json(answer) for answer in everything(office)]
    with office.database.session() as session:
        office.facts.record(session, later)
    assert [canonical_json(answer) for answer in everything(office)] == before
