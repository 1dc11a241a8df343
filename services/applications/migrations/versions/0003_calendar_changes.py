"""Changes of the offices' calendar that the catalogue announced."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_change",
        sa.Column("number", BigKey, primary_key=True, autoincrement=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("was_working", sa.Boolean, nullable=False),
        sa.Column("is_working", sa.Boolean, nullable=False),
        sa.Column("calendar_version", sa.String(60), nullable=False),
        sa.Column("heard_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("calendar_change")
