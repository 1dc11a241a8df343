"""Signing in with the national e-ID: sign-ins on their way, who is who, and what a session rests on."""

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_session", sa.Column("eid_issuer", sa.String(255)))
    op.add_column("sign_in_session", sa.Column("assurance", sa.String(255)))
    op.create_table(
        "eid_sign_in",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("binding_digest", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("taken_at", UtcDateTime),
        sa.Column("account_id", sa.String(36)),
        sa.Column("level", sa.String(255)),
    )
    op.create_index("ix_eid_sign_in_expires_at", "eid_sign_in", ["expires_at"])
    op.create_table(
        "eid_link",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("linked_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_eid_link_account_id", "eid_link", ["account_id"])


def downgrade() -> None:
    op.drop_table("eid_link")
    op.drop_table("eid_sign_in")
    op.drop_column("sign_in_session", "assurance")
    op.drop_column("sign_in_session", "eid_issuer")
