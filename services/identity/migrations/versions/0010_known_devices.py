"""Devices that are known, names tried from one source, and who signed in."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_device",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("delayed_until", UtcDateTime),
    )
    op.create_index("ix_known_device_account_id", "known_device", ["account_id"])
    op.create_index("ix_known_device_last_at", "known_device", ["last_at"])
    op.create_table(
        "sprayed_name",
        sa.Column("source_digest", sa.String(64), primary_key=True),
        sa.Column("name_digest", sa.String(64), primary_key=True),
        sa.Column("last_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_sprayed_name_last_at", "sprayed_name", ["last_at"])
    op.create_table(
        "sign_in_record",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("factors", sa.JSON, nullable=False),
        sa.Column("known_device", sa.Boolean, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("session_id", sa.String(36)),
    )
    op.create_index("sign_in_record_of_account", "sign_in_record", ["account_id", "position"])
    op.create_index("ix_sign_in_record_at", "sign_in_record", ["at"])


def downgrade() -> None:
    op.drop_table("sign_in_record")
    op.drop_table("sprayed_name")
    op.drop_table("known_device")
