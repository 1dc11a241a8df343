"""A dead letter is open once for each message and consumer; those that are open several times become one."""

import sqlalchemy as sa
from alembic import op

revision = "chassis_0004"
down_revision = "chassis_0003"
branch_labels = None
depends_on = None

OPEN = "state IN ('waiting', 'unreadable')"
ADD_UP = """
    UPDATE dead_letter SET
        attempts = (
            SELECT sum(twin.attempts) FROM dead_letter AS twin WHERE twin.consumer = dead_letter.consumer
            AND twin.message_id = dead_letter.message_id AND twin.state = dead_letter.state
        ),
        last_at = (
            SELECT max(twin.last_at) FROM dead_letter AS twin WHERE twin.consumer = dead_letter.consumer
            AND twin.message_id = dead_letter.message_id AND twin.state = dead_letter.state
        )
    WHERE state IN ('waiting', 'unreadable')
"""
KEEP_THE_FIRST = """
    DELETE FROM dead_letter WHERE state IN ('waiting', 'unreadable') AND id > (
        SELECT min(twin.id) FROM dead_letter AS twin WHERE twin.consumer = dead_letter.consumer
        AND twin.message_id = dead_letter.message_id AND twin.state = dead_letter.state
    )
"""


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_index("dead_letter", "dead_letter_open"):
        return
    op.execute(ADD_UP)
    op.execute(KEEP_THE_FIRST)
    op.create_index(
        "dead_letter_open",
        "dead_letter",
        ["consumer", "message_id"],
        unique=True,
        postgresql_where=sa.text(OPEN),
        sqlite_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_index("dead_letter_open", "dead_letter")
