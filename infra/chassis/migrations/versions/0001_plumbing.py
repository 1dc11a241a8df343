"""Commands and their replies, inbox, outbox, positions of followers, dead letters: what every service's database holds.

Databases of releases before this branch have these tables already, by revisions of each service's own.
"""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "chassis_0001"
down_revision = None
branch_labels = ("chassis",)
depends_on = None

TABLES = ("dead_letter", "relay_position", "outbox", "inbox", "command_log")


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("command_log"):
        return
    _commands()
    _messages()
    _dead_letters()


def _commands() -> None:
    op.create_table(
        "command_log",
        sa.Column("caller", sa.String(80), primary_key=True),
        sa.Column("command_id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("reply", sa.JSON),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(120), primary_key=True),
        sa.Column("message_id", sa.String(120), primary_key=True),
        sa.Column("handled_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("call_id", sa.String(160)),
        sa.Column("published_at", UtcDateTime),
    )
    op.create_index("outbox_unpublished", "outbox", ["published_at", "position"])
    op.create_table(
        "relay_position",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("position", BigKey, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def _dead_letters() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("consumer", sa.String(160), nullable=False),
        sa.Column("message_id", sa.String(120), nullable=False),
        sa.Column("routing", sa.JSON, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("content_type", sa.String(80), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("resolved_at", UtcDateTime),
        sa.Column("resolution", sa.Text),
    )
    op.create_index("dead_letter_state", "dead_letter", ["state", "id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
