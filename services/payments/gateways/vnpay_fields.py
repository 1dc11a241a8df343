"""VNPAY's fields: which are signed in which order, and how values are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote_plus

from infra.working_time import OFFICE_ZONE

FACTOR = 100
ENQUIRY = (
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TxnRef",
    "TransactionDate",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
)
ENQUIRY_ANSWER = (
    "ResponseId",
    "Command",
    "ResponseCode",
    "Message",
    "TmnCode",
    "TxnRef",
    "Amount",
    "BankCode",
    "PayDate",
    "TransactionNo",
    "TransactionType",
    "TransactionStatus",
    "OrderInfo",
    "PromotionCode",
    "PromotionAmount",
)
REFUND = (
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TransactionType",
    "TxnRef",
    "Amount",
    "TransactionNo",
    "TransactionDate",
    "CreateBy",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
)
REFUND_ANSWER = (
    "ResponseId",
    "Command",
    "ResponseCode",
    "Message",
    "TmnCode",
    "TxnRef",
    "Amount",
    "BankCode",
    "PayDate",
    "TransactionNo",
    "TransactionType",
    "TransactionStatus",
    "OrderInfo",
)


def signed_text(parameters: Mapping[str, str]) -> str:
    """What is signed: the ``vnp_`` parameters with a value, sorted, form-encoded, without the signature itself."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(parameters[name])}"
        for name in sorted(parameters)
        if name.startswith("vnp_") and name not in {"vnp_SecureHash", "vnp_SecureHashType"} and parameters[name]
    )


def joined(parameters: Mapping[str, str], fields: Sequence[str]) -> str:
    return "|".join(parameters.get(f"vnp_{field}", "") for field in fields)


def dong(amount: str) -> int | None:
    """Wire amount to dong; ``None`` unless it is a whole number of them in plain digits."""
    if not (amount.isascii() and amount.isdigit() and len(amount) <= 15) or int(amount) % FACTOR:
        return None
    return int(amount) // FACTOR


def stamp(at: datetime) -> str:
    """``yyyyMMddHHmmss`` on the gateway's clock (GMT+7)."""
    return at.astimezone(OFFICE_ZONE).strftime("%Y%m%d%H%M%S")


def paid_at(facts: Mapping[str, str]) -> datetime | None:
    """When the gateway says it took the money, if it says so readably."""
    try:
        return (
            datetime.strptime(facts.get("vnp_PayDate", ""), "%Y%m%d%H%M%S").replace(tzinfo=OFFICE_ZONE).astimezone(UTC)
        )
    except ValueError:
        return None
