"""One's own account in a browser: every page narrow and wide, by keyboard, without scripts, and in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from tests.support.front_door import FrontDoor
from tests.support.pages import Visitor

Visitors = Callable[..., Visitor]
PASSWORD = "bảy cây cau trước ngõ nhà"
PATHS = (
    "/account", "/account/preferences", "/account/delegations", "/account/delegations/new", "/account/sessions",
    "/account/sign-ins", "/account/readings", "/account/portals", "/account/password", "/account/second-factor",
    "/account/contacts/phone", "/account/contacts/email/code",
)  # fmt: skip
OPEN_TO_ALL = ("/register", "/register/confirm", "/password/forgotten", "/password/new")


@pytest.fixture(scope="module")
def people(portal: FrontDoor) -> list[dict[str, Any]]:
    """Those of the sample register who have no account yet."""
    listed: list[dict[str, Any]] = portal.rpc("identity", "sample_people").json()["items"]
    return listed[-4:]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_an_account_is_whole(visitor: Visitors, language: str) -> None:
    width = {"vi": 320, "en": 1280}[language]
    owner = visitor("citizen", width=width, language=language)
    for path in PATHS:
        owner.go(path, with_errors=False)
    guest = visitor(width=width, language=language)
    for path in OPEN_TO_ALL:
        guest.go(path, with_errors=False)
        guest.submit()
        guest.judge(with_errors=True)


@pytest.mark.parametrize("how", [{"keyboard": True}, {"scripts": False}])
def test_somebody_registers_and_guards_their_account(
    visitor: Visitors, people: list[dict[str, Any]], how: dict[str, bool]
) -> None:
    person, someone = people.pop(), visitor(**how)
    page = someone.page
    page.goto("/vi/register")
    year, month, day = person["birth_date"].split("-")
    about = {"citizen_number": person["citizen_number"], "full_name": person["full_name"]}
    born = {"birth_date": day, "birth_date-month": month, "birth_date-year": year}
    reached = {"phone": "0912000077", "email": f"mau-{person['citizen_number']}@example.vn", "password": PASSWORD}
    someone.submit(**about, **born, **reached)
    someone.press_button("main a.button")
    someone.submit(username=person["citizen_number"], password=PASSWORD)
    someone.press_button("header a.name")
    someone.press_button("main a[href$='/account/preferences']")
    someone.submit(quiet_from="22:00", quiet_until="06:00")
    assert "Đã lưu" in page.locator("main").inner_text()
    page.goto("/vi/account/second-factor")
    someone.submit(password=PASSWORD)
    someone.judge(axe=someone.scripts)
    device = pyotp.TOTP(page.locator("main code").inner_text().replace(" ", ""))
    someone.submit(code="000000")
    someone.judge(with_errors=True)
    someone.submit(code=device.now())
    someone.judge()
    code = page.locator("ul.codes code").first.inner_text()
    page.context.clear_cookies()
    page.goto("/vi/sign-in")
    someone.submit(username=person["citizen_number"], password=PASSWORD)
    someone.submit(otp=code)
    assert person["full_name"] in page.locator("header").inner_text()
