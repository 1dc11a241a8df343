"""Own case: who is a party to an application neither handles it nor reads it as staff, whatever post they hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.refusals import Refusal
from services.applications.errors import OwnCase
from tests.component.applications.use_cases import Portal
from tests.support.cloud_events import event_of
from tests.unit.applications import actors
from tests.unit.applications.actors import AGENCY, call, reading
from tests.unit.applications.fakes import Identity

OFFICER_ROLES = frozenset({"intake_officer", "case_officer", "approver"})
# A member of staff with every post at the agency, who is a citizen and an auditor as well.
OWN = Actor("insider-1", "Phạm Thị Thử", frozenset({"citizen", "auditor"}), {AGENCY: OFFICER_ROLES})
WHEN = "2030-01-07T02:00:00+00:00"
CODE = "9.000001"

ACTS: dict[str, Callable[[Portal, str], Any]] = {
    "accept": lambda at, key: at.office.accept(key, catalog=at.catalog, **call(OWN)),
    "refuse_intake": lambda at, key: at.office.refuse_intake(key, "Không", **call(OWN)),
    "assign": lambda at, key: at.office.assign(key, "case-1", identity=at.identity, **call(OWN)),
    "request_supplement": lambda at, key: at.office.request_supplement(
        key, ["mờ"], "Thiếu", catalog=at.catalog, **call(OWN)
    ),
    "request_payment": lambda at, key: at.office.request_payment(key, "Phí", catalog=at.catalog, **call(OWN)),
    "consult": lambda at, key: at.office.consult(
        key, "H01.02", "Ý kiến?", "2030-01-07T02:00:00+00:00", catalog=at.catalog, **call(OWN)
    ),
    "answer_consultation": lambda at, key: at.office.answer_consultation(key, "c", "Đồng ý", **call(OWN)),
    "extend": lambda at, key: at.office.extend(key, WHEN, "Bận", catalog=at.catalog, **call(OWN)),
    "confirm_withdrawal": lambda at, key: at.office.confirm_withdrawal(key, **call(OWN)),
    "decline_withdrawal": lambda at, key: at.office.decline_withdrawal(key, catalog=at.catalog, **call(OWN)),
    "stop": lambda at, key: at.office.stop(key, "Dừng", **call(OWN)),
    "propose": lambda at, key: at.decisions.propose(key, "approve", **call(OWN)),
    "approve": lambda at, key: at.decisions.approve(key, "Giấy phép", **call(OWN)),
    "reject": lambda at, key: at.decisions.reject(key, "Không", **call(OWN)),
    "send_back": lambda at, key: at.decisions.send_back(key, "Lại", **call(OWN)),
    "return_result": lambda at, key: at.decisions.return_result(key, "counter", **call(OWN)),
    "decide_appeal": lambda at, key: at.decisions.decide_appeal(key, "uphold", "Đúng", catalog=at.catalog, **call(OWN)),
    "history": lambda at, key: at.audit.history(key, **reading(OWN)),
    "state_at": lambda at, key: at.audit.state_at(key, **reading(OWN)),
    "diff": lambda at, key: at.audit.diff(key, 1, 2, **reading(OWN)),
    "events": lambda at, key: at.audit.events(application_id=key, **reading(OWN)),
    "erase_subject": lambda at, key: at.erasing.erase_subject(at.store.get(key).applicant_id, "Điều 14", **call(OWN)),
}


def as_applicant(portal: Portal) -> str:
    return portal.submitted(by=OWN)


def as_delegate(portal: Portal) -> str:
    """They began it for somebody else; the delegation has ended since."""
    portal.identity.delegations.add((OWN.account_id, "citizen-1", CODE))
    key = portal.submitted(by=OWN, on_behalf_of="citizen-1")
    portal.identity.delegations.clear()
    return key


def as_delegate_who_never_acted(portal: Portal) -> str:
    key = portal.submitted()
    portal.delegates.delegation_granted(granted(portal, key))
    return key


def granted(portal: Portal, key: str) -> CloudEvent:
    data = {"principal_account_id": portal.store.get(key).applicant_id, "delegate_account_id": OWN.account_id}
    return event_of(f"identity:{key}", data | {"scope": ["*"]})


PARTIES = {"applicant": as_applicant, "delegate": as_delegate, "delegate_who_never_acted": as_delegate_who_never_acted}


def refusal_of(work: Callable[[], Any]) -> str | None:
    try:
        work()
    except Refusal as refusal:
        return refusal.name
    return None


@pytest.mark.parametrize("party", PARTIES)
def test_no_staff_door_opens_to_a_party(open_portal: Any, party: str) -> None:
    portal = open_portal()
    key = PARTIES[party](portal)
    portal.follow()
    acts = {name: act for name, act in ACTS.items() if name != "erase_subject" or party == "applicant"}
    answers = {name: refusal_of(partial(act, portal, key)) for name, act in acts.items()}
    assert answers == dict.fromkeys(acts, "OwnCase")
    assert portal.status(key) == "submitted"


@pytest.mark.parametrize("party", PARTIES)
def test_no_list_for_staff_shows_it_to_a_party(open_portal: Any, party: str) -> None:
    portal = open_portal()
    key, other = PARTIES[party](portal), portal.submitted(by=actors.NEIGHBOUR)
    portal.follow()
    queue = portal.lists.queue(AGENCY, **reading(OWN))["items"]
    events = portal.audit.events(limit=500, **reading(OWN))["items"]
    exported = portal.exports.export("jsonl", **reading(OWN))["content"]
    assert [item["application_id"] for item in queue] == [other]
    assert {item["application_id"] for item in events} == {other}
    assert key not in exported and other in exported
    assert {item["application_id"] for item in portal.lists.queue(AGENCY, **reading(actors.CASE))["items"]} == {
        key,
        other,
    }


def test_an_applicant_who_is_staff_reads_their_own_application_as_its_applicant(portal: Portal) -> None:
    key = portal.submitted(by=OWN)
    assert "proposal" not in portal.queries.application(key, identity=portal.identity, **reading(OWN))


def test_a_delegate_who_is_staff_reads_as_delegate_while_the_delegation_holds(open_portal: Any) -> None:
    portal = open_portal(identity=Identity((OWN.account_id, "citizen-1", CODE)))
    key = portal.submitted()
    portal.delegates.delegation_granted(granted(portal, key))
    assert "proposal" not in portal.queries.application(key, identity=portal.identity, **reading(OWN))
    portal.identity.delegations.clear()
    with pytest.raises(OwnCase):
        portal.queries.application(key, identity=portal.identity, **reading(OWN))


def test_a_colleague_without_a_part_in_it_goes_on(portal: Portal) -> None:
    key = portal.submitted(by=OWN)
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    assert portal.status(key) == "accepted"


def test_nobody_is_assigned_their_own_case(portal: Portal) -> None:
    key = portal.submitted(by=OWN)
    portal.identity.posts_held[OWN.account_id] = {AGENCY: ["case_officer"]}
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    with pytest.raises(OwnCase):
        portal.office.assign(key, OWN.account_id, identity=portal.identity, **call(actors.APPROVER))


@pytest.mark.parametrize("officer", ["nobody-at-all", "citizen-2", "stranger-1", "accountant-1"])
def test_only_an_appointed_officer_of_the_agency_is_assigned(portal: Portal, officer: str) -> None:
    key = portal.accepted()
    portal.identity.posts_held["accountant-1"] = {AGENCY: ["accountant"]}
    portal.identity.posts_held["stranger-1"] = {"H01.02": ["case_officer"]}
    assign = lambda: portal.office.assign(key, officer, identity=portal.identity, **call(actors.APPROVER))  # noqa: E731
    assert refusal_of(assign) == "NotAnOfficer"
    assert portal.store.get(key).officer_id is None
