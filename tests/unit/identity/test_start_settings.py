"""Settings identity does not start without."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.trust.key_files import new_private_key
from services.identity import keys
from services.identity.bootstrap import bootstrap
from tests.unit.identity.builders import OPERATOR, PRODUCTION


@pytest.mark.parametrize("present", [{}, {"IDENTITY_SIGNING_KEY": new_private_key()}])
def test_production_names_the_secret_it_lacks(present):
    with pytest.raises(SettingMissing) as ended:
        bootstrap(Settings({**PRODUCTION, **present}), **OPERATOR)
    assert ended.value.name == ("SERVICE_CLIENT_SECRET_IDENTITY" if present else "IDENTITY_SIGNING_KEY")


def elliptic():
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return generate_private_key(SECP256R1()).private_bytes(*form).decode()


@pytest.mark.parametrize("value", ["không phải khóa", elliptic()])
def test_a_key_of_another_kind_stops_the_process_by_name(value):
    with pytest.raises(SettingMissing) as ended:
        keys.signing_key(Settings({**PRODUCTION, "IDENTITY_SIGNING_KEY": value}))
    assert ended.value.name == "IDENTITY_SIGNING_KEY"
