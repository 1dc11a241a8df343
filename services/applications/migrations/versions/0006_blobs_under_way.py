"""Whose bytes are being brought to the blob store, noted before they are there."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob_under_way",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("applicant_id", sa.String(80), primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
    )
    op.create_index("ix_blob_under_way_applicant_id", "blob_under_way", ["applicant_id"])
    op.create_index("ix_blob_under_way_since", "blob_under_way", ["since"])


def downgrade() -> None:
    op.drop_table("blob_under_way")
