"""Which ways of paying this installation has: one is there when its settings are."""

from __future__ import annotations

from dataclasses import dataclass

from infra.chassis.settings import Settings
from services.payments.gateways.vietqr import VietQr
from services.payments.gateways.vnpay import VnPay


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
            settings.number("PAYMENT_ONLINE_MINUTES", 15),
            settings.number("PAYMENT_TRANSFER_HOURS", 72),
        )

    @property
    def available(self) -> list[str]:
        return [name for name, there in (("vnpay", self.vnpay), ("vietqr", self.vietqr)) if there]
