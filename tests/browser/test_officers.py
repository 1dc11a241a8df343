"""An office's work from intake to result, by keyboard alone and without scripts: the same pages, the same end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.cli.sample_documents import a_pdf
from tests.support.filing import submitted
from tests.support.front_door import FrontDoor, eventually
from tests.support.pages import Visitor

Visitors = Callable[..., Visitor]
HOW = [pytest.param({"keyboard": True}, id="keyboard"), pytest.param({"scripts": False}, id="no scripts")]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "kết quả.pdf"
    path.write_bytes(a_pdf("A result"))
    return path


def queue_with(official: Visitor, application_id: str, status: str) -> None:
    """The queue, once the read model has it there; then its filter, as people use it."""

    def listed() -> bool:
        official.page.goto(f"/vi/desk?status={status}")
        return official.page.locator(f"input[name=application][value='{application_id}']").count() == 1

    eventually(listed, f"{application_id} is {status} in the queue")


@pytest.mark.parametrize("how", HOW)
def test_an_office_works_from_intake_to_result(
    portal: FrontDoor, visitor: Visitors, paper: Path, how: dict[str, bool]
) -> None:
    application_id = submitted(portal)
    path = f"/vi/desk/{application_id}"
    counter = visitor("intake_officer", **how)
    counter.press_button("nav.doors a[href='/vi/desk']")
    queue_with(counter, application_id, "submitted")
    counter.press(f"input[value='{application_id}']")
    counter.press_button("button[value=accept]")
    assert "Đã tiếp nhận 1 hồ sơ" in counter.page.locator("main").inner_text()

    officer = visitor("case_officer", **how)
    queue_with(officer, application_id, "accepted")
    officer.press_button(f"form[action='{path}/do/assign'] button")
    officer.press_button(f"main a[href='{path}/do/propose']")
    officer.submit()
    assert officer.page.locator(".summary-of-errors:focus").count() == 1, "what is missing takes the focus"
    officer.choose("input[value=approve]")
    officer.submit(reason="Đủ điều kiện")

    approver = visitor("approver", **how)
    approver.page.goto(path)
    approver.press_button(f"main a[href='{path}/do/approve']")
    approver.page.set_input_files("#file", paper)
    approver.submit(title="Giấy xác nhận", number="12/2026")
    counter.page.goto(path)
    counter.press_button(f"main a[href='{path}/acceptance']")
    assert "hẹn trả kết quả" in counter.page.locator("h1").inner_text()
    counter.press_button(".crumbs a")
    counter.press_button(f"main a[href='{path}/do/return_result']")
    counter.choose("input[value=counter]")
    counter.submit()
    assert "Đã trả kết quả" in counter.page.locator("main").inner_text()
