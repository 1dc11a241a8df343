"""E-mail by SMTP, or into a folder where there is no mail server (the embedded default)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from infra.chassis.settings import SettingMissing, Settings
from services.notifications.deliveries import DeliveryOutcome, OutgoingMessage, Send
from services.notifications.domain import delivery as states
from services.notifications.mail import EMBEDDED_SENDER, NO_ADDRESS, _plain, compose, outgoing_mail
from services.notifications.mail_folder import FolderCarrier, folder_of
from services.notifications.models import Delivery

TIMEOUT_S = 20.0  # per answer of the mail server
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
    """Hands e-mails to the mail server; one connection per batch.

    ``renewed``: the server by the settings of now; a password that is refused may have been exchanged in its file.
    """

    channel = "email"
    delays = states.EMAIL_DELAYS
    lease: timedelta | None = None

    def __init__(
        self,
        server: MailServer,
        sender: str,
        timeout: float = TIMEOUT_S,
        renewed: Callable[[], MailServer] | None = None,
    ) -> None:
        self.server, self.sender, self.timeout, self.renewed = server, sender, timeout, renewed

    def route(self, recipient: str) -> str:
        return self.server.host

    def outgoing(self, session: Session, delivery: Delivery) -> OutgoingMessage:
        return outgoing_mail(delivery)

    def ask(self, message: OutgoingMessage) -> DeliveryOutcome | None:
        return None

    def connect(self) -> smtplib.SMTP:
        """A connection, logged in; a login that is refused is read again once."""
        try:
            return self.server.connect(self.timeout)
        except smtplib.SMTPAuthenticationError:
            if not self._has_another_login():
                raise
        return self.server.connect(self.timeout)

    def _has_another_login(self) -> bool:
        if self.renewed is None:
            return False
        try:
            before, self.server = self.server, self.renewed()
        except SettingMissing:
            return False  # the file is being exchanged at this moment
        return self.server != before

    @contextmanager
    def open(self) -> Iterator[Send]:
        line = _Connection(self)
        try:
            yield line.carry
        finally:
            line.close()


class _Connection:
    """A connection that is made when first needed and made anew after it broke."""

    def __init__(self, carrier: MailCarrier) -> None:
        self.carrier = carrier
        self.smtp: smtplib.SMTP | None = None

    def carry(self, message: OutgoingMessage) -> DeliveryOutcome:
        try:
            mail = compose(message, self.carrier.sender)
        except NO_ADDRESS as error:
            return DeliveryOutcome(states.PERMANENT_FAILURE, f"not an address: {error}")
        try:
            if self.smtp is None:
                self.smtp = self.carrier.connect()
            self.smtp.send_message(mail)
        except (smtplib.SMTPException, OSError) as error:
            return self._failed(error)
        return DeliveryOutcome(states.SENT, "accepted by the mail server")

    def _failed(self, error: Exception) -> DeliveryOutcome:
        code, text = _reply_of(error)
        if code is None or isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError):
            self.close()  # no server, no answer, or one that does not want us: nothing is wrong with the mail
            return DeliveryOutcome(states.TEMPORARY_FAILURE, text, down=True)
        if code == 421:
            self.close()
        return DeliveryOutcome(states.PERMANENT_FAILURE if code >= 500 else states.TEMPORARY_FAILURE, text)

    def close(self) -> None:
        if self.smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.smtp.quit()
            self.smtp = None


def mail_carrier_of(settings: Settings) -> MailCarrier | FolderCarrier:
    """By ``SMTP_URL`` and ``MAIL_FROM``; without them development writes to a folder and production stops."""
    if folder := folder_of(settings):
        return folder
    sender = settings.get("MAIL_FROM", EMBEDDED_SENDER) if settings.development else settings.require("MAIL_FROM")

    def server() -> MailServer:
        return MailServer.of(settings.require("SMTP_URL"))

    return MailCarrier(server(), sender, settings.number("SMTP_TIMEOUT", TIMEOUT_S), server)


def _reply_of(error: Exception) -> tuple[int | None, str]:
    """The server's reply: its code and text. No code: it sent none, or could not be reached."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return code, f"{code} {_plain(text)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, f"{error.smtp_code} {_plain(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return 553, f"the mail server cannot carry this address: {error}"
    return None, f"{type(error).__name__}: {error}"
