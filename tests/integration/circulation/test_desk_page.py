"""The desk's page: what a scan does in each mode, who may stand at which desk, and that nothing needs a script."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select, text

from catalog.description import Description, Isbn, Title
from circulation.models import DeskAct, Hold, Loan
from circulation.rules.states import Whereabouts
from library import clock
from library.identity.models import AuditEvent
from tests.integration.catalog.samples import arrive
from tests.integration.circulation.stock import NOON, Stock
from tests.world import Client

Fields = dict[str, Any]


class Forms(HTMLParser):
    """The forms of a page, as a browser without scripts would send them: action, and fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Fields]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("action") or "", {}))
        elif tag == "input" and self.found and given.get("name") and given.get("type") != "checkbox":
            name, value = str(given["name"]), given.get("value") or ""
            fields = self.found[-1][1]
            fields[name] = (
                [*fields[name], value] if isinstance(fields.get(name), list) else [fields[name], value] if name in fields else value
            )


class Desk:
    """A librarian with a browser that runs no scripts: every act is a form of the page that came before."""

    def __init__(self, client: Client, branch: str = "chuo") -> None:
        self.client, self.branch = client, branch
        self.page = ""
        self.answer: httpx.Response | None = None

    async def open(self, mode: str = "return") -> Desk:
        self.answer = await self.client.get(f"/desk/{self.branch}?mode={mode}")
        self.page = self.answer.text
        return self

    def forms(self, path: str = "scan") -> list[Fields]:
        parsed = Forms()
        parsed.feed(re.sub(r"<template.*?</template>", "", self.page, flags=re.S))
        return [fields for action, fields in parsed.found if action == f"/desk/{self.branch}/{path}"]

    async def scan(self, value: str, **more: Any) -> str:
        return await self.send("scan", self.forms()[0] | {"value": value} | more)

    async def press(self, path: str, **wanted: Any) -> str:
        """Sends the form of the answer that has these values in its fields."""
        form = next(one for one in self.forms(path)[path == "scan" :] if wanted.items() <= one.items())
        return await self.send(path, form)

    async def send(self, path: str, fields: Fields) -> str:
        self.answer = await self.client.post(f"/desk/{self.branch}/{path}", fields)
        self.page = self.answer.text
        return self.said

    @property
    def said(self) -> str:
        """The large words of the answer."""
        found = re.search(r'<b class="say">(.*?)</b>', self.page, re.S)
        return found[1].strip() if found else ""

    @property
    def whole_answer(self) -> str:
        return self.page.split('id="answer"')[1].split('id="acts"')[0]

    @property
    def acts(self) -> str:
        return self.page.split('id="acts"')[1].split("</section>")[0]

    @property
    def reader(self) -> str:
        return self.page.split('id="reader"')[1].split("</aside>")[0]


def words_of(html: str) -> str:
    """What is read on the page; the tokens of its forms are random and hold any four digits now and then."""
    return re.sub(r"<[^>]*>", " ", html)


@pytest.fixture
async def at_desk(client: Client, stock: Stock) -> Desk:
    stock.now = clock.now()
    await client.sign_in("desk")
    return Desk(client)


async def rows(stock: Stock, statement: Any) -> list[Any]:
    async with stock.database.reading() as session:
        return list(await session.scalars(statement))


async def test_two_books_are_lent_and_come_back_with_plain_forms_alone(at_desk: Desk, stock: Stock) -> None:
    card, (_, first), (_, second) = await stock.reader(), await stock.book("注文の多い料理店"), await stock.book("風の又三郎")
    await at_desk.open("lend")
    assert await at_desk.scan(f"A{card}A") == "川 よむ さん"
    assert re.match(r"貸出 \d+月\d+日（.）まで", await at_desk.scan(first))
    await at_desk.scan(second)
    assert "<b>2</b> / 30" in at_desk.reader
    assert [await stock.where(one) for one in (first, second)] == [Whereabouts.ON_LOAN] * 2
    await at_desk.open()
    assert await at_desk.scan(first) == "書架へ"
    assert await stock.where(first) is Whereabouts.ON_SHELF


async def test_in_return_mode_nothing_is_ever_lent_whoever_is_open(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await at_desk.open("lend")
    await at_desk.scan(card)
    word = at_desk.forms()[0]["open"]
    await at_desk.open()
    assert await at_desk.scan(barcode, open=word) == "書架へ"
    assert await rows(stock, select(Loan)) == []


async def test_a_card_in_return_mode_opens_nobody_but_offers_to_lend(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await at_desk.open()
    assert await at_desk.scan(card) == "利用者カードです"
    assert "川 よむ" not in at_desk.page
    assert await at_desk.press("scan", mode="lend") == "川 よむ さん"
    assert (await at_desk.scan(barcode)).startswith("貸出")


async def test_a_book_before_any_card_is_not_lent_and_shows_what_it_is(at_desk: Desk, stock: Stock) -> None:
    _, barcode = await stock.book("銀河鉄道の夜")
    await at_desk.open("lend")
    assert await at_desk.scan(barcode) == "先にカードを"
    assert "銀河鉄道の夜" in at_desk.whole_answer
    assert await rows(stock, select(Loan)) == []


async def test_the_next_card_ends_the_visit_before(at_desk: Desk, stock: Stock) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await at_desk.open("lend")
    await at_desk.scan(first)
    await at_desk.scan(second)
    await at_desk.scan(barcode)
    assert (await stock.look(barcode)).loan_patron_id is not None
    assert f"…{second[-4:]}" in at_desk.reader


async def test_a_word_for_an_open_reader_is_worth_nothing_elsewhere_later_or_made_up(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await at_desk.open("lend")
    await at_desk.scan(card)
    word = at_desk.forms()[0]["open"]
    with clock.stopped(clock.now() + timedelta(minutes=11)):
        assert await at_desk.scan(barcode, open=word) == "先にカードを"
    for wrong in ("", "x.y.z", word[:-1] + ("0" if word[-1] != "0" else "1"), "9999999999.MTIz." + word.rpartition(".")[2]):
        assert await at_desk.scan(barcode, open=wrong) == "先にカードを"
    await at_desk.client.sign_in("ward_admin")
    other = await Desk(at_desk.client, "nishi").open("lend")
    assert await other.scan(barcode, open=word) == "先にカードを"
    assert await rows(stock, select(Loan)) == []


@pytest.mark.parametrize("path", ["", "/today", "/hold-shelf", "/pick", "/transits"])
async def test_the_desk_of_another_branch_is_refused(at_desk: Desk, path: str) -> None:
    assert (await at_desk.client.get(f"/desk/nishi{path}")).status_code == 403
    assert (await at_desk.client.get(f"/desk/no-such{path}")).status_code == 404


async def test_a_scan_at_another_branch_changes_nothing(at_desk: Desk, stock: Stock) -> None:
    _, barcode = await stock.book(branch="nishi")
    for path in ("scan", "undo", "renew", "parts", "due-slip"):
        answer = await at_desk.client.post(f"/desk/nishi/{path}", {"value": barcode, "mode": "return"})
        assert answer.status_code == 403
    assert await rows(stock, select(DeskAct)) == []


async def test_refusals_are_all_shown_and_decided_against_with_a_preset_reason(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book(in_library_only=True)
    await stock.policy("loans_limit", 0)
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert await at_desk.scan(barcode) == "貸せません"
    assert at_desk.answer is not None
    assert at_desk.answer.status_code == 409
    assert "館内でだけ使える資料です" in at_desk.whole_answer
    assert "貸出 0点に達しています" in at_desk.whole_answer
    assert (await at_desk.press("scan", reason="class_work")).startswith("貸出")
    [loan] = await rows(stock, select(Loan))
    assert sorted((one["code"], one["reason"]) for one in loan.overrides) == [
        ("in_library_only", "class_work"),
        ("loans_limit", "class_work"),
    ]
    [event] = await rows(stock, select(AuditEvent).where(AuditEvent.act == "loan.overridden"))
    assert (event.subject_kind, event.reason) == ("patron", "class_work")
    assert barcode not in str(event.details)


async def test_what_nobody_may_decide_against_offers_no_reasons(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book(withdrawn_on=NOON.date())
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert await at_desk.scan(barcode) == "貸せません"
    assert "除籍した資料です" in at_desk.whole_answer
    assert "F8" not in at_desk.whole_answer


async def test_the_same_scan_sent_twice_is_done_once_and_answered_alike(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await at_desk.open("lend")
    await at_desk.scan(card)
    form = at_desk.forms()[0] | {"value": barcode}
    first = await at_desk.send("scan", form)
    assert (await at_desk.send("scan", form), len(await rows(stock, select(Loan)))) == (first, 1)
    await at_desk.send("scan", form | {"value": "other"})
    assert at_desk.answer is not None
    assert at_desk.answer.status_code == 422
    key = str(uuid.uuid4())
    for _ in range(2):
        answer = await at_desk.client.post(
            "/desk/chuo/scan", {"value": barcode, "mode": "return"}, headers={"Idempotency-Key": key, "X-Part": "station"}
        )
        assert answer.headers["X-Part"] == "station"
        assert "書架へ" in answer.text
        assert len(answer.content) < 12_000
    assert len(await rows(stock, select(DeskAct).where(DeskAct.act == "check_in"))) == 1


async def test_a_look_that_is_sent_again_with_its_key_is_answered_again(at_desk: Desk, stock: Stock) -> None:
    card = await stock.reader()
    form = (await at_desk.open("lend")).forms()[0] | {"value": card}
    assert [await at_desk.send("scan", form) for _ in range(2)] == ["川 よむ さん"] * 2


async def test_a_reader_is_opened_once_in_the_audit_however_many_books_follow(at_desk: Desk, stock: Stock) -> None:
    card = await stock.reader()
    await at_desk.open("lend")
    await at_desk.scan(card)
    for _ in range(3):
        await at_desk.scan((await stock.book())[1])
    looked = await rows(stock, select(AuditEvent).where(AuditEvent.act == "patron.seen_at_desk"))
    assert [(one.subject_kind, one.branch_id) for one in looked] == [("person", stock.world.branches["chuo"])]


async def test_a_number_that_is_a_card_s_and_a_copy_s_is_asked_about_unless_its_letters_tell(at_desk: Desk, stock: Stock) -> None:
    card = await stock.reader()
    _, barcode = await stock.book(barcode=card)
    await at_desk.open("lend")
    assert await at_desk.scan(card) == "カードですか、資料ですか"
    assert await at_desk.press("scan", chosen="card") == "川 よむ さん"
    assert await at_desk.scan(f"A{card}A") == "川 よむ さん"
    assert (await at_desk.scan(f"C{barcode}C")).startswith("貸出")


async def test_parts_are_counted_before_a_copy_goes_out(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book(parts="CD 1")
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert await at_desk.scan(barcode) == "付属資料 CD 1"
    assert await rows(stock, select(Loan)) == []
    assert (await at_desk.press("scan", parts="missing")).startswith("貸出")
    assert "付属資料不足" in (await stock.look(barcode)).damage
    await at_desk.open()
    assert await at_desk.scan(barcode) == "書架へ"
    assert "足りないと記録があります" in at_desk.whole_answer
    assert await at_desk.press("parts", parts="complete") == "付属資料 そろっています"
    assert (await stock.look(barcode)).damage == ""


async def test_what_is_refused_is_refused_before_anybody_counts_its_parts(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book(parts="CD 1", in_library_only=True)
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert await at_desk.scan(barcode) == "貸せません"
    assert await at_desk.press("scan", reason="librarian") == "付属資料 CD 1"
    assert await rows(stock, select(Loan)) == []
    assert (await at_desk.press("scan", parts="complete")).startswith("貸出")


async def test_a_missing_part_keeps_the_day_it_was_first_noticed(at_desk: Desk, stock: Stock) -> None:
    _, barcode = await stock.book(parts="地図 1", damage="付属資料不足 2026-01-05 西図書館: 地図 1")
    await at_desk.open()
    await at_desk.scan(barcode)
    assert await at_desk.press("parts", parts="missing") == "付属資料の不足を記録しました"
    assert (await stock.look(barcode)).damage == "付属資料不足 2026-01-05 西図書館: 地図 1"


async def test_the_last_scan_is_taken_back_once(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await at_desk.open("lend")
    await at_desk.scan(card)
    await at_desk.scan(barcode)
    form = at_desk.forms("undo")[0]
    assert await at_desk.send("undo", form) == "貸出を取り消しました"
    assert await stock.where(barcode) is Whereabouts.ON_SHELF
    assert "取消ずみ" in at_desk.acts
    assert await at_desk.send("undo", form) == "もう取り消してあります。"
    assert at_desk.forms("undo") == []


async def test_the_day_s_list_offers_to_undo_only_what_still_can_be_and_names_no_reader(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book("雪わたり")
    await at_desk.open("lend")
    await at_desk.scan(card)
    await at_desk.scan(barcode)
    await at_desk.open()
    await at_desk.scan(barcode)
    assert at_desk.acts.count("/undo") == 1
    assert at_desk.acts.count("雪わたり") == 2
    assert "川" not in at_desk.acts
    assert card[-4:] not in words_of(at_desk.acts)
    with clock.stopped(clock.now() + timedelta(seconds=31)):
        assert "/undo" not in (await at_desk.open()).acts


async def test_a_returned_book_somebody_waits_for_goes_to_the_hold_shelf_with_a_slip_and_no_name(at_desk: Desk, stock: Stock) -> None:
    waiting, (record, barcode) = await stock.reader(), await stock.book("よだかの星")
    hold = await stock.wait_for(waiting, record)
    assert "よだかの星" in (await at_desk.client.get("/desk/chuo/pick")).text
    await at_desk.open()
    assert await at_desk.scan(barcode) == "予約棚へ"
    assert "取置期限" in at_desk.whole_answer
    assert "川" not in at_desk.page
    slip = (await at_desk.client.get(f"/desk/chuo/hold-slip/{hold}")).text
    assert waiting[-4:] in slip
    assert "よだかの星" not in slip
    assert "川" not in slip
    shelf = (await at_desk.client.get("/desk/chuo/hold-shelf")).text
    assert "よだかの星" in shelf
    assert waiting[-4:] in shelf
    assert "川" not in shelf
    assert "よだかの星" not in (await at_desk.client.get("/desk/chuo/pick")).text


async def test_a_hold_past_its_last_day_is_first_on_the_list_and_ends_when_its_copy_is_scanned(at_desk: Desk, stock: Stock) -> None:
    waiting, (record, barcode) = await stock.reader(), await stock.book("セロ弾きのゴーシュ")
    hold = await stock.wait_for(waiting, record)
    await stock.take_back(barcode)
    async with stock.database.transaction() as session:
        await session.execute(text("UPDATE hold SET pickup_until = CURRENT_DATE - 3"))
    assert "期限切れ" in (await at_desk.client.get("/desk/chuo/hold-shelf")).text
    await at_desk.open()
    assert await at_desk.scan(barcode) == "書架へ"
    assert (await stock.hold(hold)).closing == "expired"
    assert "予約棚は空です" in (await at_desk.client.get("/desk/chuo/hold-shelf")).text


async def test_a_cancelled_hold_leaves_its_copy_on_the_list_until_it_is_scanned(at_desk: Desk, stock: Stock) -> None:
    waiting, (record, barcode) = await stock.reader(), await stock.book("どんぐりと山猫", branch="nishi")
    hold = await stock.wait_for(waiting, record)
    await stock.take_back(barcode, "nishi")
    await stock.take_back(barcode, "chuo")
    stock.now += timedelta(seconds=1)
    await stock.cancel(hold)
    shelf = (await at_desk.client.get("/desk/chuo/hold-shelf")).text
    assert "どんぐりと山猫" in shelf
    assert "西図書館へ送る" in shelf
    await at_desk.open()
    with clock.stopped(stock.now + timedelta(seconds=2)):
        assert await at_desk.scan(barcode) == "西図書館へ送る"
        assert "予約棚は空です" in (await at_desk.client.get("/desk/chuo/hold-shelf")).text


async def test_what_travels_is_listed_at_both_ends(at_desk: Desk, stock: Stock) -> None:
    _, there = await stock.book("やまなし", branch="nishi")
    _, here = await stock.book("双子の星")
    await stock.take_back(there, "chuo")
    await stock.take_back(here, "nishi")
    listed = (await at_desk.client.get("/desk/chuo/transits")).text
    arriving, leaving = listed.split("ここから出たもの")
    assert "双子の星" in arriving
    assert "やまなし" in leaving
    await at_desk.client.sign_in("ward_admin")
    assert "移送中の資料はありません" in (await at_desk.client.get("/desk/school/transits")).text


async def test_the_pick_list_is_in_the_order_of_the_shelves_and_leaves_out_what_will_not_do(at_desk: Desk, stock: Stock) -> None:
    reader = await stock.reader()
    wanted = []
    for title, mark in (("三番目", "913.6"), ("一番目", "007"), ("二番目", "210.4")):
        record, _ = await stock.book(title, class_mark=mark)
        wanted.append(record)
    lent, _ = await stock.book("貸出中の本")
    other, _ = await stock.book("西の本", branch="nishi")
    for record in (*wanted, lent, other):
        await stock.wait_for(reader, record)
    async with stock.database.transaction() as session:
        await session.execute(text("UPDATE item SET missing_since = CURRENT_DATE WHERE record_id = :record"), {"record": lent})
    listed = (await at_desk.client.get("/desk/chuo/pick")).text
    assert [listed.index(title) for title in ("一番目", "二番目", "三番目")] == sorted(
        listed.index(title) for title in ("一番目", "二番目", "三番目")
    )
    assert "貸出中の本" not in listed
    assert "西の本" not in listed


async def test_the_due_slip_names_titles_and_days_and_no_reader(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book("なめとこ山の熊")
    await at_desk.open("lend")
    await at_desk.scan(card)
    await at_desk.scan(barcode)
    await at_desk.press("due-slip")
    assert "なめとこ山の熊" in at_desk.page
    assert card[-4:] in at_desk.page
    assert "川" not in at_desk.page
    assert card not in at_desk.page
    await at_desk.open("lend")
    assert await at_desk.scan("/due") == "先に利用者カードを読み取ってください。"


async def test_all_loans_of_the_open_reader_are_renewed_each_answered_for_itself(at_desk: Desk, stock: Stock) -> None:
    card, waiting = await stock.reader(), await stock.reader()
    (_, free), (record, wanted) = await stock.book("虔十公園林"), await stock.book("ひかりの素足")
    stock.now -= timedelta(days=5)
    await stock.lend(card, free)
    await stock.lend(card, wanted)
    await stock.wait_for(waiting, record)
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert (await at_desk.scan("/renew")).startswith("延長")
    assert "予約した人が待っているため、延長できません" in at_desk.whole_answer


async def test_of_a_title_the_copies_that_can_come_back_are_offered_first(at_desk: Desk, stock: Stock) -> None:
    async with stock.database.transaction() as session:
        record = await arrive(session, Description(title=Title(main="やまなし"), isbns=(Isbn("9784003101018"),)))
    barcodes = [await stock.copy(record) for _ in range(10)]
    await stock.lend(await stock.reader(), barcodes[-1])
    await at_desk.open()
    assert await at_desk.scan("9784003101018") == "どの1冊ですか"
    offered = re.findall(r"<span>(\S+)　", at_desk.whole_answer)
    assert offered == [barcodes[-1], *barcodes[:8]]
    assert "ほかにもあります" in at_desk.whole_answer
    await at_desk.open("lend")
    await at_desk.scan("9784003101018")
    assert re.findall(r"<span>(\S+)　", at_desk.whole_answer) == barcodes[:9]


async def test_a_pupils_class_is_said_in_words(client: Client, stock: Stock) -> None:
    await client.sign_in("school_librarian")
    desk = await Desk(client, "school").open("lend")
    await desk.scan(stock.world.cards["pupil"])
    assert "小5 1組" in desk.reader
    assert "P5" not in desk.reader


async def test_what_was_borrowed_at_another_branch_is_renewed_with_all_the_rest(at_desk: Desk, stock: Stock) -> None:
    card, (_, here), (_, there) = await stock.reader(), await stock.book("やまなし"), await stock.book("よだかの星", "nishi")
    stock.now -= timedelta(days=5)
    await stock.lend(card, here)
    await stock.lend(card, there, "nishi")
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert await at_desk.scan("/renew") == "2点を延長しました"
    assert "やまなし" in at_desk.whole_answer
    assert "よだかの星" in at_desk.whole_answer


async def test_an_isbn_asks_which_copy_is_meant(at_desk: Desk, stock: Stock) -> None:
    await at_desk.open("lend")
    assert await at_desk.scan("9784003101018") == "見つかりません"
    assert "本に印刷されたバーコード" in at_desk.whole_answer
    assert 'href="/search?q=9784003101018"' in at_desk.whole_answer


async def test_a_title_nobody_is_called_by_leads_to_the_search_for_it(at_desk: Desk, stock: Stock) -> None:
    await at_desk.open("return")
    assert await at_desk.scan("銀河鉄道の夜") == "見つかりません"
    assert f'href="/search?q={quote("銀河鉄道の夜")}"' in at_desk.whole_answer
    assert await at_desk.scan("0000000017") == "見つかりません"
    assert "/search?q=" not in at_desk.whole_answer


async def test_people_are_found_by_reading_and_opened_by_choice(at_desk: Desk, stock: Stock) -> None:
    await at_desk.open("lend")
    assert await at_desk.scan("もり") == "どの人ですか"
    assert await at_desk.press("scan", value=stock.world.cards["reader"]) == "森 reader さん"


async def test_a_card_that_is_no_member_s_is_told_so_and_nothing_else_of_its_person(at_desk: Desk, stock: Stock) -> None:
    pupil = stock.world.cards["pupil"]
    await at_desk.open("lend")
    assert await at_desk.scan(pupil) == "確かめてください"
    assert "登録されていません" in at_desk.whole_answer
    assert "pupil" not in at_desk.page


async def test_the_browser_remembers_its_desk(at_desk: Desk) -> None:
    await at_desk.client.sign_in("ward_admin")
    assert "カウンターを選ぶ" in (await at_desk.client.get("/desk")).text
    await at_desk.client.get("/desk/nishi")
    answer = await at_desk.client.get("/desk")
    assert (answer.status_code, answer.headers["location"]) == (302, "/desk/nishi")
    assert "カウンターを選ぶ" in (await at_desk.client.get("/desk?choose=1")).text


@pytest.mark.parametrize("command", ["?", "/nosuch", "/end", "/lend", "/return"])
async def test_commands_answer_on_the_page(at_desk: Desk, command: str) -> None:
    await at_desk.open("lend")
    await at_desk.scan(command)
    assert at_desk.answer is not None
    assert at_desk.answer.status_code == 200


async def test_commands_go_to_the_lists(at_desk: Desk) -> None:
    await at_desk.open()
    for command in ("today", "hold-shelf", "pick", "transits"):
        await at_desk.scan(f"/{command}")
        assert at_desk.answer is not None
        assert (at_desk.answer.status_code, at_desk.answer.headers["location"]) == (303, f"/desk/chuo/{command}")
        await at_desk.open()


async def test_a_book_from_the_return_box_counts_for_the_last_open_day(at_desk: Desk, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    await stock.opens_daily_but("chuo")
    stock.now -= timedelta(days=3)
    await stock.lend(card, barcode)
    await at_desk.open()
    await at_desk.scan(barcode, from_box="1")
    [loan] = await rows(stock, select(Loan))
    assert loan.returned_at is not None
    assert loan.returned_at < clock.now() - timedelta(hours=1) or loan.returned_at.date() < clock.now().date()


async def test_nothing_open_is_left_for_holds_that_were_filled_at_the_desk(at_desk: Desk, stock: Stock) -> None:
    card, (record, barcode) = await stock.reader(), await stock.book()
    hold = await stock.wait_for(card, record)
    await stock.take_back(barcode)
    await at_desk.open("lend")
    await at_desk.scan(card)
    assert "この館の予約棚にあります" in at_desk.reader
    await at_desk.scan(barcode)
    assert "この人の予約の本です。" in at_desk.whole_answer
    assert [one.closing for one in await rows(stock, select(Hold).where(Hold.id == hold))] == ["filled"]
