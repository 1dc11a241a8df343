"""Codes sent to a contact point: whoever shows one again reads what is sent there.

The event names the code by an id and says nothing else; *notifications* asks for the message (``code_message``) and
sends it. A code has sixty bits, so nobody counts attempts at it and nobody can use attempts up for its owner. It is
stored as a keyed digest; what is to be sent rests encrypted until the code ends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from uuid import uuid4

from cryptography.fernet import Fernet
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import Database
from services.identity import keys
from services.identity.errors import ContactCodeNotFound
from services.identity.models import ContactChange, ContactCode, PendingRegistration

LIFETIME = timedelta(minutes=30)
MOST_AT_ONCE = 3  # codes in force for one thing: so many messages at most reach a person within their lifetime
REGISTRATION, ALREADY_REGISTERED, PASSWORD_RESET = "registration", "already_registered", "password_reset"
CONTACT_CHANGE, CONTACT_CHANGED = "contact_change", "contact_changed"
NOTICES = frozenset({ALREADY_REGISTERED, CONTACT_CHANGED})  # somebody is told of something and asked for nothing
SETTING = "CONTACT_CONFIRMATION"


def confirmation_required(settings: Settings) -> bool:
    """Whether an account counts only when its e-mail address is confirmed; development goes without unless asked."""
    value = settings.get(SETTING, "off" if settings.development else "required")
    if value not in ("required", "off"):
        raise SettingMissing(SETTING, f"{value!r} is neither 'required' nor 'off'")
    return value == "required"


class ContactCodes:
    """Makes codes, hands them to whoever sends them, and knows them again."""

    def __init__(self, database: Database, sealer: Fernet, key: bytes) -> None:
        self.database, self.sealer, self.key = database, sealer, key

    @classmethod
    def from_settings(cls, settings: Settings) -> ContactCodes:
        private = keys.signing_key(settings)
        database = Database.at(settings.database_url("identity"))
        return cls(database, keys.sealer(private, "contact-messages"), keys.derive_key(private, "contact-codes"))

    def send(self, session: Session, purpose: str, about: str, recipient: Json) -> None:
        """Have a code sent to ``recipient``, unless enough are under way.

        ``recipient``: ``email`` (or ``phone``, and an empty ``email``), ``full_name``, ``language``, and ``account_id``
        where ``about`` is no account.
        """
        now = clock.now()
        in_force = _in_force(purpose, about, now)
        if (session.scalar(select(func.count()).select_from(in_force.subquery())) or 0) >= MOST_AT_ONCE:
            return
        code = None if purpose in NOTICES else _new_code()
        row = ContactCode(
            id=str(uuid4()), purpose=purpose, about=about, made_at=now, expires_at=now + LIFETIME,
            digest=self._digest(about, code) if code else None,
            sealed_message=self.sealer.encrypt(json.dumps({**recipient, "code": code}).encode()).decode(),
        )  # fmt: skip
        session.add(row)
        event_data = {"request_id": row.id, "kind": purpose, "at": now.isoformat()}
        enqueue(session, "contact_code_requested.v1", event_data, subject=row.id)

    def spend(self, session: Session, purpose: str, about: str, code: str) -> bool:
        """Whether ``code`` was sent about this; in this transaction it and all others about it are used up."""
        if not self.holds(session, purpose, about, code):
            return False
        session.execute(delete(ContactCode).where(ContactCode.about == about, ContactCode.purpose == purpose))
        return True

    def holds(self, session: Session, purpose: str, about: str, code: str) -> bool:
        """Whether ``code`` was sent about this and may still be used."""
        sent = _in_force(purpose, about, clock.now()).where(ContactCode.digest == self._digest(about, code))
        return session.scalar(sent.with_for_update()) is not None

    def code_message(self, request_id: str) -> Json:
        """What is to be sent, for *notifications*; ``ContactCodeNotFound`` once the code is spent or over."""
        with self.database.session() as session:
            row = session.get(ContactCode, request_id)
            if row is None or row.sealed_message is None or row.expires_at <= clock.now():
                raise ContactCodeNotFound(request_id=request_id)
            message: Json = json.loads(self.sealer.decrypt(row.sealed_message.encode()))
            return {
                "purpose": row.purpose,
                "account_id": row.about,
                "expires_at": row.expires_at.isoformat(),
                **message,
            }

    def _digest(self, about: str, code: str) -> str:
        return hmac.new(self.key, f"{about}:{code}".encode(), hashlib.sha256).hexdigest()


def delete_old_codes(session: Session, limit: int) -> int:
    """Drop up to ``limit`` codes, requests and unconfirmed registrations each that are over; how many were dropped."""
    dropped = 0
    for table in (ContactCode, ContactChange, PendingRegistration):
        over = session.query(table).where(table.expires_at < clock.now()).limit(limit).all()
        dropped += len(over)
        for row in over:
            session.delete(row)
    return dropped


def _in_force(purpose: str, about: str, now: datetime) -> Select[str]:
    return select(ContactCode.id).where(
        ContactCode.about == about, ContactCode.purpose == purpose, ContactCode.expires_at > now
    )


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode()[:12]
    return "-".join(letters[start : start + 4] for start in range(0, 12, 4))
