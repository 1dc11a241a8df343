"""Keys that a setting gives, one to a line: the first is used for what is new, all for what there is."""

from __future__ import annotations

import base64
import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.chassis.settings import SettingMissing, Settings, stored_secret

LEAST = 32  # characters of a key


def keys_in(settings: Settings, setting: str) -> list[str]:
    """The keys of a setting; ends the process if production has none or one is short."""
    text = settings.get(setting)
    if text is None:
        text = _development_key(settings, setting) if settings.development else settings.require(setting)
    keys = [line.strip() for line in text.splitlines() if line.strip()]
    for number, key in enumerate(keys, 1):
        if len(key) < LEAST:
            raise SettingMissing(setting, f"line {number} has {len(key)} characters and must have at least {LEAST}")
    return keys


def _development_key(settings: Settings, setting: str) -> str:
    name = setting.lower().replace("_", "-")
    return stored_secret(settings.secret_folder() / name, lambda: secrets.token_hex(32) + "\n")


def derived(key: str, purpose: str) -> bytes:
    """A key of one purpose's own, as Fernet takes it."""
    derived = HKDF(SHA256(), 32, salt=None, info=f"portal/{purpose}".encode()).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
