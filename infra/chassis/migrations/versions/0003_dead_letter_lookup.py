"""Dead letters are looked for by the message they hold."""

import sqlalchemy as sa
from alembic import op

revision = "chassis_0003"
down_revision = "chassis_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not sa.inspect(op.get_bind()).has_index("dead_letter", "dead_letter_message"):
        op.create_index("dead_letter_message", "dead_letter", ["message_id", "state"])


def downgrade() -> None:
    op.drop_index("dead_letter_message", "dead_letter")
