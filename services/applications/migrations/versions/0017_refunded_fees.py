"""Fees refunded after handling had ended: an appeal upheld has them owed again."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refunded_fee",
        sa.Column("refund_id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("fees", sa.JSON, nullable=False),
        sa.Column("heard_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_refunded_fee_application_id", "refunded_fee", ["application_id"])


def downgrade() -> None:
    op.drop_table("refunded_fee")
