"""What a report says, and what is known of own applications for the next one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("report") as report:
        report.add_column(sa.Column("application_version", sa.Integer, nullable=False, server_default="0"))
        report.add_column(sa.Column("content", sa.JSON, nullable=False, server_default="{}"))
    op.create_table(
        "own_application",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("facts", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("own_application")
    with op.batch_alter_table("report") as report:
        report.drop_column("content")
        report.drop_column("application_version")
