"""What waits for a second person, on pages: who asked for it is offered nothing, another person decides."""

from __future__ import annotations

import uuid

from tests.support.front_door import FrontDoor
from tests.support.page_requests import PlainVisitor
from tests.support.pages import html_errors

LIST = "/decisions/appointments"


def test_a_request_is_decided_by_another_person(door: FrontDoor) -> None:
    post = {"account_id": door.person("neighbour")["account_id"], "agency_code": "H26.01", "roles": ["auditor"]}
    requested = door.rpc("identity", "appoint", "operator", **post, command_id=str(uuid.uuid4()))
    assert requested.json()["status"] == "awaiting_approval", requested.text
    first, second = (PlainVisitor(door).sign_in(name) for name in ("operator", "operator_2"))
    page = first.get(LIST)
    assert post["account_id"] in page.text and 'value="decline"' not in page.text and not html_errors(page.text)
    page = second.get(LIST)
    assert 'value="decline"' in page.text and "Kiểm toán" in page.text and not html_errors(page.text)
    decided = second.send(LIST, decision="decline")
    assert decided.status_code == 200 and "Không có gì đang chờ" in decided.text


def test_what_the_door_refuses_is_said_with_the_list(door: FrontDoor) -> None:
    accountant = PlainVisitor(door).sign_in("accountant")
    guards = accountant.guards("/decisions/refunds")
    refused = accountant.post(
        "/decisions/refunds",
        {**guards, "key": str(uuid.uuid4()), "decision": "approve", "command_id": str(uuid.uuid4())},
    )
    assert refused.status_code == 404 and "summary-of-errors" in refused.text
    assigned = accountant.send("/suspense/1/assign", application_id="không phải mã", reason="Ghi nhầm")
    assert assigned.status_code == 400 and 'href="#application_id"' in assigned.text
