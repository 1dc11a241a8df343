"""Every đồng on a statement is in the books, whatever it fits; a match is made once; a debit settles nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.chassis.access.auth import Acting
from services.payments.models import metadata
from tests.component.payments.test_reconciling import kinds, reconcile
from tests.component.payments.use_cases import PaymentsOffice
from tests.support.tables_in_memory import with_tables
from tests.unit.payments.actors import ACCOUNTANT, APPROVER, AUDITOR
from tests.unit.payments.builders import item, money

CLEARING, SURPLUS, SUSPENSE = "clearing:vietqr", "surplus:payers", "suspense:vietqr"


def transfer(payment: dict[str, Any], amount: int = 135_000, **changed: Any) -> dict[str, Any]:
    return {"order_ref": payment["order_ref"], "amount": money(amount)} | changed


def open_transfer(office: PaymentsOffice) -> dict[str, Any]:
    return office.start(office.submitted(), "vietqr")


def surplus_payments(office: PaymentsOffice, payment: dict[str, Any]) -> list[int]:
    items = office.enquiries.payments(payment["application_id"], by=AUDITOR)["items"]
    return [item["amount"]["amount"] for item in items if item["status"] == "surplus"]


def test_three_transfers_for_one_order_are_one_match_and_two_surplus(office: PaymentsOffice) -> None:
    payment = open_transfer(office)
    outcomes = [
        reconcile(office, [transfer(payment, transaction_no=number)], "vietqr") for number in (None, "FT2", "FT3")
    ]
    assert [len(outcome["matches"]) for outcome in outcomes] == [1, 0, 0]
    assert [kinds(outcome) for outcome in outcomes] == [[], ["surplus"], ["surplus"]]
    assert office.balance(CLEARING) == 405_000 and office.balance(SURPLUS) == -270_000
    assert surplus_payments(office, payment) == [135_000, 135_000]


def test_two_transfers_on_one_statement_are_one_match_and_one_surplus(office: PaymentsOffice) -> None:
    payment = open_transfer(office)
    lines = [transfer(payment, transaction_no="FT1"), transfer(payment, transaction_no="FT2")]
    outcome = reconcile(office, lines, "vietqr")
    assert len(outcome["matches"]) == 1 and kinds(outcome) == ["repeated_on_statement"]
    assert office.balance(CLEARING) == 270_000 and surplus_payments(office, payment) == [135_000]


@pytest.mark.parametrize("amounts", [[185_000], [100_000, 35_000], [1]])
def test_an_amount_that_does_not_fit_is_booked_for_the_payer(office: PaymentsOffice, amounts: list[int]) -> None:
    payment = open_transfer(office)
    for number, amount in enumerate(amounts):
        line = transfer(payment, amount, transaction_no=f"FT{number}")
        assert kinds(reconcile(office, [line], "vietqr")) == ["amount_differs"]
    assert office.balance(CLEARING) == sum(amounts) == -office.balance(SURPLUS)
    assert surplus_payments(office, payment) == amounts


def test_surplus_money_is_refunded_like_any_other_and_its_debit_is_matched_once(office: PaymentsOffice) -> None:
    payment = open_transfer(office)
    reconcile(office, [transfer(payment, 185_000, transaction_no="FT1")], "vietqr")
    items = office.enquiries.payments(payment["application_id"], by=AUDITOR)["items"]
    [surplus] = [item for item in items if item["status"] == "surplus"]
    how: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
    refund = office.refund_desk.refund(surplus["payment_id"], money(185_000), "Trả lại", money(185_000), **how)
    office.refund_desk.approve_refund(refund["refund_id"], by=APPROVER, command=office.command(by=APPROVER))
    assert office.balance(CLEARING) == 0
    back = transfer(surplus, 185_000, transaction_no="FT9", direction="debit")
    assert kinds(reconcile(office, [back], "vietqr")) == [] and office.balance(CLEARING) == 0
    again = back | {"transaction_no": "FT10"}
    assert kinds(reconcile(office, [again], "vietqr")) == ["money_left"]
    assert office.balance(CLEARING) == -185_000 == -office.balance(SUSPENSE)


def test_money_for_an_order_nobody_knows_is_held_in_suspense(office: PaymentsOffice) -> None:
    outcome = reconcile(office, [{"description": "CHUYEN TIEN", "amount": money(70_000)}], "vietqr")
    assert kinds(outcome) == ["unknown_order"]
    assert office.balance(CLEARING) == 70_000 == -office.balance(SUSPENSE)
    assert office.bookkeeper.ledger(SUSPENSE, None, None, 50, None, by=AUDITOR)["items"][0]["application_id"] is None


@pytest.mark.parametrize("direction", ["debit", "returned"])
def test_money_that_leaves_settles_nothing_and_is_booked(office: PaymentsOffice, direction: str) -> None:
    payment = open_transfer(office)
    outcome = reconcile(office, [transfer(payment, transaction_no="FT1", direction=direction)], "vietqr")
    assert outcome["matches"] == [] and kinds(outcome) == ["money_left"]
    assert office.payment_view(payment)["status"] == "started"
    assert office.balance(CLEARING) == -135_000
    assert outcome["totals"]["statement_amount"] == -135_000


def test_a_line_that_comes_again_is_booked_once_however_it_was_numbered(office: PaymentsOffice) -> None:
    payment = open_transfer(office)
    at = "2026-03-02T09:04:10+07:00"
    statement = [
        transfer(payment, transaction_no="FT1"),
        transfer(payment, transaction_no="FT2"),
        {"description": "KHONG RO", "amount": money(5_000), "at": at},
        {"description": "KHONG RO", "amount": money(5_000), "at": at},
    ]
    first = reconcile(office, statement, "vietqr")
    assert office.balance(CLEARING) == 280_000
    assert reconcile(office, statement, "vietqr")["discrepancies"] == first["discrepancies"]
    reconcile(office, [statement[2]], "vietqr")
    assert office.balance(CLEARING) == 280_000


def test_a_gateways_paid_line_waits_in_suspense_until_its_notice_comes(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    number = office.notice(payment)["vnp_TransactionNo"]
    assert kinds(reconcile(office, [transfer(payment, transaction_no=number)])) == ["not_settled_here"]
    assert office.balance("clearing:vnpay") == 135_000 == -office.balance("suspense:vnpay")
    assert office.call_back(payment) == "00"
    assert office.balance("clearing:vnpay") == 135_000 and office.balance("suspense:vnpay") == 0
    assert kinds(reconcile(office, [transfer(payment, transaction_no=number)])) == []


def test_a_second_capture_on_a_gateways_statement_is_in_the_books(office: PaymentsOffice) -> None:
    payment = office.paid()
    lines = [transfer(payment, transaction_no=payment["transaction_no"]), transfer(payment, transaction_no="777")]
    assert kinds(reconcile(office, lines)) == ["repeated_on_statement"]
    assert office.balance("clearing:vnpay") == 270_000 and office.balance("suspense:vnpay") == -135_000


def test_surplus_shown_again_without_its_order_is_no_match(office: PaymentsOffice) -> None:
    payment = open_transfer(office)
    lines = [transfer(payment, 35_000, transaction_no="FT1"), transfer(payment, 35_000, transaction_no="FT1")]
    del lines[1]["order_ref"]
    outcome = reconcile(office, lines, "vietqr")
    assert outcome["matches"] == [] and kinds(outcome) == ["amount_differs", "repeated_on_statement"]
    assert office.balance(CLEARING) == 35_000 == -office.balance(SURPLUS)


def test_a_debit_shown_again_without_its_order_is_booked_once(office: PaymentsOffice) -> None:
    payment = open_transfer(office)
    reconcile(office, [transfer(payment, 1, transaction_no="FT1")], "vietqr")
    debit = transfer(payment, 1, transaction_no="FT1", direction="debit")
    reconcile(office, [debit, {field: value for field, value in debit.items() if field != "order_ref"}], "vietqr")
    assert office.balance(CLEARING) == 0


@pytest.mark.parametrize("direction", ["credit", "debit"])
def test_a_line_without_its_order_is_the_line_that_names_it_later(office: PaymentsOffice, direction: str) -> None:
    payment = open_transfer(office)
    reconcile(office, [transfer(payment, 35_000, transaction_no="FT1")], "vietqr")
    before, amount = office.balance(CLEARING), 35_000 if direction == "debit" else 1
    later = transfer(payment, amount, transaction_no="FT1", direction=direction)
    reconcile(office, [{field: value for field, value in later.items() if field != "order_ref"}, later], "vietqr")
    assert office.balance(CLEARING) == before + (amount if direction == "credit" else -amount)


def test_a_number_two_transfers_share_stops_no_other_line(office: PaymentsOffice) -> None:
    first = open_transfer(office)
    second = office.start(office.submitted(item(50_000)), "vietqr")
    last = open_transfer(office)
    lines = [transfer(first, transaction_no="FT1"), transfer(second, 50_000, transaction_no="FT1"), transfer(last)]
    assert len(reconcile(office, lines, "vietqr")["matches"]) == 3
    assert [office.payment_view(variant)["status"] for variant in (first, second, last)] == ["settled"] * 3
    assert office.balance(CLEARING) == 320_000


ORDERS = 3
FEES = (135_000, 35_000, 100_000)
LINES = st.fixed_dictionaries(
    {
        "order": st.integers(0, ORDERS),  # the last: of no order
        "amount": st.sampled_from([0, 1, *FEES, 185_000]),
        "direction": st.sampled_from([None, "credit", "credit", "debit", "returned"]),
        "number": st.one_of(st.none(), st.integers(0, 4), st.integers(5, 10**9)),
        "where": st.sampled_from(["order_ref", "description"]),
    }
)


def is_new_money(owners: dict[Any, list[int]], drawn: dict[str, Any], sign: int) -> bool:
    """One number and amount is one transfer for each order; one without an order is that of the order named later."""
    if drawn["number"] is None:
        return True
    orders = owners.setdefault((drawn["number"], drawn["amount"], sign), [])
    if drawn["order"] in orders or (drawn["order"] == ORDERS and orders):
        return False
    if ORDERS in orders:
        orders[orders.index(ORDERS)] = drawn["order"]
        return False
    orders.append(drawn["order"])
    return True


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(LINES, max_size=4), max_size=4))
def test_the_money_on_any_statements_is_the_money_in_the_books(statements: list[list[dict[str, Any]]]) -> None:
    database = with_tables(metadata, "payments")
    office = PaymentsOffice(database)
    payments = [office.start(office.submitted(item(fee)), "vietqr") for fee in FEES]
    expected: int = 0
    owners: dict[Any, list[int]] = {}  # by number, amount and direction: the orders that this money was for
    matched: list[str] = []
    for statement in statements:
        lines = []
        for drawn in statement:
            reference = payments[drawn["order"]]["order_ref"] if drawn["order"] < ORDERS else "AI DO CHUYEN"
            place = drawn["where"] if drawn["order"] < ORDERS else "description"
            line: dict[str, Any] = {place: reference, "amount": money(drawn["amount"])}
            if drawn["direction"]:
                line["direction"] = drawn["direction"]
            sign = -1 if drawn["direction"] in {"debit", "returned"} else 1
            if drawn["number"] is not None:
                line["transaction_no"] = f"FT{drawn['number']}"
            if is_new_money(owners, drawn, sign):
                expected += sign * drawn["amount"]
            lines.append(line)
        outcome = reconcile(office, lines, "vietqr")
        matched += [matched["payment_id"] for matched in outcome["matches"] if matched["line"] is not None]
    assert office.balance(CLEARING) == expected
    settled = [payment for payment in payments if office.payment_view(payment)["status"] == "settled"]
    assert {entry["payment_id"] for entry in settled} == set(matched)
