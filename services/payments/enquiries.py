"""Queries: what is owed, the state of a payment, what the receipt says."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments import access, receipts
from services.payments.demands import demands_of
from services.payments.errors import NotYetSubmitted, PaymentNotFound
from services.payments.models import Bill, Payment, PaymentEvent, Refund
from services.payments.views import demand_view, payment_view, refund_view, sums


class Enquiries:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Enquiries:
        return cls(Database.at(settings.database_url("payments")))

    def demands(self, application_id: str, *, by: Actor) -> Json:
        """What is owed for an application, demand by demand, with totals; refuses ``NotYetSubmitted``."""
        with self.database.session() as session:
            bill = _bill(session, application_id, by)
            demands = demands_of(session, application_id)
            about = {"application_id": application_id, "reference": bill.reference, "level": bill.level}
            return about | {"items": [demand_view(demand) for demand in demands]} | sums(demands)

    def payment(self, payment_id: str, *, by: Actor) -> Json:
        """One payment with its history and refunds."""
        with self.database.session() as session:
            payment = _payment(session, payment_id, by)
            moves = session.scalars(
                select(PaymentEvent).where(PaymentEvent.payment_id == payment_id).order_by(PaymentEvent.sequence)
            )
            refunds = session.scalars(
                select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.requested_at)
            )
            history = [
                {
                    "event": move.topic,
                    "from": move.from_state,
                    "to": move.to_state,
                    "at": move.at.isoformat(),
                    "by": move.by,
                }
                for move in moves
            ]
            return payment_view(session, payment) | {
                "history": history,
                "refunds": [refund_view(refund) for refund in refunds],
            }

    def payments(self, application_id: str, *, by: Actor) -> Page[Json]:
        """All payments of an application, oldest first."""
        with self.database.session() as session:
            _bill(session, application_id, by)
            query = select(Payment).where(Payment.application_id == application_id).order_by(Payment.created_at)
            return {
                "items": [payment_view(session, payment) for payment in session.scalars(query)],
                "next_cursor": None,
            }

    def refunds(self, status: str, limit: int = 50, cursor: str | None = None, *, by: Actor) -> Page[Json]:
        """Refunds in one state, oldest first, of the agencies whose money the caller may see; not their own."""
        query = (
            select(Refund)
            .join(Payment, Payment.id == Refund.payment_id)
            .join(Bill, Bill.application_id == Payment.application_id)
            .where(Refund.state == status)
        )
        query = query.where(*access.bills_seen_by(by))
        with self.database.session() as session:
            refunds = page(session, query, (Refund.requested_at, Refund.id), refund_view, limit=limit, cursor=cursor)
            payments = [refund["payment_id"] for refund in refunds["items"]]
            about = session.scalars(select(Payment.application_id).where(Payment.id.in_(payments)))
            access.record_listed(session, by, about)
            return refunds

    def receipt(self, payment_id: str, *, by: Actor) -> Json:
        with self.database.session() as session:
            payment = _payment(session, payment_id, by)
            return receipts.receipt_view(session, payment, session.get_one(Bill, payment.application_id))


def _bill(session: Session, application_id: str, by: Actor) -> Bill:
    bill = session.get(Bill, application_id)
    if bill is None:
        raise NotYetSubmitted(application_id=application_id)
    access.check_bill_reader(session, by, bill)
    return bill


def _payment(session: Session, payment_id: str, by: Actor) -> Payment:
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise PaymentNotFound(payment_id=payment_id)
    access.check_bill_reader(session, by, session.get_one(Bill, payment.application_id))
    return payment
