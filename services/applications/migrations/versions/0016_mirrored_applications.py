"""People's applications in other systems, as interchange tells of them, for their own lists."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirrored_application",
        sa.Column("dossier_id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("official_status", sa.Integer),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("raw_status", sa.String(200), nullable=False),
        sa.Column("procedure_code", sa.String(120)),
        sa.Column("procedure_title", sa.JSON),
        sa.Column("agency_code", sa.String(400)),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("submitted_at", UtcDateTime),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("due_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("returned_at", UtcDateTime),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_index("mirrored_application_own", "mirrored_application", ["account_id", "started_at", "dossier_id"])


def downgrade() -> None:
    op.drop_table("mirrored_application")
