"""The read models: made by the follower from the log of events alone, and made again at will."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from infra.chassis.storage.database import BigKey, UtcDateTime
from services.applications.models.rows import Rows


def view_columns() -> list[Column[object]]:
    """The read model: one row per application, without a name or a word of anybody's."""
    return [
        Column("application_id", String(36), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("position", BigKey, nullable=False),
        Column("reference", String(80), nullable=False),
        Column("tracking_digest", String(64), nullable=False),
        Column("procedure_code", String(80), nullable=False),
        Column("procedure_version", Integer, nullable=False),
        Column("agency_code", String(40), nullable=False),
        Column("province", String(40), nullable=False),
        Column("applicant_id", String(80), nullable=False),
        Column("channel", String(16), nullable=False),
        Column("level", Integer, nullable=False),
        Column("status", String(32), nullable=False),
        Column("official_status", Integer),
        Column("officer_id", String(80)),
        Column("handled_by", String(80)),
        Column("handled_at", UtcDateTime),
        Column("receipt_number", String(80)),
        Column("started_at", UtcDateTime, nullable=False),
        Column("submitted_at", UtcDateTime),
        Column("month", String(7)),
        Column("accepted_at", UtcDateTime),
        Column("promised_at", UtcDateTime),
        Column("due_at", UtcDateTime),
        Column("last_due_at", UtcDateTime),
        Column("pauses", Integer, nullable=False),
        Column("paused_at", UtcDateTime),
        Column("answer_by", UtcDateTime),
        Column("answer_bys", JSON, nullable=False),
        Column("ended_at", UtcDateTime),
        Column("punctuality", String(8)),
        Column("returned_at", UtcDateTime),
        Column("proposed", Boolean, nullable=False),
        Column("appealed", Boolean, nullable=False),
        Column("supplements", Integer, nullable=False),
        Column("delivery", String(16)),
        Column("stars", Integer),
        Column("erased", Boolean, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
    ]


def view_table(name: str, metadata: MetaData) -> Table:
    """A table of the read model's shape, live or next to the live one."""
    table = Table(name, metadata, *view_columns())
    Index(f"{name}_reference", table.c.reference)
    Index(f"{name}_applicant", table.c.applicant_id, table.c.started_at)
    Index(f"{name}_queue", table.c.agency_code, table.c.status, table.c.due_at)
    Index(f"{name}_due", table.c.due_at)
    Index(f"{name}_answer_by", table.c.answer_by)
    return table


application_view = view_table("application_view", Rows.metadata)
application_document = Table(
    "application_document",
    Rows.metadata,
    Column("application_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("answers_id", String(36)),
    Column("document", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)
