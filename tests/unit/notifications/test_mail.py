"""What a mail carrier refuses before anything is sent."""

from __future__ import annotations

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.notifications.delivery_worker import OutgoingMessage
from services.notifications.mail_carrier import MailServer, compose, mail_carrier_of


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
