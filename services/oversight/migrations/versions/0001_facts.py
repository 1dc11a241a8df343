"""Events as they came, the facts folded from them, agencies and procedures, sealed figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _facts()
    _country()
    op.create_table(
        "sealed_figure",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("figure", sa.String(600), nullable=False),
        sa.Column("sealed_at", UtcDateTime, nullable=False),
    )


def _facts() -> None:
    op.create_table(
        "received_event",
        sa.Column("event_id", sa.String(120), primary_key=True),
        sa.Column("application_id", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("received_event_stream", "received_event", ["application_id", "version"])
    op.create_table(
        "application_fact",
        sa.Column("application_id", sa.String(80), primary_key=True),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("agency_code", sa.String(64), nullable=False),
        sa.Column("procedure_code", sa.String(64), nullable=False),
        sa.Column("applicant_id", sa.String(80)),
        sa.Column("submitted_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
    )
    op.create_index("ix_application_fact_applicant_id", "application_fact", ["applicant_id"])
    op.create_index("application_fact_agency", "application_fact", ["agency_code", "submitted_at"])


def _country() -> None:
    op.create_table(
        "known_agency",
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("parent_code", sa.String(64)),
        sa.Column("province_code", sa.String(8)),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "known_procedure",
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.JSON, nullable=False),
        sa.Column("field", sa.String(120), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("agency_codes", sa.JSON, nullable=False),
        sa.Column("has_fees", sa.Boolean),
        sa.Column("full_content", sa.Boolean),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("effective_until", sa.Date),
        sa.Column("ends_on", sa.Date),
        sa.Column("end_known_at", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "known_procedure", "known_agency", "application_fact", "received_event", "sealed_figure",
    ):  # fmt: skip
        op.drop_table(table)
