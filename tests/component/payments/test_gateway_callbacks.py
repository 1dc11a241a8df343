"""Notices of the gateway: judged in order, answered exactly, harmless when repeated, tampered with or late."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.payments.models import Notice, Payment
from tests.component.payments.use_cases import PaymentsOffice, refused
from tests.unit.payments.actors import AGENCY, CITIZEN
from tests.unit.payments.builders import item, money, signed

UNWATCHED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]  # the latter judges the machine


def evidence(office: PaymentsOffice) -> list[tuple[str | None, str | None]]:
    with office.database.session() as session:
        return [(entry.answer, entry.verdict) for entry in session.scalars(select(Notice).order_by(Notice.id))]


def settled_events(office: PaymentsOffice) -> list[dict[str, Any]]:
    return [data for event_type, data in office.events() if event_type == "payment_settled.v1"]


def test_a_good_notice_settles_the_payment(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(item(50_000), item(8_000, kind="charge")))
    assert office.call_back(payment) == "00"
    settled = office.payment_view(payment)
    assert settled["status"] == "settled" and settled["transaction_no"] and settled["receipt_number"]
    assert [event["event"] for event in settled["history"]] == ["payments.Started", "payments.MoneyReceived"]
    assert (
        settled_events(office)[0]
        | {"collected_at": ["intake"], "amount": money(58_000), "applicant_id": CITIZEN.account_id}
        == settled_events(office)[0]
    )


def test_a_repeated_notice_changes_nothing(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    assert [office.call_back(payment) for _ in range(5)] == ["00", "02", "02", "02", "02"]
    assert len(settled_events(office)) == 1
    assert office.balance("clearing:vnpay") == 135_000


@pytest.mark.parametrize(
    "name",
    ["Amount", "TxnRef", "ResponseCode", "TransactionStatus", "TransactionNo", "TmnCode", "PayDate", "OrderInfo"],
)
def test_a_parameter_changed_after_signing_is_seen(office: PaymentsOffice, name: str) -> None:
    payment = office.start(office.submitted())
    notice = signed(office.notice(payment, ResponseCode="24", TransactionStatus="02"))
    notice[f"vnp_{name}"] = "00" if notice[f"vnp_{name}"] != "00" else "01"
    assert office.gateway_callbacks.gateway_callback("vnpay", notice)["RspCode"] == "97"
    assert office.payment_view(payment)["status"] == "started"


def test_another_secret_a_missing_or_an_empty_signature_is_seen(office: PaymentsOffice) -> None:
    notice = office.notice(office.start(office.submitted()))
    for forged in (
        signed(notice, "another secret"),
        notice,
        notice | {"vnp_SecureHash": ""},
        notice | {"vnp_SecureHash": "é" * 128},
    ):
        assert office.gateway_callbacks.gateway_callback("vnpay", forged)["RspCode"] == "97"


def test_a_parameter_added_after_signing_is_seen(office: PaymentsOffice) -> None:
    notice = signed(office.notice(office.start(office.submitted())))
    assert office.gateway_callbacks.gateway_callback("vnpay", notice | {"vnp_Extra": "1"})["RspCode"] == "97"


def test_a_signature_in_capitals_and_parameters_of_others_do_not_matter(office: PaymentsOffice) -> None:
    notice = signed(office.notice(office.start(office.submitted())))
    notice |= {
        "vnp_SecureHash": notice["vnp_SecureHash"].upper(),
        "utm_source": "mail",
        "vnp_SecureHashType": "HmacSHA512",
    }
    assert office.gateway_callbacks.gateway_callback("vnpay", notice)["RspCode"] == "00"


def test_a_bad_signature_hides_whether_the_order_exists(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    of_known = signed(office.notice(payment), "wrong")
    unknown = signed(office.notice(payment, TxnRef="TT00000000000000"), "wrong")
    answers = [
        office.gateway_callbacks.gateway_callback("vnpay", variant)["RspCode"] for variant in (of_known, unknown)
    ]
    assert answers == ["97", "97"]


def test_checks_come_in_their_order(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    wrong_everything = {"TmnCode": "OTHER001", "TxnRef": "TT00000000000000", "Amount": "1"}
    assert office.call_back(payment, **wrong_everything) == "99"
    assert office.call_back(payment, TxnRef="TT00000000000000", Amount="1") == "01"
    assert office.call_back(payment, Amount="1", ResponseCode="24") == "04"
    assert evidence(office) == [("99", "other merchant"), ("01", "unknown order"), ("04", "amount")]
    assert office.payment_view(payment)["status"] == "started"


@pytest.mark.parametrize(
    "amount",
    [
        "13499900",
        "13500100",
        "13500001",
        "135000",
        "0",
        "-13500000",
        "13500000.0",
        "1.35e7",
        "",
        " 13500000",
        "١٣٥٠٠٠٠٠",
        "9" * 30,
    ],
)
def test_any_other_amount_is_refused(office: PaymentsOffice, amount: str) -> None:
    payment = office.start(office.submitted())
    assert office.call_back(payment, Amount=amount) == "04"
    assert office.payment_view(payment)["status"] == "started"


@pytest.mark.parametrize(
    ("response", "status", "after"),
    [
        ("00", "00", "settled"),
        ("24", "02", "failed"),
        ("51", "02", "failed"),
        ("00", "02", "pending"),
        ("24", "00", "pending"),
        ("00", "01", "pending"),
        ("07", "07", "pending"),
        ("00", "", "pending"),
        ("", "", "pending"),
    ],
)
def test_only_both_codes_together_prove_a_payment(
    office: PaymentsOffice, response: str, status: str, after: str
) -> None:
    payment = office.start(office.submitted())
    assert office.call_back(payment, ResponseCode=response, TransactionStatus=status) == "00"
    assert office.payment_view(payment)["status"] == after
    assert office.balance("clearing:vnpay") == (135_000 if after == "settled" else 0)


def test_a_pending_payment_settles_when_the_gateway_decides(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    assert office.call_back(payment, TransactionStatus="01") == "00"
    assert office.call_back(payment) == "00"
    assert office.payment_view(payment)["status"] == "settled"


def test_a_declined_payment_tells_the_platform_and_a_new_one_may_start(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    assert office.call_back(payment, ResponseCode="51", TransactionStatus="02") == "00"
    event_type, data = office.events()[-1]
    assert event_type == "payment_failed.v1" and data["code"] == "51/02"
    assert office.payment_view(payment)["failure_code"] == "51/02"
    assert office.start(payment["application_id"])["status"] == "started"


def test_success_after_failure_corrects_us_to_match_the_gateway(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    assert office.call_back(payment, ResponseCode="24", TransactionStatus="02") == "00"
    assert office.call_back(payment) == "00"
    settled = office.payment_view(payment)
    assert settled["status"] == "settled" and settled["failure_code"] is None
    assert settled["history"][-1]["event"] == "payments.CorrectedToMatchGateway"


def test_failure_after_success_changes_nothing(office: PaymentsOffice) -> None:
    payment = office.paid()
    assert office.call_back(payment, ResponseCode="24", TransactionStatus="02") == "02"
    assert office.payment_view(payment)["status"] == "settled"


def test_a_called_off_payment_that_was_paid_all_the_same_settles(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    office.cashier.cancel(payment["payment_id"], by=CITIZEN, command=office.command())
    assert office.call_back(payment) == "00"
    assert office.payment_view(payment)["status"] == "settled"


def test_money_for_what_is_already_paid_is_booked_as_surplus(office: PaymentsOffice) -> None:
    first = office.start(office.submitted())
    office.cashier.cancel(first["payment_id"], by=CITIZEN, command=office.command())
    office.paid(first["application_id"])
    assert office.call_back(first) == "00"
    surplus = office.payment_view(first)
    assert (
        surplus["status"] == "surplus" and surplus["available"] == money(135_000) and surplus["receipt_number"] is None
    )
    assert office.balance("surplus:payers") == -135_000 and office.balance(f"receivable:{AGENCY}") == 0
    assert len(settled_events(office)) == 1 and office.events()[-1][0] == "payment_surplus.v1"


def test_one_transaction_number_pays_one_order_only(office: PaymentsOffice) -> None:
    paid, other = office.paid(), office.start(office.submitted())
    assert office.call_back(other, TransactionNo=paid["transaction_no"]) == "99"
    assert office.payment_view(other)["status"] == "started"


def test_a_success_without_a_transaction_number_proves_nothing(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    assert office.call_back(payment, TransactionNo="") == "99"


def test_a_second_capture_of_one_order_is_stored_as_evidence(office: PaymentsOffice) -> None:
    payment = office.paid()
    assert office.call_back(payment, TransactionNo="77777777") == "02"
    assert evidence(office)[-1] == ("02", "second capture")


def test_every_notice_is_stored_whatever_it_was(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    office.gateway_callbacks.gateway_callback("vnpay", {"nonsense": "1"})
    office.call_back(payment)
    office.call_back(payment)
    assert evidence(office) == [("97", "signature"), ("00", "settled"), ("02", "repeated")]


def test_a_gateway_that_is_not_set_up_is_not_found(office: PaymentsOffice) -> None:
    assert refused(office.gateway_callbacks.gateway_callback, "momo", {}) == "GatewayNotFound"


def test_a_payment_by_transfer_cannot_be_settled_by_a_card_notice(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    assert office.call_back(payment) == "01"


@settings(max_examples=40, deadline=None, suppress_health_check=UNWATCHED)
@given(st.lists(st.sampled_from(["success", "declined", "pending", "forged", "wrong amount"]), min_size=1, max_size=8))
def test_whatever_order_notices_come_in_one_success_captures_once(office: PaymentsOffice, notices: list[str]) -> None:
    payment = office.start(office.submitted())
    before = office.balance("clearing:vnpay")
    for kind in notices:
        if kind == "forged":
            assert (
                office.gateway_callbacks.gateway_callback("vnpay", signed(office.notice(payment), "forged"))["RspCode"]
                == "97"
            )
        else:
            changed = {
                "declined": {"ResponseCode": "51", "TransactionStatus": "02"},
                "pending": {"TransactionStatus": "01"},
                "wrong amount": {"Amount": "100"},
            }
            office.call_back(payment, **changed.get(kind, {}))
    captured = 135_000 if "success" in notices else 0
    assert office.balance("clearing:vnpay") - before == captured
    with office.database.session() as session:
        assert (session.get_one(Payment, payment["payment_id"]).state == "settled") == bool(captured)
