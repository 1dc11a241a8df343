"""Encryption of single values that rest in a database: Fernet (AES-128-CBC, HMAC-SHA256) under keys from the settings.

A setting has keys, one to a line: the first encrypts, all decrypt. To replace one, add the new key below the others
everywhere, then move it to the top; a key that ever encrypted stays in the list. Each purpose has keys of its own,
derived by HKDF (RFC 5869).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import Connection, select

from infra.chassis.redaction import PLACEHOLDER
from infra.chassis.secret_keys import derived, keys_in
from infra.chassis.settings import Settings
from infra.chassis.storage.tables import command_log

PREFIX = "encrypted:"
AT_A_TIME = 500  # answers


class Encryption:
    """Encrypts texts for one purpose."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(derived(key, purpose)) for key in keys])

    @classmethod
    def from_settings(cls, settings: Settings, setting: str, purpose: str) -> Encryption:
        """With the keys in ``setting``; development makes one in ``PORTAL_HOME/secrets``."""
        return cls(keys_in(settings, setting), purpose)

    def encrypt(self, text: str) -> str:
        return PREFIX + self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """The text; one that was stored in the clear by an earlier release as it is."""
        return self._fernet.decrypt(text.removeprefix(PREFIX)).decode() if text.startswith(PREFIX) else text


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
