"""E-mails and texts with a code that proves a contact point; *identity* says to whom, and what.

The event that asks for one says nothing but an id. A message rests encrypted until it has gone out, then it is
emptied (:mod:`delivery_worker`): no code and no unconfirmed address stays here. Without a way for texts
(``SMS_URL``) none is written: the number is not confirmed, and nothing is sent to it either. There is no message in
the inbox: whoever is written to cannot look into it, or not yet. Quiet hours and preferences do not count: somebody
waits for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from infra.chassis import clock, logs
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.encryption import Encryption
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.wake_up import wake_followers
from infra.working_time import OFFICE_ZONE
from services.notifications.code_texts import SUBJECTS, TEXTS_OF_CODES, TEXTS_OF_SMS
from services.notifications.domain import delivery as states
from services.notifications.models import Delivery
from services.notifications.phone_numbers import phone_number

if TYPE_CHECKING:
    from services.notifications.clients import CodeMessage, CodeSource

EVENT = "contact_code_requested.v1"
EMPTIED = "–"


def encryption_of_codes(settings: Settings) -> Encryption:
    """Under which messages with codes rest (``WEBHOOK_KEYS``, a key of their own)."""
    return Encryption.from_settings(settings, "WEBHOOK_KEYS", "messages with codes")


class CodeMailer:
    """Writes such messages, once per event. ``sms``: whether there is a way for texts."""

    def __init__(self, database: Database, encryption: Encryption, *, sms: bool = False) -> None:
        self.database, self.encryption, self.sms = database, encryption, sms

    @classmethod
    def from_settings(cls, settings: Settings) -> CodeMailer:
        database = Database.at(settings.database_url("notifications"))
        return cls(database, encryption_of_codes(settings), sms=bool(settings.get("SMS_URL")))

    def write(self, event: CloudEvent, *, identity: CodeSource) -> None:
        """One e-mail or text; a code that is spent or over by now is not sent any more."""
        message = _message_of(identity, event["data"]["request_id"])
        with self.database.handle_once("send_contact_code_requested", event) as session:
            delivery = self._delivery(event, message) if session is not None and message is not None else None
            if session is not None and delivery is not None:
                session.add(delivery)
                wake_followers(session)

    def _delivery(self, event: CloudEvent, message: CodeMessage) -> Delivery | None:
        now, language, purpose = clock.now(), message["language"], message["purpose"]
        number = message.get("phone")
        recipient = message["email"] if number is None else phone_number(number) if self.sms else None
        if recipient is None:
            logs.get(service="notifications").info("code_not_sent", request_id=event["data"]["request_id"])
            return None
        until = datetime.fromisoformat(message["expires_at"]).astimezone(OFFICE_ZONE)
        words = TEXTS_OF_CODES if number is None else TEXTS_OF_SMS
        text = words[purpose][language].format(
            full_name=message["full_name"], code=message["code"], until=f"{until:%H:%M %d/%m/%Y}",
            account_id=message["account_id"],
        )  # fmt: skip
        return Delivery(
            id=str(uuid4()), channel="email" if number is None else "sms", account_id=message["account_id"],
            event_id=event["id"], event_type=EVENT, recipient=recipient, recipient_name=message["full_name"],
            language=language, subject=SUBJECTS[purpose][language], body=self.encryption.encrypt(text),
            status=states.CREATED, attempts=0, created_at=now, updated_at=now, next_attempt_at=now,
        )  # fmt: skip


def empty_if_done(delivery: Delivery) -> None:
    """Nothing of a message with a code is needed once it has gone out or been given up."""
    if delivery.event_type == EVENT and delivery.status not in {*states.WAITING, states.SENDING}:
        delivery.recipient = delivery.recipient_name = delivery.body = EMPTIED


def _message_of(identity: CodeSource, request_id: str) -> CodeMessage | None:
    try:
        return identity.code_message(request_id=request_id)
    except Refusal as refusal:
        if refusal.name != "ContactCodeNotFound":
            raise
        return None
