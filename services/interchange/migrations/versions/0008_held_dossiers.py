"""How many dossiers wait for their content is counted every minute: by an index of those alone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITING = sa.text("has_content = false")


def upgrade() -> None:
    op.create_index(
        "mirrored_dossier_held",
        "mirrored_dossier",
        ["dossier_id"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("mirrored_dossier_held", "mirrored_dossier")
