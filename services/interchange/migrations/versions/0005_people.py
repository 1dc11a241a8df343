"""Whose dossiers they are: by a keyed digest of the identity number, which accounts are known by as well."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_account",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False),
    )
    op.create_table(
        "mirrored_person",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("dossier_id", sa.String(36), primary_key=True),
    )
    op.create_index("mirrored_person_dossier", "mirrored_person", ["dossier_id"])


def downgrade() -> None:
    op.drop_table("mirrored_person")
    op.drop_table("person_account")
