"""What notifications keeps: texts, the inbox, deliveries with every attempt, preferences and subscriptions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import plumbing
from infra.chassis.storage.database import BigKey, UtcDateTime


class Table(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, Json: JSON, list[str]: JSON}


class Template(Table):
    """One version of a text; never changed, only followed by the next."""

    __tablename__ = "template"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(80))


class TemplateRequest(Table):
    """The next version of a text that waits for a second person. ``state``: awaiting_approval, approved, declined."""

    __tablename__ = "template_request"
    __table_args__ = (Index("template_request_state", "state", "requested_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(Integer)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(24))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]


class Message(Table):
    """One message in a citizen's inbox, pinned to the version of the text it was written with."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("account_id", "event_id", name="message_once"),
        Index("message_inbox", "account_id", "happened_at", "position"),
        Index("message_application", "application_id"),
    )

    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    account_id: Mapped[str] = mapped_column(String(80))
    event_id: Mapped[str] = mapped_column(String(120))
    event_type: Mapped[str] = mapped_column(String(80))
    template_key: Mapped[str] = mapped_column(String(60))
    template_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    application_id: Mapped[str | None] = mapped_column(String(36))
    reference: Mapped[str | None] = mapped_column(String(60))
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class Delivery(Table):
    """One thing to carry outside: e-mail or text of a message, or a webhook call. Its id is the id of the effect."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_due", "channel", "status", "next_attempt_at"),
        Index("delivery_message", "message_id"),
        Index("delivery_subscription", "subscription_id", "position"),
        Index("delivery_account", "account_id"),
        Index("delivery_ended", "updated_at"),
    )

    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    channel: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[str | None] = mapped_column(String(80))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id"))
    subscription_id: Mapped[str | None] = mapped_column(ForeignKey("subscription.id"))
    event_id: Mapped[str] = mapped_column(String(120))
    event_type: Mapped[str] = mapped_column(String(80))
    repeat_of: Mapped[str | None] = mapped_column(String(36))
    recipient: Mapped[str] = mapped_column(Text)
    recipient_name: Mapped[str] = mapped_column(Text, default="")
    template_version: Mapped[int | None]
    language: Mapped[str | None] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Attempt(Table):
    """The intent to send, written before sending; ``outcome`` is the result, written after. None: nobody knows yet."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number", name="attempt_number"),
        Index("attempt_open", "finished_at"),
    )

    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id"))
    number: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str | None] = mapped_column(Text)


class Preference(Table):
    """What a citizen chose; no row means the defaults."""

    __tablename__ = "preference"

    account_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    email: Mapped[bool] = mapped_column(Boolean)
    sms: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_until: Mapped[str | None] = mapped_column(String(5))
    updated_at: Mapped[datetime]


class Subscription(Table):
    """A webhook of a subscriber; ended ones stay for their deliveries' sake."""

    __tablename__ = "subscription"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(Text)
    event_types: Mapped[list[str]]
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


plumbing(Table.metadata)
