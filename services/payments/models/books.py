"""The books: what happened to money, in postings that sum to zero."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.storage.database import BigKey
from services.payments.models.table import Table


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
