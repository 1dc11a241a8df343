"""Dead letters are looked for by the message they hold."""

from alembic import op

from infra.chassis.migrations import create_index
from infra.chassis.tables import known_letters

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index(op, known_letters)


def downgrade() -> None:
    op.drop_index("dead_letter_message", "dead_letter")
