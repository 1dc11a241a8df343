"""Statements whose money a second person has booked: what state they are in, whose they are, who decided."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("decided_at", "decided_by", "expires_at", "to_at", "from_at", "agency_code", "state")


def upgrade() -> None:
    state = sa.Column("state", sa.String(24), nullable=False, server_default=sa.text("'booked'"))
    op.add_column("reconciliation", state)
    op.add_column("reconciliation", sa.Column("agency_code", sa.String(64)))
    op.add_column("reconciliation", sa.Column("from_at", sa.String(40)))
    op.add_column("reconciliation", sa.Column("to_at", sa.String(40)))
    op.add_column("reconciliation", sa.Column("expires_at", UtcDateTime))
    op.add_column("reconciliation", sa.Column("decided_by", sa.String(64)))
    op.add_column("reconciliation", sa.Column("decided_at", UtcDateTime))
    op.create_index("reconciliation_state", "reconciliation", ["state", "at"])


def downgrade() -> None:
    op.drop_index("reconciliation_state", "reconciliation")
    for column in COLUMNS:
        op.drop_column("reconciliation", column)
