"""From when to when published versions are in force, by the catalogue's events: a submission asks nobody."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procedure_term",
        sa.Column("code", sa.String(80), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("effective_until", sa.Date),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("heard_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("procedure_term")
