"""Many at once on PostgreSQL: one capture, one open payment, one refund, receipts without holes."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from infra.chassis.access.auth import Acting
from infra.chassis.refusals import Refusal
from services.payments.models import LedgerEntry, LedgerRow, Notice, Payment, Receipt, metadata
from tests.component.payments.use_cases import PaymentsOffice
from tests.service.payments.conftest import AT_ONCE
from tests.unit.payments.actors import ACCOUNTANT, APPROVER, AUDITOR, CITIZEN, CLERK
from tests.unit.payments.builders import SECRET, item, money, signed

UNWATCHED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]  # the latter judges the machine


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run all of these together; the answer or the refusal's name of each."""

    def tried(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Refusal as refusal:
            return refusal.name

    return list(eventlet.GreenPool(len(works)).imap(tried, works))


def books_balance(office: PaymentsOffice) -> None:
    with office.database.session() as session:
        odd = select(LedgerRow.entry_id).group_by(LedgerRow.entry_id).having(func.sum(LedgerRow.amount) != 0)
        assert session.execute(odd).first() is None
    assert office.bookkeeper.trial_balance(None, by=AUDITOR)["balanced"]


def test_migrations_make_exactly_the_tables_of_the_models(office: PaymentsOffice) -> None:
    with office.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_fifty_notices_at_once_capture_once(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    notice = signed(office.notice(payment))
    answers = at_once([lambda: office.gateway_callbacks.gateway_callback("vnpay", notice)["RspCode"]] * AT_ONCE)
    assert Tally(answers) == {"00": 1, "02": AT_ONCE - 1}
    with office.database.session() as session:
        captured = select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "money_received")
        assert session.scalar(captured) == 1
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1
        assert session.scalar(select(func.count()).select_from(Notice)) == AT_ONCE
    assert [name for name, _ in office.events()].count("payment_settled.v1") == 1
    books_balance(office)


def test_fifty_citizens_settle_at_once_and_receipts_have_no_holes(office: PaymentsOffice) -> None:
    payments = [office.start(office.submitted()) for _ in range(AT_ONCE)]
    assert at_once([partial(office.call_back, payment) for payment in payments]) == ["00"] * AT_ONCE
    with office.database.session() as session:
        assert sorted(session.scalars(select(Receipt.number))) == list(range(1, AT_ONCE + 1))
    assert office.balance("clearing:vnpay") == AT_ONCE * 135_000
    books_balance(office)


def test_two_windows_of_one_citizen_open_one_payment(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    answers = at_once([lambda: office.start(application_id)["status"]] * 10)
    assert Tally(answers) == {"started": 1, "PaymentInProgress": 9}


def test_the_same_command_sent_ten_times_at_once_has_one_answer(office: PaymentsOffice) -> None:
    application_id, command = office.submitted(), office.command("start")
    answers = at_once([lambda: office.start(application_id, command=command)["payment_id"]] * 10)
    assert len(set(answers)) == 1


def test_cash_and_card_at_the_same_moment_pay_once_and_keep_the_rest(office: PaymentsOffice) -> None:
    online = office.start(office.submitted())
    how: Acting = {"by": CLERK, "command": office.command(by=CLERK)}
    client = office.cashier.record_offline
    cash = lambda: client(online["application_id"], "cash", money(135_000), "AA-1", **how)["status"]  # noqa: E731
    answers = at_once([lambda: office.call_back(online), cash])
    states = sorted(item["status"] for item in office.enquiries.payments(online["application_id"], by=CITIZEN)["items"])
    assert answers[0] == "00"
    assert (answers[1], states) in [("settled", ["settled", "surplus"]), ("AlreadyPaid", ["settled"])]
    books_balance(office)


def test_ten_accountants_at_once_open_one_refund(office: PaymentsOffice) -> None:
    paid = office.paid()

    def ask() -> Any:
        how: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
        return office.refund_desk.refund(paid["payment_id"], money(135_000), "Rút hồ sơ", money(135_000), **how)[
            "status"
        ]

    assert Tally(at_once([ask] * 10)) == {"pending_approval": 1, "RefundAvailableChanged": 9}


def test_a_refund_approved_and_declined_at_once_is_decided_once(office: PaymentsOffice) -> None:
    paid = office.paid()
    how: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
    refund = office.refund_desk.refund(paid["payment_id"], money(135_000), "Rút hồ sơ", money(135_000), **how)[
        "refund_id"
    ]

    def decide(door: Callable[..., Any], *more: Any) -> Any:
        return door(refund, *more, by=APPROVER, command=office.command(by=APPROVER))["status"]

    works = [
        lambda: decide(office.refund_desk.approve_refund),
        lambda: decide(office.refund_desk.decline_refund, None),
    ] * 4
    answers = Tally(at_once(works))
    assert answers["TransitionNotAllowed"] == 7 and answers["approved"] + answers["declined"] == 1
    books_balance(office)


def test_a_command_that_is_refused_leaves_nothing_behind(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(0))
    before = office.events()
    assert at_once([lambda: office.start(application_id)]) == ["NothingOwed"]
    with office.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0
    assert office.events() == before


@settings(max_examples=60, deadline=None, suppress_health_check=UNWATCHED)
@given(
    name=st.sampled_from(
        ["Amount", "TxnRef", "TmnCode", "ResponseCode", "TransactionStatus", "TransactionNo", "Extra"]
    ),
    value=st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=200),
    resign=st.booleans(),
)
def test_whatever_is_changed_in_a_notice_captures_nothing(
    office: PaymentsOffice, name: str, value: str, resign: bool
) -> None:
    payment = office.start(office.submitted())
    notice = signed(office.notice(payment))
    changed = notice | {f"vnp_{name}": value}
    if changed == notice or (resign and name in {"TransactionNo", "Extra"}):
        return
    before = office.balance("clearing:vnpay")
    parameters = (
        signed({key: item for key, item in changed.items() if key != "vnp_SecureHash"}, SECRET) if resign else changed
    )
    answer = office.gateway_callbacks.gateway_callback("vnpay", parameters)["RspCode"]
    assert answer in ({"00", "01", "02", "04", "99"} if resign else {"97"}) or (name == "Extra" and value == "")
    assert office.balance("clearing:vnpay") == (before + 135_000 if name == "Extra" and value == "" else before)
