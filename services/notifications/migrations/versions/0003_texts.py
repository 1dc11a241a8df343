"""Whether a citizen wants text messages; who said nothing wants them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of the database: a program of the release before writes rows without it.
    op.add_column("preference", sa.Column("sms", sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_column("preference", "sms")
