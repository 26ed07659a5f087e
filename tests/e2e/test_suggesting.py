"""Suggestions below the search box: with the keyboard, an input method and a screen reader, and when answers come late."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser


def test_the_keyboard_reaches_every_suggestion_and_recent_search_and_the_box_says_what_is_chosen(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name="本をさがす")
    page.locator("#q").focus()
    expect(box).to_have_attribute("aria-expanded", "false")
    composing = page.context.new_cdp_session(page)
    composing.send("Input.imeSetComposition", {"text": "ぎんがt", "selectionStart": 4, "selectionEnd": 4})
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("銀河鉄道の夜")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".search [role=status]")).to_contain_text("候補")
    composing.send("Input.insertText", {"text": "ぎんがて"})
    expect(options.first.locator("mark")).to_have_text("ぎんがて")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("End")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(box, "below the last is the box itself").not_to_have_attribute("aria-activedescendant", re.compile(".*"))
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("ぎんがて")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        box.press(key)
        page.wait_for_timeout(300)
    page.wait_for_url("**/works/*")
    page.goto("/search?q=夜")
    page.locator("#q").fill("")
    past = page.get_by_role("group", name="最近さがしたことば")
    expect(past.get_by_role("link")).to_have_text(["銀河鉄道の夜"])
    page.locator("#q").press("ArrowDown")
    expect(past.get_by_role("link")).to_be_focused()
    past.get_by_role("button", name="「銀河鉄道の夜」を消す").click()
    expect(past).to_be_hidden()
    expect(page.locator("#q")).to_be_focused()
    assert page.evaluate("localStorage.getItem('recent-searches')").find("銀河") < 0
    page.evaluate("""localStorage.setItem('recent-searches', '{"reader": "4711", "words": ["ひみつ"]}')""")
    page.goto("/about/privacy")
    assert "ひみつ" not in page.evaluate("localStorage.getItem('recent-searches')"), "they were somebody else's"
    switch = page.get_by_role("button", name="この端末に残す")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.goto("/search?q=夜")
    page.locator("#q").press("Enter")
    page.wait_for_url("**/search**")
    assert "夜" not in page.evaluate("localStorage.getItem('recent-searches')")


def test_an_answer_that_comes_late_is_dropped_and_its_question_withdrawn(page: Page) -> None:
    held: list[Route] = []
    withdrawn: list[str] = []

    def answer(route: Route) -> None:
        typed = parse_qs(urlsplit(route.request.url).query)["q"][0]
        if typed == "な":
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/suggest*", answer)
    page.on("requestfailed", lambda request: withdrawn.append(request.url))
    page.goto("/")
    page.get_by_label("いま借りられる").check()
    box = page.locator("#q")
    box.press_sequentially("な")
    page.wait_for_timeout(400)
    assert len(held) == 1
    box.press_sequentially("つめ")
    expect(page.get_by_role("option").first).to_contain_text("夏目漱石")
    assert len(withdrawn) == 1
    box.fill("")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("銀河")
    box.press("Tab")
    page.wait_for_timeout(400)
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.fill("なつめ")
    page.get_by_role("option", name="夏目漱石 ").first.click()
    page.wait_for_url("**/search?author=*&available=1")


def test_what_was_chosen_stays_chosen_when_a_late_answer_draws_the_list_anew_until_somebody_types_on(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/v1/suggest*", lambda route: held.append(route) if "%E9%81%93" in route.request.url else route.continue_())
    page.goto("/")
    box = page.locator("#q")
    box.press_sequentially("銀河")
    options, chosen = page.get_by_role("option"), page.locator("[role=option][aria-selected=true]")
    train = options.filter(has_text="銀河鉄道の夜").first
    expect(train).to_be_visible()
    page.evaluate("document.querySelector('[role=option]').classList.add('drawn-before')")
    box.press_sequentially("鉄道")
    for _ in range(1 + options.evaluate_all("(all) => all.findIndex((one) => one.textContent.includes('銀河鉄道の夜'))")):
        box.press("ArrowDown")
    expect(chosen).to_contain_text("銀河鉄道の夜")
    page.wait_for_timeout(200)
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator(".drawn-before")).to_have_count(0)
    expect(chosen).to_contain_text("銀河鉄道の夜")
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    box.press_sequentially("の")
    expect(chosen).to_have_count(0)
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile(".*"))
