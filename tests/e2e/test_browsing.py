"""A reader with a browser: to a book by taps alone, and filters that keep what was chosen."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Demo

pytestmark = pytest.mark.browser

# Boxes whose example is longer than they are.
CUT = """() => [...document.querySelectorAll('input[placeholder]')].filter((box) => box.offsetParent).filter((box) => {
  const pen = document.createElement('canvas').getContext('2d'), style = getComputedStyle(box);
  [pen.font, pen.letterSpacing] = [style.font, style.letterSpacing];
  return pen.measureText(box.placeholder).width > box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
}).map((box) => box.placeholder)"""


def test_an_author_is_reached_by_taps_on_a_small_phone(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address, locale="ja-JP", viewport={"width": 320, "height": 640})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto("/browse/ndc")
    for words in ("著者", "み", "宮沢賢治"):
        page.get_by_role("link", name=words, exact=True).first.click()
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.locator("h1").count() == 1
    expect(page.locator("h1")).to_contain_text("宮沢賢治")
    page.get_by_role("link", name="出版年の古い順").click()
    page.wait_for_url("**sort=oldest")
    page.locator("article.hit a").first.click()
    page.wait_for_url("**/records/*")
    page.locator("details.cite summary").click()
    expect(page.get_by_role("button", name="引用をコピー")).to_be_visible()
    for path in ("/browse/new", "/browse/index?kana=し", "/browse/series", "/browse/subjects", "/chat", "/guide", "/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate(CUT) == [], path
        assert page.locator("h1").count() == 1, path
    context.close()


def test_filters_widen_within_a_group_and_keep_the_grouping(page: Page) -> None:
    page.goto("/search?q=宮沢賢治")
    page.get_by_role("link", name="版をまとめる").click()
    page.wait_for_url("**group=work**")
    boxes = page.locator("input[name=material]")
    first, second = (page.locator(f"input[name=material][value={boxes.nth(at).get_attribute('value')}]") for at in (0, 1))
    first.check()
    page.wait_for_url("**material=**")
    expect(second).to_be_visible()  # a choice does not take the others of its group away
    second.check()
    page.wait_for_url(re.compile("material=.*material="))
    assert "group=work" in unquote(page.url)
    expect(page.locator("#found-what")).to_contain_text("作品")
