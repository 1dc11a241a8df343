"""The erasures a service was asked for, and how far each has come."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "chassis_0002"
down_revision = "chassis_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("forgotten_subject"):
        return
    op.create_table(
        "forgotten_subject",
        sa.Column("erasure_id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(80), nullable=False),
        sa.Column("marks", sa.JSON, nullable=False),
        sa.Column("noted_at", UtcDateTime, nullable=False),
        sa.Column("progress", sa.JSON, nullable=False),
        sa.Column("removed", sa.JSON, nullable=False),
        sa.Column("finished_at", UtcDateTime),
    )
    op.create_index("forgotten_subject_account", "forgotten_subject", ["account_id"])


def downgrade() -> None:
    op.drop_table("forgotten_subject")
