"""A reader with a browser: finds the book however it is typed, and sees where it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Demo

pytestmark = pytest.mark.browser

WIDTHS = (320, 768, 1280)
PAGES = ("/", "/search?q=銀河鉄道", "/search?q=zzzzzzzzzz", "/places", "/sign-in", "/about", "/browse/ndc", "/nowhere")


@pytest.mark.parametrize("typed", ["銀河鉄道の夜", "ぎんがてつどうのよる", "ｷﾞﾝｶﾞﾃﾂﾄﾞｳ", "gingatetsudo"])
def test_the_book_is_found_however_it_is_typed(page: Page, typed: str) -> None:
    page.goto("/")
    page.fill("input[name=q]", typed)
    page.press("input[name=q]", "Enter")
    expect(page.locator("main")).to_contain_text("銀河鉄道の夜")


def test_its_page_says_where_it_is(page: Page) -> None:
    page.goto("/search?q=銀河鉄道の夜")
    page.locator("article a, .hit a").first.click()
    page.wait_for_url("**/records/*")
    expect(page.locator("main")).to_contain_text("図書館")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways(page: Page, width: int, path: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


def test_searching_works_without_javascript(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("input[name=q]", "走れメロス")
    page.press("input[name=q]", "Enter")
    assert "走れメロス" in page.content()
    context.close()


def test_the_first_view_is_small(page: Page, demo: Demo) -> None:
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(response.request.sizes()["responseBodySize"]))
    page.goto("/", wait_until="networkidle")
    assert 0 < sum(sizes) < 60 * 1024


def test_every_page_has_one_heading_and_a_language(page: Page) -> None:
    for path in PAGES:
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        assert page.locator("html").get_attribute("lang"), path
