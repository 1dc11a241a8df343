"""The life of a delivery as a table, and the growing delays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notifications.domain import delivery as states

ARROWS = [(state, to) for state in states.MOVES for to in states.MOVES]
ALLOWED = {
    ("created", "sending"),
    ("created", "permanent_failure"),
    ("sending", "sent"),
    ("sending", "delivered"),
    ("sending", "temporary_failure"),
    ("sending", "permanent_failure"),
    ("sent", "delivered"),
    ("sent", "permanent_failure"),
    ("temporary_failure", "sending"),
    ("temporary_failure", "permanent_failure"),
}


@pytest.mark.parametrize(("state", "to"), ARROWS)
def test_a_delivery_moves_along_the_arrows_and_no_others(state: str, to: str) -> None:
    assert states.may(state, to) == ((state, to) in ALLOWED)


def test_every_state_can_be_reached_and_only_two_are_final() -> None:
    reached = {"created"} | {to for onward in states.MOVES.values() for to in onward}
    assert reached == set(states.MOVES)
    assert {"delivered", "permanent_failure"} == states.FINAL


@pytest.mark.parametrize("delays", [states.EMAIL_DELAYS, states.SMS_DELAYS, states.WEBHOOK_DELAYS])
def test_delays_grow_and_come_to_an_end(delays: tuple[timedelta, ...]) -> None:
    waits = [states.retry_delay(attempt, delays) for attempt in range(1, len(delays) + 2)]
    assert waits[-1] is None
    assert list(waits[:-1]) == sorted(delays) and waits[0] == timedelta(minutes=1)


def test_webhooks_are_tried_again_after_1_minute_5_minutes_1_hour_and_1_day() -> None:
    assert [delay.total_seconds() for delay in states.WEBHOOK_DELAYS] == [60, 300, 3600, 86400]
