"""Many at once on PostgreSQL: one capture, one open payment, one refund, receipts without holes."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable
from typing import Any

import eventlet
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from infra.chassis.refusals import Refusal
from services.payments.models import LedgerEntry, LedgerRow, Notice, Payment, Receipt, metadata
from tests.component.payments.use_cases import (
    ACCOUNTANT,
    APPROVER,
    CITIZEN,
    CLERK,
    SECRET,
    Counter,
    item,
    money,
    signed,
)

AT_ONCE = 50


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run all of these together; the answer or the refusal's name of each."""

    def tried(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Refusal as refusal:
            return refusal.name

    return list(eventlet.GreenPool(len(works)).imap(tried, works))


def books_balance(counter: Counter) -> None:
    with counter.database.session() as session:
        odd = select(LedgerRow.entry_id).group_by(LedgerRow.entry_id).having(func.sum(LedgerRow.amount) != 0)
        assert session.execute(odd).first() is None
    assert counter.ledger.trial_balance(None)["balanced"]


def test_migrations_make_exactly_the_tables_of_the_models(counter: Counter) -> None:
    with counter.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_fifty_notices_at_once_capture_once(counter: Counter) -> None:
    payment = counter.start(counter.submitted())
    notice = signed(counter.notice(payment))
    answers = at_once([lambda: counter.notices.gateway_callback("vnpay", notice)["RspCode"]] * AT_ONCE)
    assert Tally(answers) == {"00": 1, "02": AT_ONCE - 1}
    with counter.database.session() as session:
        captured = select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "money_received")
        assert session.scalar(captured) == 1
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1
        assert session.scalar(select(func.count()).select_from(Notice)) == AT_ONCE
    assert [name for name, _ in counter.told()].count("payment_settled.v1") == 1
    books_balance(counter)


def test_fifty_citizens_settle_at_once_and_receipts_have_no_holes(counter: Counter) -> None:
    payments = [counter.start(counter.submitted()) for _ in range(AT_ONCE)]
    assert at_once([lambda one=one: counter.call_back(one) for one in payments]) == ["00"] * AT_ONCE
    with counter.database.session() as session:
        assert sorted(session.scalars(select(Receipt.number))) == list(range(1, AT_ONCE + 1))
    assert counter.balance("clearing:vnpay") == AT_ONCE * 135_000
    books_balance(counter)


def test_two_windows_of_one_citizen_open_one_payment(counter: Counter) -> None:
    application_id = counter.submitted()
    answers = at_once([lambda: counter.start(application_id)["status"]] * 10)
    assert Tally(answers) == {"started": 1, "PaymentInProgress": 9}


def test_the_same_command_sent_ten_times_at_once_has_one_answer(counter: Counter) -> None:
    application_id, command = counter.submitted(), counter.command("start")
    answers = at_once([lambda: counter.start(application_id, command=command)["payment_id"]] * 10)
    assert len(set(answers)) == 1


def test_cash_and_card_at_the_same_moment_pay_once_and_keep_the_rest(counter: Counter) -> None:
    online = counter.start(counter.submitted())
    how = {"by": CLERK, "command": counter.command(by=CLERK)}
    desk = counter.cashier.record_offline
    cash = lambda: desk(online["application_id"], "cash", money(135_000), "AA-1", **how)["status"]  # noqa: E731
    answers = at_once([lambda: counter.call_back(online), cash])
    states = sorted(one["status"] for one in counter.enquiries.payments(online["application_id"], by=CITIZEN)["items"])
    assert answers[0] == "00"
    assert (answers[1], states) in [("settled", ["settled", "surplus"]), ("AlreadyPaid", ["settled"])]
    books_balance(counter)


def test_ten_accountants_at_once_open_one_refund(counter: Counter) -> None:
    paid = counter.paid()

    def ask() -> Any:
        how = {"by": ACCOUNTANT, "command": counter.command(by=ACCOUNTANT)}
        return counter.refunds.refund(paid["payment_id"], money(135_000), "Rút hồ sơ", money(135_000), **how)["status"]

    assert Tally(at_once([ask] * 10)) == {"pending_approval": 1, "RefundAvailableChanged": 9}


def test_a_refund_approved_and_declined_at_once_is_decided_once(counter: Counter) -> None:
    paid = counter.paid()
    how = {"by": ACCOUNTANT, "command": counter.command(by=ACCOUNTANT)}
    refund = counter.refunds.refund(paid["payment_id"], money(135_000), "Rút hồ sơ", money(135_000), **how)["refund_id"]

    def decide(door: Callable[..., Any], *more: Any) -> Any:
        return door(refund, *more, by=APPROVER, command=counter.command(by=APPROVER))["status"]

    works = [lambda: decide(counter.refunds.approve_refund), lambda: decide(counter.refunds.decline_refund, None)] * 4
    answers = Tally(at_once(works))
    assert answers["TransitionNotAllowed"] == 7 and answers["approved"] + answers["declined"] == 1
    books_balance(counter)


def test_a_command_that_is_refused_leaves_nothing_behind(counter: Counter) -> None:
    application_id = counter.submitted(item(0))
    before = counter.told()
    assert at_once([lambda: counter.start(application_id)]) == ["NothingOwed"]
    with counter.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0
    assert counter.told() == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["Amount", "TxnRef", "TmnCode", "ResponseCode", "TransactionStatus", "TransactionNo", "Extra"]
    ),
    value=st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=200),
    resign=st.booleans(),
)
def test_whatever_is_changed_in_a_notice_captures_nothing(
    counter: Counter, name: str, value: str, resign: bool
) -> None:
    payment = counter.start(counter.submitted())
    notice = signed(counter.notice(payment))
    changed = notice | {f"vnp_{name}": value}
    if changed == notice or (resign and name in {"TransactionNo", "Extra"}):
        return
    before = counter.balance("clearing:vnpay")
    told = signed({key: one for key, one in changed.items() if key != "vnp_SecureHash"}, SECRET) if resign else changed
    answer = counter.notices.gateway_callback("vnpay", told)["RspCode"]
    assert answer in ({"00", "01", "02", "04", "99"} if resign else {"97"}) or (name == "Extra" and value == "")
    assert counter.balance("clearing:vnpay") == (before + 135_000 if name == "Extra" and value == "" else before)
