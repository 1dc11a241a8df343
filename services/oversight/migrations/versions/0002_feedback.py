"""Feedback: acts, tickets, words beside them, the last number of a day. Findings of the integrity line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "feedback_act",
        sa.Column("feedback_id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    _tickets()
    op.create_table(
        "feedback_words",
        sa.Column("feedback_id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "feedback_number",
        sa.Column("day", sa.String(8), primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    _findings()


def _findings() -> None:
    op.create_table(
        "integrity_finding",
        sa.Column("finding_id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("agency_code", sa.String(64), nullable=False),
        sa.Column("application_id", sa.String(80), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("event_ids", sa.JSON, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("explanation", sa.Text),
        sa.Column("explained_by", sa.String(80)),
        sa.Column("explained_at", UtcDateTime),
    )
    op.create_index("integrity_finding_agency", "integrity_finding", ["agency_code", "seen_at"])


def _tickets() -> None:
    op.create_table(
        "feedback_ticket",
        sa.Column("feedback_id", sa.String(36), primary_key=True),
        sa.Column("reference", sa.String(40), nullable=False, unique=True),
        sa.Column("tracking_digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("agency_code", sa.String(64)),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("giver_id", sa.String(80)),
        sa.Column("duplicate_of", sa.String(36)),
        sa.Column("text_digest", sa.String(64), nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("feedback_ticket_queue", "feedback_ticket", ["agency_code", "status", "given_at"])
    for column in ("giver_id", "duplicate_of", "text_digest"):
        op.create_index(f"ix_feedback_ticket_{column}", "feedback_ticket", [column])


def downgrade() -> None:
    for table in ("integrity_finding", "feedback_number", "feedback_words", "feedback_ticket", "feedback_act"):
        op.drop_table(table)
