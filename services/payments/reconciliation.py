"""Compares our books with a gateway's or bank's statement: each line is matched once and its money booked.

Which payment a line is about: ``statement_lines``. What is booked: ``statement_booking``. Whatever is not a plain match
is a discrepancy for a person to look at, its money in the books all the same. A bank's statement is how money is seen
at all, so two persons have it booked; a gateway's is held against notices that the gateway has signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.instants import instant
from infra.chassis.refusals import Forbidden
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.payments import access, errors
from services.payments.domain.states import HOLDS_MONEY
from services.payments.models import Bill, Payment, Reconciliation
from services.payments.personal_data import line_without_text
from services.payments.statement_booking import SEEN_ON_STATEMENTS, LineBooking, payments_shown
from services.payments.statement_lines import Recognition, ReportedLine, payment_of
from services.payments.transitions import iso_text, money

BOOKED, AWAITING, APPROVED, DECLINED, EXPIRED = "booked", "awaiting_approval", "approved", "declined", "expired"
TERM = timedelta(days=7)


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
        has shown yet; an accountant's is about their agency's payments alone. A bank's statement whose lines move money
        is booked when a second person approves it: until then the answer says what would happen. Returns
        ``{"reconciliation_id", "status", "matches", "discrepancies", "totals"}``.
        """
        period = (instant(from_at, "/from_at") if from_at else None, instant(to_at, "/to_at") if to_at else None)

        def work(session: Session) -> dict[str, Any]:
            row = Reconciliation(
                id=str(uuid4()), gateway=gateway, by=by.account_id, at=clock.now(), from_at=from_at, to_at=to_at,
                agency_code=_agency_of(by), state=BOOKED,
            )  # fmt: skip
            attempt = session.begin_nested()
            outcome, moved = _compare(session, row, statement, period, by)
            if moved and gateway in SEEN_ON_STATEMENTS:
                attempt.rollback()
                row.state, row.expires_at = AWAITING, row.at + TERM
                _forget_what_was_undone(session, outcome)
            else:
                attempt.commit()
            row.outcome, row.statement = outcome, _stored_lines(session, statement, outcome)
            session.add(row)
            _record_shown(session, by, [row])
            return statement_view(row)

        return self.database.command(command, work)

    def approve_statement(self, reconciliation_id: str, *, by: Actor, command: Command) -> dict[str, Any]:
        """Have the money of a statement booked; never by whoever handed it in.

        Refuses ``StatementOutdated`` if it would not do any more what its request said.
        """

        def work(session: Session) -> dict[str, Any]:
            row = _for_decision(session, reconciliation_id, by)
            period = tuple(instant(text, "/from_at") if text else None for text in (row.from_at, row.to_at))
            outcome, _ = _compare(session, row, row.statement, (period[0], period[1]), by)
            if not _does_the_same(row.outcome, outcome):
                raise errors.StatementOutdated(reconciliation_id=row.id)
            row.outcome, row.statement = outcome, _stored_lines(session, row.statement, outcome)
            _decide(row, APPROVED, by)
            _record_shown(session, by, [row])
            return statement_view(row)

        return self.database.command(command, work)

    def decline_statement(self, reconciliation_id: str, *, by: Actor, command: Command) -> dict[str, Any]:
        """Turn a statement down; nothing of it is booked."""

        def work(session: Session) -> dict[str, Any]:
            row = _for_decision(session, reconciliation_id, by)
            _decide(row, DECLINED, by)
            return statement_view(row)

        return self.database.command(command, work)

    def statements(self, status: str, limit: int = 50, cursor: str | None = None, *, by: Actor) -> Page[dict[str, Any]]:
        """Statements in one state, oldest first: of the caller's agencies, of all for national roles."""
        query = select(Reconciliation).where(Reconciliation.state == status)
        if not by.has(*access.NATIONAL):
            query = query.where(Reconciliation.agency_code.in_(_agencies_of(by)))
        with self.database.session() as session:
            viewed: list[Reconciliation] = []

            def view(row: Reconciliation) -> dict[str, Any]:
                viewed.append(row)
                return statement_view(row)

            key = (Reconciliation.at, Reconciliation.id)
            statements = page(session, query, key, view, limit=limit, cursor=cursor)
            _record_shown(session, by, viewed)
            return statements


def statement_view(row: Reconciliation) -> dict[str, Any]:
    """A statement as its doors answer it."""
    return {
        "reconciliation_id": row.id,
        "gateway": row.gateway,
        **row.outcome,
        "status": row.state,
        "requested_by": row.by,
        "requested_at": row.at.isoformat(),
        "expires_at": iso_text(row.expires_at),
        "decided_by": row.decided_by,
        "decided_at": iso_text(row.decided_at),
    }


def _record_shown(session: Session, by: Actor, rows: Sequence[Reconciliation]) -> None:
    """Whose payments are on statements that somebody is shown, for the access log."""
    lines = [line for row in rows for line in (*row.outcome["matches"], *row.outcome["discrepancies"])]
    about = select(Payment.application_id).where(Payment.id.in_({line["payment_id"] for line in lines} - {None}))
    access.record_listed(session, by, session.scalars(about))


def _agencies_of(by: Actor) -> list[str]:
    return sorted(code for code in by.agencies if by.at(code, "accountant"))


def _agency_of(by: Actor) -> str | None:
    """Whose statement it is that somebody hands in: of the agency of their post, if that is one."""
    agencies = _agencies_of(by)
    return agencies[0] if len(agencies) == 1 and not by.has("operator") else None


def _for_decision(session: Session, reconciliation_id: str, by: Actor) -> Reconciliation:
    row = session.get(Reconciliation, reconciliation_id, with_for_update=True)
    if row is None:
        raise errors.StatementNotFound(reconciliation_id=reconciliation_id)
    if not (by.has("operator") or (row.agency_code and by.at(row.agency_code, "accountant"))):
        raise Forbidden(reason="sao kê của cơ quan khác", reason_en="the statement is another agency's")
    if row.by == by.account_id:
        raise errors.SecondPersonNeeded()
    standing = EXPIRED if row.state == AWAITING and row.expires_at and row.expires_at <= clock.now() else row.state
    if standing != AWAITING:
        raise errors.TransitionNotAllowed(from_status=standing, to_status=APPROVED, allowed="–")
    return row


def _decide(row: Reconciliation, state: str, by: Actor) -> None:
    row.state, row.decided_by, row.decided_at = state, by.account_id, clock.now()


def _forget_what_was_undone(session: Session, outcome: Mapping[str, Any]) -> None:
    """Surplus payments that only the attempt made are no payments for a line to name."""
    for line in (*outcome["matches"], *outcome["discrepancies"]):
        if line["payment_id"] and session.get(Payment, line["payment_id"]) is None:
            line.update({"payment_id": None, "order_ref": None, "status": None, "ours": None, "settled_at": None})


def _does_the_same(requested: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether each line does what its request said: to which payment, and what is booked."""

    def effects(outcome: Mapping[str, Any]) -> dict[int, tuple[Any, ...]]:
        lines = (*outcome["matches"], *outcome["discrepancies"])
        return {line["line"]: (line.get("kind"), line.get("booked_to"), line["payment_id"]) for line in lines}

    before, after = effects(requested), effects(now)
    return before.keys() == after.keys() and all(
        before[number][:2] == after[number][:2] and before[number][2] in {None, after[number][2]}
        for number in before
        if number
    )


def _compare(
    session: Session,
    row: Reconciliation,
    statement: Sequence[Mapping[str, Any]],
    period: tuple[datetime | None, datetime | None],
    by: Actor,
) -> tuple[dict[str, Any], bool]:
    """The outcome, and whether any line was new; what must be on the statement is looked up before lines settle it."""
    lines = [ReportedLine(number, fields) for number, fields in enumerate(statement, start=1)]
    recognition = Recognition(session, row.gateway, row.id, (row.from_at, row.to_at))
    expected = _expected(session, row, period, by)
    matches: list[dict[str, Any]] = []
    discrepancies: list[dict[str, Any]] = []
    numbers: set[str] = set()
    records: set[int] = set()
    booking = LineBooking(session, row.gateway, by)
    moved = False
    for line in lines:
        payment = payment_of(session, row.gateway, line)
        if payment is not None:
            access.check_statement(session, by, session.get_one(Bill, payment.application_id))
        record, is_new = recognition.claim(line, payment)
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


def _stored_lines(
    session: Session, statement: Sequence[Mapping[str, Any]], outcome: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The lines as they came; of those about an erased payer not the text of the transfer."""
    ours = [line for line in (*outcome["matches"], *outcome["discrepancies"]) if line["line"] and line["payment_id"]]
    payments = {line["line"]: session.get_one(Payment, line["payment_id"]) for line in ours}
    erased = {number for number, payment in payments.items() if _erased(session, payment)}
    return [
        line_without_text(line) if number in erased else dict(line) for number, line in enumerate(statement, start=1)
    ]


def _erased(session: Session, payment: Payment) -> bool:
    return session.get_one(Bill, payment.application_id).erased_at is not None


def _expected(
    session: Session, row: Reconciliation, period: tuple[datetime | None, datetime | None], by: Actor
) -> list[Payment]:
    holds_money = Payment.state.in_([str(state) for state in HOLDS_MONEY])
    query = select(Payment).where(Payment.method == row.gateway, holds_money)
    if not by.has("operator"):
        query = query.where(Payment.agency_code.in_(_agencies_of(by)))
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
