"""Compares our books with a gateway's or bank's statement: each line is matched once and its money booked.

Line by line: ``statement_comparison``. Which payment a line is about: ``statement_lines``. What is booked:
``statement_booking``. Whatever is not a plain match is a discrepancy for a person to look at, its money in the books
all the same. A bank's statement is how money is seen at all, so two persons have it booked; a gateway's is held against
notices that the gateway has signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, AWAITING, DECLINED
from infra.chassis.cursors import Page, page
from infra.chassis.instants import end_of_limit, period
from infra.chassis.json_types import Json
from infra.chassis.refusals import Forbidden
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.text.currencies import check_in_tender
from services.payments import access, errors
from services.payments.decisions import decide_by_another
from services.payments.models import Bill, Payment, Reconciliation
from services.payments.statement_booking import SEEN_ON_STATEMENTS
from services.payments.statement_comparison import (
    compare_with_books,
    does_the_same,
    forget_undone_payments,
    storable_lines,
)
from services.payments.statement_lines import ReportedLine
from services.payments.transitions import iso_text

BOOKED = "booked"
TERM = 7  # days


class Reconciler:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Reconciler:
        return cls(Database.at(settings.database_url("payments")))

    def reconcile(
        self,
        gateway: str,
        statement: Sequence[Json],
        from_at: str | None,
        to_at: str | None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Match each line and every payment of ours the statement should show.

        Expected on it are payments settled within ``from_at``..``to_at``, or without a period all that no statement
        has shown yet; an accountant's is about their agency's payments alone. A bank's statement whose lines move money
        is booked when a second person approves it: until then the answer says what would happen. Returns
        ``{"reconciliation_id", "status", "matches", "discrepancies", "totals"}``.
        """
        span = period(from_at, to_at)
        for number, line in enumerate(statement):
            check_in_tender(ReportedLine(number, line).currency, f"/statement/{number}/amount/currency")

        def work(session: Session) -> Json:
            row = Reconciliation(
                id=str(uuid4()), gateway=gateway, by=by.account_id, at=clock.now(), from_at=from_at, to_at=to_at,
                agency_code=_agency_of(by), state=BOOKED,
            )  # fmt: skip
            attempt = session.begin_nested()
            outcome, moved = compare_with_books(session, row, statement, span, by)
            if moved and gateway in SEEN_ON_STATEMENTS:
                attempt.rollback()
                row.state, row.expires_at = AWAITING, end_of_limit(TERM, row.at)
                forget_undone_payments(session, outcome)
            else:
                attempt.commit()
            row.outcome, row.statement = outcome, storable_lines(session, statement, outcome)
            session.add(row)
            _record_shown(session, by, [row])
            return statement_view(row)

        return self.database.command(command, work)

    def approve_statement(self, reconciliation_id: str, *, by: Actor, command: Command) -> Json:
        """Have the money of a statement booked; never by whoever handed it in.

        Refuses ``StatementOutdated`` if it would not do any more what its request said.
        """

        def work(session: Session) -> Json:
            row = _decided(session, reconciliation_id, APPROVED, by)
            outcome, _ = compare_with_books(session, row, row.statement, period(row.from_at, row.to_at), by)
            if not does_the_same(row.outcome, outcome):
                raise errors.StatementOutdated(reconciliation_id=row.id)
            row.outcome, row.statement = outcome, storable_lines(session, row.statement, outcome)
            _record_shown(session, by, [row])
            return statement_view(row)

        return self.database.command(command, work)

    def decline_statement(self, reconciliation_id: str, *, by: Actor, command: Command) -> Json:
        """Turn a statement down; nothing of it is booked."""

        def work(session: Session) -> Json:
            return statement_view(_decided(session, reconciliation_id, DECLINED, by))

        return self.database.command(command, work)

    def statements(self, status: str, limit: int = 50, cursor: str | None = None, *, by: Actor) -> Page[Json]:
        """Statements in one state, oldest first: of the caller's agencies, of all for national roles."""
        query = select(Reconciliation).where(Reconciliation.state == status)
        if not by.has(*access.NATIONAL):
            query = query.where(Reconciliation.agency_code.in_(access.agencies_of_accountant(by)))
        with self.database.session() as session:
            viewed: list[Reconciliation] = []

            def view(row: Reconciliation) -> Json:
                viewed.append(row)
                return statement_view(row)

            key = (Reconciliation.at, Reconciliation.id)
            statements = page(session, query, key, view, limit=limit, cursor=cursor)
            _record_shown(session, by, viewed)
            return statements


def statement_view(row: Reconciliation) -> Json:
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
    access.record_listed(session, by, _applications_on(session, rows))


def _applications_on(session: Session, rows: Sequence[Reconciliation]) -> Sequence[str]:
    lines = [line for row in rows for line in (*row.outcome["matches"], *row.outcome["discrepancies"])]
    about = select(Payment.application_id).where(Payment.id.in_({line["payment_id"] for line in lines} - {None}))
    return session.scalars(about).all()


def _agency_of(by: Actor) -> str | None:
    """Whose statement it is that somebody hands in: of the agency of their post, if that is one."""
    agencies = access.agencies_of_accountant(by)
    return agencies[0] if len(agencies) == 1 and not by.has("operator") else None


def _decided(session: Session, reconciliation_id: str, state: str, by: Actor) -> Reconciliation:
    row = session.get(Reconciliation, reconciliation_id, with_for_update=True)
    if row is None:
        raise errors.StatementNotFound(reconciliation_id=reconciliation_id)
    if not (by.has("operator") or (row.agency_code and by.at(row.agency_code, "accountant"))):
        raise Forbidden(reason="sao kê của cơ quan khác", reason_en="the statement is another agency's")
    for application_id in _applications_on(session, [row]):
        access.check_no_conflict(session, by, session.get_one(Bill, application_id))
    decide_by_another(row, state, by)
    return row
