"""How one application stands at the end of a period: the one rule that statistics and the index share.

Counted by acceptance. Statistics compare days (Circular 01/2020), the index compares instants (Decision 766): the
comparison is named in the function that makes it.
"""

from __future__ import annotations

from typing import NamedTuple

from services.oversight.domain.fact import Fact, day_number
from services.oversight.domain.periods import FigureWindow

SOLVED = frozenset({"approved", "rejected"})
STOPPED = frozenset({"stopped", "withdrawn"})  # both have the official status 8; they stay in process within time


class PeriodStanding(NamedTuple):
    """``received``: online, direct or carried_over. ``result``: early, in_time, late, within or beyond."""

    received: str
    result: str


def standing(fact: Fact, window: FigureWindow) -> PeriodStanding | None:
    """``None`` where the application does not belong to the period: not accepted yet, or ended before."""
    if fact.accepted_at is None or fact.accepted_at >= window.until:
        return None
    if fact.ended_at is not None and fact.ended_at < window.since:
        return None
    if fact.accepted_at < window.since:
        received = "carried_over"
    else:
        received = "online" if fact.online else "direct"
    return PeriodStanding(received, _solved_by_day(fact) if fact.ending in SOLVED else _open_by_day(fact, window))


def _solved_by_day(fact: Fact) -> str:
    if fact.due_at is None or fact.ended_at is None:
        return "in_time"
    ended, due = day_number(fact.ended_at), day_number(fact.due_at)
    return "early" if ended < due else "in_time" if ended == due else "late"


def _open_by_day(fact: Fact, window: FigureWindow) -> str:
    if fact.ending in STOPPED or fact.paused or fact.due_at is None:
        return "within"
    return "beyond" if day_number(fact.due_at) < day_number(window.until - 1) else "within"


def in_time_by_instant(fact: Fact, window: FigureWindow, *, repeated_always_late: bool) -> bool:
    """Row "in time" of Decision 766 for an application that was received or in process in the period.

    The end is the decision, or the stop; without one it is the end of the period, or the one request for a supplement
    that waits. What a supplement took does not count. Asked for more than once: late, while nothing is decided, and
    with ``repeated_always_late`` afterwards too.
    """
    requests = len(fact.supplements)
    decided = fact.ended_at is not None
    if requests > 1 and (repeated_always_late or (not decided and fact.paused)):
        return False
    if fact.promised_at is None:
        return True
    if decided:
        end = fact.ended_at or 0
    elif requests and fact.supplements[-1][1] is None:
        end = fact.supplements[-1][0] or 0
    else:
        end = window.until - 1
    return end - _supplement_time(fact) <= fact.promised_at


def _supplement_time(fact: Fact) -> int:
    return sum(answer - (request or 0) for request, answer in fact.supplements if answer is not None)
