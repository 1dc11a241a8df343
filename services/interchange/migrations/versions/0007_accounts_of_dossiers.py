"""Which accounts a dossier is of is asked with every batch: found by an index."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("person_account_subject", "person_account", ["subject"])


def downgrade() -> None:
    op.drop_index("person_account_subject", "person_account")
