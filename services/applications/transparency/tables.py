"""The tables of the audit log, in the database of the events it seals. Rows are added and never changed.

`audit_leaf`: the sealed bytes of each event under a dense index. `audit_node`: the hash of every complete
subtree of 256, 65,536, … leaves (height 8, 16, …), so that a proof never reads more than 256 rows per level.
`audit_checkpoint`: signed notes. `audit_cosignature`: what witnesses answered. `audit_key`: every key
that ever signed. `audit_finding`: what integrity alarms found.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, LargeBinary, MetaData, String, Table, Text

from infra.chassis.storage.types import BigKey, UtcDateTime

_own = MetaData()

audit_leaf = Table(
    "audit_leaf",
    _own,
    Column("leaf_index", BigKey, primary_key=True, autoincrement=False),
    Column("notification_id", BigKey, nullable=False, unique=True),
    Column("leaf", LargeBinary, nullable=False),
)

audit_node = Table(
    "audit_node",
    _own,
    Column("height", Integer, primary_key=True, autoincrement=False),
    Column("node_index", BigKey, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    _own,
    Column("tree_size", BigKey, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
)

audit_cosignature = Table(
    "audit_cosignature",
    _own,
    Column("tree_size", BigKey, primary_key=True, autoincrement=False),
    Column("witness", String(200), primary_key=True),
    Column("lines", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

audit_key = Table(
    "audit_key",
    _own,
    Column("verifier_key", String(300), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

audit_finding = Table(
    "audit_finding",
    _own,
    Column("number", BigKey, primary_key=True, autoincrement=True),
    Column("finding_id", String(32), nullable=False, unique=True),
    Column("kind", String(40), nullable=False, index=True),
    Column("application_id", String(36), nullable=False, index=True),
    Column("said", JSON, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
)

ALL = (audit_leaf, audit_node, audit_checkpoint, audit_cosignature, audit_key, audit_finding)


def audit_tables(metadata: MetaData) -> None:
    """Add these tables to the service's own `MetaData`."""
    for table in ALL:
        table.to_metadata(metadata)
