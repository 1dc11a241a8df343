"""Call-backs are found by their age: they are deleted when it is over."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notice_received_at", "notice", ["received_at"])


def downgrade() -> None:
    op.drop_index("ix_notice_received_at", "notice")
