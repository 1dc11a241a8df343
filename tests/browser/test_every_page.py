"""All pages of the registry, as every role and as nobody: what opens, what leads to the sign-in, what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from infra.front_door.pages.page import Page
from infra.front_door.pages.registry import PAGES
from tests.support.front_door import FrontDoor, eventually
from tests.support.page_requests import PlainVisitor
from tests.support.pages import LARGEST, html_errors, inline_code

NOBODY = "nobody"
PEOPLE = (
    NOBODY, "citizen", "intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor",
    "operator",
)  # fmt: skip
PLACES = {"code": "1.001193"}
NOT_THERE = "5f1c2a54-8f0e-4c0b-9a55-0d3f2f6f3c01"


def address(page: Page) -> str:
    """The page's path with a sample in each place; of what is somebody's, one that does not exist."""
    return re.sub(r"\{(\w+)\}", lambda place: PLACES.get(place[1], NOT_THERE), page.path)


@pytest.fixture(scope="module")
def people(portal: FrontDoor) -> dict[str, PlainVisitor]:
    return {name: PlainVisitor(portal) if name == NOBODY else PlainVisitor(portal).sign_in(name) for name in PEOPLE}


@cache
def roles(person: str) -> frozenset[str]:
    return frozenset() if person == NOBODY else frozenset({"citizen", person})


def opened(visitor: PlainVisitor) -> Iterator[tuple[Page, int, str]]:
    for page in PAGES:
        if page.show is not None:
            answer = visitor.get(address(page), follow=False)
            yield page, answer.status_code, answer.text or answer.headers.get("location", "")


@pytest.mark.parametrize("person", PEOPLE)
def test_each_role_opens_its_own_pages_and_no_others(person: str, people: dict[str, PlainVisitor]) -> None:
    for page, status, text in opened(people[person]):
        if page.roles is not None and person == NOBODY:
            assert status == 303 and "/sign-in?carried=" in text, page.path
        elif page.roles is None or page.opens_for(roles(person)):
            assert status in (200, 303, 400, 404, 409), f"{page.path} as {person}: {status}"
        else:
            assert status == 403, f"{page.path} as {person}: {status}"
        assert status < 500


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_answered_is_valid_html_without_anything_inline(language: str, people: dict[str, PlainVisitor]) -> None:
    for person in (NOBODY, "citizen", "approver", "auditor", "operator"):
        visitor = people[person]
        for page in PAGES:
            if page.show is None:
                continue
            answer = visitor.web.get(f"{visitor.portal.url}/{language}{address(page)}", timeout=30)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            if not answer.url.startswith(visitor.portal.url):  # the e-ID provider's, not ours
                assert page.path == "/sign-in/eid", answer.url
                continue
            assert not html_errors(answer.text), f"{page.path}: {html_errors(answer.text)}"
            assert not inline_code(answer.text), f"{page.path}: {inline_code(answer.text)}"
            assert f'<html lang="{language}">' in answer.text and answer.text.count("<h1") == 1, page.path
            assert len(answer.content) <= LARGEST, f"{page.path}: {len(answer.content)} bytes"
            policy = answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy and "unsafe-inline" not in policy


def test_no_page_takes_a_form_that_is_not_its_own(people: dict[str, PlainVisitor]) -> None:
    for person in PEOPLE:
        for page in PAGES:
            if page.act is not None:
                answer = people[person].post(address(page), {"form_token": "forged.token"}, follow=False)
                refused_first = page.roles is not None and (person == NOBODY or not page.opens_for(roles(person)))
                assert answer.status_code == 403, f"{page.path} as {person}: {answer.status_code} {refused_first}"


def test_headers_name_the_doors_of_a_role_and_no_others(people: dict[str, PlainVisitor]) -> None:
    for person in PEOPLE:
        for href in set(re.findall(r'<li><a href="/vi([^"]*)"', _doors(people[person].get("/procedures").text))):
            assert people[person].get(href, follow=False).status_code == 200, f"{href} as {person}"


def _doors(text: str) -> str:
    match = re.search(r'<nav class="doors".*?</nav>', text, re.DOTALL)
    assert match
    return match[0]


def test_a_page_makes_three_calls_at_most(portal: FrontDoor, people: dict[str, PlainVisitor]) -> None:
    for visitor in people.values():
        for _ in opened(visitor):
            pass

    def requests_logged() -> list[dict[str, Any]]:
        return [line for line in portal.logged() if line.get("event") == "request" and "calls" in line]

    every_page = len([page for page in PAGES if page.show])
    eventually(lambda: len({line["route"] for line in requests_logged()}) >= every_page, "each page is in the log")
    lines = requests_logged()
    several = {f"/{language}/desk/together" for language in ("vi", "en")}  # a command for each that was ticked
    assert {line["route"]: line["calls"] for line in lines if line["calls"] > 3 and line["route"] not in several} == {}


def test_what_is_not_there_is_a_page_in_the_language_of_its_address(people: dict[str, PlainVisitor]) -> None:
    visitor = people[NOBODY]
    answer = visitor.web.get(f"{visitor.portal.url}/en/no-such-page", timeout=30)
    assert answer.status_code == 404 and '<html lang="en">' in answer.text and "Not found" in answer.text
    root = visitor.web.get(f"{visitor.portal.url}/", headers={"Accept-Language": "en"}, timeout=30)
    assert root.url.endswith("/en")
    wrong = visitor.post("/procedures", {})
    assert wrong.status_code == 405 and wrong.headers["allow"] == "GET"
