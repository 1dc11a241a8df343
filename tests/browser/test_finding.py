"""Home, search and procedure pages in a browser: by mouse, by keyboard alone, without scripts, narrow and wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.pages import Visitor

Visitors = Callable[..., Visitor]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_hold_what_accessibility_asks(visitor: Visitors, language: str, width: int) -> None:
    guest = visitor(width=width, language=language)
    for path in (
        "",
        "/procedures",
        "/procedures?text=doi+giay+phep+lai+xe",
        "/procedures?text=" + "khong co thu tuc nao nhu vay " * 8,
        "/procedures/1.001193",
        "/procedures/2.000635",
        "/sign-in",
        "/signed-out",
        "/no-such-page",
    ):
        guest.go(path, with_errors=False)


def test_a_procedure_is_found_without_accents_and_without_scripts(visitor: Visitors) -> None:
    guest = visitor(scripts=False)
    page = guest.go("")
    page.fill("#text", "dang ky khai sinh")
    guest.press_button("form[role=search] button")
    assert page.locator(".results a").first.inner_text() == "Đăng ký khai sinh"
    guest.press_button(".results a >> nth=0")
    assert page.locator("h1").inner_text() == "Đăng ký khai sinh"
    guest.press_button("text=English")
    assert page.locator("h1").inner_text() == "Birth registration"


def test_facets_narrow_without_scripts(visitor: Visitors) -> None:
    guest = visitor(scripts=False)
    page = guest.go("/procedures")
    page.select_option("#audience", "household_business")
    guest.press_button("form[role=search] button.second")
    assert page.locator(".results li").count() == 3 and page.locator("#audience").input_value() == "household_business"


def test_the_way_to_a_procedure_goes_by_keyboard_alone(visitor: Visitors) -> None:
    guest = visitor()
    page = guest.go("")
    page.keyboard.press("Tab")
    assert guest.focused() == "skip"
    guest.tab_to("#text")
    page.keyboard.type("ket hon")
    page.keyboard.press("Enter")
    page.wait_for_url("**/procedures?text=ket+hon")
    guest.tab_to(".results a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/procedures/*")


@pytest.mark.parametrize("scripts", [True, False])
def test_errors_take_the_focus_and_lead_to_their_fields(visitor: Visitors, scripts: bool) -> None:
    guest = visitor(scripts=scripts)
    page = guest.go("/sign-in")
    guest.submit()
    guest.judge(with_errors=True)
    assert page.locator(".summary-of-errors:focus").count() == 1
    page.click(".summary-of-errors a[href='#password']")
    assert page.locator("#password:focus").count() == 1


def test_pages_stay_whole_at_twice_the_size(visitor: Visitors) -> None:
    guest = visitor(width=640)
    for path in ("", "/procedures", "/procedures/1.001193", "/sign-in"):
        guest.page.goto(f"/vi{path}")
        guest.page.evaluate("document.documentElement.style.fontSize = '200%'")
        guest.judge()
