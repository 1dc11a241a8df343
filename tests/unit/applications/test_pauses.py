"""Supplements, payments and withdrawals: the clock stops, and goes on with what was left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.applications.domain.statuses import Status
from services.applications.errors import FeeNotPaid, NotExtendable, NothingOwed
from tests.unit.applications.builders import WORDS, Life, brought_to
from tests.unit.applications.fakes import money


def local(life: Life) -> str | None:
    due = life.app.due_at
    return (
        due.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+07:00").tzinfo).strftime("%Y-%m-%d %H:%M")
        if due
        else None
    )


def test_a_promise_of_three_working_days_ends_at_five_on_the_third() -> None:
    life = brought_to(Status.ACCEPTED)  # Monday 2 March 2026
    assert local(life) == "2026-03-05 17:00"


def test_while_a_supplement_is_waited_for_nothing_is_due() -> None:
    life = brought_to(Status.SUPPLEMENT_REQUESTED)
    assert life.app.due_at is None and life.app.clock.is_paused


def test_the_clock_goes_on_with_the_minutes_that_were_left() -> None:
    life = brought_to(Status.SUPPLEMENT_REQUESTED)
    left = life.app.clock.minutes_left(life.at)
    life.at += timedelta(days=7, minutes=-life.minutes)
    life.do("supplement")
    assert life.app.clock.minutes_left(life.at) == left
    assert local(life) == "2026-03-12 17:00"


def test_a_withdrawal_asked_for_during_a_supplement_comes_back_to_it_and_the_clock_stays_paused() -> None:
    life = brought_to(Status.SUPPLEMENT_REQUESTED).do("request_withdrawal").do("decline_withdrawal")
    assert life.app.status == Status.SUPPLEMENT_REQUESTED and life.app.clock.is_paused
    life.do("supplement")
    assert life.app.status == Status.IN_PROCESSING and not life.app.clock.is_paused


def test_a_payment_that_comes_in_during_a_withdrawal_is_not_waited_for_again() -> None:
    life = brought_to(Status.PAYMENT_REQUESTED).do("request_withdrawal").do("settle_fee")
    assert life.app.status == Status.WITHDRAWAL_REQUESTED
    life.do("decline_withdrawal")
    assert life.app.status == Status.IN_PROCESSING and not life.app.clock.is_paused and life.app.waits == ()


def test_a_supplement_asked_for_before_acceptance_has_no_clock_to_stop() -> None:
    life = brought_to(Status.SUBMITTED).do("request_supplement")
    assert life.app.clock is None
    life.do("supplement").do("accept")
    assert life.app.status == Status.ACCEPTED and life.app.due_at is not None


def test_a_payment_request_without_anything_owed_is_refused() -> None:
    life = brought_to(Status.IN_PROCESSING)
    with pytest.raises(NothingOwed):
        life.do("request_payment", amount=None)


def test_fees_of_the_quote_kept_for_the_supplement_are_asked_for_as_they_are() -> None:
    life = Life("supplement").do("submit").do("accept").do("assign").do("request_payment", amount=None)
    assert life.app.owed() == {"supplement": 20_000}
    life.do("settle_fee")
    assert life.app.owed() == {} and life.app.status == Status.IN_PROCESSING


def test_a_settlement_of_something_else_does_not_end_the_wait() -> None:
    life = Life("result").do("submit").do("accept").do("assign").do("request_payment", amount=money(500))
    life.do("settle_fee", moments=["result"])
    assert life.app.status == Status.PAYMENT_REQUESTED and life.app.clock.is_paused
    life.do("settle_fee", moments=["supplement"])
    assert life.app.status == Status.IN_PROCESSING


def test_a_fee_at_the_result_blocks_its_return() -> None:
    life = Life("result")
    for command in ("submit", "accept", "assign", "propose", "approve"):
        life.do(command)
    with pytest.raises(FeeNotPaid):
        life.do("return_result")
    life.do("settle_fee").do("return_result")
    assert life.app.status == Status.RESULT_RETURNED


def test_a_waived_fee_blocks_no_more() -> None:
    life = Life("intake").do("submit")
    life.do("settle_fee", how="waived", legal_basis="Điều 10 Luật Phí và lệ phí").do("accept")
    assert life.app.fees["intake"]["settled"]["how"] == "waived"


def test_an_extension_keeps_the_earlier_date_readable() -> None:
    life = brought_to(Status.IN_PROCESSING)
    before = life.app.due_at
    life.do("extend", due_at=before + timedelta(days=5))
    assert life.app.due_at == before + timedelta(days=5)
    event: Any = life.app.pending_events[-1]
    assert event.previous_due_at == before.isoformat()
    assert life.app.clock.promised_at == before


@pytest.mark.parametrize("change", [timedelta(0), timedelta(days=-1)])
def test_a_date_that_is_not_later_is_no_extension(change):
    life = brought_to(Status.IN_PROCESSING)
    with pytest.raises(NotExtendable):
        life.do("extend", due_at=life.app.due_at + change)


def test_a_procedure_that_allows_no_extension_gets_none() -> None:
    life = brought_to(Status.IN_PROCESSING)
    with pytest.raises(NotExtendable):
        life.do("extend", may_extend=False)


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED, Status.STOPPED, Status.WITHDRAWN])
def test_the_clock_ends_with_the_decision(status):
    assert brought_to(status).app.clock.ended_at is not None


def test_reasons_are_sealed_words_not_text() -> None:
    life = brought_to(Status.SUPPLEMENT_REQUESTED)
    assert life.app.waits[-1]["reason"] == WORDS


def test_ten_o_clock_on_monday_and_two_working_days_is_five_on_wednesday() -> None:
    """Not ten o'clock on Wednesday: a working day is promised to its end."""
    life = Life(at=datetime.fromisoformat("2026-03-02T09:58:00+07:00")).do("submit")
    life.do("accept", promise={"amount": 2, "unit": "working_days"})
    assert local(life) == "2026-03-04 17:00"


def test_a_procedure_that_promises_nothing_shows_no_date() -> None:
    life = Life().do("submit").do("accept", promise={"amount": None, "unit": "not_stated"})
    assert life.app.due_at is None and life.app.clock.promised_at is None


def test_asking_again_and_again_for_supplements_makes_nobody_late() -> None:
    life = brought_to(Status.IN_PROCESSING)
    for _ in range(4):
        life.do("request_supplement")
        life.at += timedelta(days=20)
        life.do("supplement")
        assert not life.app.clock.is_late(life.at)
    assert life.app.supplements == 4


def test_where_the_procedure_lets_nothing_pause_the_clock_runs_on() -> None:
    life = brought_to(Status.IN_PROCESSING, may_pause=False)
    due = life.app.due_at
    life.do("request_supplement")
    assert life.app.due_at == due and not life.app.clock.is_paused
    life.do("supplement").do("request_withdrawal").do("decline_withdrawal")
    assert life.app.due_at == due and life.app.status == Status.IN_PROCESSING
