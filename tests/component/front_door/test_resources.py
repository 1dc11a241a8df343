"""Resource routes: one dossier from search to result, and what HTTP says in headers on the way."""

from __future__ import annotations

import io
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pypdf import PdfReader

from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from tests.support.front_door import FrontDoor, eventually

CODE = "3.000347"
RESULT = {"file_name": "ket-qua.pdf", "media_type": "application/pdf", "content_base64": as_base64(a_pdf("Result"))}


@pytest.fixture(scope="module")
def procedure(door: FrontDoor) -> dict[str, Any]:
    document: dict[str, Any] = door.ask("GET", f"/procedures/{CODE}").json()
    return document


@pytest.fixture(scope="module")
def draft(door: FrontDoor, procedure: dict[str, Any]) -> str:
    """The path of an application with answers and papers, not handed in."""
    return drafted(door, procedure)


def drafted(door: FrontDoor, procedure: dict[str, Any], person: str = "citizen") -> str:
    made = door.write("POST", "/applications", person, json={"procedure_code": CODE, "channel": "online"})
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    answers = answers_for(procedure["form"], door.ask("GET", "/me", person).json())
    saved = door.write("PUT", f"{path}/answers", person, json={"answers": answers})
    assert saved.status_code == 200, saved.text
    for requirement in procedure["requirements"]:
        if requirement["required"]:
            assert attached(door, path, requirement["id"], person).status_code == 201
    return path


def attached(door: FrontDoor, path: str, requirement: str, person: str = "citizen") -> Any:
    file = ("tờ khai.pdf", a_pdf("a paper"), "application/pdf")
    return door.write("POST", f"{path}/attachments", person, data={"requirement": requirement}, files={"file": file})


def test_the_catalogue_may_be_kept_and_is_asked_for_by_its_tag(door: FrontDoor) -> None:
    first = door.ask("GET", "/procedures", params={"text": "lai xe", "limit": 2})
    assert first.status_code == 200 and "public" in first.headers["cache-control"]
    again = door.ask("GET", "/procedures?text=lai+xe&limit=2", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    assert (
        door.ask("HEAD", f"/procedures/{CODE}").headers["etag"]
        == door.ask("GET", f"/procedures/{CODE}").headers["etag"]
    )


def test_pages_are_linked(door: FrontDoor) -> None:
    first = door.ask("GET", "/procedures", params={"limit": 2})
    following = first.links["next"]["url"]
    second = door.ask("GET", following)
    assert second.status_code == 200 and "limit=2" in following
    assert {item["code"] for item in second.json()["items"]}.isdisjoint(item["code"] for item in first.json()["items"])


def test_arguments_of_a_query_are_what_the_contract_says_they_are(door: FrontDoor) -> None:
    quote = door.ask("GET", f"/procedures/{CODE}/quote", params={"channel": "online", "quantity": 1, "choices": "{}"})
    assert quote.status_code == 200 and quote.json()["total"]["currency"] == "VND"
    wrong = door.ask("GET", "/procedures", params={"limit": "many"})
    assert wrong.status_code == 400 and wrong.json()["errors"][0]["pointer"] == "#/limit"
    unknown = door.ask("GET", "/procedures", params={"nothing": "1"})
    assert unknown.status_code == 400 and unknown.json()["errors"][0]["pointer"] == "#/nothing"
    assert door.ask("GET", "/procedures?text=a&text=b").status_code == 400
    assert door.ask("GET", "/procedures?text=%ff").status_code == 400


def test_what_is_personal_is_kept_by_nobody(door: FrontDoor) -> None:
    for path in ("/me", "/applications", "/inbox", "/preferences", "/sessions"):
        answer = door.ask("GET", path, "citizen")
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store", path
        assert door.ask("GET", path).status_code == 401, path


def test_a_write_without_a_key_is_400_and_the_same_key_for_something_else_422(door: FrontDoor) -> None:
    body = {"procedure_code": CODE, "channel": "online"}
    missing = door.ask("POST", "/applications", "citizen", json=body)
    assert missing.status_code == 400 and missing.json()["name"] == "IdempotencyKeyMissing"
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = door.ask("POST", "/applications", "citizen", json=body, headers=key)
    assert door.ask("POST", "/applications", "citizen", json=body, headers=key).json() == first.json()
    other = door.ask("POST", "/applications", "citizen", json={**body, "channel": "post"}, headers=key)
    assert other.status_code == 422


def test_a_stale_version_is_412_and_says_which_is_current(door: FrontDoor, draft: str) -> None:
    stand = door.ask("GET", draft, "citizen")
    tag = stand.headers["etag"]
    assert tag == f'"{stand.json()["version"]}"'
    answers = {"answers": stand.json()["answers"]}
    first = door.write("PUT", f"{draft}/answers", "citizen", json=answers, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    second = door.write("PUT", f"{draft}/answers", "citizen", json=answers, headers={"If-Match": tag})
    assert second.status_code == 412 and int(second.json()["facts"]["current"]) == first.json()["version"]
    assert door.ask("GET", draft, "citizen", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    refused = door.write("PUT", "/preferences", "citizen", json={}, headers={"If-Match": tag})
    assert refused.status_code == 400, "where no version is compared nobody may believe that it was"


def test_a_position_given_back_reads_ones_own_write(door: FrontDoor) -> None:
    made = door.write("POST", "/applications", "neighbour", json={"procedure_code": CODE, "channel": "online"})
    position = made.headers["portal-position"]
    listed = door.ask("GET", "/applications", "neighbour", params={"limit": 500}, headers={"Portal-Position": position})
    assert made.json()["application_id"] in {item["application_id"] for item in listed.json()["items"]}
    assert door.ask("GET", "/applications", "neighbour", headers={"Portal-Position": "soon"}).status_code == 400


def test_a_paper_comes_back_as_it_was_whole_and_in_part(door: FrontDoor, draft: str) -> None:
    paper = door.ask("GET", draft, "citizen").json()["attachments"][0]
    path = f"{draft}/attachments/{paper['attachment_id']}"
    full = door.ask("GET", path, "citizen")
    assert full.content == a_pdf("a paper") and full.headers["content-type"] == "application/pdf"
    assert full.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''t%E1%BB%9D%20khai.pdf" in full.headers["content-disposition"]
    assert "sandbox" in full.headers["content-security-policy"] and full.headers["cache-control"] == "no-store"
    part = door.ask("GET", path, "citizen", headers={"Range": "bytes=5-8"})
    assert part.status_code == 206 and part.content == full.content[5:9]
    assert part.headers["content-range"] == f"bytes 5-8/{len(full.content)}"
    tail = door.ask("GET", path, "citizen", headers={"Range": "bytes=-4"})
    assert tail.content == full.content[-4:]
    beyond = door.ask("GET", path, "citizen", headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416 and beyond.headers["content-range"] == f"bytes */{len(full.content)}"
    assert door.ask("GET", path, "neighbour").status_code in {403, 404}


def test_a_paper_without_a_file_or_too_large_is_refused(door: FrontDoor, draft: str) -> None:
    nothing = door.write("POST", f"{draft}/attachments", "citizen", files={"other": ("a", b"b")})
    assert nothing.status_code == 400 and nothing.json()["name"] == "MalformedRequest"
    large = {"file": ("a.pdf", b"%PDF-1.4" + b" " * (6 * 1024 * 1024), "application/pdf")}
    answer = door.write("POST", f"{draft}/attachments", "citizen", files=large, data={"requirement": "x"})
    assert answer.status_code == 413
    many = {f"field{number}": "x" for number in range(30)}
    assert (
        door.write("POST", f"{draft}/attachments", "citizen", data=many, files={"file": ("a", b"b")}).status_code == 400
    )


def test_a_tracking_code_is_no_part_of_an_address(door: FrontDoor) -> None:
    made = door.write("POST", "/applications", "citizen", json={"procedure_code": CODE, "channel": "online"}).json()
    body = {"reference": made["reference"], "tracking_code": made["tracking_code"]}
    document = eventually(lambda: _json_if_ok(door.ask("POST", "/tracking", json=body)), "it can be tracked")
    assert document["status"] == "draft"
    assert door.ask("GET", "/tracking", params=body).status_code == 405
    assert door.ask("POST", "/tracking", params=body).status_code == 400


def _json_if_ok(answer: Any) -> Any:
    return answer.json() if answer.status_code == 200 else None


def test_one_dossier_from_search_to_result(door: FrontDoor, procedure: dict[str, Any]) -> None:
    path = drafted(door, procedure, "neighbour")
    submitted = door.write("POST", f"{path}/submission", "neighbour", json={})
    assert submitted.status_code == 200, submitted.text
    owed = eventually(lambda: _items(door.ask("GET", f"{path}/demands", "neighbour")), "the demand")
    paid = {"method": "cash", "amount": owed[0]["amount"], "receipt_book_number": uuid.uuid4().hex[:10]}
    booked = door.write("POST", f"{path}/offline-payments", "intake_officer", json=paid)
    assert booked.status_code == 201, booked.text
    payment = booked.headers["location"]
    assert door.ask("GET", payment, "neighbour").json()["status"] == "settled"
    assert door.ask("GET", f"{payment}/receipt", "neighbour").json()["amount"] == owed[0]["amount"]
    page = door.ask("GET", f"{payment}/receipt", "neighbour", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert page.headers["content-type"].startswith("text/html") and '<html lang="en">' in page.text
    as_pdf = {"Accept": "application/pdf"}
    paper = door.ask("GET", f"{payment}/receipt", "neighbour", headers=as_pdf)
    assert paper.headers["content-type"] == "application/pdf"
    assert re.match(r'attachment; filename="BL-.*\.pdf"', paper.headers["content-disposition"])
    words = PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    assert "Biên lai thu phí, lệ phí" in words and "đồng" in words
    part = door.ask("GET", f"{payment}/receipt", "neighbour", headers={**as_pdf, "Range": "bytes=0-4"})
    assert part.status_code == 206 and part.content == b"%PDF-"
    accepted = eventually(
        lambda: _json_if_ok(door.write("POST", f"{path}/acceptance", "intake_officer", json={})),
        "the fee reaches the office",
    )
    assert accepted["due_at"]
    officer = door.person("case_officer")["account_id"]
    moves: list[tuple[str, str, dict[str, Any]]] = [
        ("assignment", "approver", {"officer_id": officer}),
        ("proposal", "case_officer", {"outcome": "approve", "reason": "Đủ điều kiện"}),
        ("approval", "approver", {"result": RESULT}),
    ]
    for move, person, body in moves:
        done = door.write("POST", f"{path}/{move}", person, json=body)
        assert done.status_code == 200, f"{move}: {done.text}"
    assert door.write("PUT", f"{path}/delivery", "neighbour", json={"method": "counter"}).status_code == 200
    returned = door.write("POST", f"{path}/result-return", "intake_officer", json={"method": "counter"})
    assert returned.status_code == 200, returned.text
    assert door.ask("GET", path, "neighbour").json()["status"] == "result_returned"
    assert door.ask("GET", f"{path}/history", "auditor").status_code == 200
    assert door.ask("GET", f"{path}/due-date", "neighbour").json()["days"]


def _items(answer: Any) -> Any:
    return answer.json()["items"] if answer.status_code == 200 else None


def test_two_officers_at_once_one_wins_and_the_other_sees_what_changed(
    door: FrontDoor, procedure: dict[str, Any]
) -> None:
    path = drafted(door, procedure)
    assert door.write("POST", f"{path}/submission", "citizen", json={}).status_code == 200
    tag = eventually(lambda: door.ask("GET", path, "intake_officer").headers.get("etag"), "the office reads it")
    moves: list[tuple[str, dict[str, Any]]] = [
        ("supplement-request", {"marks": ["Thiếu trang 2"], "reason": "Thiếu trang."}),
        ("intake-refusal", {"reason": "Sai mẫu."}),
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda move: _moved(door, path, tag, *move), moves))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 412), lost.text
    facts = lost.json()["facts"]
    assert int(facts["current"]) == won.json()["version"] and facts["status"] == won.json()["status"]
    assert facts["changes"][-1]["role"] == "intake_officer"


def _moved(door: FrontDoor, path: str, tag: str, move: str, body: dict[str, Any]) -> Any:
    return door.write("POST", f"{path}/{move}", "intake_officer", json=body, headers={"If-Match": tag})


def test_the_log_of_events_comes_as_one_file(door: FrontDoor) -> None:
    answer = door.ask("GET", "/exports/applications", "auditor", params={"format": "jsonl"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-ndjson"
    assert len(answer.text.splitlines()) > 5 and "attachment" in answer.headers["content-disposition"]
    assert door.ask("GET", "/exports/applications", "citizen", params={"format": "jsonl"}).status_code == 403


def test_a_fixed_path_is_never_taken_for_a_templates(door: FrontDoor) -> None:
    for path in ("/sessions/end", "/sessions/refresh"):
        answer = door.ask("DELETE", path, "citizen")
        assert answer.status_code == 405 and answer.headers["allow"] == "POST", path
    options = door.ask("OPTIONS", "/sessions")
    assert options.status_code == 405 and options.headers["allow"] == "GET, HEAD, POST"
