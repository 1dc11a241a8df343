"""An application as its last event left it, beside the read model, so that its applicant is shown one row."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application_document",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answers_id", sa.String(36)),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("application_document")
