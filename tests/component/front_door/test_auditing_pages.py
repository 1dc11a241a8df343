"""The auditor's pages of one application: timeline, state at any instant, proof of the due date, evidence."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.cli.sample_documents import answers_for
from infra.front_door.pages.formats import OFFICE, instant
from tests.support.front_door import FrontDoor, eventually
from tests.support.page_requests import PlainVisitor
from tests.support.pages import html_errors

CODE = "2.000908"  # nothing to pay, nothing to attach


@pytest.fixture(scope="module")
def accepted(door: FrontDoor) -> dict[str, Any]:
    made = door.write("POST", "/applications", "citizen", json={"procedure_code": CODE, "channel": "online"}).json()
    path, form = f"/applications/{made['application_id']}", door.ask("GET", f"/procedures/{CODE}").json()["form"]
    answers = answers_for(form, door.ask("GET", "/me", "citizen").json())
    door.write("PUT", f"{path}/answers", "citizen", json={"answers": answers})
    door.write("POST", f"{path}/submission", "citizen", json={})
    answer = door.write("POST", f"{path}/acceptance", "intake_officer", json={})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = door.ask("GET", path, "citizen").json()
    return document


@pytest.fixture(scope="module")
def auditor(door: FrontDoor) -> PlainVisitor:
    return PlainVisitor(door).sign_in("auditor")


def opened(auditor: PlainVisitor, path: str, status: int = 200) -> str:
    answer = auditor.get(path)
    assert answer.status_code == status and not html_errors(answer.text), (path, answer.status_code, answer.text[-800:])
    return html.unescape(answer.text)


def at(moment: datetime) -> str:
    local = moment.astimezone(OFFICE)
    return f"at-day={local.day}&at-month={local.month}&at-year={local.year}&at-time={local:%H:%M}"


def test_the_timeline_has_every_event_with_who_and_when(auditor: PlainVisitor, accepted: dict[str, Any]) -> None:
    page = opened(auditor, f"/audit?application={accepted['reference']}")
    for event in ("Tạo hồ sơ", "Lưu tờ khai", "Nộp hồ sơ", "Tiếp nhận hồ sơ"):
        assert event in page
    assert auditor.portal.person("intake_officer")["account_id"] in page and "Cán bộ một cửa · H26.01" in page
    links = re.findall(r'href="/vi(/audit/state\?application=[^"]+version=\d+)"', page)
    assert len(links) == 4
    assert "Bản nháp" in opened(auditor, links[0]) and "Đã tiếp nhận" in opened(auditor, links[-1])


def test_the_state_is_shown_as_it_was_known_at_an_instant(auditor: PlainVisitor, accepted: dict[str, Any]) -> None:
    name, begun = accepted["reference"], instant(accepted["started_at"])
    later, earlier = at(begun + timedelta(days=1)), at(begun - timedelta(days=1))
    assert "Đã tiếp nhận" in opened(auditor, f"/audit/state?application={name}&{later}")
    assert "summary-of-errors" in opened(auditor, f"/audit/state?application={name}&{earlier}", 404)
    assert "summary-of-errors" in opened(auditor, f"/audit/state?application={name}&at-day=31&at-time=9:99", 400)
    assert "summary-of-errors" in opened(auditor, f"/audit/state?application={name}&at-time=14:30", 400)


def test_the_due_date_is_proved_day_by_day(auditor: PlainVisitor, accepted: dict[str, Any]) -> None:
    page = opened(auditor, f"/audit/due-date?application={accepted['reference']}")
    assert f"{instant(accepted['due_at']):%H:%M %d/%m/%Y}" in page


def test_the_evidence_is_one_file(auditor: PlainVisitor, accepted: dict[str, Any]) -> None:
    def sealed() -> Any:
        answer = auditor.get(f"/audit/evidence?application={accepted['reference']}")
        return answer if answer.status_code == 200 else None

    answer = eventually(sealed, "the events are sealed")
    assert answer.headers["content-disposition"].startswith("attachment;")
    bundle = answer.json()
    assert bundle["application_id"] == accepted["application_id"] and len(bundle["events"]) == 4


def test_what_is_not_there_is_said_beside_the_question(auditor: PlainVisitor) -> None:
    assert "summary-of-errors" in opened(auditor, "/audit?application=H26.01-20200101-9999999", 404)
    assert auditor.get("/audit/state", follow=False).headers["location"] == "/vi/audit"
