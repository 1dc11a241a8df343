"""The citizen's inbox in the portal, and what became of each message outside it."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Integer, String, bindparam, func, select, true, tuple_
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.access_records import Accessed, record_access
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import BigKey, Database, UtcDateTime
from infra.chassis.storage.reads import Read
from infra.chassis.storage.types import TableRow
from services.notifications.errors import MessageNotFound
from services.notifications.models import Attempt, Delivery, Message
from services.notifications.phone_numbers import E164, VIETNAM

LOOKING_AT_DELIVERIES = "xem việc gửi thông báo / looking at what was sent of a message"
COLUMNS = (
    Message.position, Message.id, Message.subject, Message.body, Message.template_key, Message.template_version,
    Message.language, Message.event_type, Message.application_id, Message.reference, Message.happened_at,
    Message.created_at, Message.read_at,
)  # fmt: skip


class InboxPage(Page[Json]):
    """``unread`` counts all messages never opened."""

    unread: int


class Mailbox:
    """Shows each account its own messages."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Mailbox:
        return cls(Database.at(settings.database_url("notifications")))

    def inbox(self, unread: bool | None, limit: int, cursor: str | None, *, by: Actor) -> InboxPage:
        """What happened last first."""
        after = key_of(cursor, datetime, int)
        place = {"happened_at": after[0], "position": after[1]} if after else {}
        rows = self.database.rows(_inbox(unread, cursor is not None), account_id=by.account_id, most=limit + 1, **place)
        messages = [row for row in rows if row.id is not None]
        last = messages[limit - 1] if len(messages) > limit else None
        more = cursor_of(last.happened_at, last.position) if last is not None else None
        items = [_message_view(message) for message in messages[:limit]]
        return {"items": items, "next_cursor": more, "unread": rows[0].unread}

    def mark_read(self, message_id: str, *, by: Actor, command: Command) -> Json:
        """→ ``{message_id, read_at}``; the first reading counts."""
        return self.database.command(command, lambda session: self._mark_read(session, message_id, by))

    def deliveries(self, message_id: str, *, by: Actor) -> Page[Json]:
        """What was sent outside of one message, attempt by attempt → ``{items, next_cursor}``; staff are logged."""
        with self.database.session() as session:
            message = session.scalar(select(Message).where(Message.id == message_id))
            if message is None or not (message.account_id == by.account_id or by.has("operator")):
                raise MessageNotFound(message_id=message_id)
            about = Accessed(message.account_id, message.application_id, message.reference)
            record_access(session, by, [about], purpose=LOOKING_AT_DELIVERIES)
            own = select(Delivery).where(Delivery.message_id == message_id)
            deliveries = session.scalars(own.order_by(Delivery.position))
            return {"items": [delivery_view(session, delivery) for delivery in deliveries], "next_cursor": None}

    def _mark_read(self, session: Session, message_id: str, by: Actor) -> Json:
        own = select(Message).where(Message.id == message_id, Message.account_id == by.account_id)
        message = session.scalar(own.with_for_update())
        if message is None:
            raise MessageNotFound(message_id=message_id)
        message.read_at = message.read_at or clock.now()
        return {"message_id": message.id, "read_at": message.read_at.isoformat()}


@cache
def _inbox(unread: bool | None, continued: bool) -> Read:
    """A page of somebody's messages, and in every row (there is one at least) how many were never opened."""
    own = Message.account_id == bindparam("account_id", type_=String)
    waiting = select(func.count().label("unread")).where(own, Message.read_at.is_(None)).subquery()
    rows = select(*COLUMNS).where(own)
    if unread is not None:
        rows = rows.where(Message.read_at.is_(None) if unread else Message.read_at.is_not(None))
    if continued:
        place = tuple_(bindparam("happened_at", type_=UtcDateTime), bindparam("position", type_=BigKey))
        rows = rows.where(tuple_(Message.happened_at, Message.position) < place)
    rows = rows.order_by(Message.happened_at.desc(), Message.position.desc()).limit(bindparam("most", type_=Integer))
    page_rows = rows.subquery()
    joined = select(waiting.c.unread, *page_rows.c).outerjoin_from(waiting, page_rows, true())
    return Read(joined.order_by(page_rows.c.happened_at.desc(), page_rows.c.position.desc()))


def delivery_view(session: Session, delivery: Delivery) -> Json:
    """One delivery as callers see it; addresses only as far as its owner needs to recognise them."""
    attempts = session.scalars(select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.number))
    return {
        "delivery_id": delivery.id, "channel": delivery.channel, "status": delivery.status,
        "recipient": masked_address(delivery.recipient), "template_version": delivery.template_version,
        "created_at": delivery.created_at.isoformat(),
        "problem": _with_recipient_masked(delivery.problem, delivery.recipient),
        "next_attempt_at": delivery.next_attempt_at.isoformat() if delivery.next_attempt_at else None,
        "attempts": [_attempt_view(attempt, delivery.recipient) for attempt in attempts],
    }  # fmt: skip


def masked_address(recipient: str) -> str:
    """``n***@example.vn``, ``+84***567``; other addresses as they are."""
    if E164.fullmatch(recipient):
        return f"{recipient[:3]}***{recipient[-3:]}"
    name, at, host = recipient.rpartition("@")
    return f"{name[:1]}***@{host}" if at and "/" not in recipient else recipient


def _with_recipient_masked(detail: str | None, recipient: str) -> str | None:
    """The detail the other side gave, which often repeats the address."""
    if not detail or not recipient:
        return detail
    if E164.fullmatch(recipient):  # gateways write numbers without the plus, or as they are dialled at home
        for number in (recipient[1:], "0" + recipient.removeprefix(VIETNAM)):
            detail = detail.replace(number, masked_address(recipient)[1:])
    return detail.replace(recipient, masked_address(recipient))


def _attempt_view(attempt: Attempt, recipient: str) -> Json:
    return {
        "number": attempt.number, "started_at": attempt.started_at.isoformat(),
        "finished_at": attempt.finished_at.isoformat() if attempt.finished_at else None,
        "outcome": attempt.outcome, "detail": _with_recipient_masked(attempt.detail, recipient),
    }  # fmt: skip


def _message_view(message: Message | TableRow) -> Json:
    return {
        "message_id": message.id, "subject": message.subject, "body": message.body, "key": message.template_key,
        "template_version": message.template_version, "language": message.language, "event_type": message.event_type,
        "application_id": message.application_id, "reference": message.reference,
        "happened_at": message.happened_at.isoformat(),
        "created_at": message.created_at.isoformat(),
        "read_at": message.read_at.isoformat() if message.read_at else None,
    }  # fmt: skip
