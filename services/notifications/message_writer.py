"""Writes to the citizen about an event of an application or its payment, exactly once per event.

Inbox message, intents of e-mail and text, and webhook intents are rows of one transaction with the inbox entry of
the event: either all are there or none. Sending is the delivery worker's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.erased_subjects import is_erased
from infra.chassis.instants import recorded_instant
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.wake_up import wake_followers
from services.notifications import preferences, webhooks
from services.notifications.domain import delivery as states
from services.notifications.messages import LANGUAGES, MESSAGE_KINDS, MessageKind, addressee, facts_of
from services.notifications.models import Delivery, Message
from services.notifications.phone_numbers import phone_number
from services.notifications.procedures import Names, Procedures
from services.notifications.templates import Text, compose_text

if TYPE_CHECKING:
    from services.notifications.clients import Contact, ContactDirectory, ProcedureCatalog


class MessageWriter:
    """Writes to citizens. ``sms``: whether there is a way for texts."""

    def __init__(self, database: Database, *, sms: bool = False) -> None:
        self.database, self.sms = database, sms
        self.procedures = Procedures()

    @classmethod
    def from_settings(cls, settings: Settings) -> MessageWriter:
        return cls(Database.at(settings.database_url("notifications")), sms=bool(settings.get("SMS_URL")))

    def write(self, event: CloudEvent, *, identity: ContactDirectory, catalog: ProcedureCatalog) -> None:
        """One inbox message in the citizen's language, and what goes outside; a repeat of the event changes nothing."""
        kind, account_id = MESSAGE_KINDS[event["type"]], addressee(event["data"])
        # Neighbours are asked before the transaction: it may take a while.
        contact, names = _contact_of(identity, account_id), self.procedures.names(event["data"], catalog=catalog)
        with self.database.handle_once(kind.key, event) as session:
            # An event that comes after its person was erased (from a retry, say) is written to nobody.
            if session is not None and not is_erased(session, account_id):
                _write(session, kind, event, contact, names, sms=self.sms)
                webhooks.enqueue_calls(session, event)


def _write(
    session: Session, kind: MessageKind, event: CloudEvent, contact: Contact, names: Names, *, sms: bool
) -> None:
    language = contact["language"] if contact["language"] in LANGUAGES else LANGUAGES[0]
    reference = _reference(session, event)
    facts = facts_of(
        kind,
        event["data"],
        language=language,
        full_name=contact["full_name"],
        reference=reference,
        names=names,
    )
    text = compose_text(session, kind.key, "inbox", language, facts)
    message = _message(event, language, contact["account_id"], reference, text)
    wishes, deliveries = preferences.of(session, message.account_id), []
    address = contact["email"] if kind.email else None
    if address and wishes.email:
        mail = compose_text(session, kind.key, "email", language, facts)
        deliveries.append(_delivery(message, mail, wishes, "email", address, contact["full_name"]))
    phone = phone_number(contact["phone"] or "") if sms and kind.sms else None
    if phone and wishes.sms:
        short = compose_text(session, kind.key, "sms", language, facts)
        deliveries.append(_delivery(message, short, wishes, "sms", phone))
    session.add(message)
    session.flush()
    session.add_all(deliveries)
    wake_followers(session)


def _contact_of(identity: ContactDirectory, account_id: str) -> Contact:
    try:
        return identity.contact(account_id=account_id)
    except Refusal as refusal:
        if refusal.name != "AccountNotFound":
            raise
        # An erased account still has an inbox; it has no name and no address.
        return {"account_id": account_id, "full_name": "", "email": None, "phone": None, "language": LANGUAGES[0]}


def _reference(session: Session, event: CloudEvent) -> str:
    """The reference the citizen knows: the event's own, or the one of earlier messages about that application."""
    data = event["data"]
    if data.get("reference"):
        return str(data["reference"])
    earlier = Message.application_id == data["application_id"], Message.reference.is_not(None)
    return session.scalar(select(Message.reference).where(*earlier).limit(1)) or str(data["application_id"])


def _message(event: CloudEvent, language: str, account_id: str, reference: str, text: Text) -> Message:
    return Message(
        id=str(uuid4()), account_id=account_id, event_id=event["id"], event_type=event["type"],
        template_key=MESSAGE_KINDS[event["type"]].key, template_version=text.version, language=language,
        subject=text.subject, body=text.body, application_id=event["data"].get("application_id"),
        reference=reference, happened_at=_happened_at(event), created_at=clock.now(),
    )  # fmt: skip


def _happened_at(event: CloudEvent) -> datetime:
    """When it happened, not when we received it: events of different kinds overtake each other on the wire."""
    return recorded_instant(event["data"].get("at") or event["time"]).astimezone(UTC)


def _delivery(
    message: Message, text: Text, wishes: preferences.Wishes, channel: str, recipient: str, recipient_name: str = ""
) -> Delivery:
    now = clock.now()
    return Delivery(
        id=str(uuid4()), channel=channel, account_id=message.account_id, message_id=message.id,
        event_id=message.event_id, event_type=message.event_type, recipient=recipient,
        recipient_name=recipient_name, template_version=text.version, language=message.language,
        subject=text.subject, body=text.body, status=states.CREATED, attempts=0, created_at=now,
        updated_at=now, next_attempt_at=wishes.when_allowed(now),
    )  # fmt: skip
