"""How people and services sign in, and what has ended before its time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.storage.database import BigKey
from services.identity.models.table import Table


class SignInAttempt(Table):
    """Failed sign-ins per user name (as a digest, whether or not such an account exists), and the delay they earned."""

    __tablename__ = "sign_in_attempt"
    username_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    delayed_until: Mapped[datetime | None]


class KnownDevice(Table):
    """A device somebody signed in from, by the SHA-256 of its token, and its own failures since."""

    __tablename__ = "known_device"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int]
    delayed_until: Mapped[datetime | None]


class SprayedName(Table):
    """A user name that was tried from a source, both as digests."""

    __tablename__ = "sprayed_name"
    source_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(index=True)


class SignInRecord(Table):
    """A sign-in to an account, or a failure at its door; ``locked``: the failure that began a wait."""

    __tablename__ = "sign_in_record"
    __table_args__ = (Index("sign_in_record_of_account", "account_id", "position"),)
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    factors: Mapped[list[str]]
    known_device: Mapped[bool]
    locked: Mapped[bool]
    session_id: Mapped[str | None] = mapped_column(String(36))


class SignInSession(Table):
    """One sign-in and everything refreshed from it (the refresh family).

    ``eid_issuer``: the e-ID provider that said who this is, at which ``assurance`` (its ``acr``); null: our password.
    """

    __tablename__ = "sign_in_session"
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(String(40))
    eid_issuer: Mapped[str | None] = mapped_column(String(255))
    assurance: Mapped[str | None] = mapped_column(String(255))


class RefreshToken(Table):
    """A refresh token by its SHA-256; used once, then it only betrays whoever shows it again."""

    __tablename__ = "refresh_token"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sign_in_session.id"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccessEnding(Table):
    """A session, or all tokens of an account before a version, that ended while access tokens of theirs still run."""

    __tablename__ = "access_ending"
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    account_id: Mapped[str] = mapped_column(String(80))
    session_id: Mapped[str | None] = mapped_column(String(36))
    session_version: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(index=True)


class TokenKey(Table):
    """A key that signs tokens from ``signs_from``, published until ``retires_at``; the given one has no secret here."""

    __tablename__ = "token_key"
    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed_secret: Mapped[str | None]
    made_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    retires_at: Mapped[datetime | None]


class ServiceClient(Table):
    """A service that may ask for a token of its own."""

    __tablename__ = "service_client"
    client_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    secret_hash: Mapped[str]
    created_at: Mapped[datetime]
    secret_changed_at: Mapped[datetime]
