"""Who of staff had an application last, and when."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("application_view", sa.Column("handled_by", sa.String(80), nullable=True))
    op.add_column("application_view", sa.Column("handled_at", UtcDateTime, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("application_view") as table:
        table.drop_column("handled_at")
        table.drop_column("handled_by")
