"""A cataloguer with a browser brings files in: watches them come, reads what stayed out, takes it home, and rehearses a list."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import sign_in
from tests.integration.catalog.import_samples import book, isbn, words

pytestmark = pytest.mark.browser

FIRST, MANY = 700_000, 3_000  # numbers of made-up books, apart from those of other tests
BAD = b"00042 bad record\x1e\x1d"
A_MINUTE = 60_000


def upload(page: Page, name: str, content: bytes, kind: str) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": kind, "buffer": content})


def counted(page: Page, name: str) -> Locator:
    """The number that stands under a name among the counts."""
    return page.locator(".sums div", has=page.locator("dt", has_text=name)).first.locator("dd")


def downloaded(page: Page, link: str, folder: Path) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("link", name=link).click()
    kept = folder / started.value.suggested_filename
    started.value.save_as(kept)
    return kept.read_bytes()


def rows_of(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))


def test_a_file_of_records_comes_in_under_the_cataloguers_eyes(page: Page, tmp_path: Path) -> None:
    good = b"".join(book(FIRST + number) for number in range(MANY))
    sign_in(page, "catalogue.1")
    page.goto("/staff/imports")
    page.get_by_role("link", name="書誌を取り込む").click()
    page.fill("input[name=new_source]", "e2e-vendor")
    upload(page, "vendor.mrc", BAD + good + BAD, "application/marc")
    page.get_by_role("button", name="送って取り込む").click()
    page.wait_for_url("**/staff/imports/*")
    expect(page.locator("#run progress")).to_be_visible()
    expect(page.locator("#run")).to_contain_text("取り込んでいます")
    expect(page.locator("#h-rejects")).to_contain_text("取り込めなかったもの 2", timeout=A_MINUTE)  # nobody loads the page again
    expect(page.locator("#run progress")).to_have_count(0)
    for name, number in (("読んだ数", MANY + 2), ("新しい書誌", MANY), ("取り込めなかった", 2)):
        expect(counted(page, name)).to_have_text(f"{number:,}")
    header, first, last = rows_of(downloaded(page, "理由の一覧（CSV）", tmp_path))
    assert header == ["番目", "タグ", "符号", "理由"]
    assert (first[0], last[0], first[2]) == ("1", str(MANY + 2), "bad_leader")
    assert first[3] in page.locator("main").inner_text()
    assert downloaded(page, "そのままのMARC", tmp_path) == BAD * 2


def test_a_list_of_holdings_is_rehearsed_before_anything_changes(page: Page, tmp_path: Path) -> None:
    table = "資料番号,ISBN,書名,価格\n" + "".join(
        f"E2E{number},{isbn(FIRST + number)},{words(FIRST + number)},{price}\n" for number, price in ((1, "1200"), (2, "1500"), (3, "高い"))
    )
    sign_in(page, "catalogue.1")
    page.goto("/staff/imports/items")
    page.select_option("select[name=place]", index=1)
    upload(page, "list.csv", table.encode("cp932"), "text/csv")
    page.get_by_role("button", name="内容を確かめる").click()
    page.wait_for_url("**/staff/imports/*")
    expect(page.locator("h1")).to_have_text("取り込む前の確認", timeout=A_MINUTE)
    expect(counted(page, "新しい資料")).to_have_text("2")
    expect(page.locator("main")).to_contain_text("「高い」は金額として読めません。")
    page.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.locator("h1")).to_have_text("list.csv", timeout=A_MINUTE)
    expect(page.locator("#run")).to_contain_text("終わりました", timeout=A_MINUTE)
    header, wrong = rows_of(downloaded(page, "直すための表（CSV）", tmp_path))
    assert (header[-2:], wrong[-2]) == (["符号", "理由"], "number_wrong")
    page.goto("/search?q=" + isbn(FIRST + 1))
    expect(page.locator("main")).to_contain_text(words(FIRST + 1), timeout=A_MINUTE)
