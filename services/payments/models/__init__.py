"""The tables of payments. Amounts are whole minor units; times are aware; history, books and notices only grow."""

from __future__ import annotations

from services.payments.models.bills import Bill, Demand, Waiver
from services.payments.models.books import LedgerEntry, LedgerRow
from services.payments.models.payments import Notice, Payment, PaymentEvent, Receipt, ReceiptSeries, Refund
from services.payments.models.statements import Reconciliation, StatementLine, SuspenseAssignment
from services.payments.models.table import Table, metadata

__all__ = [
    "Bill",
    "Demand",
    "LedgerEntry",
    "LedgerRow",
    "Notice",
    "Payment",
    "PaymentEvent",
    "Receipt",
    "ReceiptSeries",
    "Reconciliation",
    "Refund",
    "StatementLine",
    "SuspenseAssignment",
    "Table",
    "Waiver",
    "metadata",
]
