"""Amounts, items of a fee, and the signed parameters of a gateway."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

from infra.chassis.json_types import Money

VND = "VND"
SECRET = "a secret for tests only"


def money(amount: int, currency: str = VND) -> Money:
    return {"amount": amount, "currency": currency}


def item(amount: int, collected_at: str = "intake", kind: str = "duty", currency: str = VND) -> dict[str, Any]:
    name = {"vi": "Lệ phí", "en": "Fee"}
    return {
        "fee_id": f"{kind}-{collected_at}",
        "kind": kind,
        "name": name,
        "amount": money(amount, currency),
        "collected_at": collected_at,
        "reason": name,
        "legal_basis": None,
    }


def signed(parameters: dict[str, str], secret: str = SECRET) -> dict[str, str]:
    """These parameters with the signature a gateway would give them."""
    text = urlencode(sorted((name, value) for name, value in parameters.items() if value))
    return parameters | {"vnp_SecureHash": hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()}
