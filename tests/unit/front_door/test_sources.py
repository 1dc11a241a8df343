"""Where a client is, as attempts are counted."""

import pytest

from infra.front_door.gateway import network_of


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_the_free_half_of_an_address_does_not_make_another_source(client: str, network: str) -> None:
    assert network_of(client) == network
