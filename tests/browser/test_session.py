"""The browser's session: its cookie, the guard of forms, what leads where after a sign-in."""

from __future__ import annotations

import re

import requests

from tests.support.front_door import FrontDoor
from tests.support.page_requests import PlainVisitor, hidden_fields

COOKIE = "portal-development"


def test_the_cookie_is_for_this_site_alone_and_new_after_the_sign_in(portal: FrontDoor) -> None:
    visitor = PlainVisitor(portal)
    guards = visitor.guards("/sign-in")
    before = visitor.web.cookies[COOKIE]
    account = portal.person("citizen")
    fields = {**guards, "username": account["username"], "password": account["password"]}
    answer = visitor.post("/sign-in", fields, follow=False)
    flags = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303 and "httponly" in flags and "samesite=lax" in flags and "path=/" in flags
    assert visitor.web.cookies[COOKIE] != before
    again = visitor.post("/sign-out", guards, follow=False)
    assert again.status_code == 403, "what guarded a form before the sign-in guards nothing after it"


def test_nothing_of_a_session_is_readable_or_can_be_changed(portal: FrontDoor) -> None:
    visitor = PlainVisitor(portal).sign_in("citizen")
    sealed = str(visitor.web.cookies[COOKIE]).strip('"')
    assert not re.match(r"(.*\.)?eyJ", sealed), "no part of it is JSON; within one the letters may stand by chance"
    forged = {COOKIE: sealed[:-6] + "AAAAAA"}
    page = requests.get(f"{portal.url}/vi", cookies=forged, timeout=30)
    assert page.status_code == 200 and "Đăng nhập" in page.text


def test_a_form_of_another_site_is_refused(portal: FrontDoor) -> None:
    visitor = PlainVisitor(portal).sign_in("citizen")
    guards = visitor.guards("/procedures")
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert visitor.post("/sign-out", guards, follow=False, headers=headers).status_code == 403
    assert visitor.post("/sign-out", guards, follow=False, headers={"Origin": portal.url}).status_code == 303


def test_after_signing_out_neither_cookie_nor_tokens_open_anything(portal: FrontDoor) -> None:
    visitor = PlainVisitor(portal).sign_in("citizen")
    cookies = {COOKIE: str(visitor.web.cookies[COOKIE])}
    guards = visitor.guards("/procedures")
    assert visitor.post("/sign-out", guards).status_code == 200
    assert "Đăng xuất" not in visitor.get("/procedures").text
    thief = requests.Session()
    thief.cookies.update(cookies)
    stolen = PlainVisitor(portal, web=thief)
    assert stolen.post("/sign-out", guards).status_code == 200, "its own sign-out is all that is left"


def test_a_sign_in_leads_to_our_own_pages_only(portal: FrontDoor) -> None:
    account = portal.person("citizen")
    credentials = {"username": account["username"], "password": account["password"]}
    for address in ("https://evil.example", "//evil.example", "gAAAAA-forged"):
        visitor = PlainVisitor(portal)
        guards = hidden_fields(visitor.get(f"/sign-in?carried={address}").text)
        answer = visitor.post("/sign-in", {**guards, **credentials}, follow=False)
        assert answer.status_code == 303 and answer.headers["location"] == "/vi"


def test_a_wrong_password_does_not_tell_what_was_wrong(portal: FrontDoor) -> None:
    visitor = PlainVisitor(portal)
    registered = visitor.send(
        "/sign-in", username=portal.person("neighbour")["username"], password="không phải thế này"
    )
    stranger = visitor.send("/sign-in", username="001000000000", password="không phải thế này")
    message = "Số định danh hoặc mật khẩu không đúng"
    assert (
        registered.status_code == stranger.status_code == 401
        and message in registered.text
        and message in stranger.text
    )
    assert "không phải thế này" not in registered.text
