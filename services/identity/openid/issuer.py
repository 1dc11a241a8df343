"""This installation as an issuer: its address, the names it gives people and sessions, its discovery document."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings
from services.identity import keys
from services.identity.openid.scopes import SCOPES
from services.identity.single_sign_on_errors import SingleSignOnNotOffered

SETTING = "OPENID_ISSUER"
IN_DEVELOPMENT = "http://127.0.0.1:8000"  # where the front door listens unless told otherwise
ALGORITHM = "RS256"
CLAIMS = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "at_hash")


@dataclass(frozen=True)
class Issuer:
    """``url``: as others know it, if one was given; ``subject_secret`` makes names that only one sector knows."""

    url: str | None
    subject_secret: bytes

    @classmethod
    def from_settings(cls, settings: Settings) -> Issuer:
        return cls(issuer_url(settings), keys.derive_key(keys.signing_key(settings), "openid-subject"))

    @property
    def address(self) -> str:
        if self.url is None:
            raise SingleSignOnNotOffered()
        return self.url

    def subject(self, account_id: str, sector: str) -> str:
        """Who this is for clients of one sector (Core, 8.1): two portals cannot join what they know by it."""
        return self._pseudonym("sub", sector, account_id)

    def session_name(self, session_id: str, client_id: str) -> str:
        """``sid``: a session as one client knows it."""
        return self._pseudonym("sid", client_id, session_id)

    def metadata(self) -> Json:
        """The discovery document (OpenID Connect Discovery 1.0, RFC 8414, RFC 9207)."""
        address = self.address
        methods = ["client_secret_basic", "client_secret_post", "none"]
        return {
            "issuer": address,
            "authorization_endpoint": f"{address}/oauth2/authorize",
            "token_endpoint": f"{address}/oauth2/token",
            "userinfo_endpoint": f"{address}/oauth2/userinfo",
            "jwks_uri": f"{address}/oauth2/jwks",
            "revocation_endpoint": f"{address}/oauth2/revoke",
            "end_session_endpoint": f"{address}/oauth2/logout",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "claims_supported": sorted({*CLAIMS, *(claim for claims in SCOPES.values() for claim in claims)}),
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
            "ui_locales_supported": ["vi", "en"],
        }

    def _pseudonym(self, *parts: str) -> str:
        digest = hmac.new(self.subject_secret, "\0".join(parts).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def issuer_url(settings: Settings) -> str | None:
    """The setting, without a path of its own; plain HTTP in development alone."""
    url = settings.get(SETTING) or (IN_DEVELOPMENT if settings.development else None)
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or url != f"{parts.scheme}://{parts.netloc}":
        raise SettingMissing(SETTING, f"{url} is no address such as https://portal.example")
    if parts.scheme == "http" and not settings.development:
        raise SettingMissing(SETTING, f"{url} is not https")
    return url
