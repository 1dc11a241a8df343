"""Puts the money of a new statement line into the books, whatever it fits: every đồng that arrives or leaves.

For bank transfers the statement is how money is seen at all: a line that fits settles its payment, and what does not
fit is the payer's surplus. A gateway's money comes into the books by its notices; what only its statement shows waits
in suspense until the notice comes. Money of which nobody knows the order, and money that left without a refund of ours,
is in suspense, too, and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from services.payments.billing import locked_bill
from services.payments.domain import postings
from services.payments.domain.states import HOLDS_MONEY, PaymentState
from services.payments.gateways import vietqr
from services.payments.ledger import book
from services.payments.models import Bill, Payment, Refund, StatementLine
from services.payments.personal_data import line_without_text
from services.payments.refunds import SETTLED
from services.payments.settlement import money_arrived, new_surplus_payment
from services.payments.statement_lines import ReportedLine

SEEN_ON_STATEMENTS = frozenset({vietqr.NAME})
SURPLUS, SUSPENSE = "surplus", "suspense"


@dataclass(frozen=True)
class LineBooking:
    """Books one line. ``repeated``: another line of this statement was about the same payment."""

    session: Session
    gateway: str
    by: Actor

    def book(self, record: StatementLine, line: ReportedLine, payment: Payment | None, *, repeated: bool) -> None:
        """Fill in what the line was (``record.kind``, none for a match), and enter its money."""
        self._out_of_suspense(record, payment)
        record.payment_id, record.kind, record.booked_to = payment.id if payment is not None else None, None, None
        if not line.arrives:
            self._money_left(record, payment)
        elif payment is None:
            record.kind = "unknown_order"
            if not self._is_known_money(line):
                self._into_suspense(record, line.amount, None)
        elif self.gateway in SEEN_ON_STATEMENTS:
            self._transfer(record, line, payment, repeated=repeated)
        else:
            self._gateway_line(record, line, payment, repeated=repeated)

    def _transfer(self, record: StatementLine, line: ReportedLine, payment: Payment, *, repeated: bool) -> None:
        fits = (payment.amount, payment.currency) == (line.amount, line.currency)
        if PaymentState(payment.state) in HOLDS_MONEY:
            if fits and self._is_its_own(record, line, payment):
                return
            record.kind = "repeated_on_statement" if repeated else "surplus" if fits else "amount_differs"
        elif fits:
            facts = {"statement": self._stored(line, payment)}
            number = line.transaction_no if self._payment_numbered(line) is None else None
            money_arrived(self.session, payment, by=self.by.account_id, transaction_no=number, facts=facts)
            return
        else:
            record.kind = "amount_differs"
        if line.amount:
            origin: Json = {"statement": self._stored(line, payment), "paid_for": payment.order_ref}
            extra = new_surplus_payment(
                self.session, locked_bill(self.session, payment.application_id), payment.method, line.amount,
                line.currency, by=self.by.account_id, transaction_no=line.transaction_no, facts=origin,
            )  # fmt: skip
            record.booked_to, record.surplus_payment_id = SURPLUS, extra.id

    def _gateway_line(self, record: StatementLine, line: ReportedLine, payment: Payment, *, repeated: bool) -> None:
        fits = (payment.amount, payment.currency) == (line.amount, line.currency)
        holds = PaymentState(payment.state) in HOLDS_MONEY
        own = holds and self._is_its_own(record, line, payment) and line.currency == payment.currency
        if own and fits and not repeated:
            return
        if repeated:
            record.kind = "repeated_on_statement"
        elif not fits:
            record.kind = "amount_differs"
        else:
            record.kind = self._kind_of_other_money(line) if holds else "not_settled_here"
        self._into_suspense(record, line.amount - (payment.amount if own else 0), payment)

    @staticmethod
    def _kind_of_other_money(line: ReportedLine) -> str:
        return "transaction_differs" if line.transaction_no else "repeated_on_statement"

    def _is_its_own(self, record: StatementLine, line: ReportedLine, payment: Payment) -> bool:
        """Whether this is the money the payment has already, shown for the first time."""
        if line.transaction_no and payment.transaction_no:
            return line.transaction_no == payment.transaction_no
        if self.gateway in SEEN_ON_STATEMENTS:
            return False  # it got its money from another line
        matched = select(StatementLine.id).where(
            StatementLine.payment_id == payment.id,
            StatementLine.kind.is_(None),
            StatementLine.refund_id.is_(None),
            StatementLine.id != record.id,
        )
        return self.session.scalar(matched.limit(1)) is None

    def _payment_numbered(self, line: ReportedLine) -> Payment | None:
        numbered = select(Payment).where(Payment.method == self.gateway, Payment.transaction_no == line.transaction_no)
        return self.session.scalar(numbered) if line.transaction_no else None

    def _is_known_money(self, line: ReportedLine) -> bool:
        """Whether a payment has this money already, though the line names another order."""
        payment = self._payment_numbered(line)
        return payment is not None and (payment.amount, payment.currency) == (line.amount, line.currency)

    def _out_of_suspense(self, record: StatementLine, payment: Payment | None) -> None:
        """An earlier statement showed this money without a known order; now it is booked where it belongs."""
        if record.in_suspense:
            suspended, record.in_suspense = record.in_suspense, 0
            self._book_suspense("out_of_suspense", record, -suspended, payment)

    def _money_left(self, record: StatementLine, payment: Payment | None) -> None:
        refund = self._refund_paid(record, payment)
        if refund is not None:
            record.refund_id = refund.id
            return
        record.kind = "money_left"
        self._into_suspense(record, record.amount, payment)

    def _refund_paid(self, record: StatementLine, payment: Payment | None) -> Refund | None:
        """A refund of this payment that the books have and no line has shown yet."""
        if payment is None:
            return None
        on_statement = select(StatementLine.refund_id).where(StatementLine.refund_id.is_not(None))
        paid = select(Refund).where(
            Refund.payment_id == payment.id,
            Refund.state == SETTLED,
            Refund.amount == -record.amount,
            Refund.currency == record.currency,
            Refund.id.not_in(on_statement),
        )
        return self.session.scalars(paid.order_by(Refund.requested_at, Refund.id)).first()

    def _into_suspense(self, record: StatementLine, amount: int, payment: Payment | None) -> None:
        """``amount`` arrived, or left if negative, and no claim of ours says why."""
        if not amount:
            return
        record.booked_to, record.in_suspense = SUSPENSE, amount
        self._book_suspense("money_in_suspense", record, amount, payment)

    def _book_suspense(self, kind: str, record: StatementLine, amount: int, payment: Payment | None) -> None:
        book(
            self.session,
            kind,
            postings.money_in_suspense(self.gateway, amount),
            application_id=payment.application_id if payment is not None else "",
            subject_id=record.reconciliation_id,
            currency=record.currency,
        )

    def _stored(self, line: ReportedLine, payment: Payment) -> Json:
        erased = self.session.get_one(Bill, payment.application_id).erased_at is not None
        return line_without_text(line.fields) if erased else dict(line.fields)


def payments_shown(record: StatementLine) -> Sequence[str]:
    """The payments of ours that a line shows."""
    return [payment_id for payment_id in (record.payment_id, record.surplus_payment_id) if payment_id]
