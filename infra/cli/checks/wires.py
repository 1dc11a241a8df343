"""What ``portal doctor`` says of connections: which of a production installation are not TLS with verification."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from infra.chassis.settings import SERVICES, Settings
from infra.cli.checks.finding import Finding

VERIFIED = "verify-full"
BROKERS = ("AMQP_URI", "AMQP_MIGRATION_URI")
MAIL = ("smtps", "smtp+starttls")


def wire_findings(settings: Settings) -> list[Finding]:
    """A note for each; the embedded default and development have no wires to speak of."""
    if settings.embedded or settings.development:
        return []
    findings = [
        Finding("note", f"{name} is not TLS", "give amqps:// and the authority in SSL_CERT_FILE")
        for name in BROKERS
        if (uri := settings.get(name)) and urlsplit(uri).scheme != "amqps"
    ]
    names = [f"{service.upper()}{kind}_DATABASE_URL" for service in SERVICES for kind in ("", "_MIGRATION")]
    findings += [
        Finding("note", f"{name} is not TLS with verification", f"add sslmode={VERIFIED} and sslrootcert")
        for name in names
        if (url := settings.get(name)) and not _verified(url)
    ]
    if settings.flag("FRONT_DOOR_TLS_ENDS_BEFORE") and not settings.get("FRONT_DOOR_TRUSTED_PROXIES"):
        advice = "name the proxy that ends TLS in FRONT_DOOR_TRUSTED_PROXIES, or give the front door a certificate"
        findings.append(Finding("note", "the front door speaks plain HTTP to whoever reaches it", advice))
    mail = settings.get("SMTP_URL")
    if mail and urlsplit(mail).scheme not in MAIL:
        findings.append(Finding("note", "SMTP_URL is not TLS", f"begin it with {' or '.join(MAIL)}"))
    return findings or [Finding("ok", "connections: TLS with verification", "")]


def _verified(url: str) -> bool:
    parsed = make_url(url)
    return parsed.get_backend_name() != "postgresql" or parsed.query.get("sslmode") == VERIFIED
