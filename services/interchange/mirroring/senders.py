"""The systems that may send: the setting ``INTERCHANGE_SOURCES``, and the sessions they are given.

A JSON list, given as a file because it has passwords: ``[{"source", "unit", "username", "password"}, {"source", "unit",
"client_id", "client_secret"}]``; one entry may have both. A session is a sealed text that names the sender and its end:
no process has to remember any.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from typing import Self

from cryptography.fernet import InvalidToken

from infra.chassis import clock
from infra.chassis.encryption import Encryption
from infra.chassis.settings import SettingMissing, Settings
from services.interchange.errors import SenderUnknown, SessionEnded

SETTING = "INTERCHANGE_SOURCES"
LIFETIME = 3600  # seconds of a session
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")
PAIRS = (("username", "password"), ("client_id", "client_secret"))


@dataclass(frozen=True)
class Sender:
    """One system; ``unit``: the code it writes as its own, ``secrets``: by the name it signs in with."""

    source: str
    unit: str
    secrets: dict[str, str]

    @classmethod
    def of(cls, entry: object, number: int) -> Self:
        if not isinstance(entry, dict) or not SOURCE.fullmatch(str(entry.get("source", ""))):
            raise SettingMissing(SETTING, f"entry {number} needs a source: letters, digits, dots, hyphens, at most 40")
        secrets = {str(entry[name]): str(entry[word]) for name, word in PAIRS if entry.get(name) and entry.get(word)}
        if not secrets or not entry.get("unit"):
            raise SettingMissing(
                SETTING, f"entry {number} needs a unit, and a name with its secret: username, password"
            )
        return cls(entry["source"], str(entry["unit"]), secrets)


def senders_of(settings: Settings) -> dict[str, Sender]:
    """By source."""
    try:
        entries = json.loads(settings.get(SETTING, "[]"))
    except ValueError as error:
        raise SettingMissing(SETTING, f"it is no JSON ({error})") from error
    if not isinstance(entries, list):
        raise SettingMissing(SETTING, "it is no JSON list")
    read = [Sender.of(entry, number) for number, entry in enumerate(entries, 1)]
    by_source = {sender.source: sender for sender in read}
    if len(by_source) != len(read):
        raise SettingMissing(SETTING, "two entries have the same source")
    return by_source


class Senders:
    """Opens sessions, and knows whose a session is."""

    def __init__(self, senders: dict[str, Sender], encryption: Encryption) -> None:
        self._senders, self._encryption = senders, encryption

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        encryption = Encryption.from_settings(settings, "HISTORY_KEYS", "sessions of senders")
        return cls(senders_of(settings), encryption)

    def open(self, name: str, secret: str) -> str:
        """A session for whoever knows the secret; ``SenderUnknown`` otherwise, whichever of the two is wrong."""
        for sender in self._senders.values():
            expected = sender.secrets.get(name)
            if expected is not None and hmac.compare_digest(expected.encode(), secret.encode("utf-8", "surrogatepass")):
                until = clock.now().timestamp() + LIFETIME
                return self._encryption.encrypt(json.dumps([sender.source, until]))
        raise SenderUnknown()

    def of_session(self, session: str) -> Sender:
        """``SessionEnded`` for one that is over, forged, or of a sender that is no more."""
        try:
            source, until = json.loads(self._encryption.decrypt(session))
        except (InvalidToken, ValueError, TypeError):
            raise SessionEnded() from None
        sender = self._senders.get(source) if until > clock.now().timestamp() else None
        if sender is None:
            raise SessionEnded()
        return sender
