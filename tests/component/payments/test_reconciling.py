"""Statements against our books, and our books against applications."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.refusals import Forwarded, ServiceUnavailable
from services.payments.clients import SubmittedApplication
from tests.component.payments.use_cases import PaymentsOffice
from tests.unit.payments.actors import ACCOUNTANT, ACCOUNTANT_2, AUDITOR, CITIZEN
from tests.unit.payments.builders import item, money


def line(payment: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "order_ref": payment["order_ref"],
        "transaction_no": payment["transaction_no"],
        "amount": payment["amount"],
    } | changed


def reconcile(
    office: PaymentsOffice, statement: list[dict[str, Any]], gateway: str = "vnpay", **period: str
) -> dict[str, Any]:
    """A statement that one accountant hands in and another, where it takes two, has booked."""
    command = office.command(by=ACCOUNTANT)
    outcome = office.reconciler.reconcile(
        gateway, statement, period.get("from_at"), period.get("to_at"), by=ACCOUNTANT, command=command
    )
    if outcome["status"] == "awaiting_approval":
        second = office.command(by=ACCOUNTANT_2)
        return office.reconciler.approve_statement(outcome["reconciliation_id"], by=ACCOUNTANT_2, command=second)
    return outcome


def kinds(outcome: dict[str, Any]) -> list[str]:
    return [discrepancy["kind"] for discrepancy in outcome["discrepancies"]]


def test_a_statement_that_agrees_has_no_discrepancies(office: PaymentsOffice) -> None:
    payments = [office.paid() for _ in range(3)]
    outcome = reconcile(office, [line(payment) for payment in payments])
    assert kinds(outcome) == [] and [matched["payment_id"] for matched in outcome["matches"]] == [
        payment["payment_id"] for payment in payments
    ]
    assert outcome["totals"] == {
        "lines": 3, "matched": 3, "currency": "VND", "apart": [],
        "statement_amount": 405_000, "matched_amount": 405_000,
    }  # fmt: skip


def test_totals_are_added_up_in_each_currency_by_itself(office: PaymentsOffice) -> None:
    unknown = {"order_ref": "không có", "transaction_no": "77", "amount": money(2_500, "USD")}
    totals = reconcile(office, [line(office.paid()), unknown])["totals"]
    assert (totals["currency"], totals["statement_amount"], totals["matched_amount"]) == ("VND", 135_000, 135_000)
    assert totals["apart"] == [{"currency": "USD", "statement_amount": 2_500, "matched_amount": 0}]


def test_every_kind_of_difference_is_named(office: PaymentsOffice) -> None:
    good, other_amount, other_number, twice, absent = (office.paid() for _ in range(5))
    open_one = office.start(office.submitted())
    outcome = reconcile(
        office,
        [
            line(good),
            line(other_amount, amount=money(1)),
            line(other_number, transaction_no="0"),
            line(twice),
            line(twice),
            line(open_one, transaction_no="5"),
            line(good, order_ref="TT00000000000000"),
        ],
    )
    assert kinds(outcome) == [
        "amount_differs",
        "transaction_differs",
        "repeated_on_statement",
        "not_settled_here",
        "unknown_order",
        "missing_on_statement",
    ]
    assert outcome["discrepancies"][-1]["payment_id"] == absent["payment_id"]
    assert office.payment_view(open_one)["status"] == "started"


def test_what_one_statement_showed_the_next_need_not(office: PaymentsOffice) -> None:
    first = office.paid()
    reconcile(office, [line(first)])
    second = office.paid()
    assert kinds(reconcile(office, [line(second)])) == []


def test_a_period_names_what_the_statement_must_show(office: PaymentsOffice) -> None:
    office.paid()
    assert kinds(reconcile(office, [], from_at="2000-01-01T00:00:00+07:00", to_at="2000-02-01T00:00:00+07:00")) == []
    assert kinds(reconcile(office, [], from_at="2000-01-01T00:00:00+07:00")) == ["missing_on_statement"]


def test_a_line_is_found_by_transaction_number_alone(office: PaymentsOffice) -> None:
    payment = office.paid()
    assert len(reconcile(office, [line(payment, order_ref=None)])["matches"]) == 1


@pytest.mark.parametrize(
    "purpose", ["{ref} Nop phi ho so", "MBVCB.123 CT tu 001 {low} nop phi", "nop phi {spaced}.FT26061"]
)
def test_a_transfer_settles_by_the_reference_in_its_purpose(office: PaymentsOffice, purpose: str) -> None:
    payment = office.start(office.submitted(), "vietqr")
    reference = payment["order_ref"]
    text = purpose.format(ref=reference, low=reference.lower(), spaced=f"{reference[:7]} {reference[7:]}")
    outcome = reconcile(office, [{"description": text, "amount": money(135_000), "transaction_no": "FT1"}], "vietqr")
    assert len(outcome["matches"]) == 1 and office.payment_view(payment)["status"] == "settled"
    assert office.balance("clearing:vietqr") == 135_000


@pytest.mark.parametrize(
    "purpose",
    [
        "TT HD12345 {ref}",
        "MBVCB.123.TT 20261128 {ref}",
        "TT00000000000000 {ref}",
        "{ref} va TT00000000000000",
        "thanh toan {wide}",
        "nop phi {dashed}",
        "nop phi {typed}",
        "nop phi {hidden}",
    ],
)
def test_every_candidate_in_a_purpose_is_looked_up(office: PaymentsOffice, purpose: str) -> None:
    payment = office.start(office.submitted(), "vietqr")
    reference = payment["order_ref"]
    text = purpose.format(
        ref=reference,
        wide="".join(chr(ord(sign) + 0xFEE0) for sign in reference),
        dashed="\u2013".join([reference[:4], reference[4:9], reference[9:]]),
        typed=reference.replace("0", "o").replace("1", "l"),
        hidden="\u200b".join(reference.lower()),
    )
    outcome = reconcile(office, [{"description": text, "amount": money(135_000), "transaction_no": "FT1"}], "vietqr")
    assert len(outcome["matches"]) == 1 and office.payment_view(payment)["status"] == "settled"


def test_an_order_reference_typed_by_hand_is_found(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    typed = " ".join([payment["order_ref"][:6], payment["order_ref"][6:].lower()])
    assert len(reconcile(office, [{"order_ref": typed, "amount": money(135_000)}], "vietqr")["matches"]) == 1


def test_of_two_orders_in_one_purpose_the_one_that_fits_is_paid(office: PaymentsOffice) -> None:
    other, payment = office.start(office.submitted(item(7_000)), "vietqr"), office.start(office.submitted(), "vietqr")
    text = f"{other['order_ref']} {payment['order_ref']}"
    assert len(reconcile(office, [{"description": text, "amount": money(135_000)}], "vietqr")["matches"]) == 1
    assert [office.payment_view(variant)["status"] for variant in (other, payment)] == ["started", "settled"]


def test_a_transfer_of_another_amount_settles_nothing(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    assert kinds(reconcile(office, [{"description": payment["order_ref"], "amount": money(135_001)}], "vietqr")) == [
        "amount_differs"
    ]
    assert office.payment_view(payment)["status"] == "started"


def test_the_same_statement_twice_changes_nothing(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    statement = [{"description": payment["order_ref"], "amount": money(135_000), "transaction_no": "FT1"}]
    reconcile(office, statement, "vietqr")
    assert kinds(reconcile(office, statement, "vietqr")) == []
    assert office.balance("clearing:vietqr") == 135_000


class Applications:
    """The neighbour: fees per application as its reader shows them."""

    def __init__(self, **fees: Any) -> None:
        self.fees = fees

    def application(self, *, application_id: str) -> SubmittedApplication:
        if application_id not in self.fees:
            raise Forwarded("ApplicationNotFound", "Không có hồ sơ này.")
        return {"application_id": application_id, "fees": self.fees[application_id]}


def fee(owed: int, settled: bool) -> dict[str, Any]:
    return {"owed": owed, "settled": {"how": "paid"} if settled else None}


def test_parity_finds_what_applications_does_not_know_of(office: PaymentsOffice) -> None:
    agreed, unheard, unknown, unpaid = (
        office.paid(),
        office.paid(),
        office.paid(),
        office.submitted(item(5_000), item(7_000, "result")),
    )
    neighbour = Applications(
        **{
            agreed["application_id"]: {"intake": fee(135_000, True)},
            unheard["application_id"]: {"intake": fee(135_000, False)},
            unpaid: {"intake": fee(5_000, True), "result": fee(7_000, False)},
        }
    )
    outcome = office.parity_check.parity(50, None, applications=neighbour, by=AUDITOR)
    assert outcome["checked"] == 4 and outcome["counts"] == {"match": 1, "missing": 1, "mismatch": 2}
    verdicts = {item["application_id"]: (item["verdict"], item["reason"]) for item in outcome["items"]}
    assert verdicts == {
        unheard["application_id"]: ("mismatch", "intake"),
        unknown["application_id"]: ("missing", "ApplicationNotFound"),
        unpaid: ("mismatch", "intake"),
    }


def test_parity_goes_page_by_page(office: PaymentsOffice) -> None:
    for _ in range(5):
        office.submitted()
    checked, cursor = 0, None
    while True:
        page = office.parity_check.parity(2, cursor, applications=Applications(), by=AUDITOR)
        checked, cursor = checked + page["checked"], page["next_cursor"]
        if cursor is None:
            break
    assert checked == 5


def test_parity_does_not_call_silence_a_difference(office: PaymentsOffice) -> None:
    office.paid()

    class Silent:
        def application(self, **_: Any) -> Any:
            raise ServiceUnavailable(service="applications")

    with pytest.raises(ServiceUnavailable):
        office.parity_check.parity(50, None, applications=Silent(), by=AUDITOR)


def test_reconciling_twice_under_one_command_answers_the_same(office: PaymentsOffice) -> None:
    payment, command = office.paid(), office.command(by=ACCOUNTANT)
    answers = [
        office.reconciler.reconcile("vnpay", [line(payment)], None, None, by=ACCOUNTANT, command=command)
        for _ in range(2)
    ]
    assert answers[0] == answers[1] and CITIZEN.account_id not in str(answers[0])
