"""Asking in everyday words with a browser: in the panel with a keyboard, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Demo

pytestmark = pytest.mark.browser


def test_a_reader_asks_in_the_panel_and_goes_on_from_the_answer(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/")
    page.click("a[data-ask]")
    expect(page.locator("#chat-text")).to_be_focused()
    page.keyboard.type("宮沢賢治の本")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log .said")).to_have_text("あなた: 宮沢賢治の本")
    expect(page.locator("#chat-log .hit")).to_have_count(5)
    page.keyboard.type("職員に聞きたい")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log textarea")).to_have_value("宮沢賢治の本\n職員に聞きたい")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.keyboard.press("Escape")
    expect(page.locator("a[data-ask]")).to_be_focused()


def test_what_is_asked_before_the_answer_came_is_answered_next(page: Page) -> None:
    page.goto("/chat")
    page.fill("#chat-text", "恐竜の本")
    page.evaluate("document.querySelector('#chat-text').form.requestSubmit()")
    page.evaluate("document.querySelector('#chat-text').value = '猫の本'; document.querySelector('#chat-text').form.requestSubmit()")
    expect(page.locator("#chat-log .said")).to_have_text(["あなた: 恐竜の本", "あなた: 猫の本"])
    expect(page.locator("#chat-text")).to_have_value("")


def test_asking_works_without_scripts(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.address, java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto("/chat")
    page.fill("#chat-text", "宮沢賢治の本")
    page.press("#chat-text", "Enter")
    expect(page.locator("#chat-log .hit")).to_have_count(5)
    page.locator("#chat-log .ways button").first.click()
    expect(page.locator("#chat-log .said").first).to_contain_text("宮沢賢治の本")
    context.close()
