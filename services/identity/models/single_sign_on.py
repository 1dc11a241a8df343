"""Tables of single sign-on: clients and what people let them see, requests and their codes, grants and their tokens;
and of the other direction, sign-ins here with the national e-ID.

Of every secret (client secret, code, token, cookie) only the SHA-256 is here: each has 256 bits of chance.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.storage.database import UtcDateTime
from services.identity.models.table import Table


class OpenIdClient(Table):
    """Another portal that signs people in here. ``state``: awaiting_approval, approved, declined, ended."""

    __tablename__ = "openid_client"
    __table_args__ = (Index("openid_client_state", "state", "requested_at"),)
    client_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str]
    confidential: Mapped[bool]
    secret_digest: Mapped[str | None] = mapped_column(String(64))
    previous_digest: Mapped[str | None] = mapped_column(String(64))
    previous_until: Mapped[datetime | None]
    redirect_uris: Mapped[list[str]]
    post_logout_redirect_uris: Mapped[list[str]]
    scopes: Mapped[list[str]]
    sector: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(24))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    expires_at: ClassVar[None] = None


class OpenIdConsent(Table):
    """What a person lets a client see, until they withdraw it."""

    __tablename__ = "openid_consent"
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("openid_client.client_id"), primary_key=True)
    scopes: Mapped[list[str]]
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class AuthorizationRequest(Table):
    """A client's request, who answered it, and the code that was given for it.

    ``binding_digest``: of the cookie of the browser it came from; no other browser goes on with it.
    """

    __tablename__ = "authorization_request"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    binding_digest: Mapped[str] = mapped_column(String(64))
    client_id: Mapped[str] = mapped_column(ForeignKey("openid_client.client_id"))
    redirect_uri: Mapped[str]
    scopes: Mapped[list[str]]
    state: Mapped[str | None]
    nonce: Mapped[str | None]
    code_challenge: Mapped[str] = mapped_column(String(43))
    prompts: Mapped[list[str]]
    max_age: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    session_id: Mapped[str | None] = mapped_column(String(36))
    code_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[datetime | None]
    code_used_at: Mapped[datetime | None]
    grant_id: Mapped[str | None] = mapped_column(String(36))
    ended_at: Mapped[datetime | None]


class OpenIdGrant(Table):
    """What one code was exchanged for: a family of tokens. It ends as a whole."""

    __tablename__ = "openid_grant"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("openid_client.client_id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    session_id: Mapped[str] = mapped_column(String(36), index=True)
    scopes: Mapped[list[str]]
    signed_in_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None] = mapped_column(String(40))


class OpenIdToken(Table):
    """An access or refresh token of a grant, by its digest. ``kind``: access, refresh."""

    __tablename__ = "openid_token"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("openid_grant.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[list[str]]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BrowserSignIn(Table):
    """A browser that is signed in here, by the digest of its cookie."""

    __tablename__ = "browser_sign_in"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(36), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class IdTokenKey(Table):
    """A key that signs ID tokens (RSA, encrypted), from ``signs_from``; published until ``retires_at``."""

    __tablename__ = "id_token_key"
    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed_secret: Mapped[str]
    made_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    retires_at: Mapped[datetime | None]


class EidSignIn(Table):
    """A person on their way to the e-ID provider and back, by the digest of ``state``.

    ``binding_digest``: of the secret of the browser that set out. ``sealed``: nonce and PKCE verifier. ``taken_at``:
    the code was shown, which works once; ``account_id``: whom it stood for, while a one-time code of ours is awaited.
    """

    __tablename__ = "eid_sign_in"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    binding_digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    taken_at: Mapped[datetime | None]
    account_id: Mapped[str | None] = mapped_column(String(36))
    level: Mapped[str | None] = mapped_column(String(255))


class EidLink(Table):
    """Who a provider's subject is here."""

    __tablename__ = "eid_link"
    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    linked_at: Mapped[datetime]
