"""Money in suspense that two persons give to an application, and where on its statement a line stands."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statement_line", sa.Column("position", sa.Integer))
    op.create_index("statement_line_suspense", "statement_line", ["in_suspense"])
    op.create_table(
        "suspense_assignment",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("line_id", BigKey, sa.ForeignKey("statement_line.id"), nullable=False),
        sa.Column("application_id", sa.String(36), sa.ForeignKey("bill.application_id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("payment_id", sa.String(36)),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("decided_at", UtcDateTime),
    )
    op.create_index("suspense_assignment_state", "suspense_assignment", ["state", "requested_at"])


def downgrade() -> None:
    op.drop_table("suspense_assignment")
    op.drop_index("statement_line_suspense", "statement_line")
    op.drop_column("statement_line", "position")
