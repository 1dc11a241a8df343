"""Contact points that are confirmed, codes on their way to them, help at an office, accounts that are blocked."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("email_confirmed_at", UtcDateTime))
    op.add_column("account", sa.Column("blocked_at", UtcDateTime))
    op.create_table(
        "pending_registration",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("citizen_number", sa.String(12), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_pending_registration_citizen_number", "pending_registration", ["citizen_number"])
    op.create_index("ix_pending_registration_expires_at", "pending_registration", ["expires_at"])
    op.create_table(
        "contact_code",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("about", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("sealed_message", sa.Text),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    op.create_index("contact_code_about", "contact_code", ["about", "purpose"])
    op.create_index("ix_contact_code_expires_at", "contact_code", ["expires_at"])
    op.create_table(
        "account_recovery",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("agency_code", sa.String(40)),
        sa.Column("remedy", sa.String(24), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("phone", sa.String(20)),
        sa.Column("email", sa.String(254)),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("requested_by", sa.String(80), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(80)),
        sa.Column("decided_at", UtcDateTime),
    )
    op.create_index("account_recovery_state", "account_recovery", ["state", "requested_at"])


def downgrade() -> None:
    for table in ("account_recovery", "contact_code", "pending_registration"):
        op.drop_table(table)
    op.drop_column("account", "blocked_at")
    op.drop_column("account", "email_confirmed_at")
