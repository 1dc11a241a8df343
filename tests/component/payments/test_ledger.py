"""The books balance after anything that can happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import func, select

from infra.chassis.access.auth import Acting
from infra.chassis.refusals import Refusal
from services.payments.models import Demand, LedgerRow, Payment, Refund, metadata
from tests.component.payments.use_cases import PaymentsOffice, refused
from tests.support.tables_in_memory import with_tables
from tests.unit.payments.actors import ACCOUNTANT, APPROVER, AUDITOR, CITIZEN, CLERK
from tests.unit.payments.builders import item, money


def test_a_ledger_shows_an_account_row_by_row_with_its_balance(office: PaymentsOffice) -> None:
    for amount in (50_000, 8_000, 30_000):
        office.paid(office.submitted(item(amount)))
    first = office.bookkeeper.ledger("clearing:vnpay", None, None, 2, None, by=AUDITOR)
    rest = office.bookkeeper.ledger("clearing:vnpay", None, None, 2, first["next_cursor"], by=AUDITOR)
    rows = first["items"] + rest["items"]
    assert [(row["amount"]["amount"], row["balance"]["amount"]) for row in rows] == [
        (50_000, 50_000),
        (8_000, 58_000),
        (30_000, 88_000),
    ]
    assert rest["next_cursor"] is None and {row["kind"] for row in rows} == {"money_received"}


def test_a_ledger_of_a_period_carries_the_balance_before_it(office: PaymentsOffice) -> None:
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        office.paid(office.submitted(item(50_000)))
        clock.move_to(start + timedelta(days=1))
        office.paid(office.submitted(item(8_000)))
    period = ((start + timedelta(hours=12)).isoformat(), (start + timedelta(days=2)).isoformat())
    rows = office.bookkeeper.ledger("clearing:vnpay", *period, 50, None, by=AUDITOR)["items"]
    assert [(row["amount"]["amount"], row["balance"]["amount"]) for row in rows] == [(8_000, 58_000)]
    then = office.bookkeeper.trial_balance((start + timedelta(hours=1)).isoformat(), by=AUDITOR)
    assert (
        then["balanced"]
        and {account["account"]: account["balance"] for account in then["accounts"]}["clearing:vnpay"] == 50_000
    )


def test_unreadable_times_cursors_and_accounts_are_refused(office: PaymentsOffice) -> None:
    office.paid()
    assert (
        refused(office.bookkeeper.ledger, "clearing:nobody", None, None, 50, None, by=AUDITOR)
        == "LedgerAccountNotFound"
    )
    assert (
        refused(office.bookkeeper.ledger, "clearing:vnpay", "2026-03-02T02:00:00", None, 50, None, by=AUDITOR)
        == "InvalidRequest"
    )
    assert refused(office.bookkeeper.ledger, "clearing:vnpay", None, None, 50, "-1", by=AUDITOR) == "InvalidRequest"
    assert refused(office.bookkeeper.trial_balance, "yesterday", by=AUDITOR) == "InvalidRequest"


class Office(RuleBasedStateMachine):
    """Anything the office does, in any order; refusals are fine, unbalanced books and lost money are not."""

    def __init__(self) -> None:
        super().__init__()
        self.database = with_tables(metadata, "payments")
        self.office = PaymentsOffice(self.database)
        self.book_numbers = 0

    applications: Bundle[str] = Bundle("applications")
    payments: Bundle[dict[str, Any]] = Bundle("payments")
    refunds: Bundle[str] = Bundle("refunds")

    @rule(target=applications, amount=st.integers(0, 10**7), later=st.integers(0, 10**6))
    def submit(self, amount: int, later: int) -> str:
        return self.office.submitted(item(amount), item(later, "result", "charge"))

    @rule(target=payments, application=applications, method=st.sampled_from(["vnpay", "vietqr"]))
    def start(self, application: str, method: str) -> Any:
        return self._tried(lambda: self.office.start(application, method))

    @rule(target=payments, application=applications)
    def take_cash(self, application: str) -> Any:
        self.book_numbers += 1
        owed = self.office.demands(application)
        sum_owed = owed["owed"] if owed["owed"]["amount"] else owed["later"]
        how: Acting = {"by": CLERK, "command": self.office.command(by=CLERK)}
        return self._tried(
            lambda: self.office.cashier.record_offline(application, "cash", sum_owed, str(self.book_numbers), **how)
        )

    @rule(payment=payments, good=st.booleans())
    def notice(self, payment: dict[str, Any], good: bool) -> None:
        self.office.call_back(payment, **({} if good else {"ResponseCode": "24", "TransactionStatus": "02"}))

    @rule(payment=payments)
    def call_off(self, payment: dict[str, Any]) -> None:
        self._tried(
            lambda: self.office.cashier.cancel(payment["payment_id"], by=CITIZEN, command=self.office.command())
        )

    @rule(application=applications)
    def waive(self, application: str) -> None:
        how = {"by": ACCOUNTANT, "approved_by": APPROVER}
        self._tried(lambda: self.office.waived(application, "Miễn", "Luật", **how))

    @rule(application=applications, kind=st.sampled_from(["withdrawn", "approved"]))
    def outcome(self, application: str, kind: str) -> None:
        event = self.office.event(f"application_{kind}.v1", {"application_id": application})
        (self.office.billing.nothing_more_owed if kind == "withdrawn" else self.office.billing.result_falls_due)(event)

    @rule(target=refunds, payment=payments, share=st.integers(1, 4))
    def ask_back(self, payment: dict[str, Any], share: int) -> Any:
        left = self.office.payment_view(payment)["available"]
        amount = money(max(1, left["amount"] // share))
        how: Acting = {"by": ACCOUNTANT, "command": self.office.command(by=ACCOUNTANT)}
        refund_request = self._tried(
            lambda: self.office.refund_desk.refund(payment["payment_id"], amount, "Hoàn", left, **how)
        )
        return refund_request if refund_request == multiple() else refund_request["refund_id"]

    @rule(refund=refunds, agreed=st.booleans())
    def decide(self, refund: str, agreed: bool) -> None:
        how: Acting = {"by": APPROVER, "command": self.office.command(by=APPROVER)}
        if agreed:
            self._tried(lambda: self.office.refund_desk.approve_refund(refund, **how))
        else:
            self._tried(lambda: self.office.refund_desk.decline_refund(refund, None, **how))

    @invariant()
    def books_balance(self) -> None:
        with self.database.session() as session:
            per_entry = (
                select(LedgerRow.entry_id)
                .group_by(LedgerRow.entry_id, LedgerRow.currency)
                .having(func.sum(LedgerRow.amount) != 0)
            )
            assert session.execute(per_entry).first() is None

    @invariant()
    def money_held_is_money_booked(self) -> None:
        with self.database.session() as session:
            came = session.scalar(select(func.sum(Payment.amount)).where(Payment.settled_at.is_not(None))) or 0
            went = session.scalar(select(func.sum(Refund.amount)).where(Refund.state == "settled")) or 0
            tills = (
                session.scalar(
                    select(func.sum(LedgerRow.amount)).where(LedgerRow.account.regexp_match("^(clearing|cash|bank):"))
                )
                or 0
            )
            assert tills == came - went

    @invariant()
    def nothing_is_refunded_twice_nor_paid_twice(self) -> None:
        with self.database.session() as session:
            assert all(0 <= entry.refunded <= entry.amount for entry in session.scalars(select(Payment)))
            paid = [entry.payment_id for entry in session.scalars(select(Demand)) if entry.standing == "settled"]
            settled = {entry.id for entry in session.scalars(select(Payment)) if entry.settled_at and not entry.surplus}
            assert set(paid) == settled

    def teardown(self) -> None:
        self.database.engine.dispose()

    def _tried(self, work: Any) -> Any:
        try:
            return work()
        except Refusal:
            return multiple()


TestOffice = Office.TestCase
TestOffice.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
