"""Webhook addresses are parsed as they are called; refusals speak both languages."""

from __future__ import annotations

from infra.chassis.refusals import Refusal
from services.notifications.domain.webhook_address import is_public, looks_private, parse_address
from services.notifications.errors import WebhookAddressNotAllowed


def test_addresses_are_taken_apart_as_they_are_called() -> None:
    address = parse_address("https://So.example.vn:8443/a?b=c")
    assert address is not None
    assert (address.secure, address.host, address.port, address.target) == (True, "so.example.vn", 8443, "/a?b=c")
    assert is_public("1.1.1.1") and not is_public("224.0.0.1") and not looks_private("so.example.vn.")


def test_refusals_speak_both_languages() -> None:
    refusal: Refusal = WebhookAddressNotAllowed(problem="phải dùng https", problem_en="https is required")
    assert "https is required" in refusal.text("en") and "phải dùng https" in refusal.text("vi")
