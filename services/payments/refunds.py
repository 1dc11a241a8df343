"""Refunds, by two persons: one requests, another decides; then the gateway or the office pays out.

Whoever asks states what he believes can still be refunded. If that is not so, somebody else was here
first, and the request is refused instead of paying twice.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json, Money
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.text.currencies import check_in_tender
from services.payments import access, errors
from services.payments.decisions import decide_by_another
from services.payments.demands import demands_of
from services.payments.domain import postings
from services.payments.domain.demands import MOMENTS, Phase
from services.payments.domain.states import PaymentState, RefundDeclined
from services.payments.gateways import vnpay
from services.payments.ledger import book
from services.payments.models import Bill, Payment, Refund
from services.payments.personal_data import text_about
from services.payments.transitions import amount_text, announce_payment, iso_text, locked_payment, money, move
from services.payments.views import available as left_of
from services.payments.views import refund_view

PENDING, APPROVED, SENT, SETTLED, DECLINED = "pending_approval", "approved", "sent", "settled", "declined"
REJECTED = "rejected"  # by the gateway, for good: two persons decide once more
PAID_BACK_BY_GATEWAY = frozenset({vnpay.NAME})
DECIDERS = ("accountant", "approver")
TO_BE_DECIDED = frozenset({PENDING, REJECTED})


class RefundDesk:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> RefundDesk:
        return cls(Database.at(settings.database_url("payments")))

    def refund(
        self,
        payment_id: str,
        amount: Money,
        reason: str,
        available: Money,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Ask for money back: its payer, or an accountant of its agency.

        Refuses ``PaymentNotFound``, ``Forbidden``, ``TransitionNotAllowed``, ``RefundAvailableChanged`` and
        ``RefundTooLarge``.
        """
        check_in_tender(amount["currency"], "/amount/currency")

        def work(session: Session) -> Json:
            payment = locked_payment(session, payment_id)
            bill = session.get_one(Bill, payment.application_id)
            if not access.pays(by, bill):
                access.check_official(session, by, bill, "accountant")
            _check_sums(session, payment, amount, available)
            refund = _new_refund(payment, amount["amount"], text_about(bill, reason) or "", by)
            move(session, payment, PaymentState.REFUND_REQUESTED, by=by.account_id, facts={"refund_id": refund.id})
            session.add(refund)
            session.flush()
            _announce_refund(session, "refund_requested.v1", refund, payment, bill)
            return refund_view(refund)

        return self.database.command(command, work)

    def approve_refund(self, refund_id: str, *, by: Actor, command: Command) -> Json:
        """Let the money go back; never by whoever asked. Refuses ``SecondPersonNeeded``, ``TransitionNotAllowed``.

        One that the gateway has rejected is sent once more; the books have it already.
        """

        def work(session: Session) -> Json:
            refund, payment, bill = _locked(session, refund_id, by)
            again = refund.state == REJECTED
            decide_by_another(refund, APPROVED, by, waiting=TO_BE_DECIDED)
            refund.rejections = 0
            if not again:
                lines = postings.refund_approved(bill.agency_code, refund.amount, surplus=_is_surplus(refund, payment))
                _book(session, "refund_approved", lines, refund, bill)
                facts = {"fees": fees} if (fees := _fees_given_back(session, bill, payment, refund)) else {}
                _announce_refund(session, "refund_approved.v1", refund, payment, bill, **facts)
            if payment.method in PAID_BACK_BY_GATEWAY:
                refund.check_at = clock.now()
            else:
                refund_paid_back(session, refund, payment, by=by.account_id)
            return refund_view(refund)

        return self.database.command(command, work)

    def decline_refund(self, refund_id: str, reason: str | None, *, by: Actor, command: Command) -> Json:
        """Keep the money; the payment returns to where it was, and the books with it if it had been approved."""

        def work(session: Session) -> Json:
            refund, payment, bill = _locked(session, refund_id, by)
            approved_before = refund.state == REJECTED
            decide_by_another(refund, DECLINED, by, waiting=TO_BE_DECIDED)
            if approved_before:
                lines = postings.refund_kept(bill.agency_code, refund.amount, surplus=_is_surplus(refund, payment))
                _book(session, "refund_kept", lines, refund, bill)
            why = text_about(bill, reason)
            facts = {"refund_id": refund.id, "reason": why}
            move(session, payment, PaymentState(refund.returns_to), by=by.account_id, event=RefundDeclined, facts=facts)
            _announce_refund(session, "refund_declined.v1", refund, payment, bill, reason=why)
            return refund_view(refund)

        return self.database.command(command, work)


def refund_paid_back(session: Session, refund: Refund, payment: Payment, *, by: str) -> None:
    """The money has gone back: books, state and event. The caller holds the payment's row lock."""
    bill = session.get_one(Bill, payment.application_id)
    refund.state, refund.settled_at, refund.check_at = SETTLED, clock.now(), None
    payment.refunded += refund.amount
    target = PaymentState.REFUNDED if payment.refunded == payment.amount else PaymentState.PARTIALLY_REFUNDED
    move(session, payment, target, by=by, facts={"refund_id": refund.id})
    _book(session, "refund_paid", postings.refund_paid(bill.agency_code, payment.method, refund.amount), refund, bill)
    _announce_refund(session, "refund_settled.v1", refund, payment, bill)


def refund_rejected(session: Session, refund: Refund, payment: Payment, *, code: str) -> None:
    """The gateway has refused, and refused again: an accountant must look. The caller holds the payment's row lock."""
    refund.state, refund.check_at = REJECTED, None
    _announce_refund(
        session, "refund_rejected.v1", refund, payment, session.get_one(Bill, payment.application_id), code=code
    )


def _fees_given_back(session: Session, bill: Bill, payment: Payment, refund: Refund) -> list[Json]:
    """Which fees a refund gives back of handling that had ended: what is collected last goes back first.

    While handling goes on it is a gift: nothing of it is owed again.
    """
    if bill.phase not in {Phase.ENDED, Phase.REJECTED} or _is_surplus(refund, payment):
        return []
    before = payment.amount - left_of(session, payment) - refund.amount  # of other refunds of this payment
    paid = [demand for demand in demands_of(session, payment.application_id) if demand.payment_id == payment.id]
    paid.sort(key=lambda demand: MOMENTS.index(demand.collected_at), reverse=True)
    shares: dict[str, int] = {}
    skipped, left = before, refund.amount
    for demand in paid:
        rest = max(0, demand.amount - skipped)
        skipped = max(0, skipped - demand.amount)
        share = min(rest, left)
        left -= share
        if share:
            shares[demand.collected_at] = shares.get(demand.collected_at, 0) + share
    return [
        {"collected_at": moment, "amount": money(shares[moment], refund.currency)}
        for moment in MOMENTS if moment in shares
    ]  # fmt: skip


def _book(session: Session, kind: str, lines: tuple[postings.Posting, ...], refund: Refund, bill: Bill) -> None:
    about = {"application_id": bill.application_id, "subject_id": refund.id, "currency": refund.currency}
    book(session, kind, lines, **about)


def _check_sums(session: Session, payment: Payment, amount: Money, believed: Money) -> None:
    if PaymentState(payment.state) not in {
        PaymentState.SETTLED,
        PaymentState.SURPLUS,
        PaymentState.PARTIALLY_REFUNDED,
        PaymentState.REFUND_REQUESTED,
    }:
        raise errors.TransitionNotAllowed(
            from_status=payment.state, to_status=PaymentState.REFUND_REQUESTED, allowed="–"
        )
    current = money(left_of(session, payment), payment.currency)
    available = amount_text(current["amount"], payment.currency)
    if believed != current:
        raise errors.RefundAvailableChanged(
            current=available, expected=amount_text(believed["amount"], believed["currency"])
        )
    if amount["currency"] != payment.currency or not 0 < amount["amount"] <= current["amount"]:
        raise errors.RefundTooLarge(amount=amount_text(amount["amount"], amount["currency"]), current=available)


def _new_refund(payment: Payment, amount: int, reason: str, by: Actor) -> Refund:
    return Refund(
        id=str(uuid4()),
        payment_id=payment.id,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        returns_to=payment.state,
        state=PENDING,
        requested_by=by.account_id,
        requested_at=clock.now(),
    )


def _locked(session: Session, refund_id: str, by: Actor) -> tuple[Refund, Payment, Bill]:
    refund = session.get(Refund, refund_id)
    if refund is None:
        raise errors.RefundNotFound(refund_id=refund_id)
    payment = locked_payment(session, refund.payment_id)
    session.refresh(refund)
    bill = session.get_one(Bill, payment.application_id)
    access.check_official(session, by, bill, *DECIDERS)
    return refund, payment, bill


def _is_surplus(refund: Refund, payment: Payment) -> bool:
    """Surplus money never was revenue. A payment refunded in part before is surplus if it never got a receipt."""
    return refund.returns_to == PaymentState.SURPLUS or (
        refund.returns_to == PaymentState.PARTIALLY_REFUNDED and payment.surplus
    )


def _announce_refund(
    session: Session, event_type: str, refund: Refund, payment: Payment, bill: Bill, **facts: object
) -> None:
    refund_facts = {"refund_id": refund.id, "reason": refund.reason, "at": iso_text(clock.now()), **facts}
    announce_payment(
        session, event_type, payment, bill, **(refund_facts | {"amount": money(refund.amount, refund.currency)})
    )
