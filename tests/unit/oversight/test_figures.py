"""Rules of official figures, one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.oversight.domain.fact import STATED, Fact, micros
from services.oversight.domain.folding import first_fact, fold, move_of
from services.oversight.domain.forms import TOTAL, FormPlaces, columns_of, form_rows
from services.oversight.domain.index import EMPTY_MAXIMUM, NO_DATA, NOT_APPLICABLE, NOT_RECORDED, index_of, rounded
from services.oversight.domain.measures import Tally
from services.oversight.domain.periods import CutOff, FigurePeriod, FigureWindow
from services.oversight.domain.ranking import movement, ranks
from services.oversight.domain.rules import rule_sets, rules_on
from services.oversight.domain.standing import in_time_by_instant
from services.oversight.domain.units import COUNTRY, Agency, Units
from tests.support.generated_histories import agencies, histories

JULY = FigurePeriod.named("2026-07")
assert JULY is not None
END_OF_JULY = FigureWindow(JULY, CutOff.of(datetime(2026, 8, 1, tzinfo=UTC)))
PLACES = FormPlaces(lambda code: "commune" if "." in code else "department", {})


def at(day: int, hour: int = 3) -> int:
    return micros(datetime(2026, 7, 1, hour, tzinfo=UTC) + timedelta(days=day - 1))


def fact(**facts: Any) -> Fact:
    stated: dict[str, Any] = {"agency_code": "H01.01", "procedure_code": "1.001193", "channel": "online", "level": 4}
    return Fact("a", **(stated | facts))


instants = st.integers(min_value=at(-60), max_value=at(60))


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    ending = draw(st.sampled_from([None, "approved", "rejected", "stopped", "withdrawn", "intake_refused"]))
    return fact(
        channel=draw(st.sampled_from(["online", "counter", "post"])),
        submitted_at=draw(instants),
        accepted_at=draw(st.none() | instants),
        promised_at=draw(st.none() | instants),
        due_at=draw(st.none() | instants),
        ended_at=draw(instants) if ending else None,
        ending=ending,
        status=draw(st.sampled_from(["in_processing", "supplement_requested", "payment_requested"])),
    )


@given(st.lists(facts(), max_size=12))
@settings(max_examples=60)
def test_what_was_received_is_solved_or_in_process_for_any_facts(some: list[Fact]) -> None:
    for row in form_rows(some, END_OF_JULY, PLACES):
        assert row["(3)"] == row["(7)"] + row["(11)"]
        assert row["(3)"] == row["(4)"] + row["(5)"] + row["(6)"]
        assert row["(7)"] == row["(8)"] + row["(9)"] + row["(10)"]
        assert row["(11)"] == row["(12)"] + row["(13)"]
        assert row["(4)"] >= row["full_online"] + row["part_online"]
        assert row["(5)"] == row["in_person"] + row["by_post"]


@given(seed=st.integers(0, 10_000), shift=st.integers(0, 400))
@settings(max_examples=10)
def test_the_identity_holds_for_any_histories_at_any_cut_off(seed: int, shift: int) -> None:
    window = FigureWindow(JULY, CutOff(micros(datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=3 * shift))))
    some = []
    for events in histories(8, ["01", "02"], seed):
        moves = [move_of(event, 0) for event in events]
        some.append(window.as_of_end(first_fact(events[0]["data"]), moves, "portal"))
    assert all(row["(3)"] == row["(7)"] + row["(11)"] for row in form_rows(some, window, PLACES))


def test_rows_are_levels_with_their_fields_and_the_total_last() -> None:
    some = [fact(accepted_at=at(2), agency_code=code) for code in ("H01", "H01.01", "H01.02")]
    rows = form_rows(some, END_OF_JULY, PLACES)
    assert [(row["(1)"], row["level"], row["field"], row["(3)"]) for row in rows] == [
        ("A", "department", TOTAL, 1),
        ("1", "department", "khac", 1),
        ("B", "commune", TOTAL, 2),
        ("1", "commune", "khac", 2),
        ("", TOTAL, TOTAL, 3),
    ]


@pytest.mark.parametrize(
    ("ended", "column"), [(at(9, 1), "(8)"), (at(10, 1), "(9)"), (at(10, 16), "(9)"), (at(10, 17), "(10)")]
)
def test_the_form_compares_days_of_the_office(ended: int, column: str) -> None:
    solved = fact(accepted_at=at(1), due_at=at(10, 10), ended_at=ended, ending="approved")
    assert column in columns_of(solved, END_OF_JULY)


def test_what_ended_after_the_cut_off_was_still_in_process() -> None:
    told_events = next(case for case in histories(200, ["01"], 3) if case[-1]["type"] == "result_returned.v1")
    moves = [move_of(event, 0) for event in told_events]
    ended = next(move for move in moves if move.kind in {"application_approved", "application_rejected"})
    period = FigurePeriod.named("2025")
    assert period is not None
    before, after = FigureWindow(period, CutOff(ended.at - 1)), FigureWindow(period, CutOff(ended.at))
    assert "(11)" in columns_of(before.as_of_end(first_fact(told_events[0]["data"]), moves, "portal"), before)
    assert "(7)" in columns_of(after.as_of_end(first_fact(told_events[0]["data"]), moves, "portal"), after)


def test_what_lies_beyond_a_position_of_the_log_is_not_known() -> None:
    told_events = next(iter(histories(1, ["01"], 4)))
    moves = [move_of(event, number) for number, event in enumerate(told_events, 1)]
    cut_off = CutOff(moves[-1].at, (("portal", 1),))
    assert [cut_off.knows(move, "portal") for move in moves] == [True] + [False] * (len(moves) - 1)
    assert all(cut_off.knows(move, "elsewhere") for move in moves)


def test_stopped_ones_stay_in_process_within_time_and_are_named() -> None:
    columns = columns_of(fact(accepted_at=at(1), due_at=at(2), ended_at=at(9), ending="stopped"), END_OF_JULY)
    assert {"(11)", "(12)", "stopped"} <= {*columns}


def test_refused_at_intake_is_not_received() -> None:
    refused = fact(submitted_at=at(1), ended_at=at(2), ending="intake_refused")
    assert columns_of(refused, END_OF_JULY) == ["refused"]


def test_in_time_is_decided_to_the_microsecond_and_a_supplement_does_not_count() -> None:
    def in_time(**facts: Any) -> bool:
        case = fact(accepted_at=at(1), promised_at=at(10), **facts)
        return in_time_by_instant(case, END_OF_JULY, repeated_always_late=False)

    assert in_time(ended_at=at(10), ending="approved")
    assert not in_time(ended_at=at(10) + 1, ending="approved")
    assert in_time(ended_at=at(12), ending="approved", supplements=[[at(3), at(5)]])
    assert not in_time(ended_at=at(12) + 1, ending="approved", supplements=[[at(3), at(5)]])
    assert in_time(status="supplement_requested", supplements=[[at(9), None]])
    assert not in_time(status="supplement_requested", supplements=[[at(3), at(4)], [at(5), None]])
    assert not in_time(status="in_processing")


def test_more_than_one_supplement_is_late_after_the_decision_only_where_the_rules_say_so() -> None:
    twice = fact(
        accepted_at=at(1), promised_at=at(10), ended_at=at(9), ending="approved",
        supplements=[[at(2), at(3)], [at(4), at(5)]],
    )  # fmt: skip
    assert in_time_by_instant(twice, END_OF_JULY, repeated_always_late=False)
    assert not in_time_by_instant(twice, END_OF_JULY, repeated_always_late=True)


def test_every_rule_set_gives_a_hundred_points_and_one_is_in_force_each_day() -> None:
    for rules in rule_sets().values():
        assert sum(row.points for row in rules.rows) == 100
        assert {row.group for row in rules.rows} <= {code for code, _name in rules.groups}
    first, second = rules_on(date(2025, 12, 31)), rules_on(date(2026, 1, 1))
    assert first and second and (first.code, second.code) == ("766/2022", "766/2026")
    assert rules_on(date(2022, 7, 31)) is None


def test_nothing_to_divide_by_is_null_zero_or_the_maximum_and_says_which() -> None:
    index = index_of(Tally(), [], rule_sets()["766/2022"], "province")
    rows = {case.row.code: case.to_json() for case in index.scored}
    assert (rows["DOSSIER_SYNC"]["score"], rows["DOSSIER_SYNC"]["quality"]) == (None, NOT_RECORDED)
    assert (rows["PUBLIC_CONTENT_FULL"]["score"], rows["PROCESSING_ON_TIME"]["score"]) == (None, 0.0)
    assert (rows["PETITION_PROCESSING_ON_TIME"]["score"], rows["PETITION_PROCESSING_ON_TIME"]["quality"]) == (
        6.0,
        EMPTY_MAXIMUM,
    )
    total = index.to_json()["total"]
    assert total["missing"] == sum(case.row.points for case in index.scored if case.score is None)
    assert NO_DATA not in {case.quality for case in index.scored}


def test_none_of_something_is_zero_and_not_null() -> None:
    tally = Tally()
    tally.add("in_time", 0)
    row = next(
        case for case in index_of(tally, [], rule_sets()["766/2022"], "province").scored if case.row.number == "2.1"
    )
    assert (row.score, row.ratio, row.quality) == (Fraction(), Fraction(), "OK")


def test_a_commune_gets_the_maximum_of_rows_that_do_not_apply_to_it() -> None:
    rows = index_of(Tally(), [], rule_sets()["766/2026"], "commune").scored
    full_online = next(case for case in rows if case.row.code == "FULL_ONLINE_DOSSIERS")
    assert (full_online.score, full_online.quality) == (12, NOT_APPLICABLE)


def test_a_ratio_beyond_full_at_gives_no_more_than_all_points() -> None:
    tally = Tally()
    for part in (1, 1, 1, 0):
        tally.add("sent_online", part)
    rows = index_of(tally, [], rule_sets()["766/2022"], "province").scored
    row = next(case for case in rows if case.row.code == "SENT_ONLINE")
    assert (row.ratio, row.score) == (Fraction(3, 4), 6)


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    scores = {"a": Fraction(90), "b": Fraction("85.0005"), "c": Fraction("85"), "d": Fraction(84)}
    assert ranks(scores) == {"a": 1, "b": 2, "c": 2, "d": 4}


def test_ties_do_not_creep_from_neighbour_to_neighbour() -> None:
    assert ranks({"a": Fraction("1.0015"), "b": Fraction("1.001"), "c": Fraction("1.0004")}) == {"a": 1, "b": 1, "c": 3}


def test_movement_is_places_won_and_none_for_a_newcomer() -> None:
    assert movement({"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 1}) == {"a": 1, "b": -1, "c": None}


@pytest.mark.parametrize(
    ("name", "first", "last", "previous"),
    [
        ("2026-03", date(2026, 3, 1), date(2026, 3, 31), "2026-02"),
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "2025-12"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "2025-Q4"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2025"),
    ],
)
def test_a_period_has_a_first_and_a_last_day_and_one_before(name: str, first: date, last: date, previous: str) -> None:
    period = FigurePeriod.named(name)
    assert period is not None
    assert (period.first, period.last, period.previous.name) == (first, last, previous)
    assert period.previous.until == period.since


@pytest.mark.parametrize("name", ["2026-13", "2026-Q5", "26-01", "2026-00", "", "2026-1", "0000"])
def test_no_other_name_is_a_period(name: str) -> None:
    assert FigurePeriod.named(name) is None


@given(st.fractions(min_value=-100, max_value=100, max_denominator=10_000))
def test_rounding_is_half_up_to_the_digit(value: Fraction) -> None:
    rounded_value = rounded(value, 2)
    assert rounded_value is not None
    assert abs(Fraction(str(rounded_value)) - value) <= Fraction(5, 1000)


def test_an_agency_recorded_after_the_reform_is_not_put_under_an_old_province_that_may_be_another() -> None:
    old = Agency("H15.01", "Sở", None, "15", date(2025, 1, 1))
    new = Agency("H15.02", "Sở", None, "15", date(2025, 8, 1))
    units = Units({case.code: case for case in (old, new)}, {"10": "15", "15": "15"})
    assert units.province_of("H15.01", 63) == "15"
    assert units.province_of("H15.02", 63) == "34:15"
    assert units.province_of("H15.02", 34) == "15"


def test_restating_for_34_provinces_moves_only_what_was_merged() -> None:
    known_agencies = {
        row["code"]: Agency(row["code"], row["name"], row["parent_code"], row["province_code"], date(2025, 1, 1))
        for row in agencies(["01", "02", "08"])
    }
    units = Units(known_agencies, {"02": "08", "08": "08"})
    assert units.scope("01", 63) == units.scope("01", 34)
    assert units.scope("08", 34) == (units.scope("02", 63) or set()) | (units.scope("08", 63) or set())
    assert units.scope(COUNTRY, 34) is None
    assert units.scope("H02", 34) == {"H02", "H02.01", "H02.02"}


def test_a_fact_can_be_put_away_and_taken_back_unchanged() -> None:
    for events in histories(40, ["01"], 5):
        folded = fold(first_fact(events[0]["data"]), [move_of(event, 1) for event in events])
        stated = {name: getattr(folded, name) for name in STATED}
        assert Fact(**stated, **folded.folded()) == folded
        assert folded.event_ids == [event["id"] for event in events]
