"""What post can be delivered to."""

from __future__ import annotations

import pytest

from infra.chassis.refusals import InvalidRequest
from infra.chassis.text.postal_address import checked_address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        " ",
        "\u200b\u3000",
        "…",
        "12345 678",
        "x",
        {},
        {"line": ""},
        {"line": "  ", "ward": None},
        {"line": "-", "ward": "."},
    ],
)
def test_an_address_without_words_is_refused(address):
    with pytest.raises(InvalidRequest) as refused:
        checked_address(address)
    assert refused.value.facts["problems"][0]["pointer"] == "/address"


@pytest.mark.parametrize(
    "address",
    [
        "Số 1, phố Mẫu, phường Mẫu",
        {"line": "Số 1, phố Mẫu", "ward": None},
        {"line": "12", "ward": "Phường Mẫu"},
        "10 Main St",
    ],
)
def test_an_address_with_a_place_in_it_is_taken(address):
    checked_address(address)
