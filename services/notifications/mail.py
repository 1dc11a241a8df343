"""An e-mail as it is handed on: to whom, from whom, and which addresses take none."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from infra.chassis import clock
from services.notifications.deliveries import OutgoingMessage
from services.notifications.domain.mail_address import is_mail_address
from services.notifications.models import Delivery

EMBEDDED_SENDER = "portal@localhost.localdomain"
NO_ADDRESS = (ValueError, IndexError, MessageError)  # the e-mail package's ways of saying: no such address can be


def outgoing_mail(delivery: Delivery) -> OutgoingMessage:
    language = delivery.language or "vi"
    return OutgoingMessage(
        delivery.id, delivery.recipient, delivery.recipient_name, delivery.subject, delivery.body, language
    )


def compose(message: OutgoingMessage, sender: str) -> EmailMessage:
    """The e-mail. ``Message-ID`` is the effect's id, the same for every attempt: a receiver can tell repeats."""
    name, address = parseaddr(sender)
    if not is_mail_address(message.recipient):
        raise ValueError("no mail can be sent there")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = Address(" ".join(message.recipient_name.split()), addr_spec=message.recipient)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{message.effect_id}@{address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(message.body + "\n", cte="quoted-printable")
    mail.as_bytes()  # what cannot be written shows here, before a mail server is bothered
    return mail


def _plain(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
