"""What becomes of an erased payer's accounts: every sum, date and number stays, every word about the person goes.

Accounting records have to be kept (Accounting Law 88/2015/QH13, article 41), so nothing is deleted: bills, demands,
payments, their histories, the ledger and receipts stay as they are, with the account's id for a name.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.erasure.requests import ErasureRequests
from infra.chassis.json_types import Json
from services.payments.models import (
    Bill,
    Demand,
    Notice,
    Payment,
    PaymentEvent,
    Reconciliation,
    Refund,
    SuspenseAssignment,
    Waiver,
)

REMOVED = "–"
EVENT = ".v1"  # a dropped demand's reason is the type of the event that dropped it
# What of a gateway's notice proves a payment; whatever else came with it may be anything.
EVIDENCE = frozenset(
    f"vnp_{name}"
    for name in (
        "Amount", "BankCode", "BankTranNo", "CardType", "PayDate", "ResponseCode", "SecureHash", "TmnCode",
        "TransactionNo", "TransactionStatus", "TransactionType", "TxnRef",
    )
)  # fmt: skip
FACTS = frozenset({"refund_id", "receipt_book_number", "asked", "paid_at", "statement_line"})
LINE = ("order_ref", "transaction_no", "amount", "at", "direction")


class PersonalData(ErasureRequests):
    """Payments' part of an erasure."""

    service, answer = "payments", "subject_forgotten.v1"

    def marks(self, session: Session, account_id: str) -> set[str]:
        """The person's applications, payments and refunds."""
        bills = list(session.scalars(select(Bill.application_id).where(Bill.applicant_id == account_id)))
        payments = list(session.scalars(select(Payment.id).where(Payment.application_id.in_(bills))))
        refunds = list(session.scalars(select(Refund.id).where(Refund.payment_id.in_(payments))))
        return {*bills, *payments, *refunds}

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        bills = list(
            session.scalars(
                select(Bill).where(Bill.applicant_id == account_id).order_by(Bill.application_id).with_for_update()
            )
        )
        for bill in bills:
            bill.erased_at = bill.erased_at or clock.now()
        keys = [bill.application_id for bill in bills]
        payments = list(session.scalars(select(Payment).where(Payment.application_id.in_(keys))))
        forgotten = {
            "bill": len(bills),
            "demand": _forget_demands(session, keys),
            "payment": _forget_payments(session, payments),
            "refund": _forget_refunds(session, [payment.id for payment in payments]),
            "waiver": _forget_reasons(session, Waiver, keys),
            "suspense_assignment": _forget_reasons(session, SuspenseAssignment, keys),
            "notice": _forget_notices(session, [payment.order_ref for payment in payments]),
            "reconciliation": _forget_statements(session, payments),
        }
        return {name: count for name, count in forgotten.items() if count}


def text_about(bill: Bill, text: str | None) -> str | None:
    """A free text about a bill as it may be stored: nothing any more once its payer is erased."""
    return text if bill.erased_at is None or text is None else REMOVED


def _forget_demands(session: Session, keys: list[str]) -> int:
    changed = 0
    for demand in session.scalars(select(Demand).where(Demand.application_id.in_(keys))):
        if demand.reason and demand.reason != REMOVED and not demand.reason.endswith(EVENT):
            demand.reason, changed = REMOVED, changed + 1
        if demand.origin.startswith("asked:"):
            demand.items = [{**item, "reason": {"vi": REMOVED, "en": REMOVED}} for item in demand.items]
    return changed


def _forget_payments(session: Session, payments: list[Payment]) -> int:
    for payment in payments:
        payment.redirect_url = payment.qr_payload = None
        for move in session.scalars(select(PaymentEvent).where(PaymentEvent.payment_id == payment.id)):
            move.facts = facts_without_text(move.facts)
    return len(payments)


def facts_without_text(facts: Json) -> Json:
    """Of what a move was judged on, the part that proves it."""
    left = {name: value for name, value in facts.items() if name in EVIDENCE | FACTS}
    return left | ({"statement": line_without_text(facts["statement"])} if "statement" in facts else {})


def line_without_text(line: Mapping[str, object]) -> Json:
    """A line of a bank's statement without the words of the transfer, in which payers write their names."""
    return {name: line[name] for name in LINE if name in line}


def _forget_refunds(session: Session, payment_ids: list[str]) -> int:
    reasons = update(Refund).where(Refund.payment_id.in_(payment_ids), Refund.reason != REMOVED)
    return int(getattr(session.execute(reasons.values(reason=REMOVED)), "rowcount", 0))


def _forget_reasons(session: Session, table: type[Waiver | SuspenseAssignment], keys: list[str]) -> int:
    reasons = update(table).where(table.application_id.in_(keys), table.reason != REMOVED)
    return int(getattr(session.execute(reasons.values(reason=REMOVED)), "rowcount", 0))


def _forget_notices(session: Session, order_refs: list[str]) -> int:
    notices = list(session.scalars(select(Notice).where(Notice.order_ref.in_(order_refs))))
    for notice in notices:
        notice.parameters = {name: value for name, value in notice.parameters.items() if name in EVIDENCE}
    return len(notices)


def _forget_statements(session: Session, payments: list[Payment]) -> int:
    """Statements are few; each line that is one of these payments loses its description."""
    if not payments:
        return 0
    changed, ids = 0, {payment.id for payment in payments}
    numbers = {name for payment in payments for name in (payment.order_ref, payment.transaction_no) if name}
    methods = {payment.method for payment in payments}
    for row in session.scalars(select(Reconciliation).where(Reconciliation.gateway.in_(methods))):
        lines_of_payments = [*row.outcome.get("matches", ()), *row.outcome.get("discrepancies", ())]
        matched = {
            lines_of_payment["line"] for lines_of_payment in lines_of_payments if lines_of_payment["payment_id"] in ids
        }
        lines = [
            line_without_text(line) if number in matched or _names(line, numbers) else line
            for number, line in enumerate(row.statement, start=1)
        ]
        if lines != row.statement:
            row.statement, changed = lines, changed + 1
    return changed


def _names(line: Mapping[str, object], numbers: set[str]) -> bool:
    return line.get("order_ref") in numbers or line.get("transaction_no") in numbers
