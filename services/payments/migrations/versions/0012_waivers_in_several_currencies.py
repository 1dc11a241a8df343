"""What a waiver remits in currencies beside its main one; a request of before counts them anew when it is decided."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiver", sa.Column("apart", sa.JSON))


def downgrade() -> None:
    op.drop_column("waiver", "apart")
