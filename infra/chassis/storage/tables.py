"""The tables every service's database has next to its own: commands, inbox, outbox, positions, dead letters, …"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text
from sqlalchemy.types import TypeEngine

from infra.chassis.storage.types import BigKey, UtcDateTime

_own = MetaData()


def _json() -> TypeEngine[object]:
    return JSON()


command_log = Table(
    "command_log",
    _own,
    Column("caller", String(80), primary_key=True),
    Column("command_id", String(36), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("reply", _json()),
    Column("at", UtcDateTime, nullable=False),
)

inbox = Table(
    "inbox",
    _own,
    Column("consumer", String(120), primary_key=True),
    Column("message_id", String(120), primary_key=True),
    Column("handled_at", UtcDateTime, nullable=False),
    Column("digest", String(64)),
)

outbox = Table(
    "outbox",
    _own,
    Column("position", BigKey, primary_key=True, autoincrement=True),
    Column("type", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("data", _json(), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("call_id", String(160)),
    Column("published_at", UtcDateTime),
)
Index("outbox_unpublished", outbox.c.published_at, outbox.c.position)

relay_position = Table(
    "relay_position",
    _own,
    Column("name", String(80), primary_key=True),
    Column("position", BigKey, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

source_incarnation = Table(
    "source_incarnation",
    _own,
    Column("stream", String(40), primary_key=True),
    Column("incarnation", String(16), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("after", BigKey, nullable=False),
    Column("store", String(160), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

known_incarnation = Table(
    "known_incarnation",
    _own,
    Column("stream", String(80), primary_key=True),
    Column("incarnation", String(16), primary_key=True),
    Column("first_position", BigKey, nullable=False),
    Column("highest_before", BigKey),
    Column("since", UtcDateTime, nullable=False),
    Column("acknowledged_at", UtcDateTime),
)

dead_letter = Table(
    "dead_letter",
    _own,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("consumer", String(160), nullable=False),
    Column("message_id", String(120), nullable=False),
    Column("routing", _json(), nullable=False),
    Column("headers", _json(), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("content_type", String(80), nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolution", Text),
)
Index("dead_letter_state", dead_letter.c.state, dead_letter.c.id)
Index("dead_letter_message", dead_letter.c.message_id, dead_letter.c.state)
OPEN_DEAD_LETTER = text("state IN ('waiting', 'unreadable')")  # spelled out: a bound value would not match the index
Index(
    "dead_letter_open",
    dead_letter.c.consumer,
    dead_letter.c.message_id,
    unique=True,
    postgresql_where=OPEN_DEAD_LETTER,
    sqlite_where=OPEN_DEAD_LETTER,
)

forgotten_subject = Table(
    "forgotten_subject",
    _own,
    Column("erasure_id", String(36), primary_key=True),
    Column("account_id", String(80), nullable=False),
    Column("marks", _json(), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("progress", _json(), nullable=False),
    Column("removed", _json(), nullable=False),
    Column("finished_at", UtcDateTime),
)
Index("forgotten_subject_account", forgotten_subject.c.account_id)

ALL = (
    command_log,
    inbox,
    outbox,
    relay_position,
    source_incarnation,
    known_incarnation,
    dead_letter,
    forgotten_subject,
)


def plumbing(metadata: MetaData) -> None:
    """Add these tables to a service's own ``MetaData``."""
    for table in ALL:
        table.to_metadata(metadata)
