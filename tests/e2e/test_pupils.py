"""A pupil with a small phone: from the first page to a book by taps alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll('#main a, #main button')]
    .map((one) => [one.getBoundingClientRect(), one.textContent.trim()])
    .filter(([box]) => box.height > 0 && (box.height < 56 || box.width < 44)).map(([box, text]) => `${text} ${box.width}x${box.height}`)"""


def test_a_book_is_reached_with_taps_alone_on_a_small_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(response.request.sizes()["responseBodySize"]))
    page.goto("/", wait_until="networkidle")
    page.get_by_role("button", name="こどもの画面").click()
    page.wait_for_url("**/kids")
    sizes.clear()
    page.reload(wait_until="networkidle")
    assert sum(sizes) < 60 * 1024
    _fits(page)

    page.locator(".picture", has_text="いきもの").first.click()
    page.locator(".picture", has_text="ねこ").click()
    expect(page.locator(".faces .look").first).to_be_visible()
    _fits(page)
    page.locator(".faces .look").first.click()
    page.wait_for_url("**/kids/books/*")
    expect(page.locator("h1")).not_to_be_empty()
    _fits(page)

    page.get_by_role("link", name="あいうえお").first.click()
    for letter in "いぬ":
        _fits(page)
        page.get_by_role("list", name="もじ").get_by_role("link", name=letter, exact=True).click()
    expect(page.locator(".faces .look").first).to_be_visible()
    page.get_by_role("link", name="１つ もどる").click()
    expect(page.get_by_role("list", name="もじ")).to_be_visible()

    page.get_by_role("button", name="ふつうの").click()
    expect(page.get_by_role("button", name="こどもの画面")).to_be_visible()


def _fits(page: Page) -> None:
    """Nothing scrolls sideways, one heading, and every target is large enough for a small hand."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.locator("h1").count() == 1
    assert page.evaluate(SMALL) == []
