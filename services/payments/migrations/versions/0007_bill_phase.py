"""Bills know what their application's course means for its fees, and since which version of the application."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bill", sa.Column("phase", sa.String(16), nullable=False, server_default="open"))
    op.add_column("bill", sa.Column("phase_version", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE bill SET phase = 'ended' WHERE application_id IN "
        "(SELECT application_id FROM demand WHERE standing = 'dropped')"
    )


def downgrade() -> None:
    with op.batch_alter_table("bill") as bill:
        bill.drop_column("phase_version")
        bill.drop_column("phase")
