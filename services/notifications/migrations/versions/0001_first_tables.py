"""Texts, inbox, deliveries and their attempts, wishes, webhook subscriptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _texts_and_wishes()
    _messages()
    _deliveries()


def _texts_and_wishes() -> None:
    op.create_table(
        "template",
        sa.Column("key", sa.String(60), primary_key=True),
        sa.Column("channel", sa.String(10), primary_key=True),
        sa.Column("language", sa.String(2), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("published_at", UtcDateTime, nullable=False),
        sa.Column("published_by", sa.String(80), nullable=False),
    )
    op.create_table(
        "preference",
        sa.Column("account_id", sa.String(80), primary_key=True),
        sa.Column("email", sa.Boolean, nullable=False),
        sa.Column("quiet_from", sa.String(5)),
        sa.Column("quiet_until", sa.String(5)),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("event_types", sa.JSON, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("account_id", sa.String(80), nullable=False),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("event_type", sa.String(80), nullable=False),
        sa.Column("template_key", sa.String(60), nullable=False),
        sa.Column("template_version", sa.Integer, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("application_id", sa.String(36)),
        sa.Column("reference", sa.String(60)),
        sa.Column("happened_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("read_at", UtcDateTime),
        sa.Column("erased_at", UtcDateTime),
        sa.UniqueConstraint("account_id", "event_id", name="message_once"),
    )
    op.create_index("message_inbox", "message", ["account_id", "happened_at", "position"])
    op.create_index("message_application", "message", ["application_id"])


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("account_id", sa.String(80)),
        sa.Column("message_id", sa.String(36), sa.ForeignKey("message.id")),
        sa.Column("subscription_id", sa.String(36), sa.ForeignKey("subscription.id")),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("event_type", sa.String(80), nullable=False),
        sa.Column("repeat_of", sa.String(36)),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("recipient_name", sa.Text, nullable=False),
        sa.Column("template_version", sa.Integer),
        sa.Column("language", sa.String(2)),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", UtcDateTime),
        sa.Column("problem", sa.Text),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_index("delivery_due", "delivery", ["channel", "status", "next_attempt_at"])
    op.create_index("delivery_message", "delivery", ["message_id"])
    op.create_index("delivery_subscription", "delivery", ["subscription_id", "position"])
    op.create_index("delivery_account", "delivery", ["account_id"])
    op.create_table(
        "attempt",
        sa.Column("position", BigKey, primary_key=True, autoincrement=True),
        sa.Column("delivery_id", sa.String(36), sa.ForeignKey("delivery.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("outcome", sa.String(20)),
        sa.Column("detail", sa.Text),
        sa.UniqueConstraint("delivery_id", "number", name="attempt_number"),
    )
    op.create_index("attempt_open", "attempt", ["finished_at"])


def downgrade() -> None:
    for table in ("attempt", "delivery", "message", "subscription", "preference", "template"):
        op.drop_table(table)
