"""Money in suspense is given to the application it was meant for by two persons, and every đồng stays in the books."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from infra.chassis.access.auth import Acting
from infra.chassis.contracts import contract_of
from infra.chassis.json_types import Json
from services.payments.personal_data import REMOVED
from services.payments.suspense import SuspenseDesk
from tests.component.payments.test_erased_payer import forget
from tests.component.payments.test_statements_by_two import OWN, decided, handed_in
from tests.component.payments.use_cases import LAST_EVENING, SEVEN_DAYS_BEFORE_TET, PaymentsOffice, refused
from tests.unit.payments.actors import ACCOUNTANT, ACCOUNTANT_2, AUDITOR, ELSEWHERE
from tests.unit.payments.builders import item, money


def unexplained(office: PaymentsOffice, amount: int = 135_000, by: Actor = ACCOUNTANT, **more: Any) -> int:
    """A transfer whose text names no order, booked by two; the number of its line."""
    about = {"description": "CHUYEN TIEN", "amount": money(amount), "transaction_no": "FT1"} | more
    decided(office, handed_in(office, [about], by), ACCOUNTANT_2)
    [line] = [item for item in desk(office).suspense(by=AUDITOR)["items"] if item["amount"]["amount"] == amount]
    return int(line["line_id"])


def desk(office: PaymentsOffice) -> SuspenseDesk:
    return SuspenseDesk(office.database)


def requested(office: PaymentsOffice, line_id: int, application_id: str, by: Actor = ACCOUNTANT) -> Json:
    how: Acting = {"by": by, "command": office.command(by=by)}
    return desk(office).assign_suspense(line_id, application_id, "Giấy báo có ghi tên người nộp", **how)


def approved(office: PaymentsOffice, request: Json, by: Actor = ACCOUNTANT_2) -> Json:
    return desk(office).approve_assignment(request["assignment_id"], by=by, command=office.command(by=by))


def books(office: PaymentsOffice) -> tuple[int, int, int]:
    return tuple(office.balance(account) for account in ("clearing:vietqr", "suspense:vietqr", "surplus:payers"))  # type: ignore[return-value]


def paid_states(office: PaymentsOffice, application_id: str) -> list[str]:
    return sorted(item["status"] for item in office.enquiries.payments(application_id, by=AUDITOR)["items"])


def test_what_a_person_finds_out_about_a_transfer_pays_the_fee_once_another_agrees(office: PaymentsOffice) -> None:
    application_id, line_id = office.submitted(), unexplained(office)
    request = requested(office, line_id, application_id)
    assert contract_of("payments").reply("assign_suspense").problems(request) == []
    assert request["status"] == "awaiting_approval" and books(office) == (135_000, -135_000, 0)
    assert refused(approved, office, request, ACCOUNTANT) == "SecondPersonNeeded"
    answer = approved(office, request)
    assert contract_of("payments").reply("approve_assignment").problems(answer) == []
    assert office.enquiries.payment(answer["payment_id"], by=AUDITOR)["status"] == "settled"
    assert books(office) == (135_000, 0, 0)
    assert desk(office).suspense(by=AUDITOR)["items"] == []
    assert refused(approved, office, request) == "TransitionNotAllowed"


def test_the_order_that_waits_for_the_transfer_is_the_one_settled(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    payment = office.start(application_id, "vietqr")
    answer = approved(office, requested(office, unexplained(office), application_id))
    assert answer["payment_id"] == payment["payment_id"] and paid_states(office, application_id) == ["settled"]


@pytest.mark.parametrize("amount", [100_000, 185_000])
def test_another_amount_is_held_for_the_payer_who_can_have_it_back(office: PaymentsOffice, amount: int) -> None:
    application_id = office.submitted()
    approved(office, requested(office, unexplained(office, amount), application_id))
    assert paid_states(office, application_id) == ["surplus"] and books(office) == (amount, 0, -amount)


def test_money_for_what_is_paid_already_is_surplus(office: PaymentsOffice) -> None:
    application_id = office.paid()["application_id"]
    approved(office, requested(office, unexplained(office), application_id))
    assert paid_states(office, application_id) == ["settled", "surplus"] and books(office) == (135_000, 0, -135_000)


def test_what_a_statement_explains_meanwhile_is_given_to_nobody_else(office: PaymentsOffice) -> None:
    application_id, line_id = office.submitted(), unexplained(office)
    first, second = requested(office, line_id, application_id), requested(office, line_id, office.submitted())
    approved(office, first)
    assert refused(approved, office, second) == "SuspenseChanged" and books(office) == (135_000, 0, 0)
    assert refused(requested, office, line_id, application_id) == "SuspenseNotFound"
    assert refused(requested, office, 999, application_id) == "SuspenseNotFound"


def test_money_that_left_is_no_payment_of_anybody(office: PaymentsOffice) -> None:
    about = {"description": "PHI NGAN HANG", "amount": money(11_000), "transaction_no": "FT1", "direction": "debit"}
    decided(office, handed_in(office, [about], ACCOUNTANT), ACCOUNTANT_2)
    [line] = desk(office).suspense(by=AUDITOR)["items"]
    assert line["amount"] == money(-11_000)
    assert refused(requested, office, line["line_id"], office.submitted()) == "SuspenseNotFound"


def test_no_party_and_no_other_agency_has_a_hand_in_it(office: PaymentsOffice) -> None:
    application_id, line_id = office.submitted(), unexplained(office)
    assert refused(requested, office, line_id, application_id, OWN) == "OwnCase"
    assert refused(requested, office, line_id, application_id, ELSEWHERE) == "Forbidden"
    request = requested(office, line_id, application_id)
    assert refused(approved, office, request, OWN) == "OwnCase"
    assert refused(approved, office, request, ELSEWHERE) == "Forbidden"
    assert desk(office).suspense(by=ELSEWHERE)["items"] == []
    lists = [desk(office).suspense_assignments("awaiting_approval", by=who)["items"] for who in (AUDITOR, ELSEWHERE)]
    assert [len(items) for items in lists] == [1, 0]


def test_a_request_is_declined_or_forgotten_and_moves_nothing(office: PaymentsOffice) -> None:
    application_id, line_id = office.submitted(), unexplained(office)
    with time_machine.travel(SEVEN_DAYS_BEFORE_TET, tick=False):
        request, late = requested(office, line_id, application_id), requested(office, line_id, application_id)
    how: Acting = {"by": ACCOUNTANT_2, "command": office.command(by=ACCOUNTANT_2)}
    with time_machine.travel(LAST_EVENING, tick=False):
        assert desk(office).decline_assignment(request["assignment_id"], **how)["status"] == "declined"
    with time_machine.travel(LAST_EVENING + timedelta(hours=2), tick=False):
        assert refused(approved, office, late) == "TransitionNotAllowed"
    assert books(office) == (135_000, -135_000, 0)
    assert refused(approved, office, {"assignment_id": application_id}) == "AssignmentNotFound"


def test_a_line_shown_again_is_the_payment_it_was_given_to(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    answer = approved(office, requested(office, unexplained(office), application_id))
    again = handed_in(
        office, [{"description": "CHUYEN TIEN", "amount": money(135_000), "transaction_no": "FT1"}], ACCOUNTANT
    )
    assert again["status"] == "booked" and again["discrepancies"] == []
    assert [match["payment_id"] for match in again["matches"]] == [answer["payment_id"]]


def test_two_sums_of_one_application_are_paid_together_by_one_transfer(office: PaymentsOffice) -> None:
    application_id = office.submitted(item(100_000), item(35_000))
    approved(office, requested(office, unexplained(office), application_id))
    assert paid_states(office, application_id) == ["settled"]


def test_why_it_was_given_to_an_erased_payer_is_forgotten(office: PaymentsOffice) -> None:
    request = requested(office, unexplained(office), office.submitted())
    forget(office)
    [item] = desk(office).suspense_assignments("awaiting_approval", by=AUDITOR)["items"]
    assert item["assignment_id"] == request["assignment_id"] and item["reason"] == REMOVED
