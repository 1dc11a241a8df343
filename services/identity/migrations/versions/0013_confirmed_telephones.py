"""Telephone numbers that are confirmed, and addresses that wait for it."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("phone_confirmed_at", UtcDateTime))
    op.create_table(
        "contact_change",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    op.create_index("contact_change_account", "contact_change", ["account_id", "channel"])
    op.create_index("contact_change_address", "contact_change", ["address", "made_at"])
    op.create_index("ix_contact_change_expires_at", "contact_change", ["expires_at"])


def downgrade() -> None:
    op.drop_table("contact_change")
    op.drop_column("account", "phone_confirmed_at")
