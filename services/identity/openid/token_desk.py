"""Tokens for clients: a code becomes tokens once, a refresh token once; whatever is shown again ends the whole grant.

Access tokens are opaque and open ``openid_userinfo`` alone, never a door of the platform. ID tokens are RS256.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.access_records import Accessed
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import keys
from services.identity.access_log import record_here
from services.identity.models import Account
from services.identity.models.single_sign_on import AuthorizationRequest, OpenIdClient, OpenIdGrant, OpenIdToken
from services.identity.openid import browsers
from services.identity.openid.grants import consent_of_grant, end_grant, standing_consent
from services.identity.openid.id_token_keys import IdTokenKeys
from services.identity.openid.issuer import ALGORITHM, Issuer
from services.identity.openid.relying_parties import approved_client, client_authenticates
from services.identity.openid.request_rules import RequestError, verifier_fits
from services.identity.openid.scopes import claims_of_account
from services.identity.sessions import GRACE
from services.identity.single_sign_on_errors import OpenIdTokenRefused, TokenRequestRefused
from services.identity.tokens import Mint, token_digest

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_IDLE = timedelta(days=7)
GRANT_LIFETIME = timedelta(days=30)
ACCESS, REFRESH = "access", "refresh"
INVALID_GRANT = RequestError("invalid_grant")


class TokenDesk:
    """What clients call behind people's backs, with their own credentials."""

    def __init__(self, database: Database, issuer: Issuer, id_token_keys: IdTokenKeys, mint: Mint) -> None:
        self.database, self.issuer, self.id_token_keys, self.mint = database, issuer, id_token_keys, mint

    @classmethod
    def from_settings(cls, settings: Settings) -> TokenDesk:
        database = Database.at(settings.database_url("identity"))
        issuer, mint = Issuer.from_settings(settings), Mint.from_settings(settings)
        return cls(database, issuer, IdTokenKeys.from_settings(settings), mint)

    def openid_configuration(self) -> Json:
        """The discovery document."""
        return self.issuer.metadata()

    def openid_keys(self) -> Json:
        """The keys ID tokens are verified with."""
        _ = self.issuer.address
        return self.id_token_keys.jwks()

    def openid_token(
        self,
        grant_type: str,
        client_id: str,
        client_secret: str | None = None,
        code: str | None = None,
        redirect_uri: str | None = None,
        code_verifier: str | None = None,
        refresh_token: str | None = None,
        scope: str | None = None,
    ) -> Json:
        """Tokens for a code or a refresh token (RFC 6749, 4.1.3 and 6); ``TokenRequestRefused`` with its ``error``."""
        _ = self.issuer.address
        if grant_type not in ("authorization_code", "refresh_token"):
            raise TokenRequestRefused(error="unsupported_grant_type")
        signing = self.id_token_keys.signing()
        with self.database.session() as session:
            client = _client(session, client_id, client_secret)
            if grant_type == "authorization_code":
                reply = self._of_code(session, client, code or "", redirect_uri, code_verifier or "", signing)
            else:
                reply = self._of_refresh_token(session, client, refresh_token or "", scope, signing)
        if isinstance(reply, RequestError):  # refused outside the transaction: what it ended must be committed
            raise TokenRequestRefused(error=reply.error)
        return reply

    def openid_userinfo(self, access_token: str) -> Json:
        """Claims by the token's scopes and the consent as it is now; ``Unauthenticated``."""
        with self.database.session() as session:
            token = session.get(OpenIdToken, token_digest(access_token))
            if token is None or token.kind != ACCESS or token.expires_at <= clock.now():
                raise OpenIdTokenRefused()
            grant = session.get_one(OpenIdGrant, token.grant_id)
            consent = consent_of_grant(session, grant)
            if consent is None:
                raise OpenIdTokenRefused()
            client, account = (
                session.get_one(OpenIdClient, grant.client_id),
                session.get_one(Account, grant.account_id),
            )
            subject = self.issuer.subject(account.id, client.sector)
            return claims_of_account(account, subject, set(token.scopes) & set(consent.scopes))

    def revoke_openid_token(self, token: str, client_id: str, client_secret: str | None = None) -> Json:
        """End a token (RFC 7009); with a refresh token the whole grant. One that nobody knows is answered alike."""
        with self.database.session() as session:
            client = _client(session, client_id, client_secret)
            row = session.get(OpenIdToken, token_digest(token), with_for_update=True)
            grant = session.get(OpenIdGrant, row.grant_id) if row is not None else None
            if row is not None and grant is not None and grant.client_id == client.client_id:
                row.expires_at = min(row.expires_at, clock.now())
                if row.kind == REFRESH:
                    end_grant(session, grant.id, "revoked_by_client")
        return {"revoked": True}

    def _of_code(
        self,
        session: Session,
        client: OpenIdClient,
        code: str,
        redirect_uri: str | None,
        verifier: str,
        signing: tuple[str, RSAKey],
    ) -> Json | RequestError:
        by_code = AuthorizationRequest.code_digest == token_digest(code)
        request = session.scalar(select(AuthorizationRequest).where(by_code).with_for_update())
        if request is None or request.code_expires_at is None:
            return INVALID_GRANT
        now = clock.now()
        if request.code_used_at is not None:
            end_grant(session, request.grant_id, "code_replayed")
            return INVALID_GRANT
        request.code_used_at = now  # spent by whoever shows it, rightly or not
        fits = request.client_id == client.client_id and request.redirect_uri == redirect_uri
        if not fits or request.code_expires_at <= now or not verifier_fits(verifier, request.code_challenge):
            return INVALID_GRANT
        sign_in = browsers.open_session(session, request.session_id)
        if sign_in is None or standing_consent(session, sign_in.account_id, client.client_id) is None:
            return INVALID_GRANT
        grant = OpenIdGrant(
            id=str(uuid4()), client_id=client.client_id, account_id=sign_in.account_id, session_id=sign_in.id,
            scopes=request.scopes, signed_in_at=sign_in.created_at, created_at=now,
            expires_at=now + GRANT_LIFETIME,
        )  # fmt: skip
        session.add(grant)
        session.flush()
        request.grant_id = grant.id
        _record_use(session, client, grant)
        refresh_token = self.mint.refresh_token() if "offline_access" in grant.scopes else None
        return self._tokens(session, client, grant, grant.scopes, refresh_token, signing, nonce=request.nonce)

    def _of_refresh_token(
        self,
        session: Session,
        client: OpenIdClient,
        refresh_token: str,
        scope: str | None,
        signing: tuple[str, RSAKey],
    ) -> Json | RequestError:
        now = clock.now()
        token = session.get(OpenIdToken, token_digest(refresh_token), with_for_update=True)
        if token is None or token.kind != REFRESH or token.expires_at <= now:
            return INVALID_GRANT
        grant = session.get_one(OpenIdGrant, token.grant_id, with_for_update=True)
        if grant.client_id != client.client_id or consent_of_grant(session, grant) is None:
            return INVALID_GRANT
        scopes = sorted({"openid", *scope.split()}) if scope else grant.scopes
        if not set(scopes) <= set(grant.scopes):
            return RequestError("invalid_scope")
        successor = self.mint.successor(refresh_token)
        if token.used_at is None:
            token.used_at = now
        elif now - token.used_at > GRACE or _is_spent(session, successor):
            end_grant(session, grant.id, "refresh_token_reused")
            return INVALID_GRANT
        return self._tokens(session, client, grant, scopes, successor, signing)

    def _tokens(
        self,
        session: Session,
        client: OpenIdClient,
        grant: OpenIdGrant,
        scopes: Collection[str],
        refresh_token: str | None,
        signing: tuple[str, RSAKey],
        *,
        nonce: str | None = None,
    ) -> Json:
        now, access_token = clock.now(), keys.generate_secret()
        _store(session, grant, ACCESS, access_token, scopes, now + ACCESS_LIFETIME)
        if refresh_token is not None:
            _store(session, grant, REFRESH, refresh_token, grant.scopes, min(now + REFRESH_IDLE, grant.expires_at))
        reply: Json = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "scope": " ".join(scopes),
            "id_token": self._id_token(client, grant, access_token, nonce, signing),
        }
        return {**reply, "refresh_token": refresh_token} if refresh_token is not None else reply

    def _id_token(
        self,
        client: OpenIdClient,
        grant: OpenIdGrant,
        access_token: str,
        nonce: str | None,
        signing: tuple[str, RSAKey],
    ) -> str:
        kid, key = signing
        now = int(clock.now().timestamp())
        claims: Json = {
            "iss": self.issuer.address,
            "sub": self.issuer.subject(grant.account_id, client.sector),
            "aud": client.client_id,
            "iat": now,
            "exp": now + int(ACCESS_LIFETIME.total_seconds()),
            "auth_time": _seconds(grant.signed_in_at),
            "sid": self.issuer.session_name(grant.session_id, client.client_id),
            "at_hash": _left_half(access_token),
            **({"nonce": nonce} if nonce is not None else {}),
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": kid}, claims, key, algorithms=[ALGORITHM])


def _client(session: Session, client_id: str, secret: str | None) -> OpenIdClient:
    client = approved_client(session, client_id)
    if client is None or not client_authenticates(client, secret):
        raise TokenRequestRefused(error="invalid_client")
    return client


def _record_use(session: Session, client: OpenIdClient, grant: OpenIdGrant) -> None:
    """The person's access log says which portal was let in to what."""
    purpose = (
        f"Đăng nhập một lần, theo sự đồng ý / Single sign-on, by consent: {client.name} ({' '.join(grant.scopes)})"
    )
    reader = Actor(f"client:{client.client_id}", client.name)
    record_here(session, reader, [Accessed(grant.account_id)], purpose=purpose)


def _store(
    session: Session, grant: OpenIdGrant, kind: str, token: str, scopes: Collection[str], expires_at: datetime
) -> None:
    digest = token_digest(token)
    if session.get(OpenIdToken, digest) is None:  # the successor of a token whose answer was lost is there already
        row = OpenIdToken(
            digest=digest,
            grant_id=grant.id,
            kind=kind,
            scopes=list(scopes),
            issued_at=clock.now(),
            expires_at=expires_at,
        )
        session.add(row)


def _is_spent(session: Session, token: str) -> bool:
    row = session.get(OpenIdToken, token_digest(token))
    return row is None or row.used_at is not None


def _left_half(access_token: str) -> str:
    """``at_hash`` (Core, 3.1.3.6)."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
