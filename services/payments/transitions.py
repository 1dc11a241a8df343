"""The one place where a payment changes state: the transition is checked, made and written into its history."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json, Money
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.text.currencies import amount_in_figures
from services.payments.domain.states import OPEN, PaymentMove, PaymentState, move_event
from services.payments.errors import PaymentNotFound
from services.payments.models import Bill, Payment, PaymentEvent


def locked_payment(session: Session, payment_id: str) -> Payment:
    """The payment with its row locked until the transaction ends."""
    payment = session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment is None:
        raise PaymentNotFound(payment_id=payment_id)
    return payment


def move(
    session: Session,
    payment: Payment,
    target: PaymentState,
    *,
    by: str,
    event: type[PaymentMove] | None = None,
    facts: Json | None = None,
) -> None:
    """Take the arrow to ``target`` (refuses ``TransitionNotAllowed``). The caller holds the row's lock."""
    source = PaymentState(payment.state)
    transition = move_event(source, target, event)
    last = session.scalar(select(func.max(PaymentEvent.sequence)).where(PaymentEvent.payment_id == payment.id))
    session.add(
        PaymentEvent(
            payment_id=payment.id, sequence=(last or 0) + 1, topic=transition.topic, from_state=source, to_state=target,
            by=by, at=clock.now(), facts=facts or {},
        )
    )  # fmt: skip
    payment.state = target
    if target not in OPEN:
        payment.check_at = None
    session.flush()


def money(amount: int, currency: str) -> Money:
    return {"amount": amount, "currency": currency}


def amount_text(amount: int, currency: str) -> str:
    """An amount in a sentence: ``135.000 VND``, ``25,00 USD``."""
    return f"{amount_in_figures(amount, currency)} {currency}"


def iso_text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def announce_payment(session: Session, event_type: str, payment: Payment, bill: Bill, **facts: object) -> None:
    """Publish an event about a payment."""
    data = {
        "payment_id": payment.id,
        "application_id": payment.application_id,
        "reference": bill.reference,
        "procedure_code": bill.procedure_code,
        "agency_code": bill.agency_code,
        "applicant_id": bill.applicant_id,
        "amount": money(payment.amount, payment.currency),
        "method": payment.method,
        **facts,
    }
    enqueue(session, event_type, data, subject=payment.application_id)
