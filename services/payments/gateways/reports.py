"""A gateway's report about one order, the same for every gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from infra.chassis.json_types import Json


class PaymentOutcome(StrEnum):
    PAID = "paid"
    NOT_PAID = "not_paid"
    UNDECIDED = "undecided"
    UNKNOWN_ORDER = "unknown_order"


@dataclass(frozen=True)
class GatewayReport:
    """``amount`` in minor units (``None``: none was stated, or not as a whole number of them)."""

    order_ref: str
    outcome: PaymentOutcome
    amount: int | None = None
    transaction_no: str | None = None
    code: str = ""
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """The order that a gateway gets when a payer is sent there."""

    order_ref: str
    amount: int
    purpose: str
    created_at: datetime
    expires_at: datetime | None
    language: str = "vi"
    return_url: str | None = None


class GatewaySilent(Exception):
    """The gateway could not be asked, or its answer could not be trusted: ask again later, conclude nothing."""


class NotGenuine(Exception):
    """A message whose signature does not hold."""


class OtherMerchant(Exception):
    """A genuine message that is not about our merchant code."""
