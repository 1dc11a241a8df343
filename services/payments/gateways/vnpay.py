"""The VNPAY gateway, interface 2.1.0: signed redirects, signed notices, enquiries (querydr) and refunds.

Amounts on its wire are dong times 100. The signature of a redirect or a notice is HMAC-SHA512 over its ``vnp_``
parameters sorted by name and form-encoded; that of an enquiry or refund is over listed fields joined by ``|``.
A notice is judged by its signature over the parameters exactly as received, before any value of it is read.

Source: VNPAY's public integration guides "PAY" and "querydr & refund".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from infra.chassis.http import call
from infra.chassis.settings import Settings, stored_secret
from services.payments.gateways.reports import (
    GatewayReport,
    GatewaySilent,
    NotGenuine,
    Order,
    OtherMerchant,
    PaymentOutcome,
)
from services.payments.gateways.vnpay_fields import (
    ENQUIRY,
    ENQUIRY_ANSWER,
    FACTOR,
    REFUND,
    REFUND_ANSWER,
    dong,
    joined,
    signed_text,
    stamp,
)

NAME = "vnpay"
CURRENCY = "VND"
VERSION = "2.1.0"
SANDBOX_URL = "http://127.0.0.1:8090/pay"  # where `python -m infra.sandbox.gateway` listens
SANDBOX_TMN_CODE = "SANDBOX1"
PAID = "00"
UNDECIDED_STATUSES = frozenset(
    {"01", "05", "06", "07"}
)  # unfinished, being refunded, suspected fraud: nothing to conclude yet
EVIDENCE_FACTS = (
    "vnp_BankCode",
    "vnp_BankTranNo",
    "vnp_CardType",
    "vnp_PayDate",
    "vnp_ResponseCode",
    "vnp_TransactionStatus",
)
ENQUIRY_UNKNOWN = "91"
ALREADY_REFUNDED = "94"
# Answers to a refund that asking again does not change: merchant code, format, no such transaction, the transaction
# failed there, signature. 99 (other errors) and silence are not among them.
REFUSALS = frozenset({"02", "03", "91", "95", "97"})


class RefundOrder(TypedDict):
    """Money to be sent back, in minor units; the same ``request_id`` again is the same refund."""

    order_ref: str
    amount: int
    full: bool
    transaction_no: str
    paid_for_at: datetime
    asked_by: str
    request_id: str


@dataclass(frozen=True)
class VnPay:
    """One merchant's contract with VNPAY. ``timeout`` in seconds for enquiries and refunds."""

    url: str
    api_url: str
    tmn_code: str
    secret: str
    address: str = "127.0.0.1"
    return_url: str = "http://localhost/"
    timeout: float = 10.0

    @classmethod
    def from_settings(cls, settings: Settings) -> VnPay | None:
        """Set up when ``VNPAY_URL`` is; then merchant code and secret must be there too.

        Development without it speaks to the sandbox gateway on its usual port, with a secret made once.
        """
        url = settings.get("VNPAY_URL")
        if not url:
            return cls.of_sandbox(settings) if settings.development else None
        page = page_address(url)
        return cls(
            page,
            settings.get("VNPAY_API_URL") or _sibling_address(page, "querydr"),
            settings.require("VNPAY_TMN_CODE"),
            settings.secret("VNPAY_HASH_SECRET"),
            settings.get("VNPAY_MERCHANT_IP", "127.0.0.1"),
            settings.get("VNPAY_RETURN_URL", "http://localhost/"),
        )

    @classmethod
    def of_sandbox(cls, settings: Settings) -> VnPay:
        """The sandbox gateway of a developer's machine; it reads the same secret file."""
        secret = stored_secret(settings.secret_folder() / "vnpay-hash.secret", lambda: secrets.token_hex(32))
        return cls(SANDBOX_URL, _sibling_address(SANDBOX_URL, "querydr"), SANDBOX_TMN_CODE, secret)

    def redirect_url(self, order: Order) -> str:
        """The signed address the payer is sent to."""
        assert order.expires_at is not None, "who is sent there has a time to pay"
        parameters = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self.tmn_code,
            "vnp_Amount": str(order.amount * FACTOR),
            "vnp_CurrCode": CURRENCY,
            "vnp_TxnRef": order.order_ref,
            "vnp_OrderInfo": order.purpose,
            "vnp_OrderType": "other",
            "vnp_Locale": "en" if order.language == "en" else "vn",
            "vnp_IpAddr": self.address,
            "vnp_ReturnUrl": order.return_url or self.return_url,
            "vnp_CreateDate": stamp(order.created_at),
            "vnp_ExpireDate": stamp(order.expires_at),
        }
        return f"{self.url}?{signed_text(parameters)}&vnp_SecureHash={self.signature(parameters)}"

    def signature(self, parameters: Mapping[str, str]) -> str:
        return self._sign(signed_text(parameters))

    def read_notice(self, parameters: Mapping[str, str]) -> GatewayReport:
        """What a notice (IPN) reports; ``NotGenuine``, then ``OtherMerchant``, before anything in it is believed."""
        signature = parameters.get("vnp_SecureHash", "")
        if not hmac.compare_digest(self.signature(parameters).encode(), signature.lower().encode()):
            raise NotGenuine
        if parameters.get("vnp_TmnCode") != self.tmn_code:
            raise OtherMerchant
        response, status = parameters.get("vnp_ResponseCode", ""), parameters.get("vnp_TransactionStatus", "")
        return self._report(parameters, outcome_of(response, status), f"{response}/{status}")

    def enquire(self, order_ref: str, started_at: datetime, asked_at: datetime) -> GatewayReport:
        """Ask VNPAY what became of an order. Raises ``GatewaySilent`` when no trustworthy answer came."""
        request = self._request("querydr", order_ref, started_at, asked_at) | {"vnp_OrderInfo": f"Truy van {order_ref}"}
        answer = self._post(request, ENQUIRY, ENQUIRY_ANSWER)
        code, status = answer.get("vnp_ResponseCode", ""), answer.get("vnp_TransactionStatus", "")
        if code == ENQUIRY_UNKNOWN:
            return GatewayReport(order_ref, PaymentOutcome.UNKNOWN_ORDER, code=code)
        if code != PAID or answer.get("vnp_TxnRef") != order_ref:
            raise GatewaySilent(f"querydr answered {code}")
        return self._report(answer, outcome_of(PAID if status == PAID else "", status), f"{code}/{status}")

    def refund(self, refund: RefundOrder, asked_at: datetime) -> str:
        """Send money back; returns VNPAY's response code (``00`` done).

        ``refund``: order_ref, amount, full, transaction_no, paid_for_at, asked_by, request_id (the same id again is the
        same refund).
        """
        request = self._request("refund", refund["order_ref"], refund["paid_for_at"], asked_at) | {
            "vnp_RequestId": refund["request_id"],
            "vnp_TransactionType": "02" if refund["full"] else "03",
            "vnp_Amount": str(refund["amount"] * FACTOR),
            "vnp_TransactionNo": refund["transaction_no"],
            "vnp_CreateBy": refund["asked_by"],
            "vnp_OrderInfo": f"Hoan tien {refund['order_ref']}",
        }
        return self._post(request, REFUND, REFUND_ANSWER).get("vnp_ResponseCode", "")

    def _request(self, command: str, order_ref: str, started_at: datetime, asked_at: datetime) -> dict[str, str]:
        return {
            "vnp_RequestId": uuid4().hex,
            "vnp_Version": VERSION,
            "vnp_Command": command,
            "vnp_TmnCode": self.tmn_code,
            "vnp_TxnRef": order_ref,
            "vnp_TransactionDate": stamp(started_at),
            "vnp_CreateDate": stamp(asked_at),
            "vnp_IpAddr": self.address,
        }

    def _post(self, request: dict[str, str], signs: Sequence[str], answer_signs: Sequence[str]) -> dict[str, str]:
        body = request | {"vnp_SecureHash": self._sign(joined(request, signs))}
        headers = {"Content-Type": "application/json"}
        try:
            reply = call("POST", self.api_url, body=json.dumps(body).encode(), headers=headers, within=self.timeout)
            if reply.status != 200:
                raise GatewaySilent(f"HTTP {reply.status}")
            answer = {str(key): str(value) for key, value in json.loads(reply.body).items() if value is not None}
        except (OSError, ValueError, AttributeError) as error:
            raise GatewaySilent(str(error)) from error
        if not hmac.compare_digest(
            self._sign(joined(answer, answer_signs)).encode(), answer.get("vnp_SecureHash", "").lower().encode()
        ):
            raise GatewaySilent("the answer's signature does not hold")
        return answer

    def _report(self, answer: Mapping[str, str], outcome: PaymentOutcome, code: str) -> GatewayReport:
        facts = {key: answer[key] for key in EVIDENCE_FACTS if answer.get(key)}
        return GatewayReport(
            answer.get("vnp_TxnRef", ""),
            outcome,
            dong(answer.get("vnp_Amount", "")),
            answer.get("vnp_TransactionNo"),
            code,
            facts,
        )

    def _sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def outcome_of(response: str, status: str) -> PaymentOutcome:
    """Paid only if both codes say so; either one alone is no proof."""
    if response == PAID and status == PAID:
        return PaymentOutcome.PAID
    if not status or status in UNDECIDED_STATUSES or PAID in {response, status}:
        return PaymentOutcome.UNDECIDED
    return PaymentOutcome.NOT_PAID


def page_address(url: str) -> str:
    """``VNPAY_URL`` as the pay page's address; a bare host means its ``/pay``."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path="/pay")) if parts.path in {"", "/"} else url


def _sibling_address(page: str, name: str) -> str:
    parts = urlsplit(page)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rsplit("/", 1)[0] + f"/{name}", "", ""))
