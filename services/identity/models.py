"""Identity's tables: accounts and how they sign in, offices and who holds them, delegations, who read whose data.

Only this service reads or writes them. Secrets are stored as digests (passwords and client secrets argon2id, refresh
tokens SHA-256), the seed of one-time codes encrypted.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from infra.chassis.messaging.outbox import plumbing
from infra.chassis.storage.database import BigKey, UtcDateTime


class Table(DeclarativeBase):
    """What all tables of this service hang on."""

    type_annotation_map = {datetime: UtcDateTime, list[str]: JSON, str: Text}


class Account(Table):
    """One person (or the installation's first operator); citizens sign in with their citizen number."""

    __tablename__ = "account"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    citizen_number: Mapped[str | None] = mapped_column(String(12), unique=True)
    full_name: Mapped[str]
    birth_date: Mapped[date | None] = mapped_column(Date)
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    roles: Mapped[list[str]]
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime]
    otp_sealed_secret: Mapped[str | None]
    otp_pending_secret: Mapped[str | None]
    otp_confirmed_at: Mapped[datetime | None]
    otp_last_step: Mapped[int | None] = mapped_column(BigKey)
    registered_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    session_version: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class RecoveryCode(Table):
    """A way in without the device, by its SHA-256; the row goes when it is used."""

    __tablename__ = "recovery_code"
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


class SignInAttempt(Table):
    """Failed sign-ins per user name (as a digest, whether or not such an account exists), and the delay they earned."""

    __tablename__ = "sign_in_attempt"
    username_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    delayed_until: Mapped[datetime | None]


class SignInSession(Table):
    """One sign-in and everything refreshed from it (the refresh family)."""

    __tablename__ = "sign_in_session"
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(String(40))


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


class Agency(Table):
    """An office of the administration; ``parent_code`` makes the tree."""

    __tablename__ = "agency"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("agency.code"))
    province_code: Mapped[str | None] = mapped_column(String(10))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))


class Appointment(Table):
    """Roles an account holds at an agency, from ``appointed_at`` until ``dismissed_at``; old rows stay as history."""

    __tablename__ = "appointment"
    __table_args__ = (
        Index(
            "appointment_current",
            "account_id",
            "agency_code",
            unique=True,
            postgresql_where=text("dismissed_at IS NULL"),
            sqlite_where=text("dismissed_at IS NULL"),
        ),
    )
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    roles: Mapped[list[str]]
    appointed_at: Mapped[datetime]
    appointed_by: Mapped[str] = mapped_column(String(80))
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[str | None] = mapped_column(String(80))


class AppointmentRequest(Table):
    """An appointment that waits for a second operator. ``state``: awaiting_approval, approved, declined."""

    __tablename__ = "appointment_request"
    __table_args__ = (Index("appointment_request_state", "state", "requested_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"))
    roles: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(24))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]


class Delegation(Table):
    """A citizen lets another act for them: for the procedures in ``scope`` (``["*"]``: all), up to ``until``."""

    __tablename__ = "delegation"
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    delegate_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    scope: Mapped[list[str]]
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(36))


class AccessEntry(Table):
    """Somebody used a person's data: who, when, in which role, by which law, through which door.

    Rows are added, never changed. Why is next to it (``AccessPurpose``), since readers may write a name there;
    ``commitment`` binds it.
    """

    __tablename__ = "access_entry"
    __table_args__ = (UniqueConstraint("event_id"), Index("access_entry_of_subject", "subject_id", "position"))
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(120))
    subject_id: Mapped[str] = mapped_column(String(80))
    reader_id: Mapped[str] = mapped_column(String(80))
    role: Mapped[str | None] = mapped_column(String(40))
    agency_code: Mapped[str | None] = mapped_column(String(40))
    application_id: Mapped[str | None] = mapped_column(String(36))
    reference: Mapped[str | None] = mapped_column(String(80))
    procedure_code: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
    service: Mapped[str] = mapped_column(String(20), default="applications", server_default="applications")
    door: Mapped[str | None] = mapped_column(String(60))
    legal_basis: Mapped[str | None]
    commitment: Mapped[str | None] = mapped_column(String(64))


class AccessSeal(Table):
    """An entry's number without holes, and the chain up to it (``access_log_seal``); added to, never changed."""

    __tablename__ = "access_seal"
    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigKey, unique=True)
    chain: Mapped[str] = mapped_column(String(64))


class AccessHead(Table):
    """The chain at one length, with identity's signature (detached JWS) over it; added to, never changed."""

    __tablename__ = "access_head"
    size: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    signature: Mapped[str]


class AccessChallenge(Table):
    """Somebody asks why an entry is there. ``state``: open, justified, unjustified."""

    __tablename__ = "access_challenge"
    __table_args__ = (Index("access_challenge_state", "state", "raised_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    position: Mapped[int] = mapped_column(BigKey, unique=True)
    subject_id: Mapped[str] = mapped_column(String(80))
    reader_id: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str]
    raised_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None] = mapped_column(String(80))
    answered_at: Mapped[datetime | None]


class AccessPurpose(Table):
    """Why an entry's data was used, until the person or the reader is erased; the salt goes with the words."""

    __tablename__ = "access_purpose"
    position: Mapped[int] = mapped_column(ForeignKey("access_entry.position"), primary_key=True, autoincrement=False)
    purpose: Mapped[str]
    salt: Mapped[str] = mapped_column(String(64))


plumbing(Table.metadata)
