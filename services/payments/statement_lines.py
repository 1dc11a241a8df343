"""Lines of statements: what a line says, which payment it is about, and whether it was seen before.

A line is known again by the bank's own number, amount and order; else by its time and text, else by the statement's
period, and of lines that look the same the n-th on one statement is the n-th on another. A line that has none of these
is always new.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.payments.domain.states import HOLDS_MONEY, PaymentState
from services.payments.models import Payment, StatementLine
from services.payments.order_references import order_references_in
from services.payments.transitions import locked_payment

CREDIT = "credit"


@dataclass(frozen=True)
class ReportedLine:
    """One line of a statement as it came, and its number on it."""

    number: int
    fields: Json

    @property
    def amount(self) -> int:
        return int(self.fields["amount"]["amount"])

    @property
    def currency(self) -> str:
        return str(self.fields["amount"]["currency"])

    @property
    def transaction_no(self) -> str | None:
        return self.fields.get("transaction_no") or None

    @property
    def named_orders(self) -> Sequence[str]:
        """What may be order references in the line, as it is and as people type them; the most likely first."""
        reference, description = self.fields.get("order_ref") or "", self.fields.get("description") or ""
        references = [reference, *order_references_in(reference), *order_references_in(description)]
        return list(dict.fromkeys(candidate for candidate in references if candidate))

    @property
    def arrives(self) -> bool:
        """Whether money came in; what was debited or returned left."""
        return (self.fields.get("direction") or CREDIT) == CREDIT

    @property
    def signed_amount(self) -> int:
        return self.amount if self.arrives else -self.amount


def payment_of(session: Session, gateway: str, line: ReportedLine) -> Payment | None:
    """The payment a line is about, its row locked: by order reference, or else by the bank's number and amount."""
    candidates = line.named_orders
    ours = select(Payment).where(Payment.method == gateway)
    payments = list(session.scalars(ours.where(Payment.order_ref.in_(candidates))))
    if not payments and not line.fields.get("order_ref") and line.transaction_no and line.arrives:
        same = (Payment.transaction_no == line.transaction_no, Payment.amount == line.amount)
        payments = list(session.scalars(ours.where(*same, Payment.currency == line.currency)))
    if not payments:
        return None
    payments.sort(key=lambda payment: _fit(payment, line, candidates))
    return locked_payment(session, payments[0].id)


def _fit(payment: Payment, line: ReportedLine, candidates: Sequence[str]) -> tuple[bool, bool, int]:
    """Of several orders named in one text: the one this amount pays, else the first named."""
    place = candidates.index(payment.order_ref) if payment.order_ref in candidates else 0
    unfit = (payment.amount, payment.currency) != (line.amount, line.currency)
    return unfit, PaymentState(payment.state) in HOLDS_MONEY, place


@dataclass
class Recognition:
    """Tells new lines of one statement from those that were on an earlier one."""

    session: Session
    gateway: str
    reconciliation_id: str
    period: Sequence[str | None]
    counts: Counter[str] = field(default_factory=Counter)

    def claim(self, line: ReportedLine, payment: Payment | None) -> tuple[StatementLine, bool]:
        """The record of a line, and whether its money is still to be assigned.

        Two statements at the same time cannot both claim one line.
        """
        if line.transaction_no and (match := self._numbered(line, payment)):
            return match, payment is not None and match.payment_id is None
        identity = self._identity(line, payment)
        record = StatementLine(
            gateway=self.gateway,
            identity=identity,
            reconciliation_id=self.reconciliation_id,
            position=line.number,
            transaction_no=line.transaction_no,
            amount=line.signed_amount,
            currency=line.currency,
        )
        try:
            with self.session.begin_nested():
                self.session.add(record)
        except IntegrityError:
            same = select(StatementLine).where(StatementLine.gateway == self.gateway)
            return self.session.scalars(same.where(StatementLine.identity == identity)).one(), False
        return record, True

    def _numbered(self, line: ReportedLine, payment: Payment | None) -> StatementLine | None:
        """The same money on an earlier line: of this order, or of an order that nobody knew then (or knows now)."""
        same = select(StatementLine).where(
            StatementLine.gateway == self.gateway,
            StatementLine.transaction_no == line.transaction_no,
            StatementLine.amount == line.signed_amount,
            StatementLine.currency == line.currency,
        )
        records = list(self.session.scalars(same.order_by(StatementLine.id)))
        if payment is None:
            return records[0] if records else None
        booked = [record for record in records if payment.id in (record.payment_id, record.surplus_payment_id)]
        unknown = [record for record in records if record.payment_id is None]
        return next(iter([*booked, *unknown]), None)

    def _identity(self, line: ReportedLine, payment: Payment | None) -> str:
        what = [line.signed_amount, line.currency, line.arrives]
        if line.transaction_no:
            return _digest([line.transaction_no, payment.order_ref if payment is not None else None, *what])
        about = payment.order_ref if payment is not None else line.fields.get("description")
        when = line.fields.get("at") or (list(self.period) if any(self.period) else None)
        if when is None:
            return _digest([str(uuid4())])
        looks = _digest([about, when, *what])
        self.counts[looks] += 1
        return _digest([looks, self.counts[looks]])


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
