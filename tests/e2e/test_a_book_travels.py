"""One book's way, at the screens of those who see it: found and held, lent, returned elsewhere, sent, ready, collected."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from circulation.availability import AVAILABLE
from library.demo.load import SEED
from library.demo.readers import EVERYTHING, sign_ins
from tests.e2e.conftest import Demo, sign_in

pytestmark = pytest.mark.browser

LOGINS = {one.kind: one.login for one in sign_ins(SEED)}
READER = LOGINS["resident"]
ONLY_COPY = f"""
    SELECT r.id, r.title, min(i.barcode)
      FROM record r JOIN item i ON i.record_id = r.id JOIN branch b ON b.id = i.branch_id JOIN organisation o ON o.id = i.organisation_id
     WHERE length(r.title) BETWEEN 4 AND 12 AND r.material = 'book' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.record_id = r.id)
       AND (SELECT count(*) FROM record t WHERE t.title LIKE r.title || '%%') = 1
     GROUP BY r.id HAVING count(*) = 1 AND bool_and(b.code = 'chuo' AND o.kind = 'ward' AND i.parts = '' AND {AVAILABLE})
     ORDER BY r.id LIMIT 1
"""
NOBODYS_CARD = """
    SELECT c.number FROM card c JOIN patron p ON p.person_id = c.person_id JOIN organisation o ON o.id = p.organisation_id
     WHERE o.kind = 'ward' AND p.category = 'resident' AND p.valid_to IS NULL AND c.revoked_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.patron_id = p.id) AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.patron_id = p.id)
     ORDER BY c.number LIMIT 1
"""
TWO_OTHERS = """
    SELECT b.code, b.name->>'ja' FROM branch b JOIN branch_organisation bo ON bo.branch_id = b.id AND bo.role = 'ward_library'
     WHERE b.code <> 'chuo' AND b.holds_stock AND (SELECT count(*) FROM branch_organisation x WHERE x.branch_id = b.id) = 1
     ORDER BY b.number LIMIT 2
"""


def asked(demo: Demo, query: str) -> list[tuple[str, ...]]:
    with psycopg.connect(f"host={demo.data / 'postgres'} user=postgres dbname=library") as connection:
        return connection.execute(query).fetchall()


def scan(page: Page, branch: str, *values: str, key: str = "F2") -> None:
    page.goto(f"/desk/{branch}")
    expect(page.locator("#field")).to_be_focused()
    page.keyboard.press(key)
    for value in values:
        page.keyboard.type(value)
        page.keyboard.press("Enter")


def test_a_book_is_held_returned_elsewhere_travels_and_is_collected(browser: Browser, demo: Demo) -> None:
    ((record, title, barcode),) = asked(demo, ONLY_COPY)
    ((borrower,),) = asked(demo, NOBODYS_CARD)
    (pickup, pickup_name), (elsewhere, elsewhere_name) = asked(demo, TWO_OTHERS)
    opened: Callable[[], Page] = lambda: browser.new_context(base_url=demo.address, locale="ja-JP").new_page()  # noqa: E731
    reader, desk = opened(), opened()
    sign_in(reader, READER)
    sign_in(desk, EVERYTHING)
    answer = desk.locator("#answer .say")

    scan(desk, "chuo", borrower, barcode, key="F1")
    expect(answer).to_have_text(re.compile("^貸出 "))

    reader.goto(f"/search?q={title}")
    expect(reader.locator("article.hit").first).to_contain_text("貸出中")
    reader.locator(f"a.btn[href^='/holds/new?record={record}']").first.click()
    reader.get_by_label("受け取るところ").select_option(pickup)
    reader.locator("form[action='/holds'] button[type=submit]").click()
    held = reader.locator("#holds li", has_text=title)
    expect(held).to_contain_text("1番目")

    scan(desk, elsewhere, barcode)
    expect(answer).to_contain_text(pickup_name)
    reader.goto("/loans")
    expect(held).to_contain_text("移送中")
    expect(held).to_contain_text(elsewhere_name)
    reader.goto(f"/records/{record}")
    expect(reader.locator("main")).to_contain_text(f"{elsewhere_name}から{pickup_name}へ移送中")
    desk.goto(f"/desk/{pickup}/transits")
    expect(desk.locator("main")).to_contain_text(barcode)

    scan(desk, pickup, barcode)
    expect(answer).to_contain_text("予約棚へ")
    reader.goto("/loans")
    expect(held).to_contain_text("取り置き中")

    scan(desk, pickup, READER, barcode, key="F1")
    expect(answer).to_have_text(re.compile("^貸出 "))
    reader.goto("/loans")
    expect(held).to_have_count(0)
    expect(reader.locator("#loans")).to_contain_text(title)
