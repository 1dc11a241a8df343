"""Appointments that wait for a second operator."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment_request",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("agency_code", sa.String(40), sa.ForeignKey("agency.code"), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("requested_by", sa.String(80), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=True),
        sa.Column("decided_at", UtcDateTime, nullable=True),
    )
    op.create_index("appointment_request_state", "appointment_request", ["state", "requested_at"])


def downgrade() -> None:
    op.drop_index("appointment_request_state", "appointment_request")
    op.drop_table("appointment_request")
