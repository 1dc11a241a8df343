"""Where agencies lie."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_seat",
        sa.Column("agency_code", sa.String(40), primary_key=True),
        sa.Column("province_code", sa.String(10), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("agency_seat")
