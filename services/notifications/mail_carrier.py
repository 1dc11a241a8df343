"""E-mail by SMTP, or into a folder where there is no mail server (the embedded default)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.settings import SettingMissing, Settings
from services.notifications.delivery_worker import Carry, Outcome, Parcel
from services.notifications.domain import delivery as states
from services.notifications.models import Delivery

EMBEDDED_SENDER = "portal@localhost.localdomain"
TIMEOUT_S = 20.0  # per answer of the mail server
NO_ADDRESS = (ValueError, IndexError, MessageError)  # the e-mail package's ways of saying: no such address can be
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class MailServer:
    """Where to hand mail over: ``smtp://``, ``smtp+starttls://`` (TLS or nothing), ``smtps://``; may log in."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> MailServer:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise SettingMissing("SMTP_URL", f"it must begin with one of {', '.join(SCHEMES)} and name a host")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, parts.port or SCHEMES[parts.scheme], user, password)

    def connect(self, timeout: float) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        if self.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=timeout, context=tls)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=timeout)
        if self.scheme == "smtp+starttls":
            smtp.starttls(context=tls)
        if self.user:
            smtp.login(self.user, self.password)
        return smtp


class MailCarrier:
    """Hands e-mails to the mail server; one connection per batch."""

    channel = "email"
    delays = states.EMAIL_DELAYS
    lease: timedelta | None = None

    def __init__(self, server: MailServer, sender: str, timeout: float = TIMEOUT_S) -> None:
        self.server, self.sender, self.timeout = server, sender, timeout

    def way(self, recipient: str) -> str:
        return self.server.host

    def parcel(self, session: Session, delivery: Delivery) -> Parcel:
        return parcel_of_mail(delivery)

    def ask(self, parcel: Parcel) -> Outcome | None:
        return None

    @contextmanager
    def open(self) -> Iterator[Carry]:
        line = _Line(self)
        try:
            yield line.carry
        finally:
            line.close()


class _Line:
    """A connection that is made when first needed and made anew after it broke."""

    def __init__(self, carrier: MailCarrier) -> None:
        self.carrier = carrier
        self.smtp: smtplib.SMTP | None = None

    def carry(self, parcel: Parcel) -> Outcome:
        try:
            letter = compose(parcel, self.carrier.sender)
        except NO_ADDRESS as error:
            return Outcome(states.PERMANENT_FAILURE, f"not an address: {error}")
        try:
            if self.smtp is None:
                self.smtp = self.carrier.server.connect(self.carrier.timeout)
            self.smtp.send_message(letter)
        except (smtplib.SMTPException, OSError) as error:
            return self._failed(error)
        return Outcome(states.SENT, "accepted by the mail server")

    def _failed(self, error: Exception) -> Outcome:
        code, text = _answer(error)
        if code is None or isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError):
            self.close()  # no server, no answer, or one that does not want us: nothing is wrong with the letter
            return Outcome(states.TEMPORARY_FAILURE, text, down=True)
        if code == 421:
            self.close()
        return Outcome(states.PERMANENT_FAILURE if code >= 500 else states.TEMPORARY_FAILURE, text)

    def close(self) -> None:
        if self.smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.smtp.quit()
            self.smtp = None


class FolderCarrier:
    """The embedded default's mail server: a folder of ``.eml`` files, named by their id."""

    channel = "email"
    delays = states.EMAIL_DELAYS
    lease: timedelta | None = None

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    def way(self, recipient: str) -> str:
        return str(self.folder)

    def parcel(self, session: Session, delivery: Delivery) -> Parcel:
        return parcel_of_mail(delivery)

    def ask(self, parcel: Parcel) -> Outcome | None:
        return None

    @contextmanager
    def open(self) -> Iterator[Carry]:
        self.folder.mkdir(parents=True, exist_ok=True)
        yield self._carry

    def _carry(self, parcel: Parcel) -> Outcome:
        try:
            letter = compose(parcel, self.sender)
        except NO_ADDRESS as error:
            return Outcome(states.PERMANENT_FAILURE, f"not an address: {error}")
        path = self.folder / f"{parcel.effect_id}.eml"
        path.write_bytes(letter.as_bytes())
        return Outcome(states.SENT, f"written to {path.name}")

    def remove(self, effect_id: str) -> bool:
        """Take a letter out of the folder; whether it was there."""
        path = self.folder / f"{effect_id}.eml"
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed


def carrier_of(settings: Settings) -> MailCarrier | FolderCarrier:
    """By ``SMTP_URL`` and ``MAIL_FROM``; without them development writes to a folder and production stops."""
    if folder := folder_of(settings):
        return folder
    sender = settings.get("MAIL_FROM", EMBEDDED_SENDER) if settings.development else settings.require("MAIL_FROM")
    return MailCarrier(MailServer.of(settings.require("SMTP_URL")), sender, settings.number("SMTP_TIMEOUT", TIMEOUT_S))


def folder_of(settings: Settings) -> FolderCarrier | None:
    """The folder that stands for a mail server in development, when none is set."""
    if settings.development and not settings.get("SMTP_URL"):
        return FolderCarrier(settings.home / "outgoing-mail", settings.get("MAIL_FROM", EMBEDDED_SENDER))
    return None


def parcel_of_mail(delivery: Delivery) -> Parcel:
    language = delivery.language or "vi"
    return Parcel(delivery.id, delivery.recipient, delivery.recipient_name, delivery.subject, delivery.body, language)


def compose(parcel: Parcel, sender: str) -> EmailMessage:
    """The letter. ``Message-ID`` is the effect's id, the same for every attempt: a receiver can tell repeats."""
    name, address = parseaddr(sender)
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(name, addr_spec=address)
    letter["To"] = Address(" ".join(parcel.recipient_name.split()), addr_spec=parcel.recipient)
    letter["Subject"] = " ".join(parcel.subject.split())
    letter["Date"] = format_datetime(clock.now())
    letter["Message-ID"] = f"<{parcel.effect_id}@{address.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["Content-Language"] = parcel.language
    letter.set_content(parcel.body + "\n", cte="quoted-printable")
    letter.as_bytes()  # what cannot be written shows here, before a mail server is bothered
    return letter


def _answer(error: Exception) -> tuple[int | None, str]:
    """What the server said: its code, and the text. No code: it said nothing, or could not be reached."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return code, f"{code} {_plain(text)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, f"{error.smtp_code} {_plain(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return 553, f"the mail server cannot carry this address: {error}"
    return None, f"{type(error).__name__}: {error}"


def _plain(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
