"""Every page with something on it, once in Chromium and a few times over HTTP: its bytes, its calls, what axe finds.

Prints a table, and keeps it in ``build/pages.md``. Times are told, never judged: they are the machine's.
"""

from __future__ import annotations

import re
import statistics
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from infra.front_door.pages.page import Page
from infra.front_door.pages.registry import PAGES
from tests.support.filing import CODE, begun, submitted, write
from tests.support.front_door import FrontDoor, eventually
from tests.support.page_requests import PlainVisitor
from tests.support.pages import LARGEST, Visitor

TIMES = 3
TABLE = Path("build/pages.md")
# Files and streams; a payment's receipt (test_desk.py); the national e-ID's, which lead elsewhere.
NO_PAGE = ("/files/", "/live", "/evidence", "/receipt", "/sign-in/eid")
MOST_CALLS = 3
SESSION = "portal-development"


OPENED_BY: dict[frozenset[str] | None, str] = {
    None: "nobody",
    frozenset(): "citizen",
}  # else by who has the first of a page's roles
OF_A_DRAFT = ("/tasks", "/papers", "/delivery", "/check", "/questions/")


@pytest.fixture(scope="module")
def places(portal: FrontDoor) -> dict[str, str]:
    """A draft, an application that was filed and accepted, and one whose supplement is asked for."""
    asked_for = next(iter(portal.ask("GET", f"/procedures/{CODE}").json()["form"]["properties"]))
    draft, accepted, marked = begun(portal), submitted(portal), submitted(portal)
    write(portal, f"/applications/{accepted}/acceptance", "intake_officer")
    marks = [{"field": asked_for, "problem": "Chưa rõ"}]
    request = {"application_id": marked, "reason": "Cần sửa", "marks": marks, "command_id": str(uuid.uuid4())}
    assert portal.rpc("applications", "request_supplement", "intake_officer", **request).ok
    return {"draft": draft, "accepted": accepted, "marked": marked, "question": asked_for}


def address(page: Page, places: dict[str, str]) -> str:
    """The page's path with something in each place."""
    application = places["accepted"]
    if not page.path.startswith("/desk") and any(part in page.path for part in OF_A_DRAFT):
        application = places["draft"]
    elif page.path.endswith("/do/supplement"):
        application = places["marked"]
    deed = "request_supplement" if page.path.startswith("/desk") else "withdraw"
    names = {"code": CODE, "application_id": application, "question": places["question"], "deed": deed}
    names |= {"channel": "email", "line_id": "1"}
    path = re.sub(r"\{(\w+)\}", lambda place: names[place[1]], page.path).removesuffix("/")
    return f"{path}?application={application}" if page.path.startswith("/audit") else path


def person_of(page: Page) -> str:
    return OPENED_BY.get(page.roles) or min(page.roles or ())


def pages() -> Iterator[Page]:
    yield from (page for page in PAGES if page.show and not any(part in page.path for part in NO_PAGE))


def test_every_page_is_small_asks_little_and_is_accessible(
    portal: FrontDoor, chromium: Browser, places: dict[str, str]
) -> None:
    people = {name: visitor_of(portal, name) for name in {person_of(page) for page in pages()}}
    openings = {name: in_chromium(chromium, visitor) for name, visitor in people.items()}
    rows, wrong = [], []
    for page in pages():
        person, path = person_of(page), address(page, places)
        before = len(portal.logged())
        answers = [people[person].get(path, follow=False) for _ in range(TIMES)]
        if statuses := {answer.status_code for answer in answers} - {200}:
            wrong.append(f"{path} as {person}: {statuses}")
            continue
        lines = eventually(lambda at=before, of=page: logged_since(portal, at, of), f"{path} is in the log")
        browser = openings[person]
        browser.page.goto(f"/vi{path}")
        problems = browser.violations()
        largest, calls = max(len(answer.content) for answer in answers), max(line["calls"] for line in lines)
        wrong += [f"{page.path}: {problem}" for problem in problems]
        wrong += [f"{page.path}: {largest} bytes"] if largest > LARGEST else []
        wrong += [f"{page.path}: {calls} calls"] if calls > MOST_CALLS else []
        took = statistics.median(line["ms"] for line in lines)
        rows.append(f"| `{page.path}` | {person} | {largest} | {calls} | {len(problems)} | {took:.1f} |")
    keep_table(rows)
    for browser in openings.values():
        browser.page.context.close()
    assert not wrong


def logged_since(portal: FrontDoor, before: int, page: Page) -> list[dict[str, Any]] | None:
    route = f"/vi{'' if page.path == '/' else page.path}"
    lines = [line for line in portal.logged()[before:] if line.get("event") == "request" and line["route"] == route]
    return lines if len(lines) >= TIMES else None


def visitor_of(portal: FrontDoor, name: str) -> PlainVisitor:
    return PlainVisitor(portal) if name == "nobody" else PlainVisitor(portal).sign_in(name)


def in_chromium(chromium: Browser, visitor: PlainVisitor) -> Visitor:
    """The same session in a browser, narrow as a telephone."""
    context = chromium.new_context(base_url=visitor.portal.url, viewport={"width": 320, "height": 900}, locale="vi-VN")
    session = visitor.web.cookies.get(SESSION)
    if session:
        context.add_cookies([{"name": SESSION, "value": session.strip('"'), "url": visitor.portal.url}])
    return Visitor(visitor.portal, context.new_page())


def keep_table(rows: list[str]) -> None:
    head = "| page | opened by | bytes | calls | axe | p50 ms |\n|---|---|---|---|---|---|"
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    sys.stdout.write(f"\n{TABLE.read_text(encoding='utf-8')}")
