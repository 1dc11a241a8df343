"""What nodes are to be told of own applications, in its order, with how far that has come."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("number", sa.String(120), nullable=False),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("official_status", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_answer", sa.Text),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("acknowledged_at", UtcDateTime),
    )
    op.create_index("report_target", "report", ["target", "position"])
    op.create_index("report_due", "report", ["target", "state", "next_at"])
    op.create_index("report_application", "report", ["application_id", "target", "position"])


def downgrade() -> None:
    op.drop_table("report")
