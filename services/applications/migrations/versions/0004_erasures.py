"""What each service answered when it was asked to erase a person."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure_answer",
        sa.Column("erasure_id", sa.String(36), primary_key=True),
        sa.Column("service", sa.String(40), primary_key=True),
        sa.Column("removed", sa.JSON, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("erasure_answer")
