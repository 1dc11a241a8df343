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


class PaymentState(StrEnum):
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


class PaymentMove:
    """What happened to a payment; ``topic`` is the name stored in its history."""

    topic: ClassVar[str]


def _event(name: str, topic: str, meaning: str) -> type[PaymentMove]:
    return type(name, (PaymentMove,), {"topic": topic, "__doc__": meaning, "__module__": __name__})


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

EVENTS: tuple[type[PaymentMove], ...] = (
    Started, OfflineMoneyReceived, AwaitedAtGateway, MoneyReceived, PayerDeclined, TimeRanOut, CalledOff,
    CorrectedToMatchGateway, MoneyNotOwed, RefundRequested, RefundDeclined, RefundedInPart, RefundedInFull,
)  # fmt: skip

EDGES: Mapping[tuple[PaymentState, PaymentState], tuple[type[PaymentMove], ...]] = {
    (PaymentState.CREATED, PaymentState.STARTED): (Started,),
    (PaymentState.CREATED, PaymentState.SETTLED): (OfflineMoneyReceived,),
    (PaymentState.CREATED, PaymentState.SURPLUS): (MoneyNotOwed,),
    (PaymentState.STARTED, PaymentState.PENDING): (AwaitedAtGateway,),
    (PaymentState.STARTED, PaymentState.SETTLED): (MoneyReceived,),
    (PaymentState.STARTED, PaymentState.SURPLUS): (MoneyNotOwed,),
    (PaymentState.STARTED, PaymentState.FAILED): (PayerDeclined,),
    (PaymentState.STARTED, PaymentState.EXPIRED): (TimeRanOut,),
    (PaymentState.STARTED, PaymentState.CANCELLED): (CalledOff,),
    (PaymentState.PENDING, PaymentState.SETTLED): (MoneyReceived,),
    (PaymentState.PENDING, PaymentState.SURPLUS): (MoneyNotOwed,),
    (PaymentState.PENDING, PaymentState.FAILED): (PayerDeclined,),
    (PaymentState.PENDING, PaymentState.EXPIRED): (TimeRanOut,),
    (PaymentState.FAILED, PaymentState.SETTLED): (CorrectedToMatchGateway,),
    (PaymentState.FAILED, PaymentState.SURPLUS): (MoneyNotOwed,),
    (PaymentState.EXPIRED, PaymentState.SETTLED): (CorrectedToMatchGateway,),
    (PaymentState.EXPIRED, PaymentState.SURPLUS): (MoneyNotOwed,),
    (PaymentState.CANCELLED, PaymentState.SETTLED): (CorrectedToMatchGateway,),
    (PaymentState.CANCELLED, PaymentState.SURPLUS): (MoneyNotOwed,),
    (PaymentState.SETTLED, PaymentState.REFUND_REQUESTED): (RefundRequested,),
    (PaymentState.SURPLUS, PaymentState.REFUND_REQUESTED): (RefundRequested,),
    (PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUND_REQUESTED): (RefundRequested,),
    (PaymentState.REFUND_REQUESTED, PaymentState.SETTLED): (RefundDeclined,),
    (PaymentState.REFUND_REQUESTED, PaymentState.SURPLUS): (RefundDeclined,),
    (PaymentState.REFUND_REQUESTED, PaymentState.PARTIALLY_REFUNDED): (RefundedInPart, RefundDeclined),
    (PaymentState.REFUND_REQUESTED, PaymentState.REFUNDED): (RefundedInFull,),
}

OPEN = frozenset({PaymentState.CREATED, PaymentState.STARTED, PaymentState.PENDING})
"""The payer may still pay."""
HOLDS_MONEY = frozenset(
    {
        PaymentState.SETTLED,
        PaymentState.SURPLUS,
        PaymentState.REFUND_REQUESTED,
        PaymentState.PARTIALLY_REFUNDED,
        PaymentState.REFUNDED,
    }
)
"""The payer's money arrived (and may have gone back since): a further notice of it changes nothing."""


def reachable(source: PaymentState) -> list[PaymentState]:
    """The states one arrow away, in the order of :class:`PaymentState`."""
    return [target for target in PaymentState if (source, target) in EDGES]


def move_event(source: PaymentState, target: PaymentState, event: type[PaymentMove] | None = None) -> type[PaymentMove]:
    """The event of the arrow from ``source`` to ``target`` (the first named, or ``event`` where two may take it).

    Refuses with ``TransitionNotAllowed`` when there is no such arrow.
    """
    events = EDGES.get((source, target), ())
    if not events or (event is not None and event not in events):
        allowed = ", ".join(reachable(source)) or "–"
        raise TransitionNotAllowed(from_status=str(source), to_status=str(target), allowed=allowed)
    return event or events[0]
