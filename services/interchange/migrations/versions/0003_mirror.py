"""Dossiers of other systems as rows, their records as they came, and chunks of bulk files that were taken."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _dossiers()
    op.create_table(
        "mirrored_statement",
        sa.Column("digest", sa.String(40), primary_key=True),
        sa.Column("dossier_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("mirrored_statement_dossier", "mirrored_statement", ["dossier_id", "version"])
    op.create_table(
        "bulk_chunk",
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("outcomes", sa.JSON, nullable=False),
        sa.Column("taken_at", UtcDateTime, nullable=False),
    )


def _dossiers() -> None:
    op.create_table(
        "mirrored_dossier",
        sa.Column("dossier_id", sa.String(36), primary_key=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("number", sa.String(120), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", BigKey, nullable=False),
        sa.Column("has_content", sa.Boolean, nullable=False),
        sa.Column("erased", sa.Boolean, nullable=False),
        sa.Column("official_status", sa.Integer),
        sa.Column("status", sa.String(200), nullable=False),
        sa.Column("status_at", UtcDateTime),
        sa.Column("procedure_code", sa.String(120)),
        sa.Column("agency", sa.String(400)),
        sa.Column("alias", sa.String(120)),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("due_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("returned_at", UtcDateTime),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_index("mirrored_dossier_number", "mirrored_dossier", ["source", "number"])
    op.create_index("mirrored_dossier_alias", "mirrored_dossier", ["source", "alias"])
    op.create_index("mirrored_dossier_position", "mirrored_dossier", ["position"])


def downgrade() -> None:
    for table in ("bulk_chunk", "mirrored_statement", "mirrored_dossier"):
        op.drop_table(table)
