"""What ``portal doctor`` says of keys: the root, the list it signed, and whether the keys at hand are on it."""

from __future__ import annotations

import time

from infra.chassis.settings import Settings
from infra.chassis.trust.installation import OWN, key_list, makes_its_own
from infra.chassis.trust.key_files import is_encrypted, private_key
from infra.chassis.trust.signatures import Signer
from infra.cli.checks.finding import Finding

LIST_WARNING = 60  # days before the list of keys ends
SECRETS = ("SERVICE_CLIENT_SECRET", "DELIVERY_REPORT_SECRET", "IDENTITY_SIGNING_KEY", "VNPAY_HASH_SECRET", "SMS_TOKEN")


def trust_findings(settings: Settings) -> list[Finding]:
    """Ends like any check when a setting is missing."""
    findings = _shared_secrets(settings)
    if makes_its_own(settings):
        return [*findings, Finding("ok", "keys of services: development's own", "")]
    listed = key_list(settings)
    days = int((listed.expires_at - time.time()) / 86_400)
    advice = "" if days > LIST_WARNING else "take service_keys away and run make-secrets beside the root's key"
    findings.append(Finding("note" if advice else "ok", f"list of services' keys: {days} days left", advice))
    for name in sorted({setting.removesuffix("_FILE") for setting in settings.env if setting.startswith(OWN)}):
        if pem := settings.get(name):
            findings += _own_key(name, pem, listed.service_of(Signer(private_key(settings, name, pem)).kid))
    return findings


def _own_key(name: str, pem: str, service: str | None) -> list[Finding]:
    if service is None:
        return [
            Finding("fault", f"{name} is not on the list of services' keys", "run make-secrets where the root's key is")
        ]
    if not is_encrypted(pem):
        return [Finding("note", f"{name} rests in plain text", "encrypt it under KEY_PASSPHRASE")]
    return [Finding("ok", f"{name} speaks for {service}", "")]


def _shared_secrets(settings: Settings) -> list[Finding]:
    """Secrets that are the same: whoever has one opens what the other closes."""
    names = sorted({setting.removesuffix("_FILE") for setting in settings.env if setting.startswith(SECRETS)})
    by_value: dict[str, list[str]] = {}
    for name in names:
        if value := settings.get(name):
            by_value.setdefault(value, []).append(name)
    return [
        Finding("note", f"{' and '.join(shared)} are the same", "give each its own")
        for shared in by_value.values()
        if len(shared) > 1 and set(shared) != {"SERVICE_CLIENT_SECRET", "SERVICE_CLIENT_SECRET_IDENTITY"}
    ]
