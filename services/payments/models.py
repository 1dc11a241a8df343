"""The tables of payments. Amounts are whole minor units; times are aware; history, books and notices only grow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from infra.chassis.access.delegates import delegate_table
from infra.chassis.messaging.outbox import plumbing
from infra.chassis.storage.database import BigKey, UtcDateTime

metadata = MetaData()
plumbing(metadata)
delegate_table(metadata)


class Table(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


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
    quote: Mapped[dict[str, Any]]
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
    items: Mapped[list[Any]]
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
    demand_ids: Mapped[list[Any]]
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
    facts: Mapped[dict[str, Any]]


class Notice(Table):
    """A gateway's call-back as it arrived, stored before anything in it is read; then the answer and why."""

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    gateway: Mapped[str] = mapped_column(String(16))
    order_ref: Mapped[str | None] = mapped_column(String(120), index=True)
    parameters: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(8))
    verdict: Mapped[str | None] = mapped_column(String(64))


class LedgerEntry(Table):
    """One happening in the books; its postings sum to zero. No ``application_id``: money nobody could assign."""

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    application_id: Mapped[str] = mapped_column(String(36), index=True)
    subject_id: Mapped[str] = mapped_column(String(36), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime]


class LedgerRow(Table):
    """One line of an entry; debit positive, credit negative."""

    __tablename__ = "ledger_row"
    __table_args__ = (Index("ledger_row_account", "account", "entry_id"),)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[str] = mapped_column(String(100))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime]


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


class Waiver(Table):
    """A request to remit what is unpaid. ``state``: awaiting_approval, approved, declined."""

    __tablename__ = "waiver"
    __table_args__ = (Index("waiver_application", "application_id", "state"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("bill.application_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    collected_at: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(24))
    requested_by: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]


class StatementLine(Table):
    """One line of a statement, taken once. ``kind``: what is wrong with it, none for a match.

    ``amount`` is negative for money that left; ``in_suspense`` is what of it no claim of ours explains yet.
    """

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("gateway", "identity"),
        Index("statement_line_number", "gateway", "transaction_no"),
        Index("statement_line_payment", "payment_id"),
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
    statement: Mapped[list[Any]]
    outcome: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(24), default="booked", server_default="booked")
    agency_code: Mapped[str | None] = mapped_column(String(64))
    from_at: Mapped[str | None] = mapped_column(String(40))
    to_at: Mapped[str | None] = mapped_column(String(40))
    expires_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
