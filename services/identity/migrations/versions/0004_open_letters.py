"""A dead letter is open once for each consumer."""

from alembic import op

from infra.chassis.migrations import open_letters_once
from infra.chassis.tables import open_letters

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    open_letters_once(op)


def downgrade() -> None:
    op.drop_index(open_letters.name, "dead_letter")
