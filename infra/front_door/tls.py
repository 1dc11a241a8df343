"""TLS of the listeners that strangers reach: ``TLS_CERTIFICATE_FILE`` and ``TLS_KEY_FILE``, both or neither.

Files, since the libraries read them themselves: PEM, the certificate followed by those between it and its authority.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from infra.chassis.settings import SettingMissing, Settings

CERTIFICATE, KEY = "TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"
ENDS_BEFORE = "FRONT_DOOR_TLS_ENDS_BEFORE"


def front_door_certificate(settings: Settings) -> Certificate | None:
    """What the front door shows; production speaks plain HTTP only where a setting says that TLS ends before it."""
    certificate = Certificate.of(settings)
    if certificate is None and not settings.development and not tls_ends_before(settings):
        raise SettingMissing(CERTIFICATE, f"production speaks HTTPS; where a proxy does that, say {ENDS_BEFORE}=1")
    return certificate


def tls_ends_before(settings: Settings) -> bool:
    """Whether a proxy before the front door ends TLS."""
    return settings.flag(ENDS_BEFORE)


@dataclass(frozen=True)
class Certificate:
    """Where certificate and key are."""

    certificate: str
    key: str

    @classmethod
    def of(cls, settings: Settings) -> Certificate | None:
        """``None``: plain, behind a proxy that ends TLS. Ends the process when the two are not there or do not fit."""
        certificate, key = settings.env.get(CERTIFICATE), settings.env.get(KEY)
        if not certificate and not key:
            return None
        if not certificate or not key:
            raise SettingMissing(KEY if certificate else CERTIFICATE, "certificate and key go together")
        made = cls(certificate, key)
        made.context()  # now, not at the first caller
        return made

    def context(self) -> ssl.SSLContext:
        """What a listener wraps its connections with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
        except OSError as error:
            raise SettingMissing(CERTIFICATE, f"certificate or key cannot be used ({error})") from error
        return context
