"""What a mail carrier refuses before anything is sent."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.notifications.deliveries import OutgoingMessage
from services.notifications.mail import compose
from services.notifications.mail_carrier import MailCarrier, MailServer, mail_carrier_of


def test_a_name_cannot_smuggle_in_a_header() -> None:
    message = OutgoingMessage("id", "mau@example.vn", "Mẫu\r\nBcc: all@example.vn", "a\nb", "c", "vi")
    mail = compose(message, "no-reply@portal.example.vn")
    assert mail["Bcc"] is None and mail["Subject"] == "a b"


def test_anywhere_else_a_missing_mail_server_stops_the_process_by_name() -> None:
    real = {"AMQP_URI": "amqp://broker", "NOTIFICATIONS_DATABASE_URL": "sqlite://"}
    for missing, also in {"MAIL_FROM": {}, "SMTP_URL": {"MAIL_FROM": "a@b.vn"}}.items():
        with pytest.raises(SettingMissing) as stopped:
            mail_carrier_of(Settings({**real, **also}))
        assert stopped.value.name == missing


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail.example.vn:25"])
def test_a_mail_server_that_is_no_mail_server_stops_the_process(url: str) -> None:
    with pytest.raises(SettingMissing):
        MailServer.of(url)


@dataclass(frozen=True)
class Server(MailServer):
    """One that takes the password "new"; it says so instead of opening a socket."""

    def connect(self, timeout: float) -> smtplib.SMTP:
        if self.password != "new":
            raise smtplib.SMTPAuthenticationError(535, b"no")
        return smtplib.SMTP()


def test_a_password_that_was_exchanged_in_its_file_is_read_again_when_it_is_refused() -> None:
    old, new = (Server("smtp", "mail.example.vn", 25, "portal", word) for word in ("old", "new"))
    carrier = MailCarrier(old, "no-reply@portal.example.vn", renewed=lambda: new)
    assert isinstance(carrier.connect(), smtplib.SMTP) and carrier.server is new


def test_a_password_that_is_refused_and_still_the_same_is_tried_once() -> None:
    old = Server("smtp", "mail.example.vn", 25, "portal", "old")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        MailCarrier(old, "no-reply@portal.example.vn", renewed=lambda: old).connect()
