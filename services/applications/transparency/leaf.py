"""What the audit log seals of one stored event, as fixed bytes.

`portal-event/v1\n`, then big-endian: u64 notification id, 16 bytes application id, u64 version, u16 length and
UTF-8 topic, SHA-256 of the stored state. The state is hashed as it is stored, so erasing what is stored next to
the stream changes no leaf.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from uuid import UUID

MAGIC = b"portal-event/v1\n"
_HEAD = struct.Struct(">Q16sQH")


@dataclass(frozen=True)
class StoredRow:
    """One row of the event table; `state` are the bytes as stored."""

    notification_id: int
    application_id: UUID
    version: int
    topic: str
    state: bytes


def leaf_of(row: StoredRow) -> bytes:
    """The leaf of a stored event, 50 bytes and its topic and 32 of hash."""
    topic = row.topic.encode()
    head = _HEAD.pack(row.notification_id, row.application_id.bytes, row.version, len(topic))
    return MAGIC + head + topic + hashlib.sha256(row.state).digest()
