"""The guide in a browser: the staff write an entry in the form, a reader asks for it in their own words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in

pytestmark = pytest.mark.browser


def test_what_the_staff_publish_is_found_by_what_people_say(page: Page) -> None:
    sign_in(page, "admin.1")
    page.goto("/staff/procedures/new")
    page.fill("#f-key", "stargazing-night")
    page.fill("#f-title_ja", "星を見る会")
    page.fill("#f-body_ja", "屋上で星を見ます。一人{loans.limit}冊まで借りて帰れます。")
    page.fill("#f-says_ja", "星を見る会に行きたい\n天体観望会")
    page.click("button[value=preview]")
    expect(page.locator(".guide-preview")).to_contain_text("一人30冊まで")
    page.click("button[value=save]")
    page.click("button[value=publish]")
    expect(page.locator("main")).to_contain_text("公開しました")
    page.goto("/guide")
    page.fill("input[name=q]", "天体観望会に出たい")
    page.press("input[name=q]", "Enter")
    page.get_by_role("link", name="星を見る会").first.click()
    expect(page.locator("h1")).to_have_text("星を見る会")
    for path in ("/guide", "/guide/opening-days?text=ko", "/staff/procedures", "/staff/questions", "/staff/questions/1"):
        page.set_viewport_size({"width": 320, "height": 800})
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
