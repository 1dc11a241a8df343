"""Payments nobody came back from: the gateway is asked before anything is given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from infra.chassis.storage.database import Database
from infra.sandbox.gateway import Gateway, serve
from tests.component.payments.use_cases import TMN, PaymentsOffice
from tests.unit.payments.builders import SECRET


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = serve(tmn_code=TMN, hash_secret=SECRET)
    yield gateway
    gateway.stop()


@pytest.fixture
def online(gateway: Gateway, database: Database) -> PaymentsOffice:
    return PaymentsOffice(database, url=f"{gateway.url}/pay")


def visit(gateway: Gateway, payment: dict[str, Any], choice: str = "success") -> None:
    """The payer decides at the gateway; its notice never arrives."""
    gateway.pay({"vnp_TxnRef": payment["order_ref"], "vnp_Amount": str(payment["amount"]["amount"] * 100)}, choice)


def after(minutes: float, online: PaymentsOffice) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)):
        online.open_payments.step()


def test_a_fresh_payment_is_left_alone(online: PaymentsOffice) -> None:
    online.start(online.submitted())
    assert online.open_payments.step() == 0


def test_money_whose_notice_got_lost_is_found_by_enquiry(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    visit(gateway, payment)
    after(3, online)
    settled = online.payment_view(payment)
    assert settled["status"] == "settled" and settled["history"][-1]["by"] == "gateway:vnpay:enquiry"
    assert online.balance("clearing:vnpay") == 135_000
    assert online.call_back(payment, TransactionNo=settled["transaction_no"]) == "02"


def test_a_payment_nobody_made_expires_after_its_time(online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    after(3, online)
    assert online.payment_view(payment)["status"] == "started"
    after(16, online)
    assert online.payment_view(payment)["status"] == "expired"
    assert online.events()[-1][0] == "payment_expired.v1"


def test_a_payment_that_was_made_in_the_last_minute_does_not_expire(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    visit(gateway, payment)
    after(60, online)
    assert online.payment_view(payment)["status"] == "settled"


def test_a_payer_who_declined_is_found_by_asking(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    visit(gateway, payment, "declined")
    after(3, online)
    assert online.payment_view(payment)["status"] == "failed"


def test_while_the_gateway_is_silent_nothing_expires(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    gateway.stop()
    after(60, online)
    assert online.payment_view(payment)["status"] == "started"


def test_an_answer_with_a_wrong_signature_decides_nothing(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    visit(gateway, payment)
    gateway.secret = "somebody else's"
    after(60, online)
    assert online.payment_view(payment)["status"] == "started"


def test_money_of_another_amount_is_not_taken_for_ours(gateway: Gateway, online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    gateway.pay({"vnp_TxnRef": payment["order_ref"], "vnp_Amount": "100"}, "success")
    after(60, online)
    assert online.payment_view(payment)["status"] == "started" and online.balance("clearing:vnpay") == 0


def test_a_transfer_that_never_came_expires_and_settles_if_it_comes_late(online: PaymentsOffice) -> None:
    payment = online.start(online.submitted(), "vietqr")
    after(60 * 73, online)
    assert online.payment_view(payment)["status"] == "expired"


def test_an_expired_payment_whose_money_comes_late_settles(online: PaymentsOffice) -> None:
    payment = online.start(online.submitted())
    after(16, online)
    assert online.call_back(payment) == "00"
    assert [event["event"] for event in online.payment_view(payment)["history"]][-2:] == [
        "payments.TimeRanOut",
        "payments.CorrectedToMatchGateway",
    ]
