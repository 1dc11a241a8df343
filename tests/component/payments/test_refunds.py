"""Refunds take two persons and one view of what is left; the gateway is asked once however often we ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.chassis.actors import Actor
from infra.chassis.database import Database
from infra.sandbox.gateway import Gateway, serve
from tests.component.payments.test_at_the_desk import cash
from tests.component.payments.use_cases import (  # fmt: skip
    ACCOUNTANT,
    AGENCY,
    APPROVER,
    AUDITOR,
    CITIZEN,
    CLERK,
    ELSEWHERE,
    SECRET,
    STRANGER,
    TMN,
    Counter,
    money,
    refused,
)


def ask(
    counter: Counter, payment: dict[str, Any], amount: int = 135_000, available: int = 135_000, by: Actor = ACCOUNTANT
) -> dict[str, Any]:
    command = counter.command(by=by)
    return counter.refunds.refund(
        payment["payment_id"], money(amount), "Rút hồ sơ", money(available), by=by, command=command
    )


def approve(counter: Counter, refund: dict[str, Any], by: Actor = APPROVER) -> dict[str, Any]:
    return counter.refunds.approve_refund(refund["refund_id"], by=by, command=counter.command(by=by))


def decline(counter: Counter, refund: dict[str, Any], by: Actor = APPROVER) -> dict[str, Any]:
    return counter.refunds.decline_refund(refund["refund_id"], "Đã xử lý xong", by=by, command=counter.command(by=by))


def test_cash_goes_back_when_a_second_person_agrees(counter: Counter) -> None:
    payment = cash(counter, counter.submitted())
    refund = ask(counter, payment)
    assert refund["status"] == "pending_approval" and counter.look(payment)["status"] == "refund_requested"
    assert approve(counter, refund)["status"] == "settled"
    after = counter.look(payment)
    assert after["status"] == "refunded" and after["refunded"] == money(135_000) and after["available"] == money(0)
    assert counter.balance(f"cash:{AGENCY}") == 0 and counter.balance(f"refunded:{AGENCY}") == 135_000
    assert [name for name, _ in counter.told()][-3:] == [
        "refund_requested.v1",
        "refund_approved.v1",
        "refund_settled.v1",
    ]


def test_whoever_asked_does_not_decide(counter: Counter) -> None:
    refund = ask(counter, counter.paid())
    assert refused(approve, counter, refund, ACCOUNTANT) == "SecondPersonNeeded"
    assert refused(decline, counter, refund, ACCOUNTANT) == "SecondPersonNeeded"


def test_the_payer_may_ask_and_strangers_may_not(counter: Counter) -> None:
    payment = counter.paid()
    for stranger in (STRANGER, CLERK, APPROVER, ELSEWHERE, AUDITOR):
        assert refused(ask, counter, payment, by=stranger) == "Forbidden"
    assert ask(counter, payment, by=CITIZEN)["status"] == "pending_approval"


def test_only_officials_of_the_agency_decide(counter: Counter) -> None:
    refund = ask(counter, counter.paid())
    for stranger in (CITIZEN, CLERK, ELSEWHERE):
        assert refused(approve, counter, refund, stranger) == "Forbidden"


def test_a_declined_refund_returns_the_payment_to_where_it_was(counter: Counter) -> None:
    payment = counter.paid()
    assert decline(counter, ask(counter, payment))["status"] == "declined"
    after = counter.look(payment)
    assert after["status"] == "settled" and after["available"] == money(135_000)
    assert after["history"][-1]["event"] == "payments.RefundDeclined" and counter.told()[-1][0] == "refund_declined.v1"


def test_a_view_that_is_out_of_date_is_refused(counter: Counter) -> None:
    payment = cash(counter, counter.submitted())
    approve(counter, ask(counter, payment, 100_000))
    assert refused(ask, counter, payment, 35_000, available=135_000) == "RefundAvailableChanged"
    approve(counter, ask(counter, payment, 35_000, available=35_000))
    assert counter.look(payment)["status"] == "refunded"


def test_two_people_who_ask_at_once_do_not_refund_twice(counter: Counter) -> None:
    payment = counter.paid()
    ask(counter, payment)
    assert refused(ask, counter, payment, by=CITIZEN) == "RefundAvailableChanged"
    assert refused(ask, counter, payment, 1, available=0, by=CITIZEN) == "RefundTooLarge"


def test_a_partial_refund_declined_keeps_the_earlier_one(counter: Counter) -> None:
    payment = cash(counter, counter.submitted())
    approve(counter, ask(counter, payment, 100_000))
    decline(counter, ask(counter, payment, 35_000, available=35_000))
    after = counter.look(payment)
    assert after["status"] == "partially_refunded" and after["refunded"] == money(100_000)


@pytest.mark.parametrize("amount", [0, 135_001])
def test_no_more_than_was_paid_and_no_less_than_one(counter: Counter, amount: int) -> None:
    assert refused(ask, counter, counter.paid(), amount) == "RefundTooLarge"


def test_what_was_not_paid_is_not_refunded(counter: Counter) -> None:
    assert refused(ask, counter, counter.start(counter.submitted()), available=0) == "TransitionNotAllowed"


def test_a_refund_is_decided_once(counter: Counter) -> None:
    refund = ask(counter, cash(counter, counter.submitted()))
    approve(counter, refund)
    assert refused(decline, counter, refund) == "TransitionNotAllowed"
    assert refused(approve, counter, refund) == "TransitionNotAllowed"


def test_an_unknown_refund_is_not_found(counter: Counter) -> None:
    assert refused(approve, counter, {"refund_id": str(uuid4())}) == "RefundNotFound"


def test_surplus_goes_back_from_what_the_office_owes_to_payers(counter: Counter) -> None:
    payment = counter.start(counter.submitted(), "vietqr")
    cash(counter, payment["application_id"])
    line = {"description": payment["order_ref"], "amount": money(135_000), "transaction_no": "FT1"}
    counter.reconciler.reconcile("vietqr", [line], None, None, by=ACCOUNTANT, command=counter.command())
    assert counter.look(payment)["status"] == "surplus"
    approve(counter, ask(counter, payment))
    assert counter.balance("surplus:payers") == 0 and counter.balance(f"refunded:{AGENCY}") == 0
    assert counter.balance("clearing:vietqr") == 0


# ── through the gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = serve(tmn_code=TMN, hash_secret=SECRET)
    yield gateway
    gateway.stop()


@pytest.fixture
def online(gateway: Gateway, database: Database) -> Counter:
    return Counter(database, url=f"{gateway.url}/pay")


def paid_at(gateway: Gateway, online: Counter) -> dict[str, Any]:
    """A payment the gateway knows of and has told us about."""
    payment = online.start(online.submitted())
    told = {"vnp_TxnRef": payment["order_ref"], "vnp_Amount": "13500000"}
    transaction, _ = gateway.pay(told, "success") or (None, "")
    assert transaction is not None
    assert online.call_back(payment, TransactionNo=transaction.transaction_no) == "00"
    return online.look(payment)


def test_an_approved_refund_is_sent_to_the_gateway_and_settled(gateway: Gateway, online: Counter) -> None:
    payment = paid_at(gateway, online)
    refund = approve(online, ask(online, payment, 100_000))
    assert refund["status"] == "approved" and online.balance("refunds-payable:payers") == -100_000
    assert online.refunds_on_their_way.step() == 1
    after = online.look(payment)
    assert after["status"] == "partially_refunded" and after["refunds"][0]["status"] == "settled"
    assert online.balance("clearing:vnpay") == 35_000 and online.balance("refunds-payable:payers") == 0
    assert gateway.book.all()[0]["refunded"] == 10_000_000
    assert online.refunds_on_their_way.step() == 0


def test_a_refund_whose_answer_was_lost_is_sent_again_and_paid_once(
    gateway: Gateway, online: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid_at(gateway, online)
    approve(online, ask(online, payment))
    with monkeypatch.context() as patched:
        answer = gateway.answer
        patched.setattr(gateway, "answer", lambda asked: answer(asked) | {"vnp_SecureHash": "lost on the way"})
        assert online.refunds_on_their_way.step() == 1
    assert online.look(payment)["refunds"][0]["status"] == "sent"
    assert online.refunds_on_their_way.step() == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        assert online.refunds_on_their_way.step() == 1
    assert online.look(payment)["status"] == "refunded"
    assert gateway.book.all()[0]["refunded"] == 13_500_000


def test_a_refund_waits_while_the_gateway_is_down(gateway: Gateway, online: Counter) -> None:
    payment = paid_at(gateway, online)
    approve(online, ask(online, payment))
    gateway.stop()
    assert online.refunds_on_their_way.step() == 1
    assert (
        online.look(payment)["refunds"][0]["status"] == "sent" and online.look(payment)["status"] == "refund_requested"
    )


# ── when the gateway says no for good


def rejected_at(online: Counter, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, *codes: str) -> dict[str, Any]:
    """An approved refund that the gateway has answered with these codes, one every six minutes."""
    payment = paid_at(gateway, online)
    approve(online, ask(online, payment))
    answers = iter(codes)
    with monkeypatch.context() as patched:
        patched.setattr("services.payments.gateways.vnpay.VnPay.refund", lambda *_asked: next(answers))
        for number in range(len(codes)):
            with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6 * number)):
                assert online.refunds_on_their_way.step() == 1
    return payment


def test_a_refund_the_gateway_rejects_three_times_waits_for_an_accountant_and_is_not_asked_again(
    gateway: Gateway, online: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "95")
    [refund] = online.look(payment)["refunds"]
    assert refund["status"] == "rejected" and online.look(payment)["status"] == "refund_requested"
    assert online.told()[-1][0] == "refund_rejected.v1" and online.told()[-1][1]["code"] == "95"
    assert [one["refund_id"] for one in online.enquiries.refunds("rejected", by=ACCOUNTANT)["items"]] == [
        refund["refund_id"]
    ]
    assert online.enquiries.refunds("rejected", by=ELSEWHERE)["items"] == []
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        assert online.refunds_on_their_way.step() == 0


def test_silence_and_other_errors_are_no_rejection(
    gateway: Gateway, online: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "99", "", "91", "91")
    assert online.look(payment)["refunds"][0]["status"] == "sent"


def test_a_rejected_refund_approved_once_more_is_sent_again_and_booked_once(
    gateway: Gateway, online: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "91")
    [refund] = online.look(payment)["refunds"]
    assert refused(approve, online, refund, ACCOUNTANT) == "SecondPersonNeeded"
    assert approve(online, refund)["status"] == "approved"
    assert online.refunds_on_their_way.step() == 1
    assert online.look(payment)["status"] == "refunded" and online.balance("refunds-payable:payers") == 0
    assert online.balance("clearing:vnpay") == 0 and gateway.book.all()[0]["refunded"] == 13_500_000


def test_a_rejected_refund_declined_leaves_books_and_payment_as_before(
    gateway: Gateway, online: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = rejected_at(online, gateway, monkeypatch, "91", "91", "91")
    [refund] = online.look(payment)["refunds"]
    assert decline(online, refund)["status"] == "declined"
    after = online.look(payment)
    assert after["status"] == "settled" and after["available"] == money(135_000)
    assert online.balance("refunds-payable:payers") == 0 and online.balance(f"refunded:{AGENCY}") == 0
