"""Refunds take two persons and one view of what is left; the gateway is asked once however often we ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from infra.chassis.storage.database import Database
from infra.sandbox.gateway import Gateway, serve
from tests.component.payments.test_offline_payments import cash
from tests.component.payments.test_reconciling import reconcile
from tests.component.payments.use_cases import TMN, PaymentsOffice, refused
from tests.unit.payments.actors import ACCOUNTANT, AGENCY, APPROVER, AUDITOR, CITIZEN, CLERK, ELSEWHERE, STRANGER
from tests.unit.payments.builders import SECRET, money


def ask(
    office: PaymentsOffice,
    payment: dict[str, Any],
    amount: int = 135_000,
    available: int = 135_000,
    by: Actor = ACCOUNTANT,
) -> dict[str, Any]:
    command = office.command(by=by)
    return office.refund_desk.refund(
        payment["payment_id"], money(amount), "Rút hồ sơ", money(available), by=by, command=command
    )


def approve(office: PaymentsOffice, refund: dict[str, Any], by: Actor = APPROVER) -> dict[str, Any]:
    return office.refund_desk.approve_refund(refund["refund_id"], by=by, command=office.command(by=by))


def decline(office: PaymentsOffice, refund: dict[str, Any], by: Actor = APPROVER) -> dict[str, Any]:
    return office.refund_desk.decline_refund(refund["refund_id"], "Đã xử lý xong", by=by, command=office.command(by=by))


def test_cash_goes_back_when_a_second_person_agrees(office: PaymentsOffice) -> None:
    payment = cash(office, office.submitted())
    refund = ask(office, payment)
    assert refund["status"] == "pending_approval" and office.payment_view(payment)["status"] == "refund_requested"
    assert approve(office, refund)["status"] == "settled"
    after = office.payment_view(payment)
    assert after["status"] == "refunded" and after["refunded"] == money(135_000) and after["available"] == money(0)
    assert office.balance(f"cash:{AGENCY}") == 0 and office.balance(f"refunded:{AGENCY}") == 135_000
    assert [name for name, _ in office.events()][-3:] == [
        "refund_requested.v1",
        "refund_approved.v1",
        "refund_settled.v1",
    ]


def test_whoever_requested_a_refund_does_not_decide(office: PaymentsOffice) -> None:
    refund = ask(office, office.paid())
    assert refused(approve, office, refund, ACCOUNTANT) == "SecondPersonNeeded"
    assert refused(decline, office, refund, ACCOUNTANT) == "SecondPersonNeeded"


def test_the_payer_may_ask_and_strangers_may_not(office: PaymentsOffice) -> None:
    payment = office.paid()
    for stranger in (STRANGER, CLERK, APPROVER, ELSEWHERE, AUDITOR):
        assert refused(ask, office, payment, by=stranger) == "Forbidden"
    assert ask(office, payment, by=CITIZEN)["status"] == "pending_approval"


def test_only_officials_of_the_agency_decide(office: PaymentsOffice) -> None:
    refund = ask(office, office.paid())
    for stranger in (CITIZEN, CLERK, ELSEWHERE):
        assert refused(approve, office, refund, stranger) == "Forbidden"


def test_a_declined_refund_returns_the_payment_to_where_it_was(office: PaymentsOffice) -> None:
    payment = office.paid()
    assert decline(office, ask(office, payment))["status"] == "declined"
    after = office.payment_view(payment)
    assert after["status"] == "settled" and after["available"] == money(135_000)
    assert after["history"][-1]["event"] == "payments.RefundDeclined" and office.events()[-1][0] == "refund_declined.v1"


def test_a_view_that_is_out_of_date_is_refused(office: PaymentsOffice) -> None:
    payment = cash(office, office.submitted())
    approve(office, ask(office, payment, 100_000))
    assert refused(ask, office, payment, 35_000, available=135_000) == "RefundAvailableChanged"
    approve(office, ask(office, payment, 35_000, available=35_000))
    assert office.payment_view(payment)["status"] == "refunded"


def test_two_people_who_ask_at_once_do_not_refund_twice(office: PaymentsOffice) -> None:
    payment = office.paid()
    ask(office, payment)
    assert refused(ask, office, payment, by=CITIZEN) == "RefundAvailableChanged"
    assert refused(ask, office, payment, 1, available=0, by=CITIZEN) == "RefundTooLarge"


def test_a_partial_refund_declined_keeps_the_earlier_one(office: PaymentsOffice) -> None:
    payment = cash(office, office.submitted())
    approve(office, ask(office, payment, 100_000))
    decline(office, ask(office, payment, 35_000, available=35_000))
    after = office.payment_view(payment)
    assert after["status"] == "partially_refunded" and after["refunded"] == money(100_000)


@pytest.mark.parametrize("amount", [0, 135_001])
def test_no_more_than_was_paid_and_no_less_than_one(office: PaymentsOffice, amount: int) -> None:
    assert refused(ask, office, office.paid(), amount) == "RefundTooLarge"


def test_what_was_not_paid_is_not_refunded(office: PaymentsOffice) -> None:
    assert refused(ask, office, office.start(office.submitted()), available=0) == "TransitionNotAllowed"


def test_a_refund_is_decided_once(office: PaymentsOffice) -> None:
    refund = ask(office, cash(office, office.submitted()))
    approve(office, refund)
    assert refused(decline, office, refund) == "TransitionNotAllowed"
    assert refused(approve, office, refund) == "TransitionNotAllowed"


def test_an_unknown_refund_is_not_found(office: PaymentsOffice) -> None:
    assert refused(approve, office, {"refund_id": str(uuid4())}) == "RefundNotFound"


def test_surplus_goes_back_from_what_the_office_owes_to_payers(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    cash(office, payment["application_id"])
    line = {"description": payment["order_ref"], "amount": money(135_000), "transaction_no": "FT1"}
    reconcile(office, [line], "vietqr")
    assert office.payment_view(payment)["status"] == "surplus"
    approve(office, ask(office, payment))
    assert office.balance("surplus:payers") == 0 and office.balance(f"refunded:{AGENCY}") == 0
    assert office.balance("clearing:vietqr") == 0


# ── through the gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = serve(tmn_code=TMN, hash_secret=SECRET)
    yield gateway
    gateway.stop()


@pytest.fixture
def online(gateway: Gateway, database: Database) -> PaymentsOffice:
    return PaymentsOffice(database, url=f"{gateway.url}/pay")


def paid_at(gateway: Gateway, online: PaymentsOffice) -> dict[str, Any]:
    """A payment the gateway knows of and has parameters us about."""
    payment = online.start(online.submitted())
    parameters = {"vnp_TxnRef": payment["order_ref"], "vnp_Amount": "13500000"}
    transaction, _ = gateway.pay(parameters, "success") or (None, "")
    assert transaction is not None
    assert online.call_back(payment, TransactionNo=transaction.transaction_no) == "00"
    return online.payment_view(payment)


def test_an_approved_refund_is_sent_to_the_gateway_and_settled(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = paid_at(gateway, online)
    refund = approve(online, ask(online, payment, 100_000))
    assert refund["status"] == "approved" and online.balance("refunds-payable:payers") == -100_000
    assert online.pending_refunds.step() == 1
    after = online.payment_view(payment)
    assert after["status"] == "partially_refunded" and after["refunds"][0]["status"] == "settled"
    assert online.balance("clearing:vnpay") == 35_000 and online.balance("refunds-payable:payers") == 0
    assert gateway.book.all()[0]["refunded"] == 10_000_000
    assert online.pending_refunds.step() == 0


def test_a_refund_whose_answer_was_lost_is_sent_again_and_paid_once(
    gateway: Gateway, online: PaymentsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid_at(gateway, online)
    approve(online, ask(online, payment))
    with monkeypatch.context() as patched:
        answer = gateway.answer
        patched.setattr(gateway, "answer", lambda request: answer(request) | {"vnp_SecureHash": "lost on the way"})
        assert online.pending_refunds.step() == 1
    assert online.payment_view(payment)["refunds"][0]["status"] == "sent"
    assert online.pending_refunds.step() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        assert online.pending_refunds.step() == 1
    assert online.payment_view(payment)["status"] == "refunded"
    assert gateway.book.all()[0]["refunded"] == 13_500_000


def test_a_refund_waits_while_the_gateway_is_down(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = paid_at(gateway, online)
    approve(online, ask(online, payment))
    gateway.stop()
    assert online.pending_refunds.step() == 1
    assert (
        online.payment_view(payment)["refunds"][0]["status"] == "sent"
        and online.payment_view(payment)["status"] == "refund_requested"
    )


# ── when the gateway says no for good


def rejected_at(
    online: PaymentsOffice, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, *codes: str
) -> dict[str, Any]:
    """An approved refund that the gateway has answered with these codes, one every six minutes."""
    payment = paid_at(gateway, online)
    approve(online, ask(online, payment))
    answers = iter(codes)
    with monkeypatch.context() as patched:
        patched.setattr("services.payments.gateways.vnpay.VnPay.refund", lambda *_request: next(answers))
        for number in range(len(codes)):
            with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6 * number)):
                assert online.pending_refunds.step() == 1
    return payment


def test_a_refund_the_gateway_rejects_three_times_waits_for_an_accountant_and_is_not_sent_again(
    gateway: Gateway, online: PaymentsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "95")
    [refund] = online.payment_view(payment)["refunds"]
    assert refund["status"] == "rejected" and online.payment_view(payment)["status"] == "refund_requested"
    assert online.events()[-1][0] == "refund_rejected.v1" and online.events()[-1][1]["code"] == "95"
    assert [item["refund_id"] for item in online.enquiries.refunds("rejected", by=ACCOUNTANT)["items"]] == [
        refund["refund_id"]
    ]
    assert online.enquiries.refunds("rejected", by=ELSEWHERE)["items"] == []
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        assert online.pending_refunds.step() == 0


def test_silence_and_other_errors_are_no_rejection(
    gateway: Gateway, online: PaymentsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "99", "", "91", "91")
    assert online.payment_view(payment)["refunds"][0]["status"] == "sent"


def test_a_rejected_refund_approved_once_more_is_sent_again_and_booked_once(
    gateway: Gateway, online: PaymentsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "91")
    [refund] = online.payment_view(payment)["refunds"]
    assert refused(approve, online, refund, ACCOUNTANT) == "SecondPersonNeeded"
    assert approve(online, refund)["status"] == "approved"
    assert online.pending_refunds.step() == 1
    assert online.payment_view(payment)["status"] == "refunded" and online.balance("refunds-payable:payers") == 0
    assert online.balance("clearing:vnpay") == 0 and gateway.book.all()[0]["refunded"] == 13_500_000


def test_a_rejected_refund_declined_leaves_books_and_payment_as_before(
    gateway: Gateway, online: PaymentsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "91")
    [refund] = online.payment_view(payment)["refunds"]
    assert decline(online, refund)["status"] == "declined"
    after = online.payment_view(payment)
    assert after["status"] == "settled" and after["available"] == money(135_000)
    assert online.balance("refunds-payable:payers") == 0 and online.balance(f"refunded:{AGENCY}") == 0
