"""The desk with a keyboard and a scanner: quick keys and Enter, a network that fails, a station left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from circulation.availability import AVAILABLE
from library.demo.load import SEED
from library.demo.readers import sign_ins
from tests.e2e.conftest import Demo, sign_in

pytestmark = pytest.mark.browser

LOGIN = next(one.login for one in sign_ins(SEED) if one.kind == "desk")
BRANCH = "chuo"


@dataclass
class Shelves:
    """Cards of readers who have nothing, and barcodes of copies nobody has or waits for; each is given once."""

    connection: psycopg.Connection[tuple[str]]
    given: set[str]

    def card(self) -> str:
        return self._next(
            "SELECT c.number FROM card c JOIN patron p ON p.person_id = c.person_id JOIN organisation o ON o.id = p.organisation_id"
            " WHERE o.kind = 'ward' AND p.category = 'resident' AND c.revoked_at IS NULL AND p.valid_to IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM loan l WHERE l.patron_id = p.id) AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.patron_id = p.id)"
        )

    def copy(self, parts: str = "") -> str:
        barcode = self._next(
            "SELECT i.barcode FROM item i JOIN branch b ON b.id = i.branch_id JOIN organisation o ON o.id = i.organisation_id"
            f" WHERE b.code = '{BRANCH}' AND o.kind = 'ward' AND {AVAILABLE} AND i.parts = ''"
            " AND NOT EXISTS (SELECT 1 FROM hold q WHERE q.record_id = i.record_id)"
            " AND (SELECT material FROM record r WHERE r.id = i.record_id) = 'book'"
        )
        if parts:
            self.connection.execute("UPDATE item SET parts = %s WHERE barcode = %s", (parts, barcode))
        return barcode

    def loans(self, barcode: str) -> int:
        asked = "SELECT count(*)::text FROM loan l JOIN item i ON i.id = l.item_id WHERE i.barcode = %s AND NOT l.undone"
        row = self.connection.execute(asked, (barcode,)).fetchone()
        assert row is not None
        return int(row[0])

    def _next(self, query: str) -> str:
        for (found,) in self.connection.execute(f"{query} ORDER BY 1 DESC LIMIT 200"):
            if found not in self.given:
                self.given.add(found)
                return found
        raise AssertionError("the demo has too little for this test")


GIVEN: set[str] = set()


@pytest.fixture
def shelves(demo: Demo) -> Iterator[Shelves]:
    address = f"host={demo.data / 'postgres'} user=postgres dbname=library"
    with psycopg.connect(address, autocommit=True) as connection:
        yield Shelves(connection, GIVEN)


@pytest.fixture
def desk(page: Page) -> Page:
    return at_desk(page)


def at_desk(page: Page) -> Page:
    sign_in(page, LOGIN)
    page.goto(f"/desk/{BRANCH}")
    expect(page.locator("#field")).to_be_focused()
    return page


def scan(page: Page, *values: str) -> None:
    """As a scanner does it: keys into whatever has the focus, then Enter, the next one at once."""
    for value in values:
        page.keyboard.type(value)
        page.keyboard.press("Enter")


def lend_to(page: Page, card: str) -> None:
    page.keyboard.press("F1")
    scan(page, f"A{card}A")
    expect(page.locator("#reader")).to_contain_text(card[-4:])


def says(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#answer .say")).to_have_text(words)


def sounded(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.lastSound"))


def test_two_books_are_lent_by_keyboard_alone_and_come_back(desk: Page, shelves: Shelves) -> None:
    card, first, second = shelves.card(), shelves.copy(), shelves.copy()
    lend_to(desk, card)
    scan(desk, first, second)
    expect(desk.locator("#acts")).to_contain_text(second)
    says(desk, re.compile(r"^貸出 \d+月\d+日（.）まで$"))
    assert sounded(desk) == "ok"
    expect(desk.locator("#reader .counts")).to_contain_text("2 / 30")
    desk.keyboard.press("F2")
    expect(desk.locator("#desk")).to_have_attribute("data-mode", "return")
    expect(desk.locator("#reader")).not_to_contain_text(card[-4:])
    scan(desk, first, second)
    says(desk, "書架へ")
    expect(desk.locator("#acts .check_in")).to_have_count(2)
    expect(desk.locator("#field")).to_be_focused()


def test_scans_made_while_one_is_on_its_way_are_neither_lost_nor_doubled(context: BrowserContext, shelves: Shelves) -> None:
    page = context.new_page()
    card, copies = shelves.card(), [shelves.copy() for _ in range(3)]
    lost: list[str] = []

    def lose_an_answer(route: Route) -> None:
        """The service does it, the answer never comes: the worst that a network can do."""
        if len(lost) < 2 and copies[0] in (route.request.post_data or ""):
            lost.append(route.request.headers["idempotency-key"])
            route.fetch()
            route.abort()
        else:
            route.continue_()

    at_desk(page)
    page.route("**/scan", lose_an_answer)
    page.keyboard.press("F1")
    scan(page, card, *copies)
    expect(page.locator("[data-line]")).to_contain_text("つながりません")
    expect(page.locator("#reader .counts")).to_contain_text("3 / 30")
    assert len(set(lost)) == 1
    assert [shelves.loans(one) for one in copies] == [1, 1, 1]
    expect(page.locator("[data-line]")).to_be_hidden()


def test_a_desk_without_a_network_says_so_and_goes_on_when_it_is_back(context: BrowserContext, shelves: Shelves) -> None:
    page, barcode = context.new_page(), shelves.copy()
    at_desk(page)
    context.set_offline(True)
    scan(page, barcode)
    expect(page.locator("[data-line]")).to_contain_text("つながりません")
    context.set_offline(False)
    says(page, "書架へ")
    expect(page.locator("[data-line]")).to_be_hidden()


def test_a_refusal_is_loud_and_is_decided_against_with_two_keys(desk: Page, shelves: Shelves) -> None:
    first, second, barcode = shelves.card(), shelves.card(), shelves.copy()
    lend_to(desk, first)
    scan(desk, barcode)
    says(desk, re.compile("^貸出 "))
    lend_to(desk, second)
    scan(desk, barcode)
    says(desk, "貸せません")
    assert sounded(desk) == "err"
    expect(desk.locator("#answer [role=alert]")).to_contain_text("ほかの人に貸出中のままです")
    desk.keyboard.press("Escape")
    expect(desk.locator("#answer .say")).to_have_count(0)
    scan(desk, barcode)
    says(desk, "貸せません")
    desk.keyboard.press("F8")
    desk.keyboard.press("2")
    says(desk, re.compile("^貸出 "))
    expect(desk.locator("#answer")).to_contain_text("理由を記録して貸し出しました")
    expect(desk.locator("#reader .counts")).to_contain_text("1 / 30")


def test_what_was_half_typed_is_not_put_before_the_next_scan(desk: Page, shelves: Shelves) -> None:
    barcode = shelves.copy()
    lend_to(desk, shelves.card())
    desk.keyboard.type("12")
    desk.keyboard.press("Escape")
    expect(desk.locator("#field")).to_have_value("")
    scan(desk, barcode)
    says(desk, re.compile("まで$"))
    desk.keyboard.type("12")
    desk.keyboard.press("F2")
    scan(desk, barcode)
    says(desk, "書架へ")


def test_the_last_scan_is_undone_with_one_key_while_its_seconds_run(desk: Page, shelves: Shelves) -> None:
    barcode = shelves.copy()
    lend_to(desk, shelves.card())
    scan(desk, barcode)
    expect(desk.locator("#answer [data-left]")).to_have_text(re.compile(r"^(30|2\d)秒$"))
    desk.keyboard.press("F9")
    says(desk, "貸出を取り消しました")
    expect(desk.locator("#reader .counts")).to_contain_text("0 / 30")
    assert shelves.loans(barcode) == 0


def test_the_key_still_undoes_the_last_act_after_a_scan_that_was_refused(desk: Page, shelves: Shelves) -> None:
    barcode = shelves.copy()
    lend_to(desk, shelves.card())
    scan(desk, barcode)
    says(desk, re.compile("まで$"))
    scan(desk, barcode)
    says(desk, "貸せません")
    expect(desk.locator("#acts kbd")).to_have_text("F9")
    desk.keyboard.press("F9")
    says(desk, "貸出を取り消しました")
    assert shelves.loans(barcode) == 0


def test_a_station_left_alone_falls_back_and_what_is_scanned_then_is_a_return(desk: Page, shelves: Shelves) -> None:
    card, barcode = shelves.card(), shelves.copy()
    lend_to(desk, card)
    desk.locator("#desk").evaluate("desk => { desk.dataset.idle = '2' }")
    expect(desk.locator("[data-countdown]")).to_contain_text("返却に戻るまで")
    expect(desk.locator("#desk")).to_have_attribute("data-mode", "return")
    expect(desk.locator("#answer")).to_contain_text("返却に戻しました")
    expect(desk.locator("#reader")).not_to_contain_text(card[-4:])
    scan(desk, barcode)
    says(desk, "書架へ")
    assert shelves.loans(barcode) == 0


def test_what_waits_behind_a_question_nobody_answers_is_never_lent(desk: Page, shelves: Shelves) -> None:
    disc, plain = shelves.copy("CD 1"), shelves.copy()
    lend_to(desk, shelves.card())
    scan(desk, disc)
    says(desk, "付属資料 CD 1")
    scan(desk, plain)
    expect(desk.locator("[data-line]")).to_contain_text("付属資料の確認が先です")
    desk.locator("#desk").evaluate("desk => { desk.dataset.idle = '1' }")
    expect(desk.locator("#answer")).to_contain_text("処理していない読み取り 1")
    assert sounded(desk) == "err"
    expect(desk.locator("[data-line]")).to_be_hidden()
    scan(desk, plain)
    says(desk, "書架へ")
    assert (shelves.loans(disc), shelves.loans(plain)) == (0, 0)


def test_a_question_that_comes_after_the_reader_has_gone_is_not_asked(context: BrowserContext, shelves: Shelves) -> None:
    page, disc = context.new_page(), shelves.copy("CD 1")
    at_desk(page)
    lend_to(page, shelves.card())
    context.set_offline(True)
    scan(page, disc)
    expect(page.locator("[data-line]")).to_contain_text("つながりません")
    page.keyboard.press("F2")
    context.set_offline(False)
    expect(page.locator("#answer")).to_contain_text("貸していません")
    expect(page.locator("#answer [data-key=Enter]")).to_have_count(0)
    scan(page, disc)
    says(page, "書架へ")
    assert shelves.loans(disc) == 0


@pytest.mark.parametrize("colours", ["active", "none"])
def test_the_modes_are_told_apart_by_word_and_edge_where_colours_are_the_reader_s(browser: Browser, demo: Demo, colours: str) -> None:
    context = browser.new_context(base_url=demo.address, locale="ja-JP", forced_colors=colours)  # type: ignore[arg-type]
    page = at_desk(context.new_page())
    edge = "getComputedStyle(document.querySelector('.band')).borderBottomStyle"
    expect(page.locator("h1")).to_contain_text("返却")
    assert page.evaluate(edge) == "double"
    page.keyboard.press("F1")
    expect(page.locator(".band-mode.lend")).to_be_visible()
    expect(page.locator(".band-mode.return")).to_be_hidden()
    assert page.evaluate(edge) == "solid"
    context.close()


def test_parts_are_counted_before_the_next_copy_is_looked_at(desk: Page, shelves: Shelves) -> None:
    disc, plain, map_ = shelves.copy("CD 1"), shelves.copy(), shelves.copy("地図 1")
    lend_to(desk, shelves.card())
    scan(desk, disc)
    says(desk, "付属資料 CD 1")
    scan(desk, plain)  # the next book comes before anybody counted
    expect(desk.locator("[data-line]")).to_contain_text("付属資料の確認が先です")
    assert (shelves.loans(disc), shelves.loans(plain)) == (0, 0)
    desk.keyboard.press("Enter")
    expect(desk.locator("#acts")).to_contain_text(plain)
    expect(desk.locator("#reader .counts")).to_contain_text("2 / 30")
    scan(desk, map_)
    says(desk, "付属資料 地図 1")
    desk.keyboard.press("n")
    says(desk, re.compile("^貸出 "))
    expect(desk.locator("#answer")).to_contain_text("付属資料不足")


def test_a_scanner_is_not_taken_for_somebody_who_chooses_a_number(desk: Page, shelves: Shelves) -> None:
    card = shelves.card()
    desk.keyboard.press("F1")
    scan(desk, "にし")
    says(desk, "どの人ですか")
    scan(desk, card)
    says(desk, re.compile(" さん$"))
    expect(desk.locator("#reader")).to_contain_text(card[-4:])
    scan(desk, "にし")
    says(desk, "どの人ですか")
    first = desk.locator("#answer .choices .btn").first.inner_text()
    desk.keyboard.press("1")
    says(desk, re.compile(" さん$"))
    assert desk.locator("#reader h2").inner_text().split()[0] in first


def test_a_card_in_return_mode_is_opened_by_turning_over(desk: Page, shelves: Shelves) -> None:
    card = shelves.card()
    scan(desk, card)
    says(desk, "利用者カードです")
    assert sounded(desk) == "warn"
    desk.keyboard.press("F1")
    says(desk, re.compile(" さん$"))
    expect(desk.locator("#desk")).to_have_attribute("data-mode", "lend")
    desk.keyboard.press("Escape")
    expect(desk.locator("#reader")).to_contain_text("カードを読み取ってください")
    expect(desk.locator("#desk")).to_have_attribute("data-mode", "lend")


def test_a_loan_and_its_undoing_need_no_script(browser: Browser, demo: Demo, shelves: Shelves) -> None:
    card, barcode = shelves.card(), shelves.copy()
    context = browser.new_context(base_url=demo.address, locale="ja-JP", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, LOGIN)
    page.goto(f"/desk/{BRANCH}")
    page.click(".modes .lend")
    page.wait_for_url("**?mode=lend")
    for value in (card, barcode):
        expect(page.locator("#field")).to_be_focused()
        page.fill("#field", value)
        page.press("#field", "Enter")
        expect(page.locator("#answer")).to_contain_text(value[-4:])
    says(page, re.compile("^貸出 "))
    page.click("#answer button:has-text('取消')")
    says(page, "貸出を取り消しました")
    context.close()


def test_the_due_slip_is_a_page_of_its_own_for_paper(desk: Page, shelves: Shelves) -> None:
    card, barcode = shelves.card(), shelves.copy()
    lend_to(desk, card)
    name = desk.locator("#reader h2").inner_text().split()[0]
    scan(desk, barcode)
    says(desk, re.compile("^貸出 "))
    title = desk.locator("#answer .copy b").inner_text()
    with desk.expect_popup() as opened:
        desk.keyboard.press("F4")
    slip = opened.value
    expect(slip.locator(".slip-80")).to_contain_text(title)
    expect(slip.locator(".slip-80")).to_contain_text(card[-4:])
    assert name not in slip.locator("body").inner_text()
    slip.emulate_media(media="print")
    colours = slip.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_the_box_is_ticked_by_its_key_and_stays_for_the_pile(desk: Page, shelves: Shelves) -> None:
    desk.keyboard.press("F6")
    scan(desk, shelves.copy())
    says(desk, "書架へ")
    expect(desk.locator("[data-box]")).to_be_checked()
    expect(desk.locator("#field")).to_be_focused()


def test_commands_are_listed_and_lead_to_the_lists(desk: Page) -> None:
    scan(desk, "?")
    says(desk, "命令の一覧")
    scan(desk, "/pick")
    desk.wait_for_url(f"**/desk/{BRANCH}/pick")
    expect(desk.locator("h1")).to_have_text("取り出しリスト")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_of_the_desk_scrolls_sideways(browser: Browser, demo: Demo, shelves: Shelves, width: int, scheme: str) -> None:
    size = {"width": width, "height": 800}
    context = browser.new_context(base_url=demo.address, locale="ja-JP", viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = at_desk(context.new_page())
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    lend_to(page, shelves.card())
    scan(page, shelves.copy("CD 1"))
    says(page, "付属資料 CD 1")
    assert page.evaluate(wide) <= 0
    for path in ("today", "hold-shelf", "pick", "transits"):
        page.goto(f"/desk/{BRANCH}/{path}")
        assert page.evaluate(wide) <= 0, path
    context.close()
