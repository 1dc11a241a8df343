"""Signing in with the e-ID as a browser does it: from the sign-in page to the provider and back, over HTTP."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from tests.support.front_door import FrontDoor
from tests.support.page_requests import PlainVisitor


def provider_page(visitor: PlainVisitor, path: str = "/sign-in") -> requests.Response:
    """The sandbox provider's page, as the button on the sign-in page leads to it."""
    page = visitor.get(path)
    button = re.search(r'<a class="button first" href="(/vi/sign-in/eid[^"]*)"', page.text)
    assert page.status_code == 200 and button, page.text
    reached = visitor.web.get(urljoin(visitor.portal.url, html.unescape(button[1])), timeout=30)
    assert reached.status_code == 200 and "Định danh điện tử thử nghiệm" in reached.text, reached.text
    return reached


def clicked(visitor: PlainVisitor, page: requests.Response, person: str) -> requests.Response:
    """A person clicked on; the page of the portal where that ends, all redirects followed."""
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)}
    fields.pop("person", None)
    return visitor.web.post(urljoin(page.url, "/authorize"), data={**fields, "person": person}, timeout=30)


def test_a_citizen_signs_in_with_one_click_and_is_where_they_wanted_to_be(door: FrontDoor) -> None:
    visitor, number = PlainVisitor(door), door.people["citizens"][0]["username"]
    page = provider_page(visitor, "/applications")
    back = clicked(visitor, page, number)
    assert back.status_code == 200 and urlsplit(back.url).path == "/vi/applications", back.url
    assert "Đăng xuất" in back.text
    assert [hop.status_code for hop in back.history] == [303, 303, 303]


def test_an_address_of_coming_back_works_once_and_in_its_own_browser(door: FrontDoor) -> None:
    visitor, stranger = PlainVisitor(door), PlainVisitor(door)
    back = clicked(visitor, provider_page(visitor), door.people["citizens"][1]["username"])
    address = next(hop.url for hop in back.history if "code=" in hop.url and "/sign-in/eid/return" in hop.url)
    for other in (visitor, stranger):
        again = other.web.get(address, timeout=30)
        assert again.status_code == 200 and "Lần đăng nhập này đã hết hạn" in again.text
    assert "Đăng xuất" not in stranger.get("/").text


def test_whoever_gives_up_is_at_the_sign_in_page_and_may_use_the_password(door: FrontDoor) -> None:
    visitor = PlainVisitor(door)
    back = clicked(visitor, provider_page(visitor, "/applications"), "")
    assert "Bạn chưa đăng nhập: việc định danh đã bị bỏ dở" in back.text
    assert re.search(r'name="carried" value="[^"]{20,}"', back.text)  # where they wanted to be is not lost


def test_nothing_of_the_person_is_in_an_address(door: FrontDoor) -> None:
    visitor, number = PlainVisitor(door), door.people["citizens"][0]["username"]
    back = clicked(visitor, provider_page(visitor), number)
    for hop in (*back.history, back):
        assert number not in hop.url
        assert set(parse_qs(urlsplit(hop.url).query)) <= {"code", "state", "iss"}


@pytest.mark.parametrize("query", ["", "?code=a&state=b", "?error=access_denied", "?state=%00&code=" + "x" * 4000])
def test_coming_back_from_nowhere_is_a_page_that_says_so(door: FrontDoor, query: str) -> None:
    back = requests.get(f"{door.url}/sign-in/eid/return{query}", timeout=30)
    assert back.status_code == 200 and "<h1>" in back.text and "Đăng xuất" not in back.text


def test_programs_sign_in_with_the_same_two_steps(door: FrontDoor) -> None:
    begun = door.write("POST", "/eid-sign-ins", json={}).json()
    page = requests.get(begun["authorization_url"], timeout=30)
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)}
    number = door.people["citizens"][0]["username"]
    chosen = requests.post(
        urljoin(page.url, "/authorize"), data={**fields, "person": number}, timeout=30, allow_redirects=False
    )
    answer = {name: values[0] for name, values in parse_qs(urlsplit(chosen.headers["Location"]).query).items()}
    arrived = {"state": answer["state"], "code": answer["code"], "issuer": answer["iss"], "binding": begun["binding"]}
    opened = door.write("POST", "/sessions/eid", json=arrived)
    assert opened.status_code == 201, opened.text
    door.tokens["by e-ID"] = opened.json()["access_token"]
    assert door.ask("GET", "/me", "by e-ID").json()["username"] == number
    assert door.write("POST", "/sessions/eid", json=arrived).status_code == 404
