"""The judge is judged: a lost, doubled or unasked event does not pass, and a slow or leaky run does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.faults.chaos import shares
from tests.faults.engine.invariants import Invariants, check_quarantine
from tests.faults.engine.report import chart, faults_of, markdown, memory, page, table
from tests.faults.engine.schedule import FULL_SECONDS, SETTLING, TimeBudget
from tests.faults.engine.side_effects import check_emails, check_payments, check_text_messages
from tests.faults.engine.verdicts import Verdict
from tests.faults.engine.workload import Attempt, Ledger
from tests.faults.scenarios.soak import judge, over_time
from tests.faults.scenarios.table import LONG

STARTED = {"command_id": "c1", "kind": "Started", "application_id": "a1", "version": 1}


def judged(events: list[dict[str, object]], *attempts: Attempt) -> Verdict:
    invariants, verdict, ledger = Invariants.__new__(Invariants), Verdict("example", 1), Ledger(list(attempts))
    invariants._commands(ledger, events, verdict)
    invariants._unrequested_events(ledger, events, verdict)
    return verdict


def start(outcome: str = "acknowledged") -> Attempt:
    return Attempt("c1", "applications.start", "a1", outcome=outcome)


def test_an_acknowledged_command_with_its_event_holds():
    assert judged([STARTED], start()).passed


def test_an_acknowledged_command_without_its_event_is_lost():
    assert judged([], start()).lost and not judged([], start()).passed


def test_a_command_nobody_knows_the_outcome_of_may_go_either_way():
    assert judged([], start("unknown")).passed and judged([STARTED], start("unknown")).passed


def test_two_events_of_one_command_are_one_too_many():
    assert judged([STARTED, {**STARTED, "application_id": "a2"}], start()).duplicated


def test_an_event_nobody_asked_for_is_unexpected():
    assert judged([STARTED]).unexpected


def test_a_run_that_recovers_late_or_loses_poison_does_not_hold():
    assert not Verdict("example", 1, recovered=31.0).passed
    assert not Verdict("example", 1, poison=2, quarantined=1).passed
    assert not Verdict("example", 1, dead_letters=1).passed


def test_the_page_shows_every_run_and_every_fault():
    view = Verdict("example", 1, marks=[(0.5, "kill <one>")], throughput=[1, 3]).as_dict()
    assert chart(view).count("<rect") == 2 and "kill &lt;one&gt; at 0.5 s" in chart(view)
    assert ">held<" in table([view])
    assert "1 of 1 runs held" in page([view])


def test_a_soak_shows_a_line_for_the_memory_of_each_process():
    grown = Verdict("a_soak", 1, facts={"MiB over time": {"catalog 7": [100, 120], "identity 8": [90, 90]}}).as_dict()
    drawn = memory(grown)
    assert drawn.count("<polyline") == 2 and "catalog 100 → 120 MiB" in drawn and "identity 90 → 90 MiB" in drawn
    assert drawn in page([grown]) and memory(Verdict("example", 1).as_dict()) == ""


def test_a_readme_shows_each_scenario_once_with_its_worst_times():
    runs = [Verdict("an_example", seed, faults=600, recovered=float(seed), poison=1) for seed in (2, 1)]
    *_heads, row = markdown([run.as_dict() for run in runs]).splitlines()
    assert row == "| an example | 1, 2 | 1,200 | 0 | 0 | 0 | 0 | 0 | 2.0 | 0.0 | 0 / 2 | 0 | 0 |"


def test_faults_are_named_by_kind():
    marks = [(0.0, "kill payments"), (1.0, "kill followers-2"), (2.0, "clock of identity -600 s")]
    assert faults_of({"marks": marks}) == "kill ×2, clock"


def test_a_line_through_the_samples_tells_growth_from_noise():
    leaking = [(float(at), 100.0 + at) for at in range(60)]
    noisy = [(float(at), 100.0 + at % 7) for at in range(60)]
    growth, leaks = judge({("MiB", "one"): leaking, ("MiB", "two"): noisy, ("MiB", "new"): leaking[:5]})
    assert leaks == ["one grew by 39 MiB"] and set(growth) == {"one MiB", "two MiB"}
    view = over_time({("MiB", "one"): leaking, ("descriptors", "one"): leaking, ("MiB", "new"): leaking[:5]})
    assert view == {"one": list(range(100, 160, 4))}


def test_the_minutes_are_divided_and_none_is_left_out():
    budget = TimeBudget(3600, ["partitions", "everything_at_once", "contention"])
    assert round(budget.seconds_for("everything_at_once")) == round((3600 - 3 * SETTLING) * 900 / 2720)
    budget.seconds = 0
    assert budget.seconds_for("partitions") == 10 and budget.left == ["contention"]
    budget.seconds = 36_000
    assert budget.seconds_for("contention") == FULL_SECONDS["contention"]
    assert set(FULL_SECONDS) == {scenario.__name__ for scenario in LONG}
    assert sum(shares(30)) == 1800


def letters_judged(*letters: str, attempts: int = 0) -> Verdict:
    answers: Iterator[list[Any]] = iter([[("d1", "sent", attempts)], [("d1",)]])
    verdict = Verdict("example", 1)
    check_emails(
        lambda *_request, **_values: next(answers), [f"Message-ID: <{letter}@here>\n" for letter in letters], 0, verdict
    )
    return verdict


def test_a_delivery_sent_has_one_letter_and_a_second_one_only_after_an_unknown_end():
    assert letters_judged("d1").passed
    assert letters_judged().lost and letters_judged("d1", "d1").duplicated and letters_judged("d1", "d2").unexpected
    assert letters_judged("d1", "d1", attempts=1).passed


def money_judged(captured: dict[str, int], *settled: tuple[str, str, int]) -> Verdict:
    verdict = Verdict("example", 1)
    check_payments(lambda *_request: list(settled), captured, {"before"}, verdict)
    return verdict


def test_what_a_gateway_took_is_booked_once_and_nothing_else():
    assert money_judged({"o1": 5, "before": 9}, ("o1", "a1", 5)).passed
    assert money_judged({"o1": 5}).lost and money_judged({}, ("o1", "a1", 5)).unexpected
    assert money_judged({"o1": 5}, ("o1", "a1", 6)).unexpected
    assert money_judged({"o1": 5, "o2": 5}, ("o1", "a1", 5), ("o2", "a1", 5)).duplicated


def put_aside(poison: int, *came: str | None) -> Verdict:
    verdict = Verdict("example", 1, poison=poison)
    check_quarantine([{"why": "", "headers": {} if entry is None else {"poison": entry}} for entry in came], verdict)
    return verdict


def test_poison_is_put_aside_once_each_and_nothing_else_is():
    assert put_aside(2, "1", "0").passed and put_aside(0).passed
    assert put_aside(2, "1", "1").lost and put_aside(2, "1", "1").duplicated
    assert put_aside(1, "0", None).unexpected


def texts_judged(status: str, **puts: int) -> Verdict:
    answers: Iterator[list[Any]] = iter([[("d1", status)], [("d1",)]])
    verdict = Verdict("example", 1)
    texts = [{"id": item, "puts": times} for item, times in puts.items()]
    check_text_messages(lambda *_request, **_values: next(answers), texts, 0, verdict)
    return verdict


def test_a_text_sent_was_handed_over_once():
    assert texts_judged("sent", d1=1).passed and texts_judged("sent", d1=2).duplicated
    assert texts_judged("sent").lost and texts_judged("sending", d1=1).lost
    assert texts_judged("sent", d1=1, d2=1).unexpected
    assert texts_judged("temporary_failure").passed and texts_judged("temporary_failure", d1=1).lost


def test_events_whose_queue_was_deleted_may_be_put_aside_by_the_broker():
    raw = [{"id": "applications:1", "source": "/applications", "data": {}}]
    kind, other = Verdict("example", 1, marks=[(1.0, "queues deleted")]), Verdict("example", 1)
    check_quarantine(raw, kind)
    check_quarantine(raw, other)
    assert kind.passed and kind.facts["events whose queue was gone"] == 1
    assert other.unexpected
