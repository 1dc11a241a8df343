"""The desk on pages: several applications at once, the receipt with the promised day, marks and their answers."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

import pytest
import requests

from infra.cli.sample_documents import answers_for
from tests.support.front_door import FrontDoor, eventually
from tests.support.page_requests import PlainVisitor, hidden_fields
from tests.support.pages import html_errors, inline_code

CODE = "2.000908"  # nothing to pay, nothing to attach


@pytest.fixture(scope="module")
def counter(door: FrontDoor) -> PlainVisitor:
    return PlainVisitor(door).sign_in("intake_officer")


@pytest.fixture(scope="module")
def officer(door: FrontDoor) -> PlainVisitor:
    return PlainVisitor(door).sign_in("case_officer")


@pytest.fixture(scope="module")
def applicant(door: FrontDoor) -> PlainVisitor:
    return PlainVisitor(door).sign_in("citizen")


def filed(door: FrontDoor) -> dict[str, Any]:
    made = door.write("POST", "/applications", "citizen", json={"procedure_code": CODE, "channel": "online"}).json()
    path, form = f"/applications/{made['application_id']}", door.ask("GET", f"/procedures/{CODE}").json()["form"]
    answers = answers_for(form, door.ask("GET", "/me", "citizen").json())
    door.write("PUT", f"{path}/answers", "citizen", json={"answers": answers})
    sent = door.write("POST", f"{path}/submission", "citizen", json={})
    assert sent.ok, sent.text
    made["position"] = sent.json()["position"]
    return dict(made)


def judged(answer: requests.Response, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.url, answer.text[-1500:])
    assert not html_errors(answer.text) and not inline_code(answer.text), answer.url
    return html.unescape(answer.text)


def listed(visitor: PlainVisitor, status: str, applications: list[dict[str, Any]]) -> str:
    """The queue, once the read model has them."""

    def page_with_all() -> str | None:
        page = visitor.get(f"/desk?status={status}").text
        return page if all(each["application_id"] in page for each in applications) else None

    return str(eventually(page_with_all, f"applications {status} in the queue"))


def sent(visitor: PlainVisitor, deed: str, command: str, *places: str, **more: str) -> requests.Response:
    guards = {**visitor.guards("/desk"), "command_id": command, "deed": deed, **more}
    fields = [*guards.items(), *(("application", place) for place in places)]
    return visitor.post("/desk/together", fields)  # type: ignore[arg-type]


def test_several_are_accepted_and_taken_on_at_once(
    door: FrontDoor, counter: PlainVisitor, officer: PlainVisitor
) -> None:
    first, second = filed(door), filed(door)
    page = listed(counter, "submitted", [first, second])
    assert "Đăng ký" in html.unescape(page) or "Cấp" in html.unescape(page)
    ids, command = [each["application_id"] for each in (first, second)], str(uuid.uuid4())
    for _ in range(2):
        page = judged(sent(counter, "accept", command, *ids, status="accepted"))
        assert "Đã tiếp nhận 2 hồ sơ" in page, "sent twice, done once"
    listed(officer, "accepted", [first, second])
    assert "Đã nhận xử lý 2 hồ sơ" in judged(sent(officer, "assign", str(uuid.uuid4()), *ids))
    for place in ids:
        document = door.ask("GET", f"/applications/{place}", "case_officer").json()
        assert document["officer_id"] == door.person("case_officer")["account_id"]


def test_what_one_is_refused_the_others_get(door: FrontDoor, counter: PlainVisitor) -> None:
    fresh, stranger = filed(door), str(uuid.uuid4())
    listed(counter, "submitted", [fresh])
    page = judged(sent(counter, "accept", str(uuid.uuid4()), stranger, fresh["application_id"]), 409)
    assert "summary-of-errors" in page and stranger in page
    assert door.ask("GET", f"/applications/{fresh['application_id']}", "citizen").json()["status"] == "accepted"
    assert "Đánh dấu ít nhất một" in judged(sent(counter, "accept", str(uuid.uuid4())), 400)
    assert "Đánh dấu ít nhất một" in judged(sent(counter, "stop", str(uuid.uuid4()), fresh["application_id"]), 400)


def test_the_receipt_with_the_promised_day_is_for_the_counter_and_the_applicant(
    door: FrontDoor, counter: PlainVisitor, applicant: PlainVisitor
) -> None:
    place = filed(door)["application_id"]
    before = applicant.get(f"/applications/{place}/acceptance", follow=False)
    assert before.status_code == 303 and before.headers["location"] == f"/vi/applications/{place}"
    door.write("POST", f"/applications/{place}/acceptance", "intake_officer", json={})
    document = door.ask("GET", f"/applications/{place}", "citizen").json()
    for visitor, path in ((applicant, f"/applications/{place}"), (counter, f"/desk/{place}")):
        page = judged(visitor.get(f"{path}/acceptance"))
        for fact in (document["receipt_number"], document["reference"], "hẹn trả kết quả", "Ký và ghi rõ họ tên"):
            assert fact in page
        assert "/acceptance" in judged(visitor.get(path))


def test_marked_answers_are_given_again_where_they_were_marked(
    door: FrontDoor, counter: PlainVisitor, applicant: PlainVisitor
) -> None:
    place = filed(door)["application_id"]
    form = door.ask("GET", f"/procedures/{CODE}").json()["form"]
    name = next(
        name for name, part in form["properties"].items() if part.get("type") == "string" and "enum" not in part
    )
    desk, path = f"/desk/{place}/do/request_supplement", f"/applications/{place}/do/supplement"
    assert applicant.get(path, follow=False).headers["location"] == f"/vi/applications/{place}"
    judged(counter.send(desk, reason="Cần sửa lại", **{f"field-{name}": "Ghi chưa rõ"}))
    page = judged(applicant.get(path))
    assert "Ghi chưa rõ" in page and "Cần sửa lại" in page and f'id="{name}"' in page
    assert page.count('class="marked"') == 1, "what was not marked is not asked again"
    fields = hidden_fields(page)
    empty = judged(applicant.post(path, {**fields, name: ""}), 400)
    assert f'href="#{name}"' in empty
    before = door.ask("GET", f"/applications/{place}", "citizen").json()["answers"]
    judged(applicant.post(path, {**fields, name: "Đã ghi lại cho rõ"}))
    document = door.ask("GET", f"/applications/{place}", "citizen").json()
    assert document["status"] != "supplement_requested"
    assert document["answers"] == {**before, name: "Đã ghi lại cho rõ"}
    assert re.search("Đã gửi", judged(applicant.get(f"/applications/{place}?done=supplement")))
