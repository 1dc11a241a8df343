"""The accounts of an erased payer: every sum and number as it was, no word about the person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from services.payments.models import Demand, Notice, Payment, PaymentEvent, Reconciliation, Refund
from services.payments.personal_data import PersonalData
from tests.component.payments.test_reconciling import line, reconcile
from tests.component.payments.use_cases import PaymentsOffice
from tests.unit.payments.actors import ACCOUNTANT, APPROVER, AUDITOR, CITIZEN
from tests.unit.payments.builders import money

NAME = "HOANG YEN chuyen tien nop le phi"


def forget(office: PaymentsOffice, account_id: str = CITIZEN.account_id) -> dict[str, int]:
    forgetting = PersonalData(office.database)
    with office.database.session() as session:
        return forgetting.forget(session, account_id, forgetting.marks(session, account_id))


def everything(office: PaymentsOffice) -> str:
    tables = (Demand, Notice, Payment, PaymentEvent, Reconciliation, Refund)
    with office.database.session() as session:
        return "\n".join(str(tuple(row)) for table in tables for row in session.execute(select(table.__table__)))


def transferred(office: PaymentsOffice) -> dict[str, Any]:
    payment = office.start(office.submitted(), "vietqr")
    line = {"order_ref": None, "transaction_no": "FT1", "amount": payment["amount"]}
    reconcile(office, [line | {"description": f"{NAME} {payment['order_ref']}"}], "vietqr")
    return payment


def test_what_payers_and_offices_wrote_is_gone_and_the_books_are_as_they_were(office: PaymentsOffice) -> None:
    transferred(office)
    paid = office.paid()
    office.refund_desk.refund(
        paid["payment_id"], paid["amount"], NAME, paid["amount"], by=CITIZEN, command=office.command()
    )
    request = {"application_id": office.submitted(), "amount": money(5000), "reason": NAME}
    office.billing.supplementary_demand(office.event("payment_requested.v1", request))
    remitted = office.submitted()
    office.waived(remitted, NAME, "Nghị quyết 1", by=ACCOUNTANT, approved_by=APPROVER)
    books = office.bookkeeper.trial_balance(None, by=AUDITOR)
    assert NAME in everything(office)
    removed = forget(office)
    assert NAME not in everything(office)
    assert office.bookkeeper.trial_balance(None, by=AUDITOR) | {"at": None} == books | {"at": None}
    assert removed["bill"] == 4 and removed["refund"] == 1 and removed["reconciliation"] == 1
    assert office.enquiries.demands(remitted, by=APPROVER)["items"][0]["legal_basis"] == "Nghị quyết 1"


def test_a_receipt_says_that_its_payer_was_erased(office: PaymentsOffice) -> None:
    paid = office.paid()
    assert office.enquiries.receipt(paid["payment_id"], by=ACCOUNTANT)["payer"]["erased"] is False
    forget(office)
    receipt = office.enquiries.receipt(paid["payment_id"], by=ACCOUNTANT)
    assert receipt["payer"] == {"account_id": CITIZEN.account_id, "erased": True}
    assert receipt["amount"] == paid["amount"] and receipt["receipt_number"]


def test_a_statement_that_comes_later_is_stored_without_the_payers_text(office: PaymentsOffice) -> None:
    paid = office.paid()
    forget(office)
    outcome = reconcile(office, [line(paid, description=NAME)])
    assert [matched["payment_id"] for matched in outcome["matches"]] == [paid["payment_id"]]
    assert NAME not in everything(office)


def test_money_that_comes_later_is_still_taken(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted(), "vietqr")
    forget(office)
    reconcile(
        office,
        [
            {
                "order_ref": payment["order_ref"],
                "transaction_no": "FT1",
                "amount": payment["amount"],
                "description": NAME,
            }
        ],
        "vietqr",
    )
    assert office.enquiries.payment(payment["payment_id"], by=ACCOUNTANT)["status"] == "settled"
    assert NAME not in everything(office)


def test_no_text_about_an_erased_payer_is_stored_whoever_writes_it(office: PaymentsOffice) -> None:
    paid, open_ = office.paid(), office.submitted()
    forget(office)
    request = office.refund_desk.refund(
        paid["payment_id"], paid["amount"], NAME, paid["amount"], by=CITIZEN, command=office.command()
    )
    office.refund_desk.decline_refund(request["refund_id"], NAME, by=ACCOUNTANT, command=office.command(by=ACCOUNTANT))
    office.start(open_, return_url=f"http://portal.example.vn/?{NAME}")
    office.waived(office.submitted(), "vì khó khăn", "Nghị quyết 1", by=ACCOUNTANT, approved_by=APPROVER)
    assert NAME not in everything(office) and "khó khăn" in everything(office)


def test_somebody_elses_accounts_are_untouched_and_a_second_time_changes_nothing(office: PaymentsOffice) -> None:
    transferred(office)
    before = everything(office)
    assert forget(office, "somebody-else") == {} and everything(office) == before
    forget(office)
    after = everything(office)
    forget(office)
    assert everything(office) == after
