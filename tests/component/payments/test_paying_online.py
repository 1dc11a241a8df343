"""A citizen pays online: signed redirects, codes to scan, and everything that is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from vietnam_qr_pay import QRPay

from infra.chassis.storage.commands import Command
from services.payments.gateways.contracts import Gateways
from services.payments.gateways.vietqr import ascii_text
from tests.component.payments.use_cases import TMN, PaymentsOffice, query_of, refused
from tests.unit.payments.actors import CITIZEN, CLERK, STRANGER
from tests.unit.payments.builders import item, money, signed

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_a_payment_of_all_that_is_due_is_started_with_a_signed_redirect(office: PaymentsOffice) -> None:
    with time_machine.travel(NOW, tick=False):
        payment = office.start(office.submitted(item(50_000), item(8_000, kind="charge"), item(30_000, "result")))
    parameters = query_of(payment["redirect_url"])
    given_signature = parameters.pop("vnp_SecureHash")
    assert given_signature == signed(parameters)["vnp_SecureHash"]
    assert (
        parameters["vnp_Amount"] == "5800000"
        and parameters["vnp_TmnCode"] == TMN
        and parameters["vnp_TxnRef"] == payment["order_ref"]
    )
    assert parameters["vnp_CreateDate"] == "20260302090000" and parameters["vnp_ExpireDate"] == "20260302091500"
    assert payment["status"] == "started" and payment["expires_at"] == (NOW + timedelta(minutes=15)).isoformat()


def test_the_payers_return_address_travels_to_the_gateway(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), return_url="https://portal.example/ket-qua?id=1&x=á")
    assert query_of(payment["redirect_url"])["vnp_ReturnUrl"] == "https://portal.example/ket-qua?id=1&x=á"


def test_the_purpose_sent_to_the_gateway_is_plain_ascii(office: PaymentsOffice) -> None:
    info = query_of(office.start(office.submitted())["redirect_url"])["vnp_OrderInfo"]
    assert info.isascii() and info == "Nop phi ho so H01 01 260302 0001"


def test_a_transfer_code_carries_amount_account_and_order_reference(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    code = QRPay(payment["qr_payload"])
    assert code.is_valid and code.amount == "135000"
    assert (code.consumer.bank_bin, code.consumer.bank_number) == ("970436", "0011001932418")
    assert code.additional_data.purpose is not None and code.additional_data.purpose.startswith(payment["order_ref"])
    assert "redirect_url" not in payment


def test_vietnamese_is_folded_to_ascii_for_banks() -> None:
    assert ascii_text("Lệ phí Đăng ký: hộ tịch (số 1/2026)") == "Le phi Dang ky ho tich so 1 2026"


def test_what_comes_later_may_be_paid_early_when_nothing_is_due(office: PaymentsOffice) -> None:
    assert office.start(office.submitted(item(30_000, "result")))["amount"] == money(30_000)


def test_a_supplement_that_was_not_asked_for_cannot_be_paid(office: PaymentsOffice) -> None:
    assert refused(office.start, office.submitted(item(30_000, "supplement"))) == "NothingOwed"


def test_a_level_three_procedure_is_paid_at_the_office(office: PaymentsOffice) -> None:
    assert refused(office.start, office.submitted(level=3)) == "OnlinePaymentNotOffered"


def test_a_foreign_currency_is_refused_online(office: PaymentsOffice) -> None:
    assert refused(office.start, office.submitted(item(5_000, currency="USD"))) == "CurrencyNotAccepted"


def test_nothing_owed_is_refused(office: PaymentsOffice) -> None:
    assert refused(office.start, office.submitted(item(0))) == "NothingOwed"


def test_what_is_paid_is_not_paid_again(office: PaymentsOffice) -> None:
    paid = office.paid()
    assert refused(office.start, paid["application_id"]) == "AlreadyPaid"


def test_a_stranger_cannot_pay_nor_call_off(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    assert refused(office.start, application_id, by=STRANGER) == "Forbidden"
    payment = office.start(application_id)
    assert refused(office.cashier.cancel, payment["payment_id"], by=STRANGER, command=office.command()) == "Forbidden"
    assert refused(office.enquiries.payment, payment["payment_id"], by=STRANGER) == "Forbidden"
    assert office.enquiries.payment(payment["payment_id"], by=CLERK)["status"] == "started"


def test_a_method_that_is_not_set_up_is_refused(office: PaymentsOffice) -> None:
    office.cashier.gateways = Gateways()
    for method in ("vnpay", "vietqr"):
        assert refused(office.start, office.submitted(), method) == "MethodNotAvailable"


@pytest.mark.parametrize(
    ("amount", "takes"),
    [
        (10**10 - 1, {"vnpay", "vietqr"}),
        (10**10, {"vietqr"}),
        (10**13 - 1, {"vietqr"}),
        (10**13, set()),
        (10**15, set()),
    ],
)
def test_an_amount_that_has_no_room_in_a_methods_messages_is_refused_by_name(
    office: PaymentsOffice, amount: int, takes: set[str]
) -> None:
    for method in ("vnpay", "vietqr"):
        application_id = office.submitted(item(amount))
        if method in takes:
            assert office.start(application_id, method)["amount"]["amount"] == amount
        else:
            assert refused(office.start, application_id, method) == "MethodNotAvailable"


def test_one_open_payment_at_a_time(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    payment = office.start(application_id)
    assert refused(office.start, application_id, "vietqr") == "PaymentInProgress"
    office.cashier.cancel(payment["payment_id"], by=CITIZEN, command=office.command())
    assert office.start(application_id, "vietqr")["status"] == "started"


def test_after_its_time_an_open_payment_no_longer_stands_in_the_way(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    office.start(application_id)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert office.start(application_id)["status"] == "started"


def test_the_same_command_gives_the_same_payment(office: PaymentsOffice) -> None:
    application_id, command = office.submitted(), office.command("start")
    first = office.start(application_id, command=command)
    assert office.start(application_id, command=command) == first
    other = Command.of(command.id, "start", CITIZEN.account_id, {"method": "vietqr"})
    assert refused(office.start, application_id, command=other) == "CommandIdReused"


def test_a_payment_that_ended_cannot_be_called_off(office: PaymentsOffice) -> None:
    paid = office.paid()
    assert (
        refused(office.cashier.cancel, paid["payment_id"], by=CITIZEN, command=office.command())
        == "TransitionNotAllowed"
    )


def test_an_unknown_payment_is_not_found(office: PaymentsOffice) -> None:
    assert refused(office.enquiries.payment, str(uuid4()), by=CITIZEN) == "PaymentNotFound"
    assert refused(office.enquiries.receipt, str(uuid4()), by=CITIZEN) == "PaymentNotFound"


def test_all_payments_of_an_application_are_listed(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    first = office.start(application_id)
    office.cashier.cancel(first["payment_id"], by=CITIZEN, command=office.command())
    second = office.paid(application_id)
    listed = office.enquiries.payments(application_id, by=CITIZEN)["items"]
    assert [(row["payment_id"], row["status"]) for row in listed] == [
        (first["payment_id"], "cancelled"),
        (second["payment_id"], "settled"),
    ]


@pytest.mark.parametrize("method", ["vnpay", "vietqr"])
def test_starting_tells_the_platform(office: PaymentsOffice, method: str) -> None:
    payment = office.start(office.submitted(), method)
    event_type, data = office.events()[-1]
    assert (
        event_type == "payment_started.v1" and data["payment_id"] == payment["payment_id"] and data["method"] == method
    )
