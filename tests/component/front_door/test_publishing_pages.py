"""A change of fees on the second person's page: what changes, who proposed it, approve or turn down with a reason."""

from __future__ import annotations

import html
import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.front_door import FrontDoor
from tests.support.page_requests import PlainVisitor
from tests.support.pages import html_errors, inline_code

PATH = "/decisions/publications"


@pytest.fixture
def proposal(door: FrontDoor) -> dict[str, Any]:
    """A procedure of the sample whose fee an editor would raise, a year ahead."""
    samples = door.rpc("catalog", "sample_procedures", agency_code="H26.01").json()["items"]
    definition = next(each for each in samples if any(fee["rule"]["type"] == "fixed" for fee in each["fees"]))
    raised = next(fee["rule"] for fee in definition["fees"] if fee["rule"]["type"] == "fixed")
    raised["amount"] += 1234
    day = (date.today() + timedelta(days=400)).isoformat()
    arguments = {"definition": definition, "effective_from": day, "reason": "Thông tư mới"}
    answer = door.rpc("catalog", "publish", "catalog_editor", **arguments, command_id=str(uuid.uuid4()))
    assert answer.json()["status"] == "awaiting_approval", answer.text
    return {**answer.json(), "amount": raised["amount"]}


def test_fees_change_when_another_person_has_seen_what_changes(door: FrontDoor, proposal: dict[str, Any]) -> None:
    editor, approver = (PlainVisitor(door).sign_in(name) for name in ("catalog_editor", "approver"))
    assert PATH in editor.get("/decisions").text
    own = html.unescape(editor.get(PATH).text)
    assert "Thông tư mới" in own and 'value="approve"' not in own, "nobody approves their own"
    page = html.unescape(approver.get(PATH).text)
    assert str(proposal["amount"]) in page and str(proposal["amount"] - 1234) in page
    assert not html_errors(page) and not inline_code(page)
    refused = approver.send(PATH, decision="decline")
    assert refused.status_code == 400 and 'href="#reason-1"' in refused.text and 'id="reason-1"' in refused.text
    guards = {**approver.guards(PATH), "decision": "approve"}
    for _ in range(2):
        decided = approver.post(PATH, guards)
        assert decided.status_code == 200 and "Không có gì đang chờ" in decided.text, "sent twice, done once"
    versions = door.rpc("catalog", "versions", code=proposal["code"]).json()["items"]
    assert (proposal["version"], "published") in {(each["version"], each["status"]) for each in versions}
