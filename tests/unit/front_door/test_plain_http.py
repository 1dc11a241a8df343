"""Production's front door speaks HTTPS, or says who does."""

import pytest

from infra.chassis.settings import SettingMissing, Settings
from infra.front_door.tls import front_door_certificate

BROKER = {"AMQP_URI": "amqps://broker"}


def test_production_over_plain_http_does_not_start() -> None:
    with pytest.raises(SettingMissing) as stopped:
        front_door_certificate(Settings({**BROKER, "PORTAL_ENVIRONMENT": "production"}))
    assert "TLS_CERTIFICATE_FILE" in str(stopped.value) and "FRONT_DOOR_TLS_ENDS_BEFORE" in str(stopped.value)


@pytest.mark.parametrize("value", ["0", "", "no", "perhaps"])
def test_nothing_but_a_plain_yes_lets_it_start(value: str) -> None:
    with pytest.raises(SettingMissing):
        front_door_certificate(Settings({**BROKER, "FRONT_DOOR_TLS_ENDS_BEFORE": value}))


def test_behind_a_proxy_that_ends_tls_and_in_development_it_starts() -> None:
    assert front_door_certificate(Settings({**BROKER, "FRONT_DOOR_TLS_ENDS_BEFORE": "1"})) is None
    assert front_door_certificate(Settings({**BROKER, "PORTAL_ENVIRONMENT": "development"})) is None
