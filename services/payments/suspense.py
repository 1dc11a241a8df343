"""Gives money in suspense to the application it was meant for, by two persons: one says whose, another agrees.

Where the amount is what an open order waits for or what is owed, the fee is paid; any other amount is a payment of its
own that can be refunded. Money that left is nobody's payment and stays to be explained by a refund.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, AWAITING, DECLINED
from infra.chassis.cursors import Page, page
from infra.chassis.instants import end_of_limit
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.payments import access, errors
from services.payments.billing import locked_bill
from services.payments.decisions import decide_by_another
from services.payments.demands import payable_demands
from services.payments.domain import postings
from services.payments.domain.states import HOLDS_MONEY, PaymentState
from services.payments.ledger import book
from services.payments.models import Bill, Demand, Payment, Reconciliation, StatementLine, SuspenseAssignment
from services.payments.personal_data import text_about
from services.payments.settlement import money_arrived, new_payment_for, new_surplus_payment
from services.payments.transitions import iso_text, money

TERM = 7  # days


class SuspenseDesk:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> SuspenseDesk:
        return cls(Database.at(settings.database_url("payments")))

    def suspense(self, limit: int = 50, cursor: str | None = None, *, by: Actor) -> Page[Json]:
        """Lines with money that no claim explains, oldest first: the caller's agencies', all for national roles."""
        lines = _lines_seen_by(by).where(StatementLine.in_suspense != 0)
        with self.database.session() as session:
            answer = page(
                session, lines, (StatementLine.id,), lambda line: _line_view(session, line), limit=limit, cursor=cursor
            )
            access.record_listed(session, by, (line["application_id"] for line in answer["items"]))
            return answer

    def assign_suspense(self, line_id: int, application_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        """Ask that what of a line is in suspense be an application's money; nothing is booked yet.

        Refuses ``SuspenseNotFound`` where the line holds none (or money that left), ``Forbidden``, ``OwnCase``.
        """

        def work(session: Session) -> Json:
            bill = locked_bill(session, application_id)
            access.check_statement(session, by, bill)
            line = session.scalar(_lines_seen_by(by).where(StatementLine.id == line_id))
            if line is None or line.in_suspense <= 0:
                raise errors.SuspenseNotFound(line_id=line_id)
            now = clock.now()
            request = SuspenseAssignment(
                id=str(uuid4()), line_id=line.id, application_id=bill.application_id, amount=line.in_suspense,
                currency=line.currency, reason=text_about(bill, reason) or "", state=AWAITING,
                requested_by=by.account_id, requested_at=now, expires_at=end_of_limit(TERM, now),
            )  # fmt: skip
            session.add(request)
            return assignment_view(request)

        return self.database.command(command, work)

    def approve_assignment(self, assignment_id: str, *, by: Actor, command: Command) -> Json:
        """Have the money booked as requested; never by whoever requested it.

        Refuses ``SecondPersonNeeded``, and ``SuspenseChanged`` if the line does not hold that money any more.
        """

        def work(session: Session) -> Json:
            request, bill = _decided(session, assignment_id, APPROVED, by)
            line = session.get_one(StatementLine, request.line_id, with_for_update=True, populate_existing=True)
            if (line.in_suspense, line.currency) != (request.amount, request.currency):
                raise errors.SuspenseChanged(line_id=line.id)
            request.payment_id = _assign(session, line, bill, by).id
            return assignment_view(request)

        return self.database.command(command, work)

    def decline_assignment(self, assignment_id: str, *, by: Actor, command: Command) -> Json:
        """Turn a request down; the money stays in suspense."""

        def work(session: Session) -> Json:
            return assignment_view(_decided(session, assignment_id, DECLINED, by)[0])

        return self.database.command(command, work)

    def suspense_assignments(self, status: str, limit: int = 50, cursor: str | None = None, *, by: Actor) -> Page[Json]:
        """Requests in one state, oldest first, about applications of the caller's agencies; not their own cases."""
        requests = select(SuspenseAssignment).join(Bill, Bill.application_id == SuspenseAssignment.application_id)
        requests = requests.where(SuspenseAssignment.state == status, *access.bills_seen_by(by))
        key = (SuspenseAssignment.requested_at, SuspenseAssignment.id)
        with self.database.session() as session:
            answer = page(session, requests, key, assignment_view, limit=limit, cursor=cursor)
            access.record_listed(session, by, (request["application_id"] for request in answer["items"]))
            return answer


def assignment_view(request: SuspenseAssignment) -> Json:
    return {
        "assignment_id": request.id,
        "line_id": request.line_id,
        "application_id": request.application_id,
        "status": request.state,
        "amount": money(request.amount, request.currency),
        "reason": request.reason,
        "payment_id": request.payment_id,
        "requested_by": request.requested_by,
        "requested_at": iso_text(request.requested_at),
        "expires_at": iso_text(request.expires_at),
        "decided_by": request.decided_by,
        "decided_at": iso_text(request.decided_at),
    }


def _line_view(session: Session, line: StatementLine) -> Json:
    """A line as an accountant looks for its payer: the bank's number, time and text, as the statement has them."""
    statement = session.get_one(Reconciliation, line.reconciliation_id)
    fields = statement.statement[line.position - 1] if line.position else {}
    payment = session.get(Payment, line.payment_id) if line.payment_id else None
    return {
        "line_id": line.id,
        "gateway": line.gateway,
        "reconciliation_id": line.reconciliation_id,
        "shown_at": iso_text(statement.at),
        "kind": line.kind,
        "amount": money(line.in_suspense, line.currency),
        "transaction_no": line.transaction_no,
        "at": fields.get("at"),
        "description": fields.get("description"),
        "payment_id": line.payment_id,
        "application_id": payment.application_id if payment is not None else None,
    }


def _lines_seen_by(by: Actor) -> Select[StatementLine]:
    """Of statements of the agencies whose accountant somebody is, or of all; nothing about a case of their own."""
    query = select(StatementLine).join(Reconciliation, Reconciliation.id == StatementLine.reconciliation_id)
    own = select(Payment.id).join(Bill, Bill.application_id == Payment.application_id).where(access.is_own_case(by))
    conditions: list[ColumnElement[bool]] = [
        or_(StatementLine.payment_id.is_(None), StatementLine.payment_id.not_in(own))
    ]
    if not by.has(*access.NATIONAL):
        agencies = [code for code in by.agencies if by.at(code, "accountant")]
        conditions.append(Reconciliation.agency_code.in_(agencies))
    return query.where(*conditions)


def _decided(session: Session, assignment_id: str, state: str, by: Actor) -> tuple[SuspenseAssignment, Bill]:
    request = session.get(SuspenseAssignment, assignment_id)
    if request is None:
        raise errors.AssignmentNotFound(assignment_id=assignment_id)
    bill = locked_bill(session, request.application_id)
    session.refresh(request)
    access.check_statement(session, by, bill)
    decide_by_another(request, state, by)
    return request, bill


def _assign(session: Session, line: StatementLine, bill: Bill, by: Actor) -> Payment:
    """Out of suspense and into a payment of this bill: the one that waits for it, a new one, or a surplus."""
    amount = line.in_suspense
    about = {"application_id": bill.application_id, "subject_id": line.reconciliation_id, "currency": line.currency}
    book(session, "out_of_suspense", postings.money_in_suspense(line.gateway, -amount), **about)
    line.in_suspense, line.booked_to = 0, None
    number = _free_number(session, line)
    facts = {"statement_line": line.id}
    payment = _waiting_payment(session, line, bill, amount)
    if payment is None and (demands := _paid_by(session, bill, amount, line.currency)):
        payment = new_payment_for(bill, demands, line.gateway, by)
        session.add(payment)
        session.flush()
    if payment is not None:
        line.payment_id, line.kind = payment.id, None
        money_arrived(session, payment, by=by.account_id, transaction_no=number, facts=facts)
        payment.reconciled_at = clock.now()
        return payment
    extra = new_surplus_payment(
        session, bill, line.gateway, amount, line.currency, by=by.account_id, transaction_no=number, facts=facts
    )
    line.payment_id = line.surplus_payment_id = extra.id
    line.kind, line.booked_to = None, "surplus"
    return extra


def _free_number(session: Session, line: StatementLine) -> str | None:
    """The bank's number, unless a payment bears it already (a line that was larger than its payment)."""
    used = select(Payment.id).where(Payment.method == line.gateway, Payment.transaction_no == line.transaction_no)
    return line.transaction_no if session.scalar(used) is None else None


def _waiting_payment(session: Session, line: StatementLine, bill: Bill, amount: int) -> Payment | None:
    """The latest order of this application, made for just this amount, that never got its money."""
    query = select(Payment).where(
        Payment.application_id == bill.application_id,
        Payment.method == line.gateway,
        Payment.amount == amount,
        Payment.currency == line.currency,
        Payment.state.not_in([str(state) for state in (*HOLDS_MONEY, PaymentState.CREATED)]),
    )
    return session.scalars(query.order_by(Payment.created_at.desc()).limit(1).with_for_update()).first()


def _paid_by(session: Session, bill: Bill, amount: int, currency: str) -> list[Demand]:
    """What is owed now, if it comes to just this sum."""
    chosen = payable_demands(session, bill, currency)
    return chosen if sum(demand.amount for demand in chosen) == amount else []
