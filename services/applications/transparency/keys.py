"""The sealer's keys, from settings: `AUDIT_SIGNING_KEY` and, while it is being replaced, `AUDIT_PREVIOUS_SIGNING_KEY`.

Both sign during the overlap, so that whoever knows either key can follow. Development makes its own key once. Who only
checks needs no private key: `AUDIT_VERIFIER_KEYS`.
"""

from __future__ import annotations

from infra.chassis.settings import Settings, stored_secret
from services.applications.transparency.notes import SigningKey

DEVELOPMENT_ORIGIN = "portal.invalid/applications"
NAME = "audit-signing-key"


def signing_keys(settings: Settings) -> list[SigningKey]:
    """The current key first. The key's name is the log's origin; all keys must bear the same one."""
    key_text = settings.get("AUDIT_SIGNING_KEY")
    if key_text is None:
        key_text = _development_key(settings) if settings.development else settings.require("AUDIT_SIGNING_KEY")
    keys = [SigningKey.parse(key_text)]
    if previous := settings.get("AUDIT_PREVIOUS_SIGNING_KEY"):
        keys.append(SigningKey.parse(previous))
    if len({key.name for key in keys}) > 1:
        raise ValueError("both audit signing keys must bear the same name, which is the log's origin")
    return keys


def verifier_keys(settings: Settings) -> list[str]:
    """The public keys this installation holds its own log against: `AUDIT_VERIFIER_KEYS`, and those of keys at hand.

    One to a line, with every key that ever signed: checkpoints of years ago bear only the key of then. Makes none.
    """
    keys = (settings.get("AUDIT_VERIFIER_KEYS") or "").split()
    made = settings.development and (settings.home / "secrets" / NAME).exists()
    own = [str(key.verifier) for key in signing_keys(settings)] if settings.get("AUDIT_SIGNING_KEY") or made else []
    return list(dict.fromkeys([*keys, *own]))


def _development_key(settings: Settings) -> str:
    path = settings.secret_folder() / NAME
    return stored_secret(path, lambda: SigningKey.generate(DEVELOPMENT_ORIGIN).reveal() + "\n").strip()
