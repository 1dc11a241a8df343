"""Encryption of single values that rest in a database: Fernet (AES-128-CBC, HMAC-SHA256) under keys from the settings.

A setting has keys, one to a line: the first encrypts, all decrypt. To replace one, add the new key below the others
everywhere, then move it to the top; a key that ever encrypted stays in the list. Each purpose has keys of its own,
derived by HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, select

from infra.chassis.redaction import PLACEHOLDER
from infra.chassis.settings import SettingMissing, Settings, stored_secret
from infra.chassis.storage.tables import command_log

LEAST = 32  # characters of a key
PREFIX = "encrypted:"
AT_A_TIME = 500  # answers


class Encryption:
    """Encrypts texts for one purpose."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key, purpose)) for key in keys])

    @classmethod
    def from_settings(cls, settings: Settings, setting: str, purpose: str) -> Encryption:
        """With the keys in ``setting``; development makes one in ``PORTAL_HOME/secrets``."""
        return cls(keys_in(settings, setting), purpose)

    def encrypt(self, text: str) -> str:
        return PREFIX + self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """The text; one that was stored in the clear by an earlier release as it is."""
        return self._fernet.decrypt(text.removeprefix(PREFIX)).decode() if text.startswith(PREFIX) else text


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


def _derived(key: str, purpose: str) -> bytes:
    derived = HKDF(SHA256(), 32, salt=None, info=f"portal/{purpose}".encode()).derive(key.encode())
    return base64.urlsafe_b64encode(derived)


def encrypt_replies(
    connection: Connection, command_name: str, member: str, encryption: Callable[[], Encryption]
) -> int:
    """Encrypt a member of the answers that an earlier release left in the command log in the clear; how many."""
    value = command_log.c.reply[member].as_string()
    key = command_log.c.caller, command_log.c.command_id
    in_the_clear = command_log.c.name == command_name, value.not_like(f"{PREFIX}%"), value != PLACEHOLDER
    done = 0
    while rows := connection.execute(select(*key, command_log.c.reply).where(*in_the_clear).limit(AT_A_TIME)).all():
        for caller, command_id, reply in rows:
            encrypted = {**reply, member: encryption().encrypt(reply[member])}
            connection.execute(
                command_log.update().where(key[0] == caller, key[1] == command_id).values(reply=encrypted)
            )
        done += len(rows)
    return done
