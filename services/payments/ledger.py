"""The books: every happening is one entry whose rows sum to zero; nothing is ever changed or removed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, case, func, select, tuple_
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.instants import instant, period
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments import access
from services.payments.domain.postings import Posting, balanced
from services.payments.errors import LedgerAccountNotFound
from services.payments.models import Bill, LedgerEntry, LedgerRow
from services.payments.transitions import money


def book(
    session: Session, kind: str, postings: Sequence[Posting], *, application_id: str, subject_id: str, currency: str
) -> None:
    """Write one entry. ``subject_id``: the demand, payment or refund it is about."""
    at = clock.now()
    entry = LedgerEntry(kind=kind, application_id=application_id, subject_id=subject_id, currency=currency, at=at)
    session.add(entry)
    session.flush()
    for line, posting in enumerate(balanced(postings), start=1):
        session.add(
            LedgerRow(
                entry_id=entry.id, line=line, account=posting.account, amount=posting.amount, currency=currency, at=at
            )
        )


PLACE = tuple_(LedgerRow.entry_id, LedgerRow.line)


class Bookkeeper:
    """Reads the books for accountants and auditors."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Bookkeeper:
        return cls(Database.at(settings.database_url("payments")))

    def ledger(
        self, account: str, from_at: str | None, to_at: str | None, limit: int, cursor: str | None, *, by: Actor
    ) -> Page[Json]:
        """One account's rows in the order they were written, each with the balance after it.

        Of an account that agencies share, an accountant sees the rows of their own agencies. Nobody sees, and no
        balance counts, what is about a case of their own.
        """
        after, of_account = key_of(cursor, int, int), [LedgerRow.account == account, *_entries_of(by)]
        rows = select(LedgerRow, LedgerEntry).join(LedgerEntry).where(*of_account)
        rows = rows.order_by(LedgerRow.entry_id, LedgerRow.line)
        since, until = period(from_at, to_at)
        if since:
            rows = rows.where(LedgerRow.at >= since)
        if until:
            rows = rows.where(LedgerRow.at < until)
        with self.database.session() as session:
            if session.scalar(select(LedgerRow.account).join(LedgerEntry).where(*of_account).limit(1)) is None:
                raise LedgerAccountNotFound(account=account)
            if after is not None:
                rows = rows.where(tuple_(*after) < PLACE)
            page = session.execute(rows.limit(limit + 1)).all()
            items = self._with_balances(session, of_account, page[:limit])
            access.record_listed(session, by, (item["application_id"] for item in items if item["application_id"]))
        last = page[limit - 1][0] if len(page) > limit else None
        return {"items": items, "next_cursor": cursor_of(last.entry_id, last.line) if last else None}

    def trial_balance(self, at: str | None, *, by: Actor) -> Json:
        """Debits, credits and balance of every account; per currency the totals are equal.

        For an accountant, what the entries of their own agencies come to.
        """
        debit = func.sum(case((LedgerRow.amount > 0, LedgerRow.amount), else_=0))
        credit = func.sum(case((LedgerRow.amount < 0, -LedgerRow.amount), else_=0))
        query = select(LedgerRow.account, LedgerRow.currency, debit, credit).group_by(
            LedgerRow.account, LedgerRow.currency
        )
        if own := _entries_of(by):
            query = query.join(LedgerEntry).where(*own)
        if at:
            query = query.where(LedgerRow.at <= instant(at, "/at"))
        with self.database.session() as session:
            rows = session.execute(query.order_by(LedgerRow.account, LedgerRow.currency)).all()
        accounts = [
            _account_view(account, currency, int(debits), int(credits)) for account, currency, debits, credits in rows
        ]
        totals = [
            _total_view(currency, [account for account in accounts if account["currency"] == currency])
            for currency in sorted({account["currency"] for account in accounts})
        ]
        return {
            "at": at or clock.now().isoformat(),
            "accounts": accounts,
            "totals": totals,
            "balanced": all(total["balanced"] for total in totals),
        }

    def _with_balances(
        self, session: Session, of_account: list[ColumnElement[bool]], page: Sequence[Row[LedgerRow, LedgerEntry]]
    ) -> list[Json]:
        if not page:
            return []
        currencies = {row.currency for row, _ in page}
        first = page[0][0]
        before = select(LedgerRow.currency, func.sum(LedgerRow.amount)).join(LedgerEntry)
        before = before.where(*of_account, tuple_(first.entry_id, first.line) > PLACE)
        balances = dict.fromkeys(currencies, 0) | {
            currency: int(total) for currency, total in session.execute(before.group_by(LedgerRow.currency)).all()
        }
        items = []
        for row, entry in page:
            balances[row.currency] += row.amount
            items.append(_row_view(row, entry, balances[row.currency]))
        return items


def _entries_of(by: Actor) -> list[ColumnElement[bool]]:
    """The condition on entries: of the caller's agencies, of all for national roles, and of no case of their own."""
    if access.of_agencies(by):
        return [LedgerEntry.application_id.in_(select(Bill.application_id).where(*access.bills_seen_by(by)))]
    return [LedgerEntry.application_id.not_in(select(Bill.application_id).where(access.is_own_case(by)))]


def _row_view(row: LedgerRow, entry: LedgerEntry, balance: int) -> Json:
    return {
        "entry_id": entry.id,
        "kind": entry.kind,
        "application_id": entry.application_id or None,
        "subject_id": entry.subject_id,
        "at": entry.at.isoformat(),
        "amount": money(row.amount, row.currency),
        "balance": money(balance, row.currency),
    }


def _account_view(account: str, currency: str, debits: int, credits: int) -> Json:
    return {"account": account, "currency": currency, "debit": debits, "credit": credits, "balance": debits - credits}


def _total_view(currency: str, lines: list[Json]) -> Json:
    debits, credits = sum(line["debit"] for line in lines), sum(line["credit"] for line in lines)
    return {"currency": currency, "debit": debits, "credit": credits, "balanced": debits == credits}
