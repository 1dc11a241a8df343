"""Who has ever been a delegate of whom."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delegate",
        sa.Column("delegate_id", sa.String(80), primary_key=True),
        sa.Column("principal_id", sa.String(80), primary_key=True),
        sa.Column("procedure_code", sa.String(80), primary_key=True),
    )
    op.create_index("party_started_by", "party", ["started_by"])


def downgrade() -> None:
    op.drop_index("party_started_by", "party")
    op.drop_table("delegate")
