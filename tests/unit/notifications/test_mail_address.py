"""E-mail addresses that can receive anything; all others are given up before a mail server is bothered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.deliveries import OutgoingMessage
from services.notifications.domain.mail_address import is_mail_address
from services.notifications.mail import compose


@pytest.mark.parametrize(
    "address", ["mau@example.vn", "m.a+u@mail.example.com", "o'mau@example.vn", "mậu@example.vn", "mau@bưuđiện.vn"]
)
def test_an_address_at_a_domain_name_is_valid(address: str) -> None:
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "mau", "mau@", "@example.vn", "mau@example", "mau@localhost", "a@b@c", "mau@example..vn",
        "mau@-example.vn", "mau@example.vn.", "mau@10.0.0.1", "mau@[10.0.0.1]", ".mau@example.vn", "mau.@example.vn",
        "ma u@example.vn", "mau@exam ple.vn", "mau@exam_ple.vn", f"{'m' * 65}@example.vn", f"mau@{'a' * 64}.vn",
        f"mau@{'a.' * 125}vn", "mau@example.vn\n", "mau@example.123", "mau,mau@example.vn",
        "ｍau@example.vn", "mau@example.vn\u200b", "ma\u00adu@example.vn", "mau＠example.vn", "mau@example.v",
    ],
)  # fmt: skip
def test_an_address_that_is_merely_possible_is_not_valid(address: str) -> None:
    assert not is_mail_address(address)
    with pytest.raises(ValueError, match="no mail can be sent there"):
        compose(OutgoingMessage("id", address, "", "a", "b", "vi"), "no-reply@portal.example.vn")


@given(st.one_of(st.text(max_size=40), st.emails()))
def test_whatever_is_valid_has_a_name_and_a_domain_of_two_labels(address: str) -> None:
    if is_mail_address(address):
        name, _, domain = address.rpartition("@")
        assert name and "." in domain.replace("\u3002", ".").replace("\uff0e", ".").replace("\uff61", ".")
