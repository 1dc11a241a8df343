"""How the sandbox gateway signs and reads signatures. Written from the gateway's public guide alone: it shares no code
with the merchant's side, so that each checks the other."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

HANOI = timezone(timedelta(hours=7))
QUERY_SIGNED = [
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TxnRef",
    "TransactionDate",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
]
QUERY_ANSWER_SIGNED = [
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
]
REFUND_SIGNED = [
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
]
REFUND_ANSWER_SIGNED = QUERY_ANSWER_SIGNED[:13]


def now_stamp() -> str:
    return datetime.now(HANOI).strftime("%Y%m%d%H%M%S")


def sealed(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def sealed_query(secret: str, fields: Mapping[str, str]) -> str:
    """The query string of these fields with its signature appended."""
    signed = urlencode(sorted((name, value) for name, value in fields.items() if value != ""))
    return f"{signed}&vnp_SecureHash={sealed(secret, signed)}"


def query_holds(secret: str, fields: Mapping[str, str]) -> bool:
    """Whether the signature of a redirect holds over its other ``vnp_`` fields."""
    signed = {
        name: value
        for name, value in fields.items()
        if name.startswith("vnp_") and name != "vnp_SecureHash" and value != ""
    }
    signature = sealed(secret, urlencode(sorted(signed.items())))
    return hmac.compare_digest(signature, fields.get("vnp_SecureHash", "").lower())


def piped(fields: Mapping[str, str], names: Iterable[str]) -> str:
    return "|".join(str(fields.get(f"vnp_{name}", "")) for name in names)


def piped_holds(secret: str, fields: Mapping[str, str], names: Iterable[str]) -> bool:
    return hmac.compare_digest(sealed(secret, piped(fields, names)), str(fields.get("vnp_SecureHash", "")).lower())
