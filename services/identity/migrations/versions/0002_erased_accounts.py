"""Accounts whose person has been erased."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("erased_at", UtcDateTime))


def downgrade() -> None:
    with op.batch_alter_table("account") as account:
        account.drop_column("erased_at")
