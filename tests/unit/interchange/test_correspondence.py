"""A document's way with one receiver: statuses, requests of the sender, and what no order of acts can bring about."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.interchange.domain.correspondence import (
    ACCEPTED,
    ACT_OF,
    ARRIVED,
    CANCELLED,
    FINISHED,
    MOST_SENDINGS,
    MOVES,
    RECALL,
    RECALLED,
    RECEIVER,
    REFUSED,
    REPLACE,
    SENDER,
    SENT,
    SUPERSEDED,
    UPDATE,
    Consignment,
    DocumentStep,
    StepFacts,
    consignment_of,
    status_code,
)
from services.interchange.domain.document_events import (
    DOCUMENT_TOPICS,
    commitment,
    consignment_stream,
    document_code,
    document_id_of,
    recorded_step,
)

AT = "2026-03-02T02:30:00+00:00"
FACTS: dict[str, dict[str, Any]] = {"send": {"content_version": 1}, "reply": {"document_id": "answer"}}


def step(kind: str, **facts: Any) -> DocumentStep:
    return DocumentStep(kind, AT, cast(StepFacts, {**FACTS.get(kind, {}), **facts}))


def after(*kinds: str | DocumentStep) -> Consignment:
    return consignment_of(step(kind) if isinstance(kind, str) else kind for kind in kinds)


def ask(request: str, **facts: Any) -> DocumentStep:
    return step("ask", request=request, **facts)


def test_a_document_is_sent_arrives_is_accepted_assigned_worked_on_and_finished() -> None:
    steps = [step(kind) for kind in ("send", "arrive", "accept", "assign", "begin", "finish")]
    assert [status_code(item) for item in steps] == [None, "01", "03", "04", "05", "06"]
    done = consignment_of(steps)
    assert (done.status, done.code, done.version, set(done.reached)) == (
        FINISHED, "06", 6, {"sent", "arrived", "accepted", "assigned", "in_work", "finished"},
    )  # fmt: skip


@pytest.mark.parametrize(("road", "act"), [
    (("send",), "accept"), (("send", "arrive", "accept"), "refuse"), (("send", "arrive"), "finish"),
    (("send", "arrive", "accept", "begin"), "assign"), (("send", "arrive", "accept", "finish"), "begin"),
    (("send", "arrive"), "send"), (("send", "arrive"), "agree"), ((), "ask"), (("send",), "ask"),
])  # fmt: skip
def test_what_is_out_of_order_is_not_allowed(road: tuple[str, ...], act: str) -> None:
    assert not after(*road).may(act)


def test_each_side_has_its_own_steps() -> None:
    arrived = after("send", "arrive")
    assert arrived.allowed(RECEIVER) == ["refuse", "accept", "reply"] and arrived.allowed(SENDER) == ["ask"]


def test_a_refused_document_may_be_sent_again_five_times_in_all() -> None:
    refused = after(*["send", "arrive", "refuse"] * (MOST_SENDINGS - 1))
    assert refused.status == REFUSED and refused.may("send")
    refused = after(*["send", "arrive", "refuse"] * MOST_SENDINGS)
    assert refused.exhausted and not refused.may("send")


def test_what_has_not_left_is_cancelled_without_asking_anybody() -> None:
    assert after("send", "cancel").status == CANCELLED and after("send").allowed(SENDER) == ["cancel"]


def test_a_request_waits_for_its_answer_and_nothing_else_happens_meanwhile() -> None:
    waiting = after("send", "arrive", "accept", ask(RECALL))
    assert waiting.allowed(RECEIVER) == ["reply", "agree", "decline"] and waiting.allowed(SENDER) == []
    assert (waiting.status, waiting.code) == (ACCEPTED, "103")


def test_an_agreed_recall_ends_it_and_a_declined_one_changes_nothing() -> None:
    asked_for = (*("send", "arrive", "accept"), ask(RECALL))
    agreed, declined = after(*asked_for, "agree"), after(*asked_for, "decline")
    assert (agreed.status, agreed.code, agreed.allowed(SENDER), agreed.allowed(RECEIVER)) == (RECALLED, "13", [], [])
    assert (declined.status, declined.pending) == (ACCEPTED, None)
    assert [status_code(step(kind)) for kind in ("agree", "decline")] == ["15", "16"]


def test_a_recall_of_what_was_decided_on_can_only_be_declined() -> None:
    finished = after("send", "arrive", "accept", "finish", ask(RECALL))
    assert finished.allowed(RECEIVER) == ["reply", "decline"]


def test_an_agreed_update_shows_the_new_content_in_the_same_status() -> None:
    asked_for = ("send", "arrive", "accept", ask(UPDATE, content_version=2))
    assert (after(*asked_for).content_version, after(*asked_for).code) == (1, "104")
    assert (after(*asked_for, "agree").content_version, after(*asked_for, "agree").status) == (2, ACCEPTED)
    assert after(*asked_for, "decline").content_version == 1


def test_an_agreed_replacement_leaves_the_old_document_marked() -> None:
    replaced = after("send", "arrive", ask(REPLACE, replacement_id="neu"), "agree")
    assert (replaced.status, replaced.superseded_by, replaced.content_version) == (SUPERSEDED, "neu", 1)


def test_an_answering_document_is_linked_even_while_a_request_waits() -> None:
    waiting = after("send", "arrive", ask(RECALL))
    assert waiting.may("reply") and waiting.after(step("reply")).replies == (("answer", AT),)


def test_statuses_are_named_by_word_and_by_code() -> None:
    assert ACT_OF["refused"] == ACT_OF["02"] == "refuse" and ACT_OF["in_work"] == ACT_OF["05"] == "begin"
    assert set(ACT_OF) == {"refused", "accepted", "assigned", "in_work", "finished", "02", "03", "04", "05", "06"}


ACTS = st.lists(
    st.sampled_from([*MOVES, "arrive", "accept", "agree"]).flatmap(
        lambda kind: st.sampled_from([RECALL, UPDATE, REPLACE]).map(
            lambda request: ask(request, content_version=2, replacement_id="neu") if kind == "ask" else step(kind)
        )
    ),
    max_size=30,
)


def allowed_steps(attempts: list[DocumentStep]) -> list[DocumentStep]:
    consignment, taken_steps = Consignment(), []
    for attempt in attempts:
        if consignment.may(attempt.kind):
            consignment = consignment.after(attempt)
            taken_steps.append(attempt)
    return taken_steps


@given(ACTS)
def test_no_order_of_acts_breaks_what_every_history_promises(attempts: list[DocumentStep]) -> None:
    steps, consignment = allowed_steps(attempts), Consignment()
    for number, item in enumerate(steps):
        before, consignment = consignment, consignment.after(item)
        assert consignment.version == number + 1
        assert set(before.reached) <= set(consignment.reached), "nothing that was reached is lost"
        if consignment.status != before.status:
            assert {REFUSED: {ARRIVED}, ARRIVED: {SENT}, FINISHED: {"accepted", "assigned", "in_work"}}.get(
                consignment.status, {before.status}
            ) >= {before.status}
            if consignment.status in {RECALLED, SUPERSEDED}:
                assert item.kind == "agree" and before.pending is not None and before.status != ""
        if before.status in {RECALLED, SUPERSEDED}:
            raise AssertionError("nothing happens after the end")
        assert not (before.decided and consignment.status == RECALLED)
    assert consignment.sendings <= MOST_SENDINGS
    assert consignment == consignment_of(steps), "replay gives the same"


@given(ACTS)
def test_there_is_always_somebody_who_may_go_on_or_it_is_at_its_end(attempts: list[DocumentStep]) -> None:
    consignment = consignment_of(allowed_steps(attempts))
    if consignment.status in {RECALLED, SUPERSEDED} or (
        consignment.exhausted and consignment.status in {REFUSED, CANCELLED}
    ):
        assert not any(consignment.may(act) for act in MOVES)
    else:
        assert any(consignment.may(act) for act in MOVES)


def test_a_document_has_the_id_of_its_agency_day_and_number_and_a_stream_with_each_receiver() -> None:
    code = document_code("H26.01", "2026-03-02", "12", "UBND-VP")
    assert code == "H26.01,2026/03/02,12/UBND-VP" and document_id_of(code) == document_id_of(code)
    streams = {consignment_stream(document_id_of(code), agency) for agency in ("H29.01", "H30.01")}
    assert len(streams) == 2 and set(DOCUMENT_TOPICS) == set(MOVES)


def test_an_event_is_read_as_the_step_it_was_and_a_commitment_depends_on_its_salt() -> None:
    event = {"at": AT, "facts": {"request": RECALL}}
    assert recorded_step(DOCUMENT_TOPICS["ask"], event) == ask(RECALL)
    assert (
        commitment(b"a", {"x": 1, "y": 2}) == commitment(b"a", {"y": 2, "x": 1}) != commitment(b"b", {"x": 1, "y": 2})
    )
