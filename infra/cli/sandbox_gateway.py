"""The sandbox payment gateway beside ``portal start``: a fee can be paid there by clicking; no money moves."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

from infra.chassis.settings import Settings

MERCHANT = "SANDBOX1"


@contextlib.contextmanager
def payment_gateway(settings: Settings, front_door: str) -> Iterator[Settings]:
    """The settings with a gateway of its own, which calls ``front_door`` back; unchanged where ``VNPAY_URL`` is set."""
    if settings.get("VNPAY_URL"):
        yield settings
        return
    from infra.sandbox import gateway

    secret = secrets.token_hex(32)
    notices = f"{front_door}/callbacks/vnpay"
    sandbox = gateway.serve(tmn_code=MERCHANT, hash_secret=secret, ipn_url=notices)
    own = {"VNPAY_URL": f"{sandbox.url}/pay", "VNPAY_TMN_CODE": MERCHANT, "VNPAY_HASH_SECRET": secret}
    try:
        yield Settings({**settings.env, **own})
    finally:
        sandbox.stop()
