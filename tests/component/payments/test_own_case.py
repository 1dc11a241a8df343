"""Who is a party to an application handles its money neither alone nor with others; a waiver takes two; accountants see
their own agencies' money; a delegate pays while the delegation holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.auth import Acting
from infra.chassis.refusals import Forbidden, Forwarded
from services.payments import access
from tests.component.payments.use_cases import PaymentsOffice, refused
from tests.support.cloud_events import event_of
from tests.unit.payments.actors import ACCOUNTANT, AGENCY, APPROVER, AUDITOR, CITIZEN, CLERK, ELSEWHERE
from tests.unit.payments.builders import item, money

ROLES = frozenset({"accountant", "approver", "intake_officer", "auditor"})
OWN = Actor(CITIZEN.account_id, "Nguyễn Thị Mẫu", frozenset({"citizen"}), {AGENCY: ROLES})  # applicant and staff
TRUSTED = Actor(str(uuid4()), "Lê Văn Ủy Quyền", frozenset({"citizen"}), {AGENCY: ROLES})  # once a delegate, and staff
BASIS = "Điều 10 Luật Phí và lệ phí"


def entrusted(office: PaymentsOffice) -> None:
    data = {"principal_account_id": CITIZEN.account_id, "delegate_account_id": TRUSTED.account_id, "scope": ["*"]}
    office.delegates.delegation_granted(event_of("identity:1", data))


def acts(office: PaymentsOffice, who: Actor) -> dict[str, Callable[[], Any]]:
    """What the office does with money, each on an application of the citizen's."""
    how: Callable[[], dict[str, Any]] = lambda: {"by": who, "command": office.command(by=who)}  # noqa: E731
    unpaid = office.submitted()
    request = office.waiver_desk.waive(unpaid, "Nghèo", BASIS, by=ACCOUNTANT, command=office.command(by=ACCOUNTANT))
    paid = office.paid()
    refund = office.refund_desk.refund(
        paid["payment_id"], money(1), "Thừa", paid["amount"], by=ACCOUNTANT, command=office.command(by=ACCOUNTANT)
    )
    return {
        "waive": lambda: office.waiver_desk.waive(unpaid, "Nghèo", BASIS, **how()),
        "approve_waiver": lambda: office.waiver_desk.approve_waiver(request["waiver_id"], **how()),
        "decline_waiver": lambda: office.waiver_desk.decline_waiver(request["waiver_id"], **how()),
        "record_offline": lambda: office.cashier.record_offline(unpaid, "cash", money(135_000), "AA-1", **how()),
        "approve_refund": lambda: office.refund_desk.approve_refund(refund["refund_id"], **how()),
        "decline_refund": lambda: office.refund_desk.decline_refund(refund["refund_id"], None, **how()),
    }


@pytest.mark.parametrize("who", [OWN, TRUSTED], ids=["applicant", "former delegate"])
def test_a_party_handles_no_money_of_their_own_case(office: PaymentsOffice, who: Actor) -> None:
    entrusted(office)
    tried = acts(office, who)
    assert {name: refused(act) for name, act in tried.items()} == dict.fromkeys(tried, "OwnCase")


def test_a_former_delegate_reads_it_not_as_staff_either(office: PaymentsOffice) -> None:
    entrusted(office)
    paid = office.paid()
    assert refused(office.enquiries.payment, paid["payment_id"], by=TRUSTED) == "OwnCase"
    assert refused(office.enquiries.demands, paid["application_id"], by=TRUSTED) == "OwnCase"
    assert refused(office.enquiries.receipt, paid["payment_id"], by=TRUSTED) == "OwnCase"
    assert office.enquiries.payment(paid["payment_id"], by=ACCOUNTANT)["status"] == "settled"


def test_lists_of_what_waits_leave_ones_own_case_out(office: PaymentsOffice) -> None:
    entrusted(office)
    acts(office, ACCOUNTANT)
    for who, count in ((ACCOUNTANT, 1), (AUDITOR, 1), (ELSEWHERE, 0), (OWN, 0), (TRUSTED, 0)):
        assert len(office.enquiries.refunds("pending_approval", by=who)["items"]) == count
        assert len(office.waiver_desk.waivers("awaiting_approval", by=who)["items"]) == count


def test_a_waiver_takes_two_persons(office: PaymentsOffice) -> None:
    application_id = office.submitted()
    how: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
    request = office.waiver_desk.waive(application_id, "Nghèo", BASIS, **how)
    assert request["status"] == "awaiting_approval" and office.demands(application_id)["owed"] == money(135_000)
    again: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
    assert office.waiver_desk.waive(application_id, "Nghèo", BASIS, **again) == request
    alone: Acting = {"by": ACCOUNTANT, "command": office.command("alone", by=ACCOUNTANT)}
    assert refused(office.waiver_desk.approve_waiver, request["waiver_id"], **alone) == "SecondPersonNeeded"
    by_approver: Acting = {"by": APPROVER, "command": office.command(by=APPROVER)}
    assert office.waiver_desk.approve_waiver(request["waiver_id"], **by_approver)["status"] == "approved"
    assert office.demands(application_id)["waived"] == money(135_000)
    later: Acting = {"by": APPROVER, "command": office.command("again", by=APPROVER)}
    assert refused(office.waiver_desk.decline_waiver, request["waiver_id"], **later) == "TransitionNotAllowed"


def test_a_request_for_a_waiver_expires_and_holds_for_the_sum_requested(office: PaymentsOffice) -> None:
    late, changed = office.submitted(), office.submitted(item(50_000), item(30_000, "result"))
    by_accountant: Acting = {"by": ACCOUNTANT, "command": office.command(by=ACCOUNTANT)}
    first = office.waiver_desk.waive(late, "Nghèo", BASIS, **by_accountant)
    second = office.waiver_desk.waive(changed, "Nghèo", BASIS, by=ACCOUNTANT, command=office.command(by=ACCOUNTANT))
    office.cashier.record_offline(changed, "cash", money(50_000), "AA-1", by=CLERK, command=office.command(by=CLERK))
    decide = office.waiver_desk.approve_waiver
    assert refused(decide, second["waiver_id"], by=APPROVER, command=office.command(by=APPROVER)) == "AmountDiffers"
    with time_machine.travel(clock.now() + timedelta(days=45)):
        refusal = refused(decide, first["waiver_id"], by=APPROVER, command=office.command(by=APPROVER))
    assert refusal == "TransitionNotAllowed"
    strange = refused(decide, str(uuid4()), by=APPROVER, command=office.command(by=APPROVER))
    assert strange == "WaiverNotFound"


def test_an_accountant_sees_the_books_of_their_own_agency(office: PaymentsOffice) -> None:
    office.paid()
    account = "clearing:vnpay"
    assert office.bookkeeper.ledger(account, None, None, 50, None, by=ACCOUNTANT)["items"]
    assert refused(office.bookkeeper.ledger, account, None, None, 50, None, by=ELSEWHERE) == "LedgerAccountNotFound"
    mine, theirs = (office.bookkeeper.trial_balance(None, by=who) for who in (ACCOUNTANT, ELSEWHERE))
    assert mine["accounts"] and mine["balanced"] and theirs["accounts"] == []
    checked = [office.parity_check.parity(50, None, applications=Missing(), by=reader)["checked"]
               for reader in (ACCOUNTANT, ELSEWHERE, AUDITOR)]  # fmt: skip
    assert checked == [1, 0, 1]


class Missing:
    """An applications that knows none of them."""

    def application(self, *, application_id: str) -> Any:
        raise Forwarded("ApplicationNotFound", application_id)


class Delegations:
    """An identity in which one delegation may be in force."""

    def __init__(self, in_force: bool) -> None:
        self.in_force = in_force

    def delegation_for(self, **question: str) -> Any:
        if not self.in_force:
            raise Forwarded("DelegationNotFound", "Không có ủy quyền.")


def test_a_delegate_pays_and_reads_while_the_delegation_holds_and_not_a_moment_longer(office: PaymentsOffice) -> None:
    delegate = Actor(str(uuid4()), "Trần Văn Ủy", frozenset({"citizen"}))
    data = office.submission(item(135_000))
    data["by"] = {**data["by"], "account_id": delegate.account_id}
    office.billing.bill_of_submission(office.event("application_submitted.v1", data))
    key = data["application_id"]
    started = access.on_behalf(Delegations(True), delegate, lambda by: office.start(key, by=by))
    doors: list[Callable[[Actor], object]] = [
        lambda by: office.enquiries.demands(key, by=by),
        lambda by: office.enquiries.payments(key, by=by),
        lambda by: office.enquiries.payment(started["payment_id"], by=by),
        lambda by: office.cashier.cancel(started["payment_id"], by=by, command=office.command("cancel", by)),
        lambda by: office.start(key, by=by),
    ]
    for door in doors:
        with pytest.raises(Forbidden):
            access.on_behalf(Delegations(False), delegate, door)
    for door in doors:
        assert access.on_behalf(Delegations(True), delegate, door)
