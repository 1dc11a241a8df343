"""The life of one delivery (an e-mail, a text, a webhook call) as data, and when to try again.

``sent`` means the next server took it; ``delivered`` means it reached its reader. A state without
arrows is final: reports that come late or twice change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

CREATED = "created"
SENDING = "sending"
SENT = "sent"
DELIVERED = "delivered"
TEMPORARY_FAILURE = "temporary_failure"
PERMANENT_FAILURE = "permanent_failure"

MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        CREATED: frozenset({SENDING, PERMANENT_FAILURE}),
        SENDING: frozenset({SENT, DELIVERED, TEMPORARY_FAILURE, PERMANENT_FAILURE}),
        SENT: frozenset({DELIVERED, PERMANENT_FAILURE}),
        TEMPORARY_FAILURE: frozenset({SENDING, PERMANENT_FAILURE}),
        DELIVERED: frozenset(),
        PERMANENT_FAILURE: frozenset(),
    }
)
WAITING = frozenset({CREATED, TEMPORARY_FAILURE})
FINAL = frozenset(state for state, onward in MOVES.items() if not onward)

EMAIL_DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440, 1440))
SMS_DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
WEBHOOK_DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 60, 1440))


def may(state: str, to: str) -> bool:
    """Whether the table has an arrow from ``state`` to ``to``."""
    return to in MOVES[state]


def retry_delay(attempts: int, delays: Sequence[timedelta]) -> timedelta | None:
    """How long to wait after attempt number ``attempts`` failed; ``None`` when it was the last one."""
    return delays[attempts - 1] if attempts <= len(delays) else None
