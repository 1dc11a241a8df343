"""Agencies, who holds a post there, and whom citizens let act for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.storage.database import BigKey
from services.identity.models.table import Table


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
