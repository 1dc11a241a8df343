"""Webhook addresses are parsed as they are called; refusals speak both languages."""

from __future__ import annotations

import pytest

from infra.chassis.refusals import Refusal
from infra.chassis.settings import SettingMissing, Settings
from services.notifications.domain.webhook_address import is_public, looks_private, parse_address
from services.notifications.errors import WebhookAddressNotAllowed
from services.notifications.webhooks import check_address, destinations_of


def test_addresses_are_taken_apart_as_they_are_called() -> None:
    address = parse_address("https://So.example.vn:8443/a?b=c")
    assert address is not None
    assert (address.secure, address.host, address.port, address.target) == (True, "so.example.vn", 8443, "/a?b=c")
    assert is_public("1.1.1.1") and not is_public("224.0.0.1") and not looks_private("so.example.vn.")


def test_refusals_speak_both_languages() -> None:
    refusal: Refusal = WebhookAddressNotAllowed(problem="phải dùng https", problem_en="https is required")
    assert "https is required" in refusal.text("en") and "phải dùng https" in refusal.text("vi")


@pytest.mark.parametrize(
    "address",
    [
        "192.88.99.1", "192.0.0.192", "168.63.129.16", "192.31.196.1", "192.52.193.1", "192.175.48.1",  # were called
        "::127.0.0.1", "::10.0.0.1", "fec0::1", "3fff::1", "5f00::1", "2002:101:101::1", "2001:0:1:2::1",
        "2a00:1450::200:5efe:a00:1", "2a00:1450::5efe:127.0.0.1", "2620:4f:8000::1",
        "100.100.100.200", "169.254.169.254", "fd00:ec2::254", "64:ff9b::7f00:1", "64:ff9b:1::1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "0.0.0.0", "::", "::1", "198.18.0.1", "240.0.0.1", "255.255.255.255", "ff0e::1",
        "fe80::1%1",
    ],
)  # fmt: skip
def test_special_networks_are_not_public(address) -> None:
    assert not is_public(address) and looks_private(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_the_public_internet_is(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://so.example.vn/a", True),
        ("https://SO.example.vn./a", True),
        ("https://a.b.example.org/", True),
        ("https://example.org/", False),
        ("https://so.example.vn.example.com/", False),
        ("https://so.example.vn:8443/", False),
        ("https://so.example.vn:22/", False),
    ],
)
def test_production_calls_the_hosts_and_ports_on_its_list(url, goes) -> None:
    allowed = destinations_of(Settings({"WEBHOOK_HOSTS": "so.example.vn, *.example.org", "WEBHOOK_PORTS": "443"}))
    if goes:
        assert check_address(url, guarded=True, allowed=allowed)
    else:
        with pytest.raises(WebhookAddressNotAllowed):
            check_address(url, guarded=True, allowed=allowed)


def test_without_a_list_production_calls_https_ports_of_any_public_host() -> None:
    assert check_address("https://so.example.vn:8443/", guarded=True)
    with pytest.raises(WebhookAddressNotAllowed):
        check_address("https://so.example.vn:25/", guarded=True)


@pytest.mark.parametrize("ports", ["https", "0", "70000", "443;8443"])
def test_ports_that_are_none_stop_the_start(ports) -> None:
    with pytest.raises(SettingMissing, match="WEBHOOK_PORTS"):
        destinations_of(Settings({"WEBHOOK_PORTS": ports}))
