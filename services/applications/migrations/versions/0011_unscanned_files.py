"""Files taken while the virus scanner was away, and what it then found in them."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unscanned_file",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("signature", sa.String(120)),
    )
    op.create_index("ix_unscanned_file_since", "unscanned_file", ["since"])


def downgrade() -> None:
    op.drop_table("unscanned_file")
