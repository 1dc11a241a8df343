"""Nobody appoints themselves; operators, auditors and accountants are appointed by two operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from services.identity.errors import (
    AppointmentRequestNotFound,
    AppointmentRequestNotPending,
    OwnCase,
    SecondPersonNeeded,
)
from services.identity.offices import current_posts

AGENCY = "H01.01"


@pytest.fixture
def operators(identity: Any, operator: Actor) -> list[Actor]:
    """The first operator, and two whom they appointed: the second alone, the third with the second."""
    identity.offices.create_agency(AGENCY, "Phường Thử", by=operator)
    second, third = (Actor(identity.registered(number)["account_id"], "", frozenset({"operator"})) for number in (0, 1))
    assert identity.offices.appoint(second.account_id, AGENCY, ["operator"], by=operator)["appointed_at"]
    request = identity.offices.appoint(third.account_id, AGENCY, ["operator"], by=operator)
    identity.offices.approve_appointment(request["request_id"], by=second)
    return [operator, second, third]


def roles_of(identity: Any, account_id: str) -> list[str]:
    with identity.database.session() as session:
        return [role for post in current_posts(session, account_id) for role in post["roles"]]


def test_nobody_appoints_themselves(identity: Any, operators: list[Actor]) -> None:
    for roles in (["auditor"], ["case_officer"], ["operator", "accountant"]):
        with pytest.raises(OwnCase):
            identity.offices.appoint(operators[1].account_id, AGENCY, roles, by=operators[1])


@pytest.mark.parametrize("role", ["operator", "auditor", "accountant"])
def test_one_operator_alone_makes_no_operator_auditor_or_accountant(
    identity: Any, operators: list[Actor], role: str, fits: Any
) -> None:
    first, second, third = operators
    account_id = identity.registered(2)["account_id"]
    request = identity.offices.appoint(account_id, AGENCY, [role, "case_officer"], by=first)
    fits("appoint", request)
    assert request["status"] == "awaiting_approval" and request["appointed_at"] is None
    assert identity.offices.appoint(account_id, AGENCY, ["case_officer", role], by=first) == request
    assert roles_of(identity, account_id) == []
    with pytest.raises(SecondPersonNeeded):
        identity.offices.approve_appointment(request["request_id"], by=first)
    assert [
        pending["request_id"] for pending in identity.offices.appointment_requests("awaiting_approval")["items"]
    ] == [request["request_id"]]
    appointment = identity.offices.approve_appointment(request["request_id"], by=second)
    fits("approve_appointment", appointment)
    assert appointment["appointed_at"] and set(roles_of(identity, account_id)) == {role, "case_officer"}
    with pytest.raises(AppointmentRequestNotPending):
        identity.offices.decline_appointment(request["request_id"], by=third)


def test_whom_it_is_about_does_not_decide(identity: Any, operators: list[Actor]) -> None:
    first, second, third = operators
    request = identity.offices.appoint(third.account_id, AGENCY, ["operator", "auditor"], by=first)
    with pytest.raises(OwnCase):
        identity.offices.approve_appointment(request["request_id"], by=third)
    assert identity.offices.decline_appointment(request["request_id"], by=second)["status"] == "declined"
    assert roles_of(identity, third.account_id) == ["operator"]


def test_a_request_expires_and_an_unknown_one_is_not_found(identity: Any, operators: list[Actor]) -> None:
    account_id = identity.registered(2)["account_id"]
    request = identity.offices.appoint(account_id, AGENCY, ["auditor"], by=operators[0])
    with time_machine.travel(clock.now() + timedelta(days=20)), pytest.raises(AppointmentRequestNotPending):
        identity.offices.approve_appointment(request["request_id"], by=operators[1])
    with pytest.raises(AppointmentRequestNotFound):
        identity.offices.approve_appointment(account_id, by=operators[1])


def test_a_role_held_already_and_other_roles_take_one_operator(identity: Any, operators: list[Actor]) -> None:
    first, second, _ = operators
    account_id = identity.registered(2)["account_id"]
    assert identity.offices.appoint(account_id, AGENCY, ["case_officer"], by=first)["appointed_at"]
    request = identity.offices.appoint(account_id, AGENCY, ["auditor"], by=first)
    identity.offices.approve_appointment(request["request_id"], by=second)
    assert identity.offices.appoint(account_id, AGENCY, ["approver", "auditor"], by=first)["appointed_at"]
