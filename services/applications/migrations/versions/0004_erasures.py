"""The erasures every service was told of, and what each of them answered."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.database import UtcDateTime
from infra.chassis.migrations import create_forgotten, drop_forgotten

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_forgotten(op)
    op.create_table(
        "erasure_answer",
        sa.Column("erasure_id", sa.String(36), primary_key=True),
        sa.Column("service", sa.String(40), primary_key=True),
        sa.Column("removed", sa.JSON, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("erasure_answer")
    drop_forgotten(op)
