"""Readers at work: a pupil holds a book in two taps, a parent renews for everybody, and the whole of it without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from library.demo.load import SEED
from library.demo.readers import sign_ins
from tests.e2e.conftest import Demo, sign_in

pytestmark = pytest.mark.browser

CARDS = {one.kind: one.login for one in sign_ins(SEED)}


# A parent who, with two children, has books out in two names that were never renewed, and nothing late.
_FAMILY = """
    SELECT a.login FROM account a
      JOIN account_person f ON f.account_id = a.id
      JOIN patron p ON p.person_id = f.person_id
      JOIN loan l ON l.patron_id = p.id AND l.returned_at IS NULL
     GROUP BY a.id
    HAVING count(DISTINCT p.person_id) FILTER (WHERE l.renewals = 0 AND l.due_at > now() + interval '1 day') > 1
       AND bool_and(l.due_at > now())
       AND (SELECT count(*) FROM account_person c WHERE c.account_id = a.id AND c.role = 'guardian') > 1
     ORDER BY a.id LIMIT 1
"""


@pytest.fixture
def parent(demo: Demo) -> str:
    """The card of a parent whose family has books out."""
    with psycopg.connect(f"host={demo.data / 'postgres'} user=postgres dbname=library") as connection:
        found = connection.execute(_FAMILY).fetchone()
    assert found is not None, "nobody in the demo has a family that reads"
    return str(found[0])


@pytest.fixture
def plain(browser: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """A browser that runs no scripts."""
    opened = browser.new_context(base_url=demo.address, locale="ja-JP", java_script_enabled=False, viewport={"width": 320, "height": 640})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


def holdable(page: Page, words: str) -> None:
    """Results of a search, with a book that can be held."""
    page.goto(f"/search?q={words}")
    expect(page.locator("article.hit a.btn[href^='/holds/new']").first).to_be_visible()


def cancel_all(page: Page) -> None:
    page.goto("/loans")
    while page.locator("a[href$='/cancel']").count():
        page.locator("a[href$='/cancel']").first.click()
        page.locator("button.danger").click()
        page.wait_for_url("**/loans**")


def test_a_pupil_holds_a_book_for_pick_up_at_school_in_two_taps(page: Page) -> None:
    sign_in(page, CARDS["pupil"])
    cancel_all(page)
    holdable(page, "銀河鉄道")
    page.get_by_role("link", name=re.compile("学校でうけとる")).first.click()
    title = page.locator("article.hit .face a").inner_text()
    page.locator("form[action='/holds'] button[type=submit]").click()
    page.wait_for_url("**/loans?placed=**")
    expect(page.locator(".notice.ok")).to_contain_text("を予約しました")
    expect(page.locator("#holds")).to_contain_text(title)
    page.locator("#holds a[href$='/cancel']").first.click()
    expect(page.locator("h1")).to_contain_text("やめますか")
    page.locator("button.danger").click()
    expect(page.locator(".notice.ok")).to_contain_text("予約をやめました")


def test_a_stranger_signs_in_on_the_way_and_comes_back_to_the_book(page: Page) -> None:
    holdable(page, "銀河鉄道")
    page.locator("article.hit a.btn[href^='/holds/new']").first.click()
    page.wait_for_url("**/sign-in?next=**")
    page.fill("input[name=login]", CARDS["resident"])
    page.fill("input[name=password]", "komorebi-demo")
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/holds/new?record=**")
    expect(page.locator("h1")).to_contain_text("予約する")
    expect(page.get_by_label("受け取るところ")).to_be_visible()


def test_a_parent_sees_every_child_and_renews_everything_at_once(page: Page, parent: str) -> None:
    sign_in(page, parent)
    page.goto("/loans")
    chips = page.get_by_role("navigation", name="だれの本か").get_by_role("link")
    assert chips.count() >= 4  # everyone, the parent, two children
    lines = page.locator("#loans li")
    before, whose = lines.count(), set(page.locator("#loans .whose").all_inner_texts())
    assert before >= 2
    assert len(whose) >= 2
    page.get_by_role("button", name="まとめてのばす").click()
    page.wait_for_url("**/loans?**")
    assert lines.count() == before
    assert page.locator("#loans .said").count() == before  # each line says what came of it
    renewed = page.locator("#loans li:has(.said.ok) .whose")
    assert len(set(renewed.all_inner_texts())) >= 2
    chips.last.click()
    page.wait_for_url("**/loans?person=**")
    assert page.locator(".chip.on").count() == 1


def test_by_keyboard_alone_a_hold_is_placed(page: Page) -> None:
    sign_in(page, CARDS["resident"])
    cancel_all(page)
    holdable(page, "銀河鉄道")
    page.locator("article.hit a.btn[href^='/holds/new']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/holds/new?**")
    button = page.locator("form[action='/holds'] button[type=submit]")
    for _ in range(40):
        if button.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/loans?placed=**")
    cancel_all(page)


def test_without_a_script_one_holds_and_cancels(plain: BrowserContext) -> None:
    page = plain.new_page()
    sign_in(page, CARDS["resident"])
    cancel_all(page)
    holdable(page, "銀河鉄道")
    page.locator("article.hit a.btn[href^='/holds/new']").first.click()
    page.locator("form[action='/holds'] button[type=submit]").click()
    page.wait_for_url("**/loans?placed=**")
    cancel_all(page)
    expect(page.locator("#holds")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_reader_s_pages_never_scroll_sideways(page: Page, parent: str, width: int) -> None:
    sign_in(page, parent)
    page.set_viewport_size({"width": width, "height": 800})
    holdable(page, "銀河鉄道")
    book = page.locator("article.hit a.btn[href^='/holds/new']").first.get_attribute("href")
    for address in ("/loans", book):
        assert address is not None
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
