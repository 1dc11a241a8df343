"""Deliveries are found by their age: they are deleted when it is over."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("delivery_ended", "delivery", ["updated_at"])


def downgrade() -> None:
    op.drop_index("delivery_ended", "delivery")
