"""Keys that sign tokens in turn, and accesses that ended before their tokens."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("session_version", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "access_ending",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.String(80), nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("session_version", sa.Integer),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_access_ending_at", "access_ending", ["at"])
    op.create_table(
        "token_key",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("sealed_secret", sa.Text),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("signs_from", UtcDateTime, nullable=False),
        sa.Column("retires_at", UtcDateTime),
    )


def downgrade() -> None:
    op.drop_table("token_key")
    op.drop_table("access_ending")
    with op.batch_alter_table("account") as account:
        account.drop_column("session_version")
