"""Where a payment can be and how it gets from one place to another, as data.

Every arrow names the event that is recorded when it is taken; what is not in :data:`EDGES` is refused. Arrows that
leave ``failed``, ``expired`` or ``cancelled`` exist because money is a fact: when the gateway proves that it has the
payer's money, our state is corrected to match it, whatever we believed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from services.payments.errors import TransitionNotAllowed


class State(StrEnum):
    CREATED = "created"
    STARTED = "started"
    PENDING = "pending"
    SETTLED = "settled"
    SURPLUS = "surplus"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUND_REQUESTED = "refund_requested"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Moved:
    """What happened to a payment; ``topic`` is the name stored in its history."""

    topic: ClassVar[str]


def _event(name: str, topic: str, meaning: str) -> type[Moved]:
    return type(name, (Moved,), {"topic": topic, "__doc__": meaning, "__module__": __name__})


Started = _event("Started", "payments.Started", "The payer was sent to the gateway or given a code to scan.")
OfflineMoneyReceived = _event(
    "OfflineMoneyReceived", "payments.OfflineMoneyReceived", "An official took cash or saw a transfer."
)
AwaitedAtGateway = _event(
    "AwaitedAtGateway", "payments.AwaitedAtGateway", "The gateway knows the order but has not decided."
)
MoneyReceived = _event("MoneyReceived", "payments.MoneyReceived", "The gateway has the money.")
PayerDeclined = _event("PayerDeclined", "payments.PayerDeclined", "The gateway or the payer's bank said no.")
TimeRanOut = _event("TimeRanOut", "payments.TimeRanOut", "Nobody paid in time, and the gateway confirms it.")
CalledOff = _event("CalledOff", "payments.CalledOff", "The payer called the payment off.")
CorrectedToMatchGateway = _event(
    "CorrectedToMatchGateway",
    "payments.CorrectedToMatchGateway",
    "We had given it up; the gateway proves that it was paid.",
)
MoneyNotOwed = _event(
    "MoneyNotOwed", "payments.MoneyNotOwed", "Money came for what was already paid, waived or called off."
)
RefundRequested = _event("RefundRequested", "payments.RefundRequested", "One person asked to give money back.")
RefundDeclined = _event("RefundDeclined", "payments.RefundDeclined", "A second person said no.")
RefundedInPart = _event("RefundedInPart", "payments.RefundedInPart", "Part of the money went back.")
RefundedInFull = _event("RefundedInFull", "payments.RefundedInFull", "All of the money went back.")

EVENTS: tuple[type[Moved], ...] = (
    Started, OfflineMoneyReceived, AwaitedAtGateway, MoneyReceived, PayerDeclined, TimeRanOut, CalledOff,
    CorrectedToMatchGateway, MoneyNotOwed, RefundRequested, RefundDeclined, RefundedInPart, RefundedInFull,
)  # fmt: skip

EDGES: Mapping[tuple[State, State], tuple[type[Moved], ...]] = {
    (State.CREATED, State.STARTED): (Started,),
    (State.CREATED, State.SETTLED): (OfflineMoneyReceived,),
    (State.STARTED, State.PENDING): (AwaitedAtGateway,),
    (State.STARTED, State.SETTLED): (MoneyReceived,),
    (State.STARTED, State.SURPLUS): (MoneyNotOwed,),
    (State.STARTED, State.FAILED): (PayerDeclined,),
    (State.STARTED, State.EXPIRED): (TimeRanOut,),
    (State.STARTED, State.CANCELLED): (CalledOff,),
    (State.PENDING, State.SETTLED): (MoneyReceived,),
    (State.PENDING, State.SURPLUS): (MoneyNotOwed,),
    (State.PENDING, State.FAILED): (PayerDeclined,),
    (State.PENDING, State.EXPIRED): (TimeRanOut,),
    (State.FAILED, State.SETTLED): (CorrectedToMatchGateway,),
    (State.FAILED, State.SURPLUS): (MoneyNotOwed,),
    (State.EXPIRED, State.SETTLED): (CorrectedToMatchGateway,),
    (State.EXPIRED, State.SURPLUS): (MoneyNotOwed,),
    (State.CANCELLED, State.SETTLED): (CorrectedToMatchGateway,),
    (State.CANCELLED, State.SURPLUS): (MoneyNotOwed,),
    (State.SETTLED, State.REFUND_REQUESTED): (RefundRequested,),
    (State.SURPLUS, State.REFUND_REQUESTED): (RefundRequested,),
    (State.PARTIALLY_REFUNDED, State.REFUND_REQUESTED): (RefundRequested,),
    (State.REFUND_REQUESTED, State.SETTLED): (RefundDeclined,),
    (State.REFUND_REQUESTED, State.SURPLUS): (RefundDeclined,),
    (State.REFUND_REQUESTED, State.PARTIALLY_REFUNDED): (RefundedInPart, RefundDeclined),
    (State.REFUND_REQUESTED, State.REFUNDED): (RefundedInFull,),
}

OPEN = frozenset({State.CREATED, State.STARTED, State.PENDING})
"""The payer may still pay."""
HOLDS_MONEY = frozenset(
    {State.SETTLED, State.SURPLUS, State.REFUND_REQUESTED, State.PARTIALLY_REFUNDED, State.REFUNDED}
)
"""The payer's money arrived (and may have gone back since): a further notice of it changes nothing."""


def reachable(source: State) -> list[State]:
    """The states one arrow away, in the order of :class:`State`."""
    return [target for target in State if (source, target) in EDGES]


def edge(source: State, target: State, event: type[Moved] | None = None) -> type[Moved]:
    """The event of the arrow from ``source`` to ``target`` (the first named, or ``event`` where two may take it).

    Refuses with ``TransitionNotAllowed`` when there is no such arrow.
    """
    events = EDGES.get((source, target), ())
    if not events or (event is not None and event not in events):
        allowed = ", ".join(reachable(source)) or "–"
        raise TransitionNotAllowed(from_status=str(source), to_status=str(target), allowed=allowed)
    return event or events[0]
