"""Compares our books with what others hold: a gateway's or bank's statement, and the applications service.

A statement line is matched by order reference (also inside a transfer's purpose) or transaction number. For bank
transfers the statement is how money is seen at all, so a fitting line settles the payment; for a gateway it is not,
and a paid line we know nothing of is a discrepancy for a person to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.database import Database
from infra.chassis.instants import instant
from infra.chassis.settings import Settings
from services.payments.domain.states import HOLDS_MONEY, PaymentState
from services.payments.gateways import vietqr
from services.payments.models import Bill, Payment, Reconciliation
from services.payments.personal_data import line_without_text
from services.payments.settlement import money_arrived
from services.payments.transitions import iso_text, locked_payment, money

SETTLED_BY_STATEMENT = frozenset({vietqr.NAME})
ORDER_REF = re.compile(r"TT[0-9A-HJKMNP-TV-Z]{14}")

Line = Mapping[str, Any]


class Reconciler:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Reconciler:
        return cls(Database.at(settings.database_url("payments")))

    def reconcile(
        self,
        gateway: str,
        statement: Sequence[Line],
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
            outcome = _compare(session, gateway, statement, period, by)
            row = Reconciliation(
                id=str(uuid4()),
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
    statement: Sequence[Line],
    period: tuple[datetime | None, datetime | None],
    by: Actor,
) -> dict[str, Any]:
    expected = _expected(session, gateway, period)  # before lines settle anything
    matches: list[dict[str, Any]] = []
    discrepancies: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, line in enumerate(statement, start=1):
        payment = _payment_of(session, gateway, line)
        problem = _problem(session, payment, line, seen, by)
        found = _line_view(number, line, payment)
        if payment is not None:
            seen.add(payment.id)
        if problem:
            discrepancies.append(found | {"kind": problem})
        elif payment is not None:
            payment.reconciled_at = clock.now()
            matches.append(found)
    discrepancies += [_missing_view(payment) for payment in expected if payment.id not in seen]
    return {"matches": matches, "discrepancies": discrepancies, "totals": _totals(statement, matches)}


def _problem(session: Session, payment: Payment | None, line: Line, seen: set[str], by: Actor) -> str | None:
    """What is wrong with a line, ``None`` if nothing is; a bank line that fits settles its payment."""
    if payment is None:
        return "unknown_order"
    if payment.id in seen:
        return "repeated_on_statement"
    if money(payment.amount, payment.currency) != dict(line["amount"]):
        return "amount_differs"
    if PaymentState(payment.state) not in HOLDS_MONEY:
        if payment.method not in SETTLED_BY_STATEMENT:
            return "not_settled_here"
        money_arrived(
            session,
            payment,
            by=by.account_id,
            transaction_no=line.get("transaction_no"),
            facts={"statement": line_without_text(line) if _erased(session, payment) else dict(line)},
        )
    elif payment.transaction_no and line.get("transaction_no") and payment.transaction_no != line["transaction_no"]:
        return "transaction_differs"
    return None


def _stored_lines(session: Session, statement: Sequence[Line], outcome: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines as they came; of those about an erased payer not the words of the transfer."""
    found = [one for one in (*outcome["matches"], *outcome["discrepancies"]) if one["line"] and one["payment_id"]]
    gone = {one["line"] for one in found if _erased(session, session.get_one(Payment, one["payment_id"]))}
    return [line_without_text(line) if number in gone else dict(line) for number, line in enumerate(statement, start=1)]


def _erased(session: Session, payment: Payment) -> bool:
    return session.get_one(Bill, payment.application_id).erased_at is not None


def _payment_of(session: Session, gateway: str, line: Line) -> Payment | None:
    reference = line.get("order_ref") or _reference_in(line.get("description") or "")
    ways = [Payment.order_ref == reference] if reference else []
    if line.get("transaction_no"):
        ways.append(Payment.transaction_no == line["transaction_no"])
    if not ways:
        return None
    # The reference names the payment; the bank's own number is only asked when there is no reference.
    found = session.scalar(select(Payment.id).where(Payment.method == gateway, ways[0] if reference else or_(*ways)))
    return locked_payment(session, found) if found else None


def _reference_in(description: str) -> str | None:
    """Our order reference inside a transfer's purpose, as banks pass it on (any case, words run together)."""
    found = ORDER_REF.search(re.sub(r"[^0-9A-Z]", "", description.upper()))
    return found.group() if found else None


def _expected(session: Session, gateway: str, period: tuple[datetime | None, datetime | None]) -> list[Payment]:
    query = select(Payment).where(Payment.method == gateway, Payment.state.in_([str(one) for one in HOLDS_MONEY]))
    from_at, to_at = period
    if from_at is None and to_at is None:
        query = query.where(Payment.reconciled_at.is_(None))
    if from_at is not None:
        query = query.where(Payment.settled_at >= from_at)
    if to_at is not None:
        query = query.where(Payment.settled_at < to_at)
    return list(session.scalars(query.order_by(Payment.settled_at, Payment.id)))


def _line_view(number: int, line: Line, payment: Payment | None) -> dict[str, Any]:
    about = {"payment_id": None, "order_ref": None, "status": None, "ours": None}
    if payment is not None:
        about = _payment_facts(payment)
    return {"line": number, "theirs": dict(line["amount"]), "transaction_no": line.get("transaction_no"), **about}


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


def _totals(statement: Iterable[Line], matches: list[dict[str, Any]]) -> dict[str, Any]:
    lines = list(statement)
    return {
        "lines": len(lines),
        "matched": len(matches),
        "statement_amount": sum(line["amount"]["amount"] for line in lines),
        "matched_amount": sum(match["theirs"]["amount"] for match in matches),
    }
