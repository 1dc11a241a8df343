"""Attempts to pay, what gateways said of them, receipts and money asked back."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

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
from infra.chassis.storage.database import BigKey
from services.payments.models.table import Table


class Payment(Table):
    """One attempt to pay. ``check_at``: when the follower next looks after it, while it is open."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("method", "transaction_no"),
        UniqueConstraint("agency_code", "receipt_book_number"),
        Index("payment_receipt_book", "agency_code", "receipt_book_key", unique=True),
        Index("payment_to_check", "check_at"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("bill.application_id"), index=True)
    agency_code: Mapped[str] = mapped_column(String(64))
    order_ref: Mapped[str] = mapped_column(String(32), unique=True)
    method: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    demand_ids: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(24), index=True)
    started_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    redirect_url: Mapped[str | None] = mapped_column(Text)
    qr_payload: Mapped[str | None] = mapped_column(Text)
    transaction_no: Mapped[str | None] = mapped_column(String(64))
    receipt_book_number: Mapped[str | None] = mapped_column(String(64))
    receipt_book_key: Mapped[str | None] = mapped_column(String(64))
    failure_code: Mapped[str | None] = mapped_column(String(32))
    settled_at: Mapped[datetime | None]
    surplus: Mapped[bool] = mapped_column(default=False)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    reconciled_at: Mapped[datetime | None]


class PaymentEvent(Table):
    """The history of a payment: every arrow it took, who or what made it, and the facts it was judged on."""

    __tablename__ = "payment_event"
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    from_state: Mapped[str] = mapped_column(String(24))
    to_state: Mapped[str] = mapped_column(String(24))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    facts: Mapped[Json]


class Notice(Table):
    """A gateway's call-back as it arrived, a genuine one stored before anything happens; then the answer and why."""

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    gateway: Mapped[str] = mapped_column(String(16))
    order_ref: Mapped[str | None] = mapped_column(String(120), index=True)
    parameters: Mapped[Json]
    received_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[str | None] = mapped_column(String(8))
    verdict: Mapped[str | None] = mapped_column(String(64))


class ReceiptSeries(Table):
    """The next number of an agency's receipts of a year; locked while one is issued, so numbers have no holes."""

    __tablename__ = "receipt_series"
    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_number: Mapped[int] = mapped_column(Integer)


class Receipt(Table):
    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("series", "number"),)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(80))
    number: Mapped[int] = mapped_column(Integer)
    issued_at: Mapped[datetime]


class Refund(Table):
    """Money asked back. ``state``: pending_approval, approved, sent, rejected, settled, declined.

    ``rejections``: how often in a row the gateway has refused.
    """

    __tablename__ = "refund"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(Text)
    returns_to: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(24), index=True)
    requested_by: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    last_answer: Mapped[str | None] = mapped_column(String(200))
    rejections: Mapped[int] = mapped_column(default=0, server_default="0")
    expires_at: ClassVar[None] = None  # somebody's money: it waits until it is decided
