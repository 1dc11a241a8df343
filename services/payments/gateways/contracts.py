"""Which ways of paying this installation has: one is there when its settings are."""

from __future__ import annotations

from dataclasses import dataclass

from infra.chassis.settings import Settings
from services.payments.gateways.vietqr import VietQr
from services.payments.gateways.vnpay import VnPay

# What fits: of VNPAY 12 digits for hundredths (vnp_Amount), of the QR code 13 (EMV, data object 54).
MOST = {"vnpay": 10**10 - 1, "vietqr": 10**13 - 1}


A_DAY, A_YEAR = 24 * 60, 366 * 24  # in minutes, in hours


@dataclass(frozen=True)
class Gateways:
    """``online_minutes``/``transfer_hours``: how long a payer has before an open payment is looked into and expired."""

    vnpay: VnPay | None = None
    vietqr: VietQr | None = None
    online_minutes: float = 15
    transfer_hours: float = 72

    @classmethod
    def from_settings(cls, settings: Settings) -> Gateways:
        return cls(
            VnPay.from_settings(settings),
            VietQr.from_settings(settings),
            settings.number("PAYMENT_ONLINE_MINUTES", 15, least=0.01, most=A_DAY),
            settings.number("PAYMENT_TRANSFER_HOURS", 72, least=0.01, most=A_YEAR),
        )

    def available_for(self, amount: int) -> list[str]:
        """The methods whose messages have room for an amount of đồng."""
        return [name for name in self.available if amount <= MOST[name]]

    @property
    def available(self) -> list[str]:
        return [name for name, there in (("vnpay", self.vnpay), ("vietqr", self.vietqr)) if there]
