"""The state graph is complete: every arrow there is works, every other pair is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.states import EDGES, EVENTS, HOLDS_MONEY, OPEN, PaymentState, move_event, reachable
from services.payments.errors import TransitionNotAllowed

PAIRS = list(itertools.product(PaymentState, PaymentState))


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair in EDGES])
def test_every_arrow_of_the_graph_is_allowed_and_names_its_event(source: PaymentState, target: PaymentState) -> None:
    assert move_event(source, target) in EDGES[source, target]


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair not in EDGES])
def test_every_pair_without_an_arrow_is_refused_with_what_is_allowed(
    source: PaymentState, target: PaymentState
) -> None:
    with pytest.raises(TransitionNotAllowed) as refusal:
        move_event(source, target)
    assert refusal.value.facts["allowed"] == (", ".join(reachable(source)) or "–")


def test_an_event_that_does_not_belong_to_an_arrow_is_refused() -> None:
    with pytest.raises(TransitionNotAllowed):
        move_event(PaymentState.STARTED, PaymentState.SETTLED, EDGES[PaymentState.STARTED, PaymentState.EXPIRED][0])


def test_every_state_is_reached_from_created_and_every_event_is_used() -> None:
    collected, frontier = {PaymentState.CREATED}, [PaymentState.CREATED]
    while frontier:
        frontier = [entry for state in frontier for entry in reachable(state) if entry not in collected]
        collected.update(frontier)
    assert collected == set(PaymentState)
    assert {event for events in EDGES.values() for event in events} == set(EVENTS)


def test_event_topics_are_written_by_hand_and_unique() -> None:
    topics = [event.topic for event in EVENTS]
    assert len(set(topics)) == len(topics) and all(topic.startswith("payments.") for topic in topics)


def test_money_is_never_forgotten_once_it_is_held() -> None:
    assert all(target in HOLDS_MONEY for source, target in EDGES if source in HOLDS_MONEY)


def test_whatever_was_given_up_can_still_be_corrected_when_the_money_came() -> None:
    for state in set(PaymentState) - HOLDS_MONEY - {PaymentState.CREATED}:
        assert {PaymentState.SETTLED, PaymentState.SURPLUS} <= set(reachable(state))


@given(st.lists(st.sampled_from(PaymentState), max_size=30))
def test_no_walk_leaves_the_graph_or_receives_money_twice(wishes: list[PaymentState]) -> None:
    state, receipts = PaymentState.CREATED, 0
    for wish in wishes:
        try:
            move_event(state, wish)
        except TransitionNotAllowed:
            continue
        receipts += wish in {PaymentState.SETTLED, PaymentState.SURPLUS} and state not in HOLDS_MONEY
        state = wish
    assert receipts <= 1
    assert state in OPEN or state in HOLDS_MONEY or receipts == 0
