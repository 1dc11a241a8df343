"""Which passwords are too weak."""

import pytest

from services.identity import passwords
from services.identity.errors import WeakPassword


def test_length_is_the_only_composition_rule() -> None:
    passwords.check_strength("aaaa bbbb cccc dddd")
    passwords.check_strength("k" * 100 + "xyz")


@pytest.mark.parametrize("weak", ["", "1234567", "x" * 129, "password123", "PASSWORD123", "abab abab"])
def test_short_endless_common_and_monotonous_ones_are_weak(weak):
    with pytest.raises(WeakPassword):
        passwords.check_strength(weak)
