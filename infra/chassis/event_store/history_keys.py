"""The keys under which this service authenticates what it records: `HISTORY_KEYS`, one to a line, the first one signs.

No database sees them, so nobody can add to a history with the rights of a database alone. Each is named by an id made
of it. To replace one, add the new key below the others everywhere, then move it to the top; a key that ever signed
stays in the list. Development makes its own under ``PORTAL_HOME/secrets``.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Sequence
from uuid import UUID

from infra.chassis.secret_keys import keys_in
from infra.chassis.settings import Settings

SETTING = "HISTORY_KEYS"
MAGIC = b"portal-event-mac/v1\n"
_HEAD = struct.Struct(">16sQH")


class HistoryKeys:
    """MACs (HMAC-SHA256) over application, version, topic and the stored bytes."""

    def __init__(self, lines: Sequence[str]) -> None:
        keys = [hashlib.sha256(MAGIC + line.encode()).digest() for line in lines]
        self._keys = {hashlib.sha256(b"id\n" + key).hexdigest()[:16]: key for key in keys}
        self.key_id = next(iter(self._keys))

    @classmethod
    def from_settings(cls, settings: Settings) -> HistoryKeys:
        return cls(keys_in(settings, SETTING))

    def mac(self, originator_id: UUID, version: int, topic: str, state: bytes, key_id: str | None = None) -> bytes:
        name = topic.encode()
        head = MAGIC + _HEAD.pack(originator_id.bytes, version, len(name)) + name
        return hmac.digest(self._keys[key_id or self.key_id], head + state, "sha256")

    def problem(
        self, originator_id: UUID, version: int, topic: str, state: bytes, key_id: str | None, mac: bytes | None
    ) -> str | None:
        """What is wrong with a stored event; ``None`` for one that this service recorded."""
        if key_id is None or mac is None:
            return "it has no MAC"
        if key_id not in self._keys:
            return f"its key {key_id} is not among {SETTING}"
        try:
            right = self.mac(originator_id, version, topic, state, key_id)
        except (struct.error, AttributeError, UnicodeEncodeError):
            return "it cannot be an event"
        return None if hmac.compare_digest(right, bytes(mac)) else "its MAC is not the one of its content"

    @property
    def key_ids(self) -> tuple[str, ...]:
        """All that ever signed, the one that signs now first."""
        return tuple(self._keys)
