"""Who proposes, who decides, what an appeal does, and what each service level allows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.applications.domain.facts import Sealed
from services.applications.domain.statuses import Status
from services.applications.errors import (
    AlreadyErased,
    AppealNotPending,
    AppealPending,
    AppealTooLate,
    ApproverIsProposer,
    ChannelNotOffered,
    ConsultationNotFound,
    DeciderDecidesAppeal,
    DeliveryNotOffered,
    ErasureNeedsTwoPersons,
    NoProposal,
    NotAssigned,
    ServiceLevelTooLow,
)
from tests.unit.applications.actors import act
from tests.unit.applications.builders import Life, brought_to


def test_only_the_assigned_officer_proposes() -> None:
    life = brought_to(Status.IN_PROCESSING)
    with pytest.raises(NotAssigned):
        life.do("propose", account_id="case-2")


def test_nobody_decides_on_their_own_proposal() -> None:
    life = brought_to(Status.IN_PROCESSING).do("assign", officer_id="both").do("propose", account_id="both")
    for command in ("approve", "reject", "send_back"):
        with pytest.raises(ApproverIsProposer):
            life.do(command, account_id="both")


@pytest.mark.parametrize("command", ["approve", "reject", "send_back"])
def test_without_a_proposal_there_is_nothing_to_decide(command):
    with pytest.raises(NoProposal):
        brought_to(Status.IN_PROCESSING).do(command)


def test_a_proposal_sent_back_has_to_be_made_again() -> None:
    life = brought_to(Status.IN_PROCESSING).do("propose").do("send_back")
    with pytest.raises(NoProposal):
        life.do("approve")
    life.do("propose").do("approve")
    assert life.app.decision["proposed_by"] == "case-1"


def test_an_upheld_appeal_sets_the_decision_aside_and_keeps_it_readable() -> None:
    life = brought_to(Status.REJECTED).do("appeal").do("uphold_appeal")
    assert life.app.status == Status.IN_PROCESSING
    assert life.app.decision is None
    assert life.app.set_aside[0]["outcome"] == "rejected"
    assert life.app.due_at is not None and life.app.clock.ended_at is None
    life.do("propose").do("approve")
    decision: Any = life.app.decision
    assert decision["outcome"] == "approved"


def test_a_refused_intake_upheld_on_appeal_gets_a_receipt_and_a_date() -> None:
    life = brought_to(Status.INTAKE_REFUSED).do("appeal").do("uphold_appeal")
    assert (life.app.receipt_number, life.app.status) == ("TN-2", Status.IN_PROCESSING)


def test_a_dismissed_appeal_leaves_the_decision_as_it_was() -> None:
    life = brought_to(Status.REJECTED).do("appeal").do("dismiss_appeal")
    assert life.app.status == Status.REJECTED
    assert life.app.appeals[0]["outcome"] == "dismissed"


def test_whoever_decided_does_not_decide_the_appeal() -> None:
    life = brought_to(Status.REJECTED).do("appeal")
    with pytest.raises(DeciderDecidesAppeal):
        life.do("dismiss_appeal", account_id="approver-1")


def test_an_appeal_after_ninety_days_is_too_late() -> None:
    life = brought_to(Status.REJECTED)
    life.at += timedelta(days=92)  # day 90 is a Sunday, so day 91 is the last one
    with pytest.raises(AppealTooLate):
        life.do("appeal")


def test_one_appeal_at_a_time_and_none_out_of_nothing() -> None:
    life = brought_to(Status.REJECTED)
    with pytest.raises(AppealNotPending):
        life.do("dismiss_appeal")
    with pytest.raises(AppealPending):
        life.do("appeal").do("appeal")


def test_several_agencies_are_asked_at_once_and_each_answers_once() -> None:
    life = brought_to(Status.IN_PROCESSING).do("consult", agency_code="H01.02").do("consult", agency_code="H01.03")
    first, second = life.app.consultations
    opinion: Sealed = {"statement_id": "o", "commitment": "c"}
    life.app.answer_consultation(
        consultation_id=second, opinion=opinion, by=act("x", "case_officer", "H01.03", at=life.at)
    )
    assert life.app.consultations[first]["opinion"] is None
    for wrong in (second, first):  # answered already; asked of another agency
        with pytest.raises(ConsultationNotFound):
            life.app.answer_consultation(
                consultation_id=wrong, opinion=opinion, by=act("x", "case_officer", "H01.03", at=life.at)
            )


@pytest.mark.parametrize("level", [1, 2])
def test_levels_one_and_two_take_no_online_submission(level):
    with pytest.raises(ServiceLevelTooLow):
        Life(level=level)


def test_level_three_returns_results_only_at_the_counter() -> None:
    life = Life(level=3)
    for command in ("submit", "accept", "assign", "propose", "approve"):
        life.do(command)
    for method in ("online", "post"):
        with pytest.raises(DeliveryNotOffered):
            life.do("return_result", method=method)
        with pytest.raises(DeliveryNotOffered):
            life.do("choose_delivery", method=method)
    life.do("return_result", method="counter")


@pytest.mark.parametrize("method", ["online", "post", "counter"])
def test_level_four_returns_results_every_way(method):
    assert brought_to(Status.APPROVED).do("return_result", method=method).app.returned["method"] == method


def test_a_level_raised_between_draft_and_submission_is_the_one_pinned() -> None:
    life = Life(level=3)
    life.procedure = life.procedure | {"level": 4, "version": 2}
    life.do("submit")
    assert (life.app.level, life.app.procedure_version) == (4, 2)


def test_a_channel_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ChannelNotOffered):
        Life(channels={"counter": {}})


def test_the_event_says_for_whom_a_delegate_acted() -> None:
    life = brought_to(Status.DRAFT)
    life.app.submit(
        procedure=life.procedure,
        procedure_digest="d",
        quote=life.quote,
        by=act("delegate", "citizen", on_behalf_of="citizen-1", at=life.at),
    )
    event: Any = life.app.pending_events[-1]
    assert event.by == {
        "account_id": "delegate",
        "role": "citizen",
        "agency_code": None,
        "on_behalf_of": "citizen-1",
    }


def test_erasure_is_two_persons_work_and_happens_once() -> None:
    life = brought_to(Status.RESULT_RETURNED)
    with pytest.raises(ErasureNeedsTwoPersons):
        life.do("erase_subject", asked_by="auditor-1")
    life.do("erase_subject")
    with pytest.raises(AlreadyErased):
        life.do("erase_subject")
