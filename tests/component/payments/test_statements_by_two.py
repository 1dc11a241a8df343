"""A bank's statement is how money is seen at all: two persons of the agency have it booked, neither a party to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from infra.chassis.contracts import contract_of
from tests.component.payments.test_reconciling import line
from tests.component.payments.use_cases import LAST_EVENING, SEVEN_DAYS_BEFORE_TET, PaymentsOffice, refused
from tests.unit.payments.actors import ACCOUNTANT, ACCOUNTANT_2, AGENCY, AUDITOR, CITIZEN, ELSEWHERE
from tests.unit.payments.builders import money

OPERATOR = Actor("operator-1", "Người Vận Hành", frozenset({"operator"}))
OWN = Actor(CITIZEN.account_id, CITIZEN.name, frozenset({"citizen"}), {AGENCY: frozenset({"accountant"})})


def handed_in(office: PaymentsOffice, lines: list[dict[str, Any]], by: Actor, gateway: str = "vietqr") -> Any:
    return office.reconciler.reconcile(gateway, lines, None, None, by=by, command=office.command(by=by))


def decided(office: PaymentsOffice, reply: dict[str, Any], by: Actor, how: str = "approve_statement") -> Any:
    return getattr(office.reconciler, how)(reply["reconciliation_id"], by=by, command=office.command(by=by))


@pytest.fixture
def transfer(office: PaymentsOffice) -> tuple[dict[str, Any], dict[str, Any]]:
    """A payment that waits for a transfer, and the line that a statement might have of it."""
    payment = office.start(office.submitted(), "vietqr")
    return payment, {"description": payment["order_ref"], "amount": money(135_000), "transaction_no": "FT1"}


def test_one_accountant_alone_settles_nothing(office: PaymentsOffice, transfer: Any) -> None:
    payment, about = transfer
    request = handed_in(office, [about], ACCOUNTANT)
    assert contract_of("payments").reply("reconcile").problems(request) == []
    assert request["status"] == "awaiting_approval" and request["matches"][0]["payment_id"] == payment["payment_id"]
    assert office.payment_view(payment)["status"] != "settled" and office.balance("clearing:vietqr") == 0
    assert refused(decided, office, request, ACCOUNTANT) == "SecondPersonNeeded"
    assert decided(office, request, ACCOUNTANT_2)["status"] == "approved"
    assert office.payment_view(payment)["status"] == "settled"
    assert refused(decided, office, request, OPERATOR) == "TransitionNotAllowed"


def test_a_forged_statement_turned_down_or_forgotten_moves_nothing(office: PaymentsOffice, transfer: Any) -> None:
    payment, about = transfer
    with time_machine.travel(SEVEN_DAYS_BEFORE_TET, tick=False):
        declined, forgotten = handed_in(office, [about], ACCOUNTANT), handed_in(office, [about], ACCOUNTANT)
    with time_machine.travel(LAST_EVENING, tick=False):
        assert decided(office, declined, ACCOUNTANT_2, "decline_statement")["status"] == "declined"
    with time_machine.travel(LAST_EVENING + timedelta(hours=2), tick=False):
        assert refused(decided, office, forgotten, ACCOUNTANT_2) == "TransitionNotAllowed"
    assert office.payment_view(payment)["status"] != "settled" and office.balance("clearing:vietqr") == 0


def test_a_payer_neither_hands_in_nor_approves_what_pays_their_own_fee(office: PaymentsOffice, transfer: Any) -> None:
    _, about = transfer
    assert refused(handed_in, office, [about], OWN) == "OwnCase"
    assert refused(decided, office, handed_in(office, [about], ACCOUNTANT), OWN) == "OwnCase"


@pytest.mark.parametrize("gateway", ["vietqr", "vnpay"])
def test_another_agencys_accountant_neither_books_nor_sees_its_payments(office: PaymentsOffice, gateway: str) -> None:
    paid = office.paid()
    waiting = office.start(office.submitted(), "vietqr")
    about = line(paid) if gateway == "vnpay" else line(waiting) | {"transaction_no": "FT1"}
    assert refused(handed_in, office, [about], ELSEWHERE, gateway) == "Forbidden"
    assert handed_in(office, [], ELSEWHERE, "vnpay")["discrepancies"] == []
    assert [row["kind"] for row in handed_in(office, [], ACCOUNTANT, "vnpay")["discrepancies"]] == [
        "missing_on_statement"
    ]
    request = handed_in(office, [line(waiting) | {"transaction_no": "FT2"}], ACCOUNTANT)
    assert refused(decided, office, request, ELSEWHERE) == "Forbidden"
    readers = (ACCOUNTANT_2, AUDITOR, ELSEWHERE)
    lists = [office.reconciler.statements("awaiting_approval", by=who) for who in readers]
    assert [len(page["items"]) for page in lists] == [1, 1, 0]


def test_what_is_approved_is_what_was_handed_in(office: PaymentsOffice, transfer: Any) -> None:
    payment, about = transfer
    first, second = (
        handed_in(office, [about], ACCOUNTANT),
        handed_in(office, [about | {"transaction_no": "FT2"}], ACCOUNTANT),
    )
    decided(office, first, ACCOUNTANT_2)
    assert refused(decided, office, second, ACCOUNTANT_2) == "StatementOutdated"
    assert office.payment_view(payment)["status"] == "settled" and office.balance("surplus:payers") == 0


def test_a_gateways_statement_and_one_with_nothing_new_wait_for_nobody(office: PaymentsOffice, transfer: Any) -> None:
    _, about = transfer
    assert handed_in(office, [line(office.paid())], ACCOUNTANT, "vnpay")["status"] == "booked"
    decided(office, handed_in(office, [about], ACCOUNTANT), ACCOUNTANT_2)
    assert handed_in(office, [about], ACCOUNTANT)["status"] == "booked"


def test_the_books_show_nobody_a_case_of_their_own(office: PaymentsOffice) -> None:
    paid = office.paid()
    auditing = Actor(CITIZEN.account_id, CITIZEN.name, frozenset({"citizen", "auditor"}))
    account = f"receivable:{AGENCY}"
    books = [office.bookkeeper.ledger(account, None, None, 50, None, by=who) for who in (ACCOUNTANT, AUDITOR)]
    assert all(paid["application_id"] in str(page) for page in books)
    for party in (OWN, auditing):
        assert refused(office.bookkeeper.ledger, account, None, None, 50, None, by=party) == "LedgerAccountNotFound"
        assert office.bookkeeper.trial_balance(None, by=party)["accounts"] == []
