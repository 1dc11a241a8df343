"""Compares our books with a gateway's or bank's statement: each line is matched once and its money booked.

Which payment a line is about: ``statement_lines``. What is booked: ``statement_booking``. Whatever is not a plain match
is a discrepancy for a person to look at, its money in the books all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.instants import instant
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.payments.domain.states import HOLDS_MONEY
from services.payments.models import Bill, Payment, Reconciliation
from services.payments.personal_data import line_without_text
from services.payments.statement_booking import LineBooking, payments_shown
from services.payments.statement_lines import Recognition, ReportedLine, payment_of
from services.payments.transitions import iso_text, money


class Reconciler:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Reconciler:
        return cls(Database.at(settings.database_url("payments")))

    def reconcile(
        self,
        gateway: str,
        statement: Sequence[Mapping[str, Any]],
        from_at: str | None,
        to_at: str | None,
        *,
        by: Actor,
        command: Command,
    ) -> dict[str, Any]:
        """Match each line and every payment of ours the statement should show.

        Expected on it are payments settled within ``from_at``..``to_at``, or without a period all that no statement
        has shown yet. Returns ``{"reconciliation_id", "matches", "discrepancies", "totals"}``.
        """
        period = (instant(from_at, "/from_at") if from_at else None, instant(to_at, "/to_at") if to_at else None)

        def work(session: Session) -> dict[str, Any]:
            reconciliation_id = str(uuid4())
            lines = [ReportedLine(number, fields) for number, fields in enumerate(statement, start=1)]
            recognition = Recognition(session, gateway, reconciliation_id, (from_at, to_at))
            outcome = _compare(session, gateway, lines, recognition, _expected(session, gateway, period), by)
            row = Reconciliation(
                id=reconciliation_id,
                gateway=gateway,
                by=by.account_id,
                at=clock.now(),
                statement=_stored_lines(session, statement, outcome),
                outcome=outcome,
            )
            session.add(row)
            return {"reconciliation_id": row.id, "gateway": gateway, **outcome}

        return self.database.command(command, work)


def _compare(
    session: Session,
    gateway: str,
    lines: Sequence[ReportedLine],
    recognition: Recognition,
    expected: list[Payment],
    by: Actor,
) -> dict[str, Any]:
    """``expected``: what the statement must show, looked up before its lines settle anything."""
    matches: list[dict[str, Any]] = []
    discrepancies: list[dict[str, Any]] = []
    numbers: set[str] = set()
    records: set[int] = set()
    booking = LineBooking(session, gateway, by)
    for line in lines:
        payment = payment_of(session, gateway, line)
        record, is_new = recognition.claim(line, payment)
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
    return {"matches": matches, "discrepancies": discrepancies, "totals": _totals(lines, matches)}


def _stored_lines(
    session: Session, statement: Sequence[Mapping[str, Any]], outcome: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The lines as they came; of those about an erased payer not the text of the transfer."""
    ours = [line for line in (*outcome["matches"], *outcome["discrepancies"]) if line["line"] and line["payment_id"]]
    erased = {line["line"] for line in ours if _erased(session, session.get_one(Payment, line["payment_id"]))}
    return [
        line_without_text(line) if number in erased else dict(line) for number, line in enumerate(statement, start=1)
    ]


def _erased(session: Session, payment: Payment) -> bool:
    return session.get_one(Bill, payment.application_id).erased_at is not None


def _expected(session: Session, gateway: str, period: tuple[datetime | None, datetime | None]) -> list[Payment]:
    query = select(Payment).where(Payment.method == gateway, Payment.state.in_([str(state) for state in HOLDS_MONEY]))
    from_at, to_at = period
    if from_at is None and to_at is None:
        query = query.where(Payment.reconciled_at.is_(None))
    if from_at is not None:
        query = query.where(Payment.settled_at >= from_at)
    if to_at is not None:
        query = query.where(Payment.settled_at < to_at)
    return list(session.scalars(query.order_by(Payment.settled_at, Payment.id)))


def _line_view(line: ReportedLine, payment: Payment | None) -> dict[str, Any]:
    about = {"payment_id": None, "order_ref": None, "status": None, "ours": None}
    if payment is not None:
        about = _payment_facts(payment)
    theirs = money(line.amount, line.currency)
    return {"line": line.number, "theirs": theirs, "transaction_no": line.transaction_no, **about}


def _missing_view(payment: Payment) -> dict[str, Any]:
    return {
        "line": None,
        "theirs": None,
        "transaction_no": payment.transaction_no,
        **_payment_facts(payment),
        "kind": "missing_on_statement",
    }


def _payment_facts(payment: Payment) -> dict[str, Any]:
    return {
        "payment_id": payment.id,
        "order_ref": payment.order_ref,
        "status": str(payment.state),
        "ours": money(payment.amount, payment.currency),
        "settled_at": iso_text(payment.settled_at),
    }


def _totals(lines: Sequence[ReportedLine], matches: list[dict[str, Any]]) -> dict[str, Any]:
    """Money that left counts as negative."""
    amounts = {line.number: line.signed_amount for line in lines}
    return {
        "lines": len(lines),
        "matched": len(matches),
        "statement_amount": sum(amounts.values()),
        "matched_amount": sum(amounts[match["line"]] for match in matches),
    }
