"""GovStack's Registration API: one application file through it, sent back once, and what it refuses."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from tests.support.front_door import FrontDoor, eventually

BASE = "/govstack/registration"
CODE = "2.000908"  # without a fee
RESULT = {"file_name": "ket-qua.pdf", "media_type": "application/pdf", "content_base64": as_base64(a_pdf("Result"))}


def office(door: FrontDoor) -> dict[str, str]:
    return {"Information-Mediator-Client": f"VN/GOV/{door.people['agency_code']}/registration"}


@pytest.fixture(scope="module")
def answers(door: FrontDoor) -> dict[str, Any]:
    form = door.ask("GET", f"{BASE}/eForms/{form_of(door)['eFormId']}").json()
    return answers_for(form["schema"], door.ask("GET", "/me", "citizen").json())


def form_of(door: FrontDoor) -> dict[str, Any]:
    (form,) = door.ask("GET", f"{BASE}/services/{CODE}/eForms").json()
    return dict(form)


def uploaded(door: FrontDoor, person: str = "citizen", **metadata: str) -> str:
    answer = door.ask(
        "POST",
        f"{BASE}/documents",
        person,
        params={"additionalMetadata": json.dumps(metadata)},
        files={"file": ("giấy tờ.pdf", a_pdf("a paper"), "application/pdf")},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def submitted(
    door: FrontDoor, answers: dict[str, Any], urls: list[str], key: str = "", applicant: str = "citizen"
) -> Any:
    body = {
        "applicantId": door.person(applicant)["account_id"] if applicant else None,
        "formData": {"eFormId": form_of(door)["eFormId"], "data": answers},
        "documentUrls": urls,
    }
    headers = {"Idempotency-Key": key} if key else {}
    return door.ask("POST", f"{BASE}/services/{CODE}/applications", "citizen", json=body, headers=headers)


def completed(door: FrontDoor, task: str, person: str, action: str, **data: Any) -> Any:
    body = {"data": {"action": action, **data}}
    answer = door.ask("POST", f"{BASE}/tasks/{task}/complete", person, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["status"]["code"]


def test_services_and_their_forms_are_found(door: FrontDoor) -> None:
    services = door.ask("GET", f"{BASE}/services", params={"name": "ban sao tu so goc"}).json()
    assert services[0]["serviceKey"] == CODE and services[0]["isExecutable"] is True and services[0]["type"] == "Public"
    in_english = door.ask("GET", f"{BASE}/services/{CODE}", headers={"Accept-Language": "en"}).json()
    assert in_english["name"] != services[0]["name"] and in_english["version"] == services[0]["version"]
    form = form_of(door)
    form_with_schema = door.ask("GET", f"{BASE}/eForms/{form['eFormId']}").json()
    assert form_with_schema == {**form, "schema": door.ask("GET", f"/procedures/{CODE}").json()["form"]}
    assert door.ask("GET", f"{BASE}/eForms/{CODE}").json() == [form]
    assert door.ask("GET", f"{BASE}/services/0.000000").status_code == 404


def test_one_file_is_sent_back_answered_and_approved(door: FrontDoor, answers: dict[str, Any]) -> None:
    requirements = door.ask("GET", f"/procedures/{CODE}").json()["requirements"]
    needed = [requirement["id"] for requirement in requirements if requirement["required"]] or ["other"]
    first = uploaded(door, serviceKey=CODE, requirement=needed[0])
    draft = first.rsplit("/", 3)[1]
    urls = [first, *(uploaded(door, fileId=draft, requirement=requirement) for requirement in needed[1:])]
    key = str(uuid.uuid4())
    file = submitted(door, answers, urls, key).json()
    assert file["fileId"] == draft and file["status"]["code"] == "PENDING" and file["ended"] is False
    assert sorted(file["applicationData"]["documentUrls"]) == sorted(urls)
    assert door.ask("GET", urls[0].removeprefix(door.url), "citizen").content == a_pdf("a paper")
    assert submitted(door, answers, urls, key).json()["fileId"] == draft

    def waiting(person: str, step: str, headers: dict[str, str]) -> str:
        def listed() -> Any:
            tasks = door.ask("GET", f"{BASE}/tasks", person, params={"fileId": draft}, headers=headers).json()
            return [task["taskId"] for task in tasks if task["name"] == step]

        return str(eventually(listed, f"{step} is listed")[0])

    task = waiting("intake_officer", "intake", office(door))
    assert door.ask("GET", f"{BASE}/tasks/{task}", "intake_officer").json()["data"] == answers
    marks = [{"requirement": needed[0], "problem": "Mờ"}]
    assert completed(door, task, "intake_officer", "request_supplement", marks=marks, reason="Mờ") == "SENDBACK"
    assert waiting("citizen", "supplement", {}) == f"{draft}.supplement"
    again = {"applicantId": file["applicantId"], "formData": {"data": answers}}
    answered = door.ask("PUT", f"{BASE}/applications/{draft}", "citizen", json=again)
    assert answered.json()["status"]["code"] == "PENDING", answered.text

    assert completed(door, f"{draft}.intake", "intake_officer", "accept") == "PENDING"
    officer = door.person("case_officer")["account_id"]
    assert completed(door, f"{draft}.assignment", "approver", "assign", officer_id=officer) == "PENDING"
    assert completed(door, f"{draft}.decision", "case_officer", "propose", outcome="approve") == "PENDING"
    assert completed(door, f"{draft}.decision", "approver", "approve", result=RESULT) == "APPROVED"
    assert (
        door.write("PUT", f"/applications/{draft}/delivery", "citizen", json={"method": "counter"}).status_code == 200
    )
    assert completed(door, f"{draft}.return", "intake_officer", "return_result", method="counter") == "APPROVED"
    file = door.ask("GET", f"{BASE}/applications/{draft}", "citizen").json()
    assert file["ended"] is True and file["status"]["code"] == "APPROVED"
    assert draft in {item["fileId"] for item in door.ask("GET", f"{BASE}/applications", "citizen").json()}


def test_what_cannot_be_done_is_refused_by_name(door: FrontDoor, answers: dict[str, Any]) -> None:
    stranger = uploaded(door, "neighbour", serviceKey=CODE)
    assert submitted(door, answers, [stranger]).status_code in (403, 404)
    assert submitted(door, answers, ["https://example.vn/a.pdf"]).json()["name"] == "MalformedRequest"
    several = [uploaded(door, serviceKey=CODE), uploaded(door, serviceKey=CODE)]
    assert "documentUrls" in submitted(door, answers, several).json()["detail"]
    for applicant in ("neighbour", ""):  # nobody is filed for under another name than the one that was said
        refused = submitted(door, answers, several[:1], applicant=applicant)
        assert refused.status_code == 400 and "/applicantId" in refused.json()["detail"], refused.text
    file = several[0].rsplit("/", 3)[1]
    wrong = door.ask("POST", f"{BASE}/tasks/{file}.intake/complete", "citizen", json={"data": {"action": "approve"}})
    assert wrong.status_code == 400 and "accept" in wrong.json()["detail"]
    accept = {"data": {"action": "accept"}}
    assert door.ask("POST", f"{BASE}/tasks/{file}.intake/complete", "citizen", json=accept).status_code == 403
    assert door.ask("GET", f"{BASE}/tasks/{file}.nothing", "citizen").status_code == 404
    assert door.ask("GET", f"{BASE}/tasks", "citizen", headers=office(door)).status_code == 403
    odd = {"Information-Mediator-Client": "only/three/parts"}
    assert door.ask("GET", f"{BASE}/tasks", "citizen", headers=odd).status_code == 400
    assert door.ask("GET", f"{BASE}/applications", "citizen", params={"maxResult": "501"}).status_code == 400
    assert door.ask("DELETE", f"{BASE}/tasks", "citizen").headers["allow"] == "GET"
    assert door.ask("GET", f"{BASE}/applications").status_code == 401
