"""The sandbox e-ID provider beside ``portal start``: whom one clicks on there is signed in here."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

from infra.chassis.settings import Settings


@contextlib.contextmanager
def eid_provider(settings: Settings, front_door: str) -> Iterator[Settings]:
    """The settings with a provider of its own; unchanged where ``EID_ISSUER`` is set."""
    if settings.get("EID_ISSUER"):
        yield settings
        return
    from infra.sandbox import identity_provider as sandbox

    secret, back = secrets.token_hex(32), f"{front_door}/sign-in/eid/return"
    provider = sandbox.serve(sandbox.sample_holders(), client_secret=secret, redirect_uri=back)
    own = {
        "EID_ISSUER": provider.url,
        "EID_CLIENT_ID": provider.client_id,
        "EID_CLIENT_SECRET": secret,
        "EID_REDIRECT_URI": back,
        "EID_ACR_VALUES": sandbox.LEVELS[1],
    }
    try:
        yield Settings({**settings.env, **own})
    finally:
        provider.stop()
