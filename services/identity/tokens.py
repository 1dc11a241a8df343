"""Minting: only this service can make tokens; every other one verifies them with the keys of ``jwks``.

Access tokens are JWTs after RFC 9068 (``typ: at+jwt``), signed with Ed25519 (RFC 9864), good for ten
minutes. Refresh tokens are opaque.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

from infra.chassis import clock
from infra.chassis.settings import Settings
from services.identity import keys

ISSUER = "portal-identity"
AUDIENCE = "portal"
ALGORITHM = "Ed25519"
ACCESS_LIFETIME = timedelta(minutes=10)


class Mint:
    """Makes tokens with one signing key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self._key = OKPKey.import_key(private.private_bytes(*form))
        self._refresh_secret = keys.derive_key(private, "refresh")
        self.kid = self._key.thumbprint()  # RFC 7638: the id follows from the key

    @classmethod
    def from_settings(cls, settings: Settings) -> Mint:
        return cls(keys.signing_key(settings))

    def access_token(
        self,
        subject: str,
        *,
        name: str,
        roles: Sequence[str],
        agencies: Mapping[str, Sequence[str]] | None = None,
        session_id: str | None = None,
    ) -> str:
        """A signed token that says who this is and which roles they hold, their own and per agency code."""
        now = int(clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "name": name,
            "roles": sorted(roles),
            "agencies": {code: sorted(roles) for code, roles in (agencies or {}).items()},
            "iat": now,
            "exp": now + int(ACCESS_LIFETIME.total_seconds()),
            "jti": str(uuid4()),
        }
        if session_id:
            claims["sid"] = session_id
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def jwks(self) -> dict[str, Any]:
        """The public keys, RFC 7517: ``{"keys": [{"kty", "crv", "x", "kid", "use", "alg"}]}``."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": ALGORITHM}]}

    def refresh_token(self) -> str:
        return secrets.token_urlsafe(32)

    def successor(self, refresh_token: str) -> str:
        """The token that follows this one.

        It is computed, not drawn, so that a caller whose answer was lost gets the same one again, and nothing but
        digests needs to be stored. Without the key nobody can compute it.
        """
        digest = hmac.new(self._refresh_secret, refresh_token.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_digest(refresh_token: str) -> str:
    """How a refresh token is stored: it has 256 bits of chance, so one SHA-256 is enough."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def public_keys(settings: Settings) -> dict[str, Any]:
    """The public keys of this installation, for identity's own doors."""
    return Mint.from_settings(settings).jwks()
