"""What a statement says, line by line, held against the books: matches, discrepancies, what is missing on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from services.payments import access
from services.payments.domain.states import HOLDS_MONEY
from services.payments.models import Bill, Payment, Reconciliation, StatementLine, SuspenseAssignment
from services.payments.personal_data import line_without_text
from services.payments.statement_booking import LineBooking, payments_shown
from services.payments.statement_lines import Recognition, ReportedLine, payment_of
from services.payments.transitions import iso_text, money
from services.payments.views import MAIN_CURRENCY, in_order


def compare_with_books(
    session: Session,
    row: Reconciliation,
    statement: Sequence[Json],
    period: tuple[datetime | None, datetime | None],
    by: Actor,
) -> tuple[Json, bool]:
    """The outcome, and whether any line was new; what must be on the statement is looked up before lines settle it."""
    lines = [ReportedLine(number, fields) for number, fields in enumerate(statement, start=1)]
    recognition = Recognition(session, row.gateway, row.id, (row.from_at, row.to_at))
    expected = _expected(session, row, period, by)
    matches: list[Json] = []
    discrepancies: list[Json] = []
    numbers: set[str] = set()
    records: set[int] = set()
    booking = LineBooking(session, row.gateway, by)
    moved = False
    for line in lines:
        payment = payment_of(session, row.gateway, line)
        if payment is not None:
            access.check_statement(session, by, session.get_one(Bill, payment.application_id))
        record, is_new = recognition.claim(line, payment)
        if payment is None and (payment := _assigned_by_hand(session, record)):
            access.check_statement(session, by, session.get_one(Bill, payment.application_id))
        moved |= is_new
        if is_new:
            booking.book(record, line, payment, repeated=payment is not None and payment.id in numbers)
            session.flush()
        again = record.id in records and payment is not None and not is_new
        kind = "repeated_on_statement" if again else record.kind
        records.add(record.id)
        view = _line_view(line, payment) | {"booked_to": record.booked_to}
        if line.arrives:
            numbers.update(payments_shown(record))
        if payment is not None and not kind and line.arrives:
            payment.reconciled_at = clock.now()
        if kind or payment is None:
            discrepancies.append(view | {"kind": kind or "unknown_order"})
        else:
            matches.append(view)
    discrepancies += [_missing_view(payment) for payment in expected if payment.id not in numbers]
    return {"matches": matches, "discrepancies": discrepancies, "totals": _totals(lines, matches)}, moved


def does_the_same(requested: Json, now: Json) -> bool:
    """Whether each line does what its request said: to which payment, and what is booked."""

    def effects(outcome: Json) -> dict[int, tuple[object, object, object]]:
        lines = (*outcome["matches"], *outcome["discrepancies"])
        return {line["line"]: (line.get("kind"), line.get("booked_to"), line["payment_id"]) for line in lines}

    before, after = effects(requested), effects(now)
    return before.keys() == after.keys() and all(
        before[number][:2] == after[number][:2] and before[number][2] in {None, after[number][2]}
        for number in before
        if number
    )


def forget_undone_payments(session: Session, outcome: Json) -> None:
    """Surplus payments that only the attempt made are no payments for a line to name."""
    for line in (*outcome["matches"], *outcome["discrepancies"]):
        if line["payment_id"] and session.get(Payment, line["payment_id"]) is None:
            line.update({"payment_id": None, "order_ref": None, "status": None, "ours": None, "settled_at": None})


def storable_lines(session: Session, statement: Sequence[Json], outcome: Json) -> list[Json]:
    """The lines as they came; of those about an erased payer not the text of the transfer."""
    ours = [line for line in (*outcome["matches"], *outcome["discrepancies"]) if line["line"] and line["payment_id"]]
    payments = {line["line"]: session.get_one(Payment, line["payment_id"]) for line in ours}
    erased = {number for number, payment in payments.items() if _erased(session, payment)}
    return [
        line_without_text(line) if number in erased else dict(line) for number, line in enumerate(statement, start=1)
    ]


def _assigned_by_hand(session: Session, record: StatementLine) -> Payment | None:
    """The payment that two persons have given a line's money to, whatever its text says."""
    assigned = select(SuspenseAssignment.payment_id).where(SuspenseAssignment.line_id == record.id)
    return session.scalar(select(Payment).where(Payment.id.in_(assigned)).order_by(Payment.created_at.desc()).limit(1))


def _erased(session: Session, payment: Payment) -> bool:
    return session.get_one(Bill, payment.application_id).erased_at is not None


def _expected(
    session: Session, row: Reconciliation, period: tuple[datetime | None, datetime | None], by: Actor
) -> list[Payment]:
    holds_money = Payment.state.in_([str(state) for state in HOLDS_MONEY])
    query = select(Payment).where(Payment.method == row.gateway, holds_money)
    if not by.has("operator"):
        query = query.where(Payment.agency_code.in_(access.agencies_of_accountant(by)))
    from_at, to_at = period
    if from_at is None and to_at is None:
        query = query.where(Payment.reconciled_at.is_(None))
    if from_at is not None:
        query = query.where(Payment.settled_at >= from_at)
    if to_at is not None:
        query = query.where(Payment.settled_at < to_at)
    return list(session.scalars(query.order_by(Payment.settled_at, Payment.id)))


def _line_view(line: ReportedLine, payment: Payment | None) -> Json:
    about = {"payment_id": None, "order_ref": None, "status": None, "ours": None}
    if payment is not None:
        about = _payment_facts(payment)
    theirs = money(line.amount, line.currency)
    return {"line": line.number, "theirs": theirs, "transaction_no": line.transaction_no, **about}


def _missing_view(payment: Payment) -> Json:
    return {
        "line": None,
        "theirs": None,
        "transaction_no": payment.transaction_no,
        **_payment_facts(payment),
        "kind": "missing_on_statement",
    }


def _payment_facts(payment: Payment) -> Json:
    return {
        "payment_id": payment.id,
        "order_ref": payment.order_ref,
        "status": str(payment.state),
        "ours": money(payment.amount, payment.currency),
        "settled_at": iso_text(payment.settled_at),
    }


def _totals(lines: Sequence[ReportedLine], matches: list[Json]) -> Json:
    """Money that left counts as negative. Amounts in đồng, or in the only currency there is; others ``apart``."""
    matched = {match["line"] for match in matches}
    main, *others = (
        {
            "currency": currency,
            "statement_amount": sum(line.signed_amount for line in lines if line.currency == currency),
            "matched_amount": sum(
                line.signed_amount for line in lines if line.currency == currency and line.number in matched
            ),
        }
        for currency in in_order(line.currency for line in lines) or [MAIN_CURRENCY]
    )
    return {"lines": len(lines), "matched": len(matches), **main, "apart": others}
