"""What happens when money arrives: once per order, whoever brings the news (notice, enquiry, statement, cashier)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json, Money
from services.payments import receipts
from services.payments.billing import locked_bill
from services.payments.demands import demands_of, make_due
from services.payments.domain import postings
from services.payments.domain.demands import UNPAID, Standing
from services.payments.domain.states import HOLDS_MONEY, PaymentState
from services.payments.ledger import book
from services.payments.models import Bill, Demand, Payment, StatementLine
from services.payments.order_references import new_order_reference
from services.payments.transitions import announce_payment, iso_text, move
from services.payments.views import sums_by_currency


def money_arrived(session: Session, payment: Payment, *, by: str, transaction_no: str | None, facts: Json) -> bool:
    """Settle the payment's demands, or keep the money as surplus when they are no longer owed.

    ``False``: this payment had its money already and nothing changed. The caller holds the payment's row lock.
    """
    if PaymentState(payment.state) in HOLDS_MONEY:
        return False
    bill = locked_bill(session, payment.application_id)
    demands = _demands(session, payment)
    payment.transaction_no, payment.failure_code, payment.settled_at = transaction_no, None, clock.now()
    _out_of_suspense(session, payment)
    if all(demand.standing in UNPAID for demand in demands):
        _settle(session, payment, bill, demands, by, facts)
    else:
        _book_surplus(session, payment, bill, by, facts)
    return True


def new_payment_for(bill: Bill, demands: list[Demand], method: str, by: Actor) -> Payment:
    """A payment of these demands that nobody has begun yet."""
    return _new_payment(
        bill, method, sum(demand.amount for demand in demands), demands[0].currency, by.account_id,
        demand_ids=[demand.id for demand in demands],
    )  # fmt: skip


def new_surplus_payment(
    session: Session,
    bill: Bill,
    method: str,
    amount: int,
    currency: str,
    *,
    by: str,
    transaction_no: str | None,
    facts: Json,
) -> Payment:
    """Money that came and fits nothing owed: a payment of its own, from which it can be refunded."""
    used = select(Payment.id).where(Payment.method == method, Payment.transaction_no == transaction_no)
    extra = _new_payment(bill, method, amount, currency, by)
    extra.transaction_no = transaction_no if session.scalar(used) is None else None
    extra.settled_at = extra.reconciled_at = clock.now()
    session.add(extra)
    session.flush()
    _book_surplus(session, extra, bill, by, facts)
    return extra


def _new_payment(
    bill: Bill, method: str, amount: int, currency: str, by: str, *, demand_ids: Sequence[str] = ()
) -> Payment:
    return Payment(
        id=str(uuid4()),
        application_id=bill.application_id,
        agency_code=bill.agency_code,
        order_ref=new_order_reference(),
        method=method,
        amount=amount,
        currency=currency,
        demand_ids=list(demand_ids),
        state=PaymentState.CREATED,
        started_by=by,
        created_at=clock.now(),
        refunded=0,
        surplus=False,
    )


def close_unpaid(
    session: Session,
    payment: Payment,
    target: PaymentState,
    event_type: str,
    *,
    by: str,
    code: str,
    facts: Json,
) -> None:
    """The payment ended without money (failed, expired): say so and publish it."""
    move(session, payment, target, by=by, facts=facts)
    payment.failure_code = code[:32] or None
    bill = session.get_one(Bill, payment.application_id)
    announce_payment(session, event_type, payment, bill, code=code, at=iso_text(clock.now()))


def _settle(session: Session, payment: Payment, bill: Bill, demands: list[Demand], by: str, facts: Json) -> None:
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
    rest = _still_owed(session, bill, moments)
    apart = {moment: sums[1:] for moment, sums in rest.items() if len(sums) > 1}
    announce_payment(
        session,
        "payment_settled.v1",
        payment,
        bill,
        collected_at=moments,
        **({"still_owed": {moment: rest[moment][0] for moment in rest}} if rest else {}),
        **({"still_owed_apart": apart} if apart else {}),
        settled_at=iso_text(payment.settled_at),
        receipt_number=number,
    )


def _still_owed(session: Session, bill: Bill, moments: list[str]) -> dict[str, list[Money]]:
    """What remains unpaid of these moments, per currency: demands raised after the payment had begun."""
    unpaid = [
        demand
        for demand in demands_of(session, bill.application_id)
        if demand.collected_at in moments and demand.standing in UNPAID
    ]
    return {
        moment: sums_by_currency(demand for demand in unpaid if demand.collected_at == moment)
        for moment in sorted({demand.collected_at for demand in unpaid})
    }


def _book_surplus(session: Session, payment: Payment, bill: Bill, by: str, facts: Json) -> None:
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


def _out_of_suspense(session: Session, payment: Payment) -> None:
    """A statement may have shown this money before anything said what it is for: it is not booked twice."""
    same_money = select(StatementLine).where(
        StatementLine.gateway == payment.method,
        StatementLine.in_suspense == payment.amount,
        StatementLine.currency == payment.currency,
    )
    own = StatementLine.payment_id == payment.id
    if payment.transaction_no is None:
        amount = own
    else:
        unnumbered = and_(own, StatementLine.transaction_no.is_(None))
        amount = or_(StatementLine.transaction_no == payment.transaction_no, unnumbered)
    line = session.scalars(same_money.where(amount).order_by(StatementLine.id)).first()
    if line is None:
        return
    book(
        session,
        "out_of_suspense",
        postings.money_in_suspense(payment.method, -line.in_suspense),
        application_id=payment.application_id,
        subject_id=line.reconciliation_id,
        currency=line.currency,
    )
    line.in_suspense, line.kind, line.booked_to, line.payment_id = 0, None, None, payment.id


def _demands(session: Session, payment: Payment) -> list[Demand]:
    query = select(Demand).where(Demand.id.in_(payment.demand_ids)).order_by(Demand.raised_at, Demand.origin)
    return list(session.scalars(query.execution_options(populate_existing=True)))
