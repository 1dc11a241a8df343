"""Receipts: numbered without holes per agency and year, the amount also in Vietnamese words."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis.clock import OFFICE_ZONE
from infra.chassis.json_types import Json
from services.payments.domain.words import amount_in_words
from services.payments.errors import NotPaidYet
from services.payments.models import Bill, Demand, Payment, Receipt, ReceiptSeries
from services.payments.transitions import iso_text, money


def issue(session: Session, payment: Payment) -> str:
    """Give a settled payment the next number of its agency and year, in the transaction that settles it."""
    at = payment.settled_at
    assert at is not None, "only a settled payment gets a receipt"
    series = _locked_series(session, f"{at.astimezone(OFFICE_ZONE).year}-{payment.agency_code}")
    receipt = Receipt(payment_id=payment.id, series=series.series, number=series.next_number, issued_at=at)
    series.next_number += 1
    session.add(receipt)
    session.flush()
    return number_of(receipt)


def number_of(receipt: Receipt) -> str:
    """As printed: ``BL-2026-H01.01-0000001``."""
    return f"BL-{receipt.series}-{receipt.number:07d}"


def receipt_view(session: Session, payment: Payment, bill: Bill) -> Json:
    """The receipt of a settled payment; refuses ``NotPaidYet``."""
    receipt = session.get(Receipt, payment.id)
    if receipt is None:
        raise NotPaidYet(payment_id=payment.id, status=payment.state)
    demands = [session.get_one(Demand, demand_id) for demand_id in payment.demand_ids]
    return {
        "receipt_number": number_of(receipt),
        "payment_id": payment.id,
        "application_id": payment.application_id,
        "reference": bill.reference,
        "procedure_code": bill.procedure_code,
        "agency_code": payment.agency_code,
        "payer": {"account_id": bill.applicant_id, "erased": bill.erased_at is not None},
        "issued_at": iso_text(receipt.issued_at),
        "method": payment.method,
        "transaction_no": payment.transaction_no,
        "receipt_book_number": payment.receipt_book_number,
        "items": [item for demand in demands for item in demand.items],
        "amount": money(payment.amount, payment.currency),
        "amount_in_words": amount_in_words(payment.amount, payment.currency),
        "refunded": money(payment.refunded, payment.currency),
    }


def _locked_series(session: Session, name: str) -> ReceiptSeries:
    series = session.get(ReceiptSeries, name, with_for_update=True, populate_existing=True)
    if series is not None:
        return series
    try:
        with session.begin_nested():
            session.add(ReceiptSeries(series=name, next_number=1))
    except IntegrityError:
        pass  # another settlement opened the year first; its row is there to be locked
    return session.get_one(ReceiptSeries, name, with_for_update=True, populate_existing=True)
