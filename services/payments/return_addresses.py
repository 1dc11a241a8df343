"""Where a payer may be sent back to after a payment: front ends of the installation, not wherever a caller says.

A gateway sends the payer to the address that its order names; an address of anybody's choice would make the portal
vouch for a stranger's page (open redirect).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.chassis.settings import SettingMissing, Settings
from services.payments.errors import ReturnUrlNotAllowed

SETTING, FALLBACK = "PAYMENT_RETURN_ORIGINS", "VNPAY_RETURN_URL"


@dataclass(frozen=True)
class ReturnAddresses:
    """Origins of front ends; ``None``: anywhere (development, unless origins are named)."""

    origins: frozenset[str] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> ReturnAddresses:
        named = (settings.get(SETTING) or "").split()
        if not named and settings.development:
            return cls()
        fallback = settings.get(FALLBACK)
        return cls(frozenset(_origins([*named, *([fallback] if fallback else [])])))

    def check(self, return_url: str | None) -> None:
        """Refuse an address elsewhere, or one that two readers could take for different places."""
        if return_url is None or self.origins is None:
            return
        if origin_of(return_url) not in self.origins:
            raise ReturnUrlNotAllowed(origin=(origin_of(return_url) or "–")[:100])


ANYWHERE_TO_RETURN = ReturnAddresses()


def origin_of(url: str) -> str | None:
    """``https://host[:port]`` of an address; nothing for one with a user, a backslash, blanks or controls in it."""
    if "\\" in url or any(sign.isspace() or not sign.isprintable() for sign in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port not in (None, usual) else "")


def _origins(addresses: Iterable[str]) -> Iterable[str]:
    for address in addresses:
        origin = origin_of(address)
        if origin is None:
            raise SettingMissing(SETTING, f"{address!r} is no origin such as https://portal.example")
        yield origin
