"""Values that rest encrypted: what opens them, how keys are replaced, and what is refused."""

from __future__ import annotations

import pytest
from cryptography.fernet import InvalidToken

from infra.chassis.encryption import Encryption
from infra.chassis.secret_keys import keys_in
from infra.chassis.settings import SettingMissing, Settings

OLD, NEW = "an old key of at least 32 characters", "a new key of at least 32 characters"


def test_an_encrypted_text_does_not_show_what_it_says_and_never_looks_the_same() -> None:
    encryption = Encryption([OLD], "purpose")
    first, second = encryption.encrypt("whsec_bí mật"), encryption.encrypt("whsec_bí mật")
    assert first != second and "whsec" not in first
    assert encryption.decrypt(first) == encryption.decrypt(second) == "whsec_bí mật"


def test_what_an_earlier_release_stored_in_the_clear_is_read_as_it_is() -> None:
    assert Encryption([OLD], "purpose").decrypt("whsec_abc") == "whsec_abc"


def test_a_key_is_replaced_by_one_above_it() -> None:
    old, both, new = Encryption([OLD], "p"), Encryption([NEW, OLD], "p"), Encryption([NEW], "p")
    assert both.decrypt(old.encrypt("x")) == new.decrypt(both.encrypt("x")) == "x"
    with pytest.raises(InvalidToken):
        new.decrypt(old.encrypt("x"))


def test_a_key_opens_nothing_of_another_purpose() -> None:
    with pytest.raises(InvalidToken):
        Encryption([OLD], "one").decrypt(Encryption([OLD], "other").encrypt("x"))


def test_production_needs_a_key_and_a_long_one() -> None:
    production = {"PORTAL_ENVIRONMENT": "production"}
    with pytest.raises(SettingMissing, match="WEBHOOK_KEYS"):
        keys_in(Settings(production), "WEBHOOK_KEYS")
    with pytest.raises(SettingMissing, match="line 2 has 5 characters"):
        keys_in(Settings({**production, "WEBHOOK_KEYS": f"{OLD}\nshort"}), "WEBHOOK_KEYS")
