"""Bank transfer by VietQR (NAPAS 247): a code the payer's bank app fills the transfer from.

No notice comes back; the money is seen on the bank's statement, where the purpose carries the order reference
(see ``reconciliation``). Banks pass on a purpose in plain ASCII only, so it is folded before it goes into the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vietnam_qr_pay import QRPay

from infra.chassis.settings import Settings
from infra.chassis.text.vietnamese_text import plain_letters
from services.payments.gateways.reports import Order

NAME = "vietqr"
CURRENCY = "VND"
PURPOSE_LENGTH = 50


@dataclass(frozen=True)
class VietQr:
    """The account that fees are transferred to. ``bank_bin``: the bank's six-digit NAPAS number."""

    bank_bin: str
    account_number: str
    account_name: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> VietQr | None:
        """Set up when ``VIETQR_BANK_BIN`` is; then the account number must be there too."""
        bank_bin = settings.get("VIETQR_BANK_BIN")
        if not bank_bin:
            return None
        return cls(bank_bin, settings.require("VIETQR_ACCOUNT_NUMBER"), settings.get("VIETQR_ACCOUNT_NAME", ""))

    def payload(self, order: Order) -> str:
        """The text inside the QR code (EMV, with amount and purpose filled in)."""
        purpose = ascii_text(f"{order.order_ref} {order.purpose}")[:PURPOSE_LENGTH].strip()
        payload: str = QRPay.init_viet_qr(
            bank_bin=self.bank_bin, bank_number=self.account_number, amount=str(order.amount), purpose=purpose
        ).build()
        return payload


def ascii_text(text: str) -> str:
    """Vietnamese in ASCII: no diacritics, ``đ`` as ``d``, anything but letters, digits and spaces as a space."""
    return re.sub(r"\s+", " ", re.sub(r"[^A-Za-z0-9 ]", " ", plain_letters(text))).strip()
