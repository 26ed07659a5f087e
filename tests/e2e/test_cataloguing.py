"""A cataloguer with a browser: mends a record, and a reader is kept out of it."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in

pytestmark = pytest.mark.browser


def test_a_mended_title_is_found_by_readers(page: Page) -> None:
    sign_in(page, "catalogue.1")
    page.goto("/search?q=走れメロス")
    page.locator(".hit a").first.click()
    page.wait_for_url("**/records/*")
    record = page.url.rsplit("/", 1)[1].split("?")[0]
    page.goto(f"/staff/records/{record}/edit")
    page.fill("input[name=subtitle]", "e2eのために直した副書名")
    page.get_by_role("button", name="保存する").click()
    page.wait_for_url(f"**/staff/records/{record}*")
    expect(page.locator("main")).to_contain_text("e2eのために直した副書名")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page.goto("/search?q=e2eのために直した副書名")
        if f"/records/{record}" in page.content():
            return
        time.sleep(0.5)
    pytest.fail("the mended title was not found within 20 s")


def test_a_reader_is_kept_out_of_the_staffs_pages_in_words(page: Page) -> None:
    sign_in(page, "1000002764")
    answer = page.goto("/staff/records/new")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("h1")).to_be_visible()
