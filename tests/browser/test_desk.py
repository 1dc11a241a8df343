"""An application from filing to result in a browser: its applicant, the counter, the officer and the approver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page

from infra.cli.sample_documents import a_pdf
from tests.support.front_door import eventually
from tests.support.pages import Visitor, html_errors, inline_code

Visitors = Callable[..., Visitor]
CODE = "3.000347"  # a fee at once, one paper
TYPED = {"phone": "0912345678", "address": "Số 1, đường Mẫu", "licence_number": "010123456789"}
BORN = ("17", "5", "1990")


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "giấy tờ.pdf"
    path.write_bytes(a_pdf("A paper"))
    return path


def judged(visitor: Visitor, **how: bool) -> Page:
    """The page they are at, narrow and wide; and as it was sent, where it can be asked for again."""
    if not how.get("with_errors"):
        sent = visitor.page.request.get(visitor.page.url).text()
        assert not html_errors(sent) and not inline_code(sent), visitor.page.url
    for width in (320, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.judge(**how)
    return visitor.page


def filed(applicant: Visitor, paper: Path) -> str:
    """Answers one to a page, a paper, delivery, check, submit; the application's path."""
    page = applicant.page
    page.goto(f"/vi/procedures/{CODE}/start")
    applicant.submit()
    applicant.press_button("main a.button")
    applicant.press_button("ul.tasks li:first-child a")
    while "/questions/" in page.url:
        answer(applicant)
        applicant.submit()
    page.set_input_files("#file", paper)
    applicant.press_button("main form:has(#file) button[type=submit]")
    applicant.press_button("main a.button.first")
    applicant.choose("input[value=counter]")
    applicant.submit()
    applicant.submit()
    assert page.url.endswith("/submitted"), page.locator("main").inner_text()
    return page.url.removesuffix("/submitted").partition("/vi")[2]


def answer(applicant: Visitor) -> None:
    page = applicant.page
    name = page.url.rpartition("/")[2].partition("?")[0]
    typed = {**TYPED, "citizen_number": applicant.portal.person(str(applicant.person))["citizen_number"]}
    if page.locator(f"#{name}-month").count():
        for part, value in zip((name, f"{name}-month", f"{name}-year"), BORN, strict=True):
            applicant.enter(part, value)
    elif page.locator(f"#{name}[type=radio]").count():
        applicant.choose(f"#{name}")
    else:
        applicant.enter(name, typed.get(name, "Nguyễn Thị Mẫu"))


def paid(applicant: Visitor, path: str) -> None:
    """At the gateway that starts with the portal, and back; then the receipt."""
    page = applicant.page

    def owed() -> bool:
        page.goto(f"/vi{path}/pay")
        return page.locator("#method").count() == 1

    eventually(owed, "the demand of the submission")
    applicant.choose("input[value=vnpay]")
    applicant.submit()
    applicant.press_button("main a.button.first")
    applicant.press_button("button[value=success]")
    applicant.press_button("text=Quay lại cổng dịch vụ công")

    def settled() -> bool:
        page.reload()
        return page.locator("#method").count() == 0

    eventually(settled, "the fee is settled")
    page.goto(f"/vi{path}/payments")
    applicant.press_button(".results a")
    assert "135.000 đồng" in page.locator("main").inner_text()


def do(official: Visitor, deed: str) -> None:
    """Press what leads to a deed, once their page offers it: others act meanwhile."""
    selector = f"main a.button[href$='/do/{deed}']"
    wait_for(official, selector)
    official.press_button(selector)


def wait_for(visitor: Visitor, selector: str) -> None:
    """Look at the same page again until something is on it: lists follow a moment after what they are made of."""

    def is_there() -> bool:
        if visitor.page.locator(selector).count():
            return True
        visitor.page.reload()
        return False

    eventually(is_there, selector)


def offered(official: Visitor) -> Iterator[str]:
    for link in official.page.locator("main a.button[href*='/do/']").all():
        yield str(link.get_attribute("href")).rpartition("/")[2]


def brought_up_to_date(applicant: Visitor, status: str) -> None:
    """The page that is open shows what somebody else did, says so, and leaves the focus where it was."""
    focused = applicant.page.evaluate("document.activeElement.href")
    applicant.page.locator("[data-live] .tag", has_text=status).wait_for()
    assert "vừa có thay đổi" in applicant.page.locator(".news").inner_text()
    assert applicant.page.evaluate("document.activeElement.href") == focused
    assert not applicant.violations()


def test_an_application_goes_from_its_filing_over_the_desk_to_its_result(visitor: Visitors, paper: Path) -> None:
    applicant = visitor("citizen")
    for name, place in (
        ("home", ""),
        ("search", "/procedures?text=giay+phep+lai+xe"),
        ("procedure", "/procedures/1.001193"),
    ):
        applicant.page.goto(f"/vi{place}")
        applicant.picture(name)
    path = filed(applicant, paper)
    paid(applicant, path)
    desk_path = f"/vi/desk/{path.rpartition('/')[2]}"

    counter = visitor("intake_officer")
    counter.press_button("nav.doors a[href='/vi/desk']")
    judged(counter)
    counter.picture("queue")
    counter.page.select_option("#status", "submitted")
    counter.press_button("form.facets button")
    wait_for(counter, f".results a[href='{desk_path}']")
    counter.press_button(f".results a[href='{desk_path}']")
    page = judged(counter)
    counter.picture("desk")
    assert (
        "Nguyễn Thị Mẫu" in page.locator("main").inner_text() and "Đã nộp" in page.locator("#money + div").inner_text()
    )
    assert set(offered(counter)) == {"accept", "request_supplement", "refuse_intake"}
    do(counter, "request_supplement")
    counter.submit()
    judged(counter, with_errors=True)
    counter.press("main details summary")
    counter.submit(
        reason="Giấy tờ mờ", **{"requirement-don-de-nghi": "Chụp lại rõ hơn", "field-full_name": "Như thẻ căn cước"}
    )
    assert "Chụp lại rõ hơn" in counter.page.locator("main").inner_text()

    applicant.page.goto(f"/vi{path}")
    assert "Chụp lại rõ hơn" in applicant.page.locator("main").inner_text()
    applicant.press_button(f"a[href$='{path}/do/supplement']")
    judged(applicant)
    applicant.press_button("section.marked form:has(#file-1) button")
    judged(applicant, with_errors=True)
    applicant.page.set_input_files("#file-1", paper)
    applicant.press_button("section.marked form:has(#file-1) button")
    assert applicant.page.locator("section.marked a[href*='/files/']").count() == 2
    applicant.press_button("section.marked form.buttons button >> nth=0")
    assert applicant.page.locator("section.marked a[href*='/files/']").count() == 1
    assert "Nguyễn" in applicant.page.locator("#full_name").input_value()
    applicant.submit(full_name="Nguyễn Thị Mẫu Hai")

    counter.page.reload()
    applicant.page.focus("main a.button >> nth=-1")
    do(counter, "accept")
    counter.submit()
    brought_up_to_date(applicant, "Đã tiếp nhận")
    applicant.picture("status", full_page=True)

    officer = visitor("case_officer")
    officer.page.goto("/vi/desk?status=accepted")
    wait_for(officer, f"form[action='{desk_path}/do/assign'] button")
    officer.press_button(f"form[action='{desk_path}/do/assign'] button")
    assert officer.page.url.endswith(f"{desk_path}?done=assign")
    do(officer, "extend")
    officer.submit(
        **{"due_at": "31", "due_at-month": "12", "due_at-year": str(date.today().year + 1), "reason": "Cần xác minh"}
    )
    do(officer, "propose")
    officer.page.check("#outcome")
    officer.submit(reason="Đủ điều kiện")

    approver = visitor("approver", language="en")
    approver.page.goto(desk_path.replace("/vi/", "/en/"))
    do(approver, "send_back")
    approver.submit(reason="Bổ sung căn cứ")
    assert "approve" not in set(offered(approver))
    officer.page.goto(desk_path)
    do(officer, "propose")
    officer.page.check("#outcome")
    officer.submit()
    approver.page.reload()
    do(approver, "approve")
    approver.page.set_input_files("#file", paper)
    approver.submit(title="Giấy phép lái xe", number="12/2026")

    counter.page.reload()
    do(counter, "return_result")
    counter.submit()
    assert "Đã trả kết quả" in counter.page.locator("main").inner_text()
    applicant.page.goto(f"/vi{path}")
    with applicant.page.expect_download() as result:
        applicant.page.click("a[href*='/files/']:has-text('kết quả')")
    assert Path(result.value.path()).read_bytes() == paper.read_bytes()

    auditor = visitor("auditor")
    auditor.press_button("nav.doors a[href='/vi/audit']")
    auditor.page.fill("#application", counter.page.locator("h1").inner_text().split()[-1])
    auditor.press_button("main form button")
    assert "Trả lại đề xuất" in judged(auditor).locator("table").inner_text()
    auditor.picture("timeline")
    auditor.press_button("main a[href*='version=1']")
    assert "Bản nháp" in judged(auditor).locator("main").inner_text()
    auditor.press_button("ul.audited a[href*='due-date']")
    judged(auditor)
    auditor.picture("due-date")


def test_an_application_is_filed_and_paid_without_scripts(visitor: Visitors, paper: Path) -> None:
    applicant = visitor("neighbour", scripts=False)
    path = filed(applicant, paper)
    paid(applicant, path)
    applicant.page.goto(f"/vi{path}")
    assert "Đã nộp" in applicant.page.locator("[data-live]").inner_text()
    assert applicant.page.locator(".news").inner_text() == ""


def test_an_application_is_filed_by_keyboard_alone(visitor: Visitors, paper: Path) -> None:
    applicant = visitor("neighbour", keyboard=True)
    path = filed(applicant, paper)
    applicant.press_button(f"main a[href='/vi{path}']")
    assert "Đã nộp" in applicant.page.locator("main").inner_text()


def test_what_waits_for_a_second_person_is_listed(visitor: Visitors) -> None:
    official = visitor("accountant")
    for path in ("/decisions", "/decisions/refunds", "/suspense", "/suspense/1/assign"):
        official.page.goto(f"/vi{path}")
        judged(official)
