"""What happens when money arrives: once per order, whoever brings the news (notice, enquiry, statement, cashier)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.payments import receipts
from services.payments.billing import locked_bill, make_due
from services.payments.domain import postings
from services.payments.domain.demands import UNPAID, Standing
from services.payments.domain.states import HOLDS_MONEY, PaymentState
from services.payments.ledger import book
from services.payments.models import Bill, Demand, Payment
from services.payments.transitions import announce_payment, iso_text, move


def money_arrived(
    session: Session, payment: Payment, *, by: str, transaction_no: str | None, facts: dict[str, Any]
) -> bool:
    """Settle the payment's demands, or keep the money as surplus when they are no longer owed.

    ``False``: this payment had its money already and nothing changed. The caller holds the payment's row lock.
    """
    if PaymentState(payment.state) in HOLDS_MONEY:
        return False
    bill = locked_bill(session, payment.application_id)
    demands = _demands(session, payment)
    payment.transaction_no, payment.failure_code, payment.settled_at = transaction_no, None, clock.now()
    if all(demand.standing in UNPAID for demand in demands):
        _settle(session, payment, bill, demands, by, facts)
    else:
        _book_surplus(session, payment, bill, by, facts)
    return True


def close_unpaid(
    session: Session,
    payment: Payment,
    target: PaymentState,
    event_type: str,
    *,
    by: str,
    code: str,
    facts: dict[str, Any],
) -> None:
    """The payment ended without money (failed, expired): say so and tell the platform."""
    move(session, payment, target, by=by, facts=facts)
    payment.failure_code = code[:32] or None
    bill = session.get_one(Bill, payment.application_id)
    announce_payment(session, event_type, payment, bill, code=code, at=iso_text(clock.now()))


def _settle(
    session: Session, payment: Payment, bill: Bill, demands: list[Demand], by: str, facts: dict[str, Any]
) -> None:
    move(session, payment, PaymentState.SETTLED, by=by, facts=facts)
    for demand in demands:
        make_due(session, bill, demand)
        demand.standing, demand.payment_id = Standing.SETTLED, payment.id
        demand.closed_at, demand.closed_by = payment.settled_at, by
    lines = postings.money_received(bill.agency_code, payment.method, payment.amount)
    book(
        session,
        "money_received",
        lines,
        application_id=bill.application_id,
        subject_id=payment.id,
        currency=payment.currency,
    )
    number = receipts.issue(session, payment)
    moments = sorted({demand.collected_at for demand in demands})
    announce_payment(
        session,
        "payment_settled.v1",
        payment,
        bill,
        collected_at=moments,
        settled_at=iso_text(payment.settled_at),
        receipt_number=number,
    )


def _book_surplus(session: Session, payment: Payment, bill: Bill, by: str, facts: dict[str, Any]) -> None:
    move(session, payment, PaymentState.SURPLUS, by=by, facts=facts)
    payment.surplus = True
    lines = postings.money_not_owed(bill.agency_code, payment.method, payment.amount)
    book(
        session,
        "money_not_owed",
        lines,
        application_id=bill.application_id,
        subject_id=payment.id,
        currency=payment.currency,
    )
    announce_payment(session, "payment_surplus.v1", payment, bill, at=iso_text(payment.settled_at))


def _demands(session: Session, payment: Payment) -> list[Demand]:
    query = select(Demand).where(Demand.id.in_(payment.demand_ids)).order_by(Demand.raised_at, Demand.origin)
    return list(session.scalars(query.execution_options(populate_existing=True)))
