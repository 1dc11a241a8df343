"""Dead letters are looked for by the message they hold; one is open once for each consumer."""

from alembic import op

from infra.chassis.migrations import index_letters

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_letters(op)


def downgrade() -> None:
    op.drop_index("dead_letter_open", "dead_letter")
    op.drop_index("dead_letter_message", "dead_letter")
