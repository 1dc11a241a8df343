"""Hears what happened to an application or its payment and writes to the citizen, exactly once per event.

Inbox message, intents of e-mail and text, and webhook intents are rows of one transaction with the inbox entry of
the event: either all are there or none. Sending is the courier's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.database import Database
from infra.chassis.erased_subjects import is_erased
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from services.notifications import preferences, webhooks
from services.notifications.domain import delivery as states
from services.notifications.domain.text_message import number
from services.notifications.messages import LANGUAGES, SAID, Said, addressee, facts_of
from services.notifications.models import Delivery, Message
from services.notifications.procedures import Catalogue, Names, Procedures
from services.notifications.templates import Text, say

Event = Mapping[str, Any]
Contact = Mapping[str, Any]


class Directory(Protocol):
    """Who knows how to reach an account (identity)."""

    def contact(self, *, account_id: str) -> Contact: ...


class Herald:
    """Writes to citizens. ``sms``: whether there is a way for texts."""

    def __init__(self, database: Database, *, sms: bool = False) -> None:
        self.database, self.sms = database, sms
        self.procedures = Procedures()

    @classmethod
    def from_settings(cls, settings: Settings) -> Herald:
        return cls(Database.at(settings.database_url("notifications")), sms=bool(settings.get("SMS_URL")))

    def tell(self, event: Event, directory: Directory, catalogue: Catalogue) -> None:
        """One inbox message in the citizen's language, and what goes outside; a repeat of the event changes nothing."""
        said, account_id = SAID[event["type"]], addressee(event["data"])
        # Neighbours are asked before the transaction: it may take a while.
        contact, names = _contact(directory, account_id), self.procedures.names(event["data"], catalogue)
        with self.database.handle_once(said.key, event["id"]) as session:
            # An event that comes after its person was erased (from a retry, say) is written to nobody.
            if session is not None and not is_erased(session, account_id):
                _tell(session, said, event, contact, names, sms=self.sms)
                webhooks.spread(session, event)


def _tell(session: Session, said: Said, event: Event, contact: Contact, names: Names, *, sms: bool) -> None:
    language = contact["language"] if contact.get("language") in LANGUAGES else LANGUAGES[0]
    known = {"full_name": contact["full_name"], "reference": _reference(session, event), "names": names}
    facts = facts_of(said, event["data"], language=language, **known)
    text = say(session, said.key, "inbox", language, facts)
    message = _message(event, language, contact["account_id"], facts["reference"], text)
    session.add(message)
    session.flush()
    if said.email and contact.get("email") and preferences.wants_email(session, message.account_id):
        session.add(_email(session, message, contact, say(session, said.key, "email", language, facts)))
    phone = number(contact.get("phone") or "") if sms and said.sms else None
    if phone and preferences.wants_sms(session, message.account_id):
        session.add(_sms(session, message, phone, say(session, said.key, "sms", language, facts)))


def _contact(directory: Directory, account_id: str) -> Contact:
    try:
        return directory.contact(account_id=account_id)
    except Refusal as refusal:
        if refusal.name != "AccountNotFound":
            raise
        # An erased account still has an inbox; it has no name and no address.
        return {"account_id": account_id, "full_name": "", "email": None, "phone": None, "language": LANGUAGES[0]}


def _reference(session: Session, event: Event) -> str:
    """The reference the citizen knows: the event's own, or the one of earlier messages about that application."""
    data = event["data"]
    if data.get("reference"):
        return str(data["reference"])
    earlier = Message.application_id == data["application_id"], Message.reference.is_not(None)
    return session.scalar(select(Message.reference).where(*earlier).limit(1)) or str(data["application_id"])


def _message(event: Event, language: str, account_id: str, reference: str, text: Text) -> Message:
    return Message(
        id=str(uuid4()), account_id=account_id, event_id=event["id"], event_type=event["type"],
        template_key=SAID[event["type"]].key, template_version=text.version, language=language,
        subject=text.subject, body=text.body, application_id=event["data"].get("application_id"),
        reference=reference, happened_at=_happened_at(event), created_at=clock.now(),
    )  # fmt: skip


def _happened_at(event: Event) -> datetime:
    """When it happened, not when we heard of it: events of different kinds overtake each other on the wire."""
    return datetime.fromisoformat(event["data"].get("at") or event["time"]).astimezone(UTC)


def _email(session: Session, message: Message, contact: Contact, text: Text) -> Delivery:
    return _delivery(session, message, text, "email", contact["email"], contact["full_name"])


def _sms(session: Session, message: Message, phone: str, text: Text) -> Delivery:
    return _delivery(session, message, text, "sms", phone)


def _delivery(
    session: Session, message: Message, text: Text, channel: str, recipient: str, recipient_name: str = ""
) -> Delivery:
    now = clock.now()
    return Delivery(
        id=str(uuid4()), channel=channel, account_id=message.account_id, message_id=message.id,
        event_id=message.event_id, event_type=message.event_type, recipient=recipient,
        recipient_name=recipient_name, template_version=text.version, language=message.language,
        subject=text.subject, body=text.body, status=states.CREATED, attempts=0, created_at=now,
        updated_at=now, next_attempt_at=preferences.when_allowed(session, message.account_id, now),
    )  # fmt: skip
