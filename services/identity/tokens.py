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
from dataclasses import dataclass
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt

from infra.chassis import clock
from infra.chassis.access.access_tokens import AUDIENCES, ISSUER
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.identity import keys
from services.identity.signing_keys import ACCESS_LIFETIME, SigningKeys

ALGORITHM = "Ed25519"
EVERYWHERE = tuple(sorted(set(AUDIENCES.values())))


@dataclass(frozen=True)
class Eid:
    """What a session rests on that an e-ID provider opened: who it is, and the level it vouches for (``acr``)."""

    issuer: str
    level: str | None


class Mint:
    """Makes tokens with the signing key of the day."""

    def __init__(self, private: Ed25519PrivateKey, signing_keys: SigningKeys | None = None) -> None:
        self.keys = signing_keys or SigningKeys(private)
        self._refresh_secret = keys.derive_key(private, "refresh")

    @classmethod
    def from_settings(cls, settings: Settings) -> Mint:
        return cls(keys.signing_key(settings), SigningKeys.from_settings(settings))

    def access_token(
        self,
        subject: str,
        *,
        name: str,
        roles: Sequence[str],
        agencies: Mapping[str, Sequence[str]] | None = None,
        session_id: str | None = None,
        session_version: int = 0,
        audience: Sequence[str] = EVERYWHERE,
        eid: Eid | None = None,
    ) -> str:
        """A signed token that says who this is and which roles they hold, their own and per agency code.

        ``audience``: the groups of services whose doors it may open; ``session_version``: the account's, now; ``eid``
        becomes ``idp`` and ``acr`` (RFC 9068, 2.2.1).
        """
        now = int(clock.now().timestamp())
        claims: Json = {
            "iss": ISSUER,
            "aud": list(audience),
            "sub": subject,
            "name": name,
            "roles": sorted(roles),
            "agencies": {code: sorted(roles) for code, roles in (agencies or {}).items()},
            "iat": now,
            "exp": now + int(ACCESS_LIFETIME.total_seconds()),
            "jti": str(uuid4()),
            "session_version": session_version,
        }
        if session_id:
            claims["sid"] = session_id
        if eid:
            claims |= {"idp": eid.issuer, **({"acr": eid.level} if eid.level else {})}
        signing = self.keys.current()
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": signing.kid}
        return jwt.encode(header, claims, signing.key, algorithms=[ALGORITHM])

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
