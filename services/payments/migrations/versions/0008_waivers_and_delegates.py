"""Waivers that wait for a second person; who has ever been a delegate of whom."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), sa.ForeignKey("bill.application_id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("collected_at", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=True),
        sa.Column("decided_at", UtcDateTime, nullable=True),
    )
    op.create_index("waiver_application", "waiver", ["application_id", "state"])
    op.create_table(
        "delegate",
        sa.Column("delegate_id", sa.String(80), primary_key=True),
        sa.Column("principal_id", sa.String(80), primary_key=True),
        sa.Column("procedure_code", sa.String(80), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("delegate")
    op.drop_index("waiver_application", "waiver")
    op.drop_table("waiver")
