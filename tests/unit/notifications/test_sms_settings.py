"""Settings the text message carrier does not start without."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.notifications import sms_carrier
from services.notifications.sms_carrier import SmsGateway


def test_outside_development_token_and_sender_are_needed() -> None:
    real = {"AMQP_URI": "amqp://broker", "NOTIFICATIONS_DATABASE_URL": "sqlite://", "SMS_URL": "https://sms.example.vn"}
    for missing, also in {"SMS_TOKEN": {}, "SMS_SENDER": {"SMS_TOKEN": "t" * 8}}.items():
        with pytest.raises(SettingMissing) as stopped:
            sms_carrier.sms_carrier_of(Settings({**real, **also}))
        assert stopped.value.name == missing
    with pytest.raises(SettingMissing, match="at least"):
        sms_carrier.sms_carrier_of(Settings({**real, "SMS_TOKEN": "t" * 7, "SMS_SENDER": "CONG"}))
    carrier = sms_carrier.sms_carrier_of(
        Settings({**real, "SMS_TOKEN": "t" * 8, "SMS_SENDER": "CONG", "SMS_TIMEOUT": "3"})
    )
    assert carrier is not None and (carrier.gateway.secure, carrier.timeout) == (True, 3)
    assert carrier.lease == timedelta(seconds=16)


@pytest.mark.parametrize("url", ["ftp://sms", "http://", "sms.example.vn", "http://sms:port", "http://sms/?to=x"])
def test_an_address_that_is_none_stops_the_process(url: str) -> None:
    with pytest.raises(SettingMissing):
        SmsGateway.of(url)
