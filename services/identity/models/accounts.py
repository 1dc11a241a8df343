"""People and what they have to confirm: accounts, registrations not yet confirmed, codes, recoveries."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.storage.database import BigKey
from services.identity.models.table import Table


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
    email_confirmed_at: Mapped[datetime | None]
    phone_confirmed_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]


class PendingRegistration(Table):
    """What somebody who registers said, until the contact point is confirmed; its id will be the account's.

    There may be several for one citizen number: none of them counts, so none keeps another out.
    """

    __tablename__ = "pending_registration"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    citizen_number: Mapped[str] = mapped_column(String(12), index=True)
    phone: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    password_hash: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ContactCode(Table):
    """A code on its way to a contact point, by a keyed digest; what is to be sent is there, encrypted.

    ``about``: the pending registration, the account, or the change of an address.
    """

    __tablename__ = "contact_code"
    __table_args__ = (Index("contact_code_about", "about", "purpose"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(24))
    about: Mapped[str] = mapped_column(String(36))
    digest: Mapped[str | None] = mapped_column(String(64))
    sealed_message: Mapped[str | None]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AccountRecovery(Table):
    """Help at an office for whoever cannot get into their account; waits for a second person there."""

    __tablename__ = "account_recovery"
    __table_args__ = (Index("account_recovery_state", "state", "requested_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    agency_code: Mapped[str | None] = mapped_column(String(40))
    remedy: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(24))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]


class RecoveryCode(Table):
    """A way in without the device, by its SHA-256; the row goes when it is used."""

    __tablename__ = "recovery_code"
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
