"""Bills whose payer has been erased, and the erasures this service was told of."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.database import UtcDateTime
from infra.chassis.migrations import create_forgotten, drop_forgotten

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_forgotten(op)
    op.add_column("bill", sa.Column("erased_at", UtcDateTime))


def downgrade() -> None:
    with op.batch_alter_table("bill") as bill:
        bill.drop_column("erased_at")
    drop_forgotten(op)
