"""Drafts of procedures; the history of agencies, and the ways to look up who carries on whose work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procedure_draft",
        sa.Column("code", sa.String(40), sa.ForeignKey("procedure.code"), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("based_on", sa.Integer, nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("problems", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.Column("saved_by", sa.String(80), nullable=False),
        sa.Column("saved_by_name", sa.String(200), nullable=False),
    )
    op.create_table(
        "agency_change",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("act", sa.String(30), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by_account", sa.String(80), nullable=False),
        sa.Column("by_name", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("agency_change_code", "agency_change", ["code", "id"])
    op.create_index("agency_merged_into", "agency", ["merged_into"])
    op.create_index("agency_province", "agency", ["province_code"])


def downgrade() -> None:
    op.drop_index("agency_province", "agency")
    op.drop_index("agency_merged_into", "agency")
    op.drop_table("agency_change")
    op.drop_table("procedure_draft")
