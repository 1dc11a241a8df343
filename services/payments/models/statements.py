"""Statements of gateways and banks, their lines, and whom money in suspense was given to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.storage.database import BigKey
from services.payments.models.table import Table


class StatementLine(Table):
    """One line of a statement, taken once. ``kind``: what is wrong with it, none for a match.

    ``amount`` is negative for money that left; ``in_suspense`` is what of it no claim of ours explains yet;
    ``position`` is its place on the statement, from 1.
    """

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("gateway", "identity"),
        Index("statement_line_number", "gateway", "transaction_no"),
        Index("statement_line_payment", "payment_id"),
        Index("statement_line_suspense", "in_suspense"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    gateway: Mapped[str] = mapped_column(String(16))
    identity: Mapped[str] = mapped_column(String(64))
    reconciliation_id: Mapped[str] = mapped_column(String(36))
    transaction_no: Mapped[str | None] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    kind: Mapped[str | None] = mapped_column(String(32))
    payment_id: Mapped[str | None] = mapped_column(String(36))
    surplus_payment_id: Mapped[str | None] = mapped_column(String(36))
    refund_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    booked_to: Mapped[str | None] = mapped_column(String(16))
    in_suspense: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int | None]


class SuspenseAssignment(Table):
    """A request to give what a line holds in suspense to an application. ``state``: as of :class:`Waiver`."""

    __tablename__ = "suspense_assignment"
    __table_args__ = (Index("suspense_assignment_state", "state", "requested_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("statement_line.id"))
    application_id: Mapped[str] = mapped_column(ForeignKey("bill.application_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(24))
    payment_id: Mapped[str | None] = mapped_column(String(36))
    requested_by: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]


class Reconciliation(Table):
    """A statement compared with our books, and the outcome as it was answered.

    ``state``: booked, or awaiting_approval, approved, declined where two persons have money booked.
    ``agency_code``: whose statement it is; None for one of the whole installation.
    """

    __tablename__ = "reconciliation"
    __table_args__ = (Index("reconciliation_state", "state", "at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    gateway: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    statement: Mapped[list[Json]]
    outcome: Mapped[Json]
    state: Mapped[str] = mapped_column(String(24), default="booked", server_default="booked")
    agency_code: Mapped[str | None] = mapped_column(String(64))
    from_at: Mapped[str | None] = mapped_column(String(40))
    to_at: Mapped[str | None] = mapped_column(String(40))
    expires_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]

    @property
    def requested_by(self) -> str:
        return self.by
