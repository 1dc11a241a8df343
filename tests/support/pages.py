"""A person at a browser, and how every page they come to is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import html5lib
from playwright.sync_api import Page

from tests.support.browser_tools import axe_source
from tests.support.front_door import FrontDoor

PICTURES = Path("build/screenshots")  # to be looked at; some of them stand in the README
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LARGEST = 50 * 1024  # bytes of a page


@dataclass
class Visitor:
    """``go`` opens a page in their language; ``judge`` is what must hold wherever they are.

    ``keyboard``: they have no mouse; a file is chosen in a window that is the browser's.
    """

    portal: FrontDoor
    page: Page
    scripts: bool = True
    person: str | None = None
    language: str = "vi"
    keyboard: bool = False
    titles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.person:
            self.sign_in(self.person)

    def go(self, path: str, **judged: Any) -> Page:
        self.page.goto(f"/{self.language}{path}")
        self.judge(**judged)
        return self.page

    def sign_in(self, person: str) -> None:
        account = self.portal.person(person)
        self.page.goto(f"/{self.language}/sign-in")
        self.enter("username", account["username"])
        self.enter("password", account["password"])
        self.press_button("form:has(#username) button[type=submit]")
        self.person = person

    def press_button(self, selector: str) -> None:
        """A button or link that leads to another page."""
        with self.page.expect_navigation(wait_until="load"):
            if self.keyboard:
                self.tab_to(selector)
                self.page.keyboard.press("Enter")
            else:
                self.page.click(selector)

    def press(self, selector: str) -> None:
        """What opens or ticks something on the page itself."""
        if not self.keyboard:
            self.page.click(selector)
            return
        self.tab_to(selector)
        self.page.keyboard.press("Space")

    def enter(self, name: str, value: str) -> None:
        if not self.keyboard:
            self.page.fill(f"#{name}", value)
            return
        self.tab_to(f"#{name}")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(value)

    def choose(self, selector: str) -> None:
        """A radio button: by keyboard with Space and the arrows of its group."""
        if not self.keyboard:
            self.page.check(selector)
            return
        group = self.page.locator(selector).first.get_attribute("name")
        self.tab_to(f"input[name={group}]")
        self.page.keyboard.press("Space")
        for _ in range(self.page.locator(f"input[name={group}]").count()):
            if self.page.locator(selector).first.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{selector} is not reached by arrows")

    def submit(self, **fields: str) -> None:
        """Fill fields by their ids and send the page's form."""
        for name, value in fields.items():
            self.enter(name, value)
        self.press_button("main form button.first")

    def judge(self, *, with_errors: bool | None = None, axe: bool = True) -> None:
        """HTML, headings, title, width, and WCAG by axe where scripts may run."""
        html = self.page.content() if not self.scripts else self.page.evaluate("document.documentElement.outerHTML")
        where = self.page.url.removeprefix(self.portal.url)
        assert len(html.encode()) <= LARGEST, f"{where}: {len(html)} bytes"
        assert self.page.locator("h1").count() == 1, f"{where}: one h1"
        title, heading = self.page.title(), self.page.locator("h1").inner_text().strip()
        assert heading.split("\n")[0] in title or " – " in title, f"{where}: {title!r} without {heading!r}"
        if with_errors is not None:
            assert title.startswith(("Lỗi:", "Error:")) == with_errors, f"{where}: {title}"
            assert self.page.locator(".summary-of-errors").count() == int(with_errors), where
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") if self.scripts else 0
        assert wide <= 0, f"{where}: {wide} px to the side"
        if self.scripts and axe:
            assert not self.violations(), where

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA, and what it holds for good practice."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe_source())
        report = self.page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
        return [
            f"{rule['id']}: {node['html'][:200]} {node['any'][0]['message'] if node['any'] else ''}"
            for rule in report["violations"]
            for node in rule["nodes"]
        ]

    def picture(self, name: str, *, full_page: bool = False) -> None:
        """The page as people see it, kept in :data:`PICTURES`."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=full_page)

    def focused(self) -> str:
        """The id, class or text of what has the focus."""
        return str(self.page.evaluate("(e => e.id || e.className || e.textContent.trim())(document.activeElement)"))

    def tab_to(self, selector: str, *, most: int = 80) -> None:
        """By keyboard alone: Tab until it is there, which is seen by its outline."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                outline = self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"the focus on {selector} is not seen"
                return
        raise AssertionError(f"{selector} is not reached by keyboard")


def html_errors(html: str) -> list[str]:
    """What a parser by the standard finds wrong; ``html`` as it was sent."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    parser.parse(html)
    return [f"{position}: {code}" for position, code, _ in parser.errors]


def inline_code(html: str) -> list[str]:
    """Scripts, styles and handlers that the page's policy would not let run."""
    return re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=\"|\sstyle=\"|javascript:", html)
