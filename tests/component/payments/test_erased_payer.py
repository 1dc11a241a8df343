"""The accounts of an erased payer: every sum and number as it was, no word about the person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from services.payments.models import Demand, Notice, Payment, PaymentEvent, Reconciliation, Refund
from services.payments.personal_data import PersonalData
from tests.component.payments.test_reconciling import line, reconcile
from tests.component.payments.use_cases import ACCOUNTANT, APPROVER, CITIZEN, Counter, money

NAME = "HOANG YEN chuyen tien nop le phi"


def forget(counter: Counter, account_id: str = CITIZEN.account_id) -> dict[str, int]:
    forgetting = PersonalData(counter.database)
    with counter.database.session() as session:
        return forgetting.forget(session, account_id, forgetting.marks(session, account_id))


def everything(counter: Counter) -> str:
    tables = (Demand, Notice, Payment, PaymentEvent, Reconciliation, Refund)
    with counter.database.session() as session:
        return "\n".join(str(tuple(row)) for table in tables for row in session.execute(select(table.__table__)))


def transferred(counter: Counter) -> dict[str, Any]:
    payment = counter.start(counter.submitted(), "vietqr")
    said = {"order_ref": None, "transaction_no": "FT1", "amount": payment["amount"]}
    reconcile(counter, [said | {"description": f"{NAME} {payment['order_ref']}"}], "vietqr")
    return payment


def test_what_payers_and_offices_wrote_is_gone_and_the_books_are_as_they_were(counter: Counter) -> None:
    transferred(counter)
    paid = counter.paid()
    counter.refunds.refund(paid["payment_id"], paid["amount"], NAME, paid["amount"], by=CITIZEN,
                           command=counter.command())  # fmt: skip
    asked = {"application_id": counter.submitted(), "amount": money(5000), "reason": NAME}
    counter.billing.supplementary_demand(counter.event("payment_requested.v1", asked))
    remitted = counter.submitted()
    counter.cashier.waive(remitted, NAME, "Nghị quyết 1", by=ACCOUNTANT, command=counter.command(by=ACCOUNTANT))
    books = counter.ledger.trial_balance(None)
    assert NAME in everything(counter)
    removed = forget(counter)
    assert NAME not in everything(counter)
    assert counter.ledger.trial_balance(None) | {"at": None} == books | {"at": None}
    assert removed["bill"] == 4 and removed["refund"] == 1 and removed["reconciliation"] == 1
    assert counter.enquiries.demands(remitted, by=APPROVER)["items"][0]["legal_basis"] == "Nghị quyết 1"


def test_a_receipt_says_that_its_payer_was_erased(counter: Counter) -> None:
    paid = counter.paid()
    assert counter.enquiries.receipt(paid["payment_id"], by=ACCOUNTANT)["payer"]["erased"] is False
    forget(counter)
    receipt = counter.enquiries.receipt(paid["payment_id"], by=ACCOUNTANT)
    assert receipt["payer"] == {"account_id": CITIZEN.account_id, "erased": True}
    assert receipt["amount"] == paid["amount"] and receipt["receipt_number"]


def test_a_statement_that_comes_later_is_kept_without_the_payers_words(counter: Counter) -> None:
    paid = counter.paid()
    forget(counter)
    outcome = reconcile(counter, [line(paid, description=NAME)])
    assert [one["payment_id"] for one in outcome["matches"]] == [paid["payment_id"]]
    assert NAME not in everything(counter)


def test_money_that_comes_later_is_still_taken(counter: Counter) -> None:
    payment = counter.start(counter.submitted(), "vietqr")
    forget(counter)
    reconcile(counter, [{"order_ref": payment["order_ref"], "transaction_no": "FT1", "amount": payment["amount"],
                         "description": NAME}], "vietqr")  # fmt: skip
    assert counter.enquiries.payment(payment["payment_id"], by=ACCOUNTANT)["status"] == "settled"
    assert NAME not in everything(counter)


def test_what_is_said_of_an_erased_payer_is_not_kept_whoever_says_it(counter: Counter) -> None:
    paid, open_ = counter.paid(), counter.submitted()
    forget(counter)
    asked = counter.refunds.refund(paid["payment_id"], paid["amount"], NAME, paid["amount"], by=CITIZEN,
                                   command=counter.command())  # fmt: skip
    counter.refunds.decline_refund(asked["refund_id"], NAME, by=ACCOUNTANT, command=counter.command(by=ACCOUNTANT))
    counter.start(open_, return_url=f"http://portal.example.vn/?{NAME}")
    counter.cashier.waive(counter.submitted(), "vì khó khăn", "Nghị quyết 1", by=ACCOUNTANT,
                          command=counter.command(by=ACCOUNTANT))  # fmt: skip
    assert NAME not in everything(counter) and "khó khăn" in everything(counter)


def test_somebody_elses_accounts_are_untouched_and_a_second_time_changes_nothing(counter: Counter) -> None:
    transferred(counter)
    before = everything(counter)
    assert forget(counter, "somebody-else") == {} and everything(counter) == before
    forget(counter)
    after = everything(counter)
    forget(counter)
    assert everything(counter) == after
