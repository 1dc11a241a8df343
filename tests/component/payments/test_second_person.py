"""Whatever moves money by two persons: requester, payer and decider are three, whichever pair one would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from services.payments.suspense import SuspenseDesk
from tests.component.payments.test_own_case import BASIS
from tests.component.payments.test_suspense import unexplained
from tests.component.payments.use_cases import PaymentsOffice, refused
from tests.unit.payments.actors import ACCOUNTANT, ACCOUNTANT_2, AGENCY, CITIZEN
from tests.unit.payments.builders import money

OWN = Actor(CITIZEN.account_id, CITIZEN.name, frozenset({"citizen"}), {AGENCY: frozenset({"accountant", "approver"})})
# The same person with more than one hat is one person.
REQUESTER_AS_OPERATOR = Actor(ACCOUNTANT.account_id, ACCOUNTANT.name, frozenset({"operator"}), ACCOUNTANT.agencies)


@dataclass(frozen=True)
class Desk:
    """How one desk is asked, and how it is decided there; each on an application of the citizen's."""

    prepare: Callable[[PaymentsOffice], Any]
    ask: Callable[[PaymentsOffice, Any, Actor], Json]
    key: str
    doors: tuple[str, str]
    at: Callable[[PaymentsOffice], Any]
    payer_may_ask: bool = False

    def decide(self, office: PaymentsOffice, request: Json, door: str, by: Actor) -> Json:
        more = (None,) if door == "decline_refund" else ()
        answer: Json = getattr(self.at(office), door)(request[self.key], *more, by=by, command=office.command(by=by))
        return answer


def _waiver(office: PaymentsOffice, unpaid: str, by: Actor) -> Json:
    return office.waiver_desk.waive(unpaid, "Nghèo", BASIS, by=by, command=office.command(by=by))


def _statement(office: PaymentsOffice, payment: Json, by: Actor) -> Json:
    line = {"description": payment["order_ref"], "amount": money(135_000), "transaction_no": "FT1"}
    return office.reconciler.reconcile("vietqr", [line], None, None, by=by, command=office.command(by=by))


def _assignment(office: PaymentsOffice, about: tuple[int, str], by: Actor) -> Json:
    return SuspenseDesk(office.database).assign_suspense(*about, "Giấy báo có", by=by, command=office.command(by=by))


def _refund(office: PaymentsOffice, paid: Json, by: Actor) -> Json:
    sums = money(1), "Thừa", paid["amount"]
    return office.refund_desk.refund(paid["payment_id"], *sums, by=by, command=office.command(by=by))


DESKS = {
    "waiver": Desk(
        lambda office: office.submitted(),
        _waiver,
        "waiver_id", ("approve_waiver", "decline_waiver"), lambda office: office.waiver_desk,
    ),
    "statement": Desk(
        lambda office: office.start(office.submitted(), "vietqr"), _statement, "reconciliation_id",
        ("approve_statement", "decline_statement"), lambda office: office.reconciler,
    ),
    "suspense": Desk(
        lambda office: (unexplained(office), office.submitted()), _assignment, "assignment_id",
        ("approve_assignment", "decline_assignment"), lambda office: SuspenseDesk(office.database),
    ),
    "refund": Desk(
        lambda office: office.paid(), _refund, "refund_id", ("approve_refund", "decline_refund"),
        lambda office: office.refund_desk, payer_may_ask=True,
    ),
}  # fmt: skip
PLACES = [(name, way) for name in DESKS for way in (0, 1)]


@pytest.mark.parametrize("name", sorted(DESKS))
def test_a_payer_requests_nothing_of_the_office_for_themselves(office: PaymentsOffice, name: str) -> None:
    desk = DESKS[name]
    about = desk.prepare(office)
    if desk.payer_may_ask:  # their own money back, as anybody may
        assert desk.ask(office, about, OWN)["status"] == "pending_approval"
    else:
        assert refused(desk.ask, office, about, OWN) == "OwnCase"


@pytest.mark.parametrize(("name", "way"), PLACES)
def test_no_pair_of_requester_payer_and_decider_is_one_person(office: PaymentsOffice, name: str, way: int) -> None:
    desk = DESKS[name]
    door = desk.doors[way]
    request = desk.ask(office, desk.prepare(office), ACCOUNTANT)
    assert refused(desk.decide, office, request, door, OWN) == "OwnCase"
    for requester in (ACCOUNTANT, REQUESTER_AS_OPERATOR):
        assert refused(desk.decide, office, request, door, requester) == "SecondPersonNeeded"
    decided = desk.decide(office, request, door, ACCOUNTANT_2)
    assert (decided["requested_by"], decided["decided_by"]) == (ACCOUNTANT.account_id, ACCOUNTANT_2.account_id)
    for again in desk.doors:
        assert refused(desk.decide, office, request, again, ACCOUNTANT_2) == "TransitionNotAllowed"


@pytest.mark.parametrize("door", DESKS["refund"].doors)
def test_a_payer_who_asked_for_their_money_does_not_decide_on_it(office: PaymentsOffice, door: str) -> None:
    desk = DESKS["refund"]
    request = desk.ask(office, desk.prepare(office), OWN)
    assert refused(desk.decide, office, request, door, OWN) == "OwnCase"
    assert desk.decide(office, request, door, ACCOUNTANT)["decided_by"] == ACCOUNTANT.account_id
