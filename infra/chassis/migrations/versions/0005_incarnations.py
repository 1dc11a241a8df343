"""Which life of a store its events come from: of the own one, of those listened to, and by what a repeat is known."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "chassis_0005"
down_revision = "chassis_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_incarnation",
        sa.Column("stream", sa.String(40), primary_key=True),
        sa.Column("incarnation", sa.String(16), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("after", BigKey, nullable=False),
        sa.Column("store", sa.String(160), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
    )
    op.create_table(
        "known_incarnation",
        sa.Column("stream", sa.String(80), primary_key=True),
        sa.Column("incarnation", sa.String(16), primary_key=True),
        sa.Column("first_position", BigKey, nullable=False),
        sa.Column("highest_before", BigKey),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("acknowledged_at", UtcDateTime),
    )
    op.add_column("inbox", sa.Column("digest", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("inbox") as table:
        table.drop_column("digest")
    op.drop_table("known_incarnation")
    op.drop_table("source_incarnation")
