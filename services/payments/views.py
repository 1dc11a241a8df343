"""Payments, demands and refunds as JSON for callers."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json, Money
from services.payments.domain.demands import UNPAID, Standing
from services.payments.models import Demand, Payment, Receipt, Refund
from services.payments.receipts import number_of
from services.payments.transitions import iso_text, money

MAIN_CURRENCY = "VND"

REFUND_UNDER_WAY = ("pending_approval", "approved", "sent")
PAID_STATES = frozenset({"settled", "surplus", "refund_requested", "partially_refunded"})


def payment_view(session: Session, payment: Payment) -> Json:
    receipt = session.get(Receipt, payment.id)
    view = {
        "payment_id": payment.id,
        "application_id": payment.application_id,
        "order_ref": payment.order_ref,
        "method": payment.method,
        "amount": money(payment.amount, payment.currency),
        "status": str(payment.state),
        "created_at": iso_text(payment.created_at),
        "expires_at": iso_text(payment.expires_at),
        "settled_at": iso_text(payment.settled_at),
        "transaction_no": payment.transaction_no,
        "receipt_number": number_of(receipt) if receipt else None,
        "receipt_book_number": payment.receipt_book_number,
        "failure_code": payment.failure_code,
        "refunded": money(payment.refunded, payment.currency),
        "available": money(available(session, payment), payment.currency),
    }
    handed = {"redirect_url": payment.redirect_url, "qr_payload": payment.qr_payload}
    return view | {key: value for key, value in handed.items() if value}


def available(session: Session, payment: Payment) -> int:
    """What could still be refunded: the money that came, less what went back or is on its way."""
    if payment.state not in PAID_STATES:
        return 0
    query = select(func.coalesce(func.sum(Refund.amount), 0)).where(
        Refund.payment_id == payment.id, Refund.state.in_(REFUND_UNDER_WAY)
    )
    return payment.amount - payment.refunded - int(session.scalar(query) or 0)


def demand_view(demand: Demand) -> Json:
    return {
        "demand_id": demand.id,
        "collected_at": demand.collected_at,
        "status": str(demand.standing),
        "amount": money(demand.amount, demand.currency),
        "items": demand.items,
        "payment_id": demand.payment_id,
        "reason": demand.reason,
        "legal_basis": demand.legal_basis,
    }


def refund_view(refund: Refund) -> Json:
    return {
        "refund_id": refund.id,
        "payment_id": refund.payment_id,
        "amount": money(refund.amount, refund.currency),
        "reason": refund.reason,
        "status": refund.state,
        "requested_by": refund.requested_by,
        "requested_at": iso_text(refund.requested_at),
        "decided_by": refund.decided_by,
        "decided_at": iso_text(refund.decided_at),
        "settled_at": iso_text(refund.settled_at),
    }


def in_order(currencies: Iterable[str]) -> list[str]:
    """Each currency once, VND first: what comes first is the main sum, the others stand apart."""
    return sorted(set(currencies), key=lambda code: (code != MAIN_CURRENCY, code))


def sums_by_currency(demands: Iterable[Demand]) -> list[Money]:
    """What demands come to, in each of their currencies: nothing is converted, nothing added over currencies."""
    totals: dict[str, int] = {}
    for demand in demands:
        totals[demand.currency] = totals.get(demand.currency, 0) + demand.amount
    return [money(totals[currency], currency) for currency in in_order(totals)]


def sums(demands: list[Demand]) -> Json:
    """Totals in VND, or in the only currency there is; under ``apart`` those in every other: nothing is converted."""
    currencies = in_order(demand.currency for demand in demands) or [MAIN_CURRENCY]
    main, *others = (_sums_in(demands, currency) for currency in currencies)
    return main | {"apart": others}


def _sums_in(demands: list[Demand], currency: str) -> Json:
    """Totals in one currency: everything, what is due now, what comes later, what was paid or remitted."""

    def total(*standings: str) -> Money:
        return money(
            sum(demand.amount for demand in demands if demand.currency == currency and demand.standing in standings),
            currency,
        )

    return {
        "total": total(*UNPAID, Standing.SETTLED, Standing.WAIVED),
        "owed": total(Standing.DUE),
        "later": total(Standing.LATER),
        "paid": total(Standing.SETTLED),
        "waived": total(Standing.WAIVED),
    }
