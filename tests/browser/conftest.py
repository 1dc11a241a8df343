"""One embedded platform and one Chromium for all browser tests of a process.

The process is not green: Playwright runs an asyncio loop of its own, so these tests run by themselves
(``make test-browser``, ``pytest tests/browser``).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.browser_tools import axe_source, chromium_program
from tests.support.front_door import FrontDoor, embedded_portal
from tests.support.pages import Visitor

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
Visitors = Callable[..., Visitor]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    assert "eventlet" not in sys.modules, "run tests/browser by itself: its process must not be green"
    with embedded_portal(tmp_path_factory.mktemp("portal"), FRONT_DOOR_STREAMS="40") as door:
        yield door


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(portal: FrontDoor, chromium: Browser) -> Iterator[Visitors]:
    """``visitor("citizen", language="en", width=320, scripts=False)``: a person at a browser of their own."""
    with contextlib.ExitStack() as closing:

        def opened(person: str | None = None, *, width: int = 1280, scripts: bool = True, **more: Any) -> Visitor:
            context = chromium.new_context(
                base_url=portal.url,
                viewport={"width": width, "height": 900},
                java_script_enabled=scripts,
                locale="vi-VN",
            )
            closing.callback(context.close)
            return Visitor(portal, _page(context), scripts=scripts, person=person, **more)

        yield opened


def _page(context: BrowserContext) -> Page:
    context.set_default_timeout(90_000)
    page = context.new_page()
    axe_source()
    return page
