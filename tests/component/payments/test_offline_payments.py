"""Money taken at the office, fees waived, receipts: who may, how much, and with which number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from tests.component.payments.use_cases import PaymentsOffice, refused
from tests.unit.payments.actors import ACCOUNTANT, AGENCY, APPROVER, CITIZEN, CLERK, ELSEWHERE, STRANGER, official
from tests.unit.payments.builders import item, money


def cash(
    office: PaymentsOffice,
    application_id: str,
    amount: int = 135_000,
    number: str = "AA/25E-0001",
    by: Actor = CLERK,
    **how: Any,
) -> dict[str, Any]:
    payable = money(amount, how.get("currency", "VND"))
    return office.cashier.record_offline(
        application_id, how.get("method", "cash"), payable, number, by=by, command=office.command(by=by)
    )


def waive(office: PaymentsOffice, application_id: str, by: Actor = ACCOUNTANT) -> dict[str, Any]:
    approver = APPROVER if by is ACCOUNTANT else ACCOUNTANT
    return office.waived(application_id, "Hộ nghèo", "Điều 10 Luật Phí và lệ phí", by=by, approved_by=approver)


def test_cash_at_the_desk_settles_what_is_due(office: PaymentsOffice) -> None:
    payment = cash(office, office.submitted(level=3))
    assert payment["status"] == "settled" and payment["receipt_book_number"] == "AA/25E-0001"
    assert office.balance(f"cash:{AGENCY}") == 135_000 and office.balance(f"receivable:{AGENCY}") == 0
    event_type, data = office.events()[-1]
    assert event_type == "payment_settled.v1" and data["method"] == "cash" and data["collected_at"] == ["intake"]


def test_a_transfer_goes_to_the_bank_account_and_an_accountant_may_record_it(office: PaymentsOffice) -> None:
    cash(office, office.submitted(), by=ACCOUNTANT, method="transfer")
    assert office.balance(f"bank:{AGENCY}") == 135_000


def test_a_foreign_currency_is_taken_at_the_desk(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(5_000, currency="USD"))
    assert cash(office, application_id, 5_000, currency="USD")["amount"] == money(5_000, "USD")


def test_only_the_exact_amount_is_taken(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    for amount in (134_999, 135_001, 0):
        assert refused(cash, office, application_id, amount) == "AmountDiffers"
    assert refused(cash, office, application_id, 135_000, currency="USD") == "AmountDiffers"


@pytest.mark.parametrize(
    "typed", ["aa/25e-0001", "AA 25E 0001", "ＡＡ/25E－0001", "AA/25E\u20130001", "AA/25E-OOO1", "AA25E000l"]
)
def test_a_receipt_book_number_is_the_same_however_it_is_typed(office: PaymentsOffice, typed: str) -> None:
    cash(office, office.submitted())
    assert refused(cash, office, office.submitted(), number=typed) == "ReceiptBookNumberUsed"


def test_a_receipt_book_number_has_letters_or_digits(office: PaymentsOffice) -> None:
    assert refused(cash, office, office.submitted(), number="–/ –") == "InvalidRequest"


def test_a_receipt_book_number_is_used_once_per_agency(office: PaymentsOffice) -> None:
    cash(office, office.submitted())
    assert refused(cash, office, office.submitted()) == "ReceiptBookNumberUsed"
    assert cash(office, office.submitted(), number="AA/25E-0002")["status"] == "settled"


def test_only_desk_officials_of_the_agency_take_money(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    for stranger in (CITIZEN, STRANGER, APPROVER, ELSEWHERE, official("Chuyên viên Mẫu", "case_officer")):
        assert refused(cash, office, application_id, by=stranger) == "Forbidden"


def test_what_was_paid_at_the_desk_is_not_taken_again(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    cash(office, application_id)
    assert refused(cash, office, application_id, number="AA/25E-0002") == "AlreadyPaid"
    assert refused(office.start, application_id) == "AlreadyPaid"


def test_paying_at_the_desk_leaves_a_late_online_payment_as_surplus(office: PaymentsOffice) -> None:
    online = office.start(office.submitted())
    cash(office, online["application_id"])
    assert office.call_back(online) == "00"
    assert office.payment_view(online)["status"] == "surplus"


def test_a_waiver_closes_everything_unpaid_on_a_legal_basis(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(50_000), item(30_000, "result"))
    answer = waive(office, application_id)
    assert answer["waived"] == money(80_000) and answer["collected_at"] == ["intake", "result"]
    assert office.demands(application_id)["waived"] == money(80_000)
    assert office.balance(f"waived:{AGENCY}") == 80_000 and office.balance(f"receivable:{AGENCY}") == 0
    event_type, data = office.events()[-1]
    assert event_type == "fee_waived.v1" and data["legal_basis"] and data["collected_at"] == ["intake", "result"]


def test_what_was_waived_or_paid_is_not_waived_again(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    waive(office, application_id, APPROVER)
    assert refused(waive, office, application_id) == "NothingOwed"
    assert refused(office.start, application_id) == "NothingOwed"
    assert refused(waive, office, office.paid()["application_id"]) == "AlreadyPaid"


def test_a_clerk_a_citizen_or_another_agency_waives_nothing(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    for stranger in (CLERK, CITIZEN, ELSEWHERE):
        assert refused(waive, office, application_id, stranger) == "Forbidden"


def test_a_receipt_names_number_items_and_the_amount_in_words(office: PaymentsOffice) -> None:
    payment = office.paid(office.submitted(item(127_000), item(8_000, kind="charge")))
    receipt = office.enquiries.receipt(payment["payment_id"], by=CITIZEN)
    assert receipt["amount_in_words"] == "Một trăm ba mươi lăm nghìn đồng"
    assert [item["amount"]["amount"] for item in receipt["items"]] == [127_000, 8_000]
    assert receipt["receipt_number"] == payment["receipt_number"]


def test_receipts_are_numbered_without_holes_per_agency_and_year(office: PaymentsOffice) -> None:
    with time_machine.travel(datetime(2026, 12, 31, 16, 59, tzinfo=UTC)):
        numbers = [office.paid()["receipt_number"] for _ in range(3)]
    with time_machine.travel(datetime(2026, 12, 31, 17, 1, tzinfo=UTC)):  # past midnight in Hà Nội
        numbers.append(office.paid()["receipt_number"])
    assert numbers == [f"BL-2026-{AGENCY}-000000{n}" for n in (1, 2, 3)] + [f"BL-2027-{AGENCY}-0000001"]


def test_there_is_no_receipt_before_the_money(office: PaymentsOffice) -> None:
    payment = office.start(office.submitted())
    assert refused(office.enquiries.receipt, payment["payment_id"], by=CITIZEN) == "NotPaidYet"
