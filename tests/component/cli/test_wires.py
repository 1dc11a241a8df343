"""``portal doctor`` names each connection of a production installation that is not verified TLS."""

from __future__ import annotations

from infra.chassis.settings import Settings
from infra.cli.checks.wires import wire_findings

PLAIN = {
    "AMQP_URI": "amqp://payments:x@rabbitmq:5672//",
    "PAYMENTS_DATABASE_URL": "postgresql+psycopg://payments:x@postgres/payments?sslmode=require",
    "SMTP_URL": "smtp://mail:25",
}
VERIFIED = {
    "AMQP_URI": "amqps://payments:x@rabbitmq:5671//",
    "PAYMENTS_DATABASE_URL": "postgresql+psycopg://payments:x@postgres/payments?sslmode=verify-full&sslrootcert=/ca",
    "SMTP_URL": "smtp+starttls://mail:587",
}


def named(**env: str) -> list[str]:
    return [finding.looked_at for finding in wire_findings(Settings(env)) if finding.verdict == "note"]


def test_each_connection_that_is_not_verified_tls_is_named() -> None:
    for name in PLAIN:
        [finding] = named(**{**VERIFIED, name: PLAIN[name]})
        assert finding.startswith(name)
    assert named(**VERIFIED) == []


def test_a_front_door_in_plain_http_without_a_proxy_is_named() -> None:
    plain = {**VERIFIED, "FRONT_DOOR_TLS_ENDS_BEFORE": "1"}
    assert named(**plain) == ["the front door speaks plain HTTP to whoever reaches it"]
    assert named(**plain, FRONT_DOOR_TRUSTED_PROXIES="10.0.0.2") == []


def test_development_has_no_wires_to_speak_of() -> None:
    assert named(**PLAIN, PORTAL_ENVIRONMENT="development") == [] and wire_findings(Settings({})) == []
