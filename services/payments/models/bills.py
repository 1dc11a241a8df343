"""What is owed for an application, and what of it was remitted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from services.payments.models.table import Table


class Bill(Table):
    """One application as its cashier knows it: whose, where, and the quote pinned at submission."""

    __tablename__ = "bill"
    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reference: Mapped[str] = mapped_column(String(64))
    procedure_code: Mapped[str] = mapped_column(String(64))
    procedure_version: Mapped[int] = mapped_column(Integer)
    agency_code: Mapped[str] = mapped_column(String(64))
    applicant_id: Mapped[str] = mapped_column(String(64), index=True)
    submitted_by: Mapped[str] = mapped_column(String(64))
    level: Mapped[int] = mapped_column(Integer)
    quote: Mapped[Json]
    pinned_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    phase: Mapped[str] = mapped_column(String(16), default="open")
    phase_version: Mapped[int] = mapped_column(Integer, default=0)  # of the application, when it came into the phase


class Demand(Table):
    """One sum owed for one application. ``origin`` makes it raised once (``quote:intake:VND``, an event's id)."""

    __tablename__ = "demand"
    __table_args__ = (UniqueConstraint("application_id", "origin"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("bill.application_id"))
    origin: Mapped[str] = mapped_column(String(160))
    collected_at: Mapped[str] = mapped_column(String(16))
    items: Mapped[list[Json]]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    standing: Mapped[str] = mapped_column(String(16))
    booked: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    payment_id: Mapped[str | None] = mapped_column(String(36))
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(64))


class Waiver(Table):
    """A request to remit what is unpaid. ``state``: awaiting_approval, approved, declined."""

    __tablename__ = "waiver"
    __table_args__ = (Index("waiver_application", "application_id", "state"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("bill.application_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    apart: Mapped[Json | None]
    collected_at: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(24))
    requested_by: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
