"""Registering where an address counts only when its code was shown, and sign-ins that are not fresh: pages alone.

The platform is a table of answers; what pages make of them is what is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.responses import Response

from infra.front_door.calls import Call, PlatformRefusal
from infra.front_door.gateway import Gateway
from infra.front_door.pages import guarding, serving, sign_in
from infra.front_door.pages.accounts import PAGES
from infra.front_door.pages.page import Page
from infra.front_door.pages.sessions import Cookies, Session
from infra.front_door.pages.visits import Shared
from infra.front_door.rates import DEFAULT_RATES, Buckets
from infra.front_door.sealing import Sealing
from tests.unit.front_door.test_page_sessions import KEYS, token, tokens

ACCOUNT = "5f1c2a54-8f0e-4c0b-9a55-0d3f2f6f3c01"
FIELDS = {
    "citizen_number": "001190999901", "full_name": "Nguyễn Thị Mẫu", "birth_date-day": "17", "birth_date-month": "5",
    "birth_date-year": "1990", "phone": "0912345678", "email": "mau@example.vn", "password": "bốn con mèo",
}  # fmt: skip


class Answers:
    """A platform of fixed answers; ``calls`` is what came."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[Call] = []

    async def call(self, call: Call) -> Any:
        self.calls.append(call)
        answer = self.answers[call.method]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Straight(Gateway):
    """Without a loop that a second call of the same command could wait in."""

    async def _once(self, key: tuple[str, ...], call: Call) -> dict[str, Any]:
        return await self.platform.call(call)


class Browser:
    def __init__(self, session: Session, **answers: Any) -> None:
        self.platform, self.session = Answers(**answers), session
        gateway = Straight(self.platform, Buckets(DEFAULT_RATES), None)  # type: ignore[arg-type]
        cookies = Cookies(Sealing(KEYS, "session"), secure=False)
        self.shared = Shared(gateway, cookies, Sealing(KEYS, "carried"))

    def open(self, page: Page, query: str = "", fields: dict[str, str] | None = None, **places: str) -> Response:
        sealed = {name: getattr(self.session, name) for name in Session.__dataclass_fields__}
        cookie = f"{self.shared.cookies.name}={Sealing(KEYS, 'session').seal(sealed)}"
        body = urlencode({**(fields or {}), "form_token": self.session.form_token()}).encode()
        headers = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded", "host": "portal.example"}
        scope = {
            "type": "http", "method": "GET" if fields is None else "POST", "path": f"/vi{page.path}",
            "query_string": query.encode(), "state": {"call_id": "c-1"}, "path_params": places, "scheme": "http",
            "server": ("portal.example", 80), "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        return finished(serving.serve(self.shared, page, Request(scope, receive)))


def finished(work: Coroutine[Any, Any, Response]) -> Response:
    """It waits for nothing: its platform answers at once."""
    try:
        work.send(None)
    except StopIteration as end:
        response: Response = end.value
        return response
    raise AssertionError("it waited")


def text(response: Response) -> str:
    return bytes(response.body).decode()


def page_at(path: str, pages: tuple[Page, ...] = PAGES) -> Page:
    return next(page for page in pages if page.path == path)


@pytest.fixture
def session() -> Session:
    return Session.begun().signed_in(tokens())


def test_an_account_that_awaits_its_code_is_not_called_ready() -> None:
    waiting = {"account_id": ACCOUNT, "full_name": "Nguyễn Thị Mẫu", "status": "awaiting_confirmation"}
    browser = Browser(Session.begun(), register_citizen=waiting, confirm_registration={**waiting, "status": "open"})
    page = text(browser.open(page_at("/register"), fields=FIELDS))
    assert f'name="account_id" value="{ACCOUNT}"' in page and "Đã tạo tài khoản" not in page
    typed = {"account_id": ACCOUNT, "code": "k7qx2mndr4tz"}
    page = text(browser.open(page_at("/register/confirm"), fields=typed))
    assert "Đã tạo tài khoản" in page and "điện thoại" in page
    assert browser.platform.calls[-1].arguments == {"account_id": ACCOUNT, "code": "K7QX-2MND-R4TZ"}


def test_what_guards_an_account_is_not_changed_long_after_the_sign_in(session: Session) -> None:
    old = replace(session, signed_in_at=session.signed_in_at - 600)
    for path in ("/account/second-factor", "/account/contacts/{channel}"):
        browser = Browser(old)
        answer = browser.open(page_at(path, guarding.PAGES), channel="email")
        assert answer.status_code == 303, text(answer)
        location = answer.headers["location"]
        assert location.startswith("/vi/sign-in?carried=") and not browser.platform.calls
        again = text(browser.open(page_at("/sign-in", sign_in.PAGES), query=location.partition("?")[2]))
        assert "ngay sau khi đăng nhập" in again


def test_a_password_is_neither_carried_through_a_sign_in_nor_shown(session: Session) -> None:
    ended = PlatformRefusal("Unauthenticated", "Phiên đã kết thúc", {})
    browser = Browser(session, change_password=ended)
    fields = {"password": "bí mật cũ", "new_password": "bí mật mới"}
    answer = browser.open(page_at("/account/password", guarding.PAGES), fields=fields)
    assert answer.status_code == 303 and "bí mật" not in text(answer)
    carried = re.search(r"carried=([^&]+)", answer.headers["location"])
    assert carried and browser.shared.carried.open(carried[1].replace("%3D", "="), within=60) == {
        "path": "/account/password", "query": "", "again": False,
    }  # fmt: skip


def test_an_official_without_a_second_factor_is_led_to_it() -> None:
    claims = {"sub": "a-2", "name": "Trần Văn Mẫu", "roles": ["enrolling"], "agencies": {}, "sid": "s-2"}
    enrolling = tokens() | {"access_token": token(**claims)}
    browser = Browser(Session.begun(), sign_in=enrolling)
    answer = browser.open(page_at("/sign-in", sign_in.PAGES), fields={"username": "can-bo", "password": "bí mật"})
    assert answer.headers["location"] == "/vi/account/second-factor"


def test_who_signs_in_again_leaves_no_session_behind(session: Session) -> None:
    browser = Browser(session, sign_in=tokens(), sign_out={}, remember_browser={"browser": "b" * 43})
    answer = browser.open(page_at("/sign-in", sign_in.PAGES), fields={"username": "001190999901", "password": "bí mật"})
    assert answer.status_code == 303
    assert [call.method for call in browser.platform.calls][:2] == ["sign_in", "sign_out"]
