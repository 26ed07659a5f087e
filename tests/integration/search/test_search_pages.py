"""The reader's pages, as a browser without scripts gets them."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import quote, unquote_plus

import httpx
import pytest
from sqlalchemy import select

from catalog.description import Link
from catalog.models import OwnerPolicy
from library import app as application
from library.db import Database
from library.identity.models import Account
from library.settings import Settings
from library.wiring import Parts
from search.pages.about import error_codes
from search.procedures import exchange
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.world import Client, World

TAGS = re.compile(r"<[^>]+>")


async def read(client: Client, path: str, *, status: int = 200) -> str:
    """The page's source; its address is written as in a browser's bar."""
    answer = await client.get(quote(path, safe="/?&=%#-."))
    assert answer.status_code == status, answer.text[:300]
    return answer.text


def words(html: str) -> str:
    return re.sub(r"\s+", " ", TAGS.sub("", html))


def hits(html: str) -> list[str]:
    return re.findall(r'<article class="hit">.*?</article>', html, re.DOTALL)


async def test_the_first_page_asks_first_and_counts_what_there_is(client: Client, books: Books) -> None:
    html = await read(client, "/")
    assert "5館・10点から" in words(html)
    assert html.index('type="search"') < html.index("あたらしく入った本")
    assert html.count('class="tile ') == 11
    assert '<form action="/search" method="get" role="search"' in html
    assert f'href="/records/{books["insects"]}"' not in html  # it came in to a school that is not the reader's
    assert f'href="/records/{books["cat"]}"' in html


async def test_each_work_comes_once_among_the_new_books(client: Client, books: Books) -> None:
    html = await read(client, "/")
    shelf = html[html.index('class="shelf"') : html.index("</ul>", html.index('class="shelf"'))]
    both = {f'href="/records/{books[name]}"' for name in ("night", "paperback")}
    assert len([one for one in both if one in shelf]) == 1


async def test_a_result_marks_what_was_searched_for_in_kana_over_kanji(client: Client, books: Books) -> None:
    html = await read(client, "/search?q=ぎんがてつどう")
    assert "<mark>銀河鉄道</mark>の夜" in html
    assert "「ぎんがてつどう」" in words(html)
    assert "2件" in words(html)


async def test_a_pupil_reads_kanji_with_their_sound(client: Client, books: Books) -> None:
    assert "<rt>" not in await read(client, "/search?q=銀河")
    await client.sign_in("pupil")
    html = await read(client, "/search?q=銀河")
    assert "<mark><ruby>銀河<rp>（</rp><rt>ぎんが</rt>" in html or "<ruby>銀河鉄道<rp>（</rp><rt>ぎんがてつどう</rt>" in html
    assert "9 ものがたり" in words(await read(client, "/search?q=の"))


@pytest.mark.parametrize(
    ("login", "name", "pills"),
    [
        (None, "night", [("here", "区立図書館 2館にあり"), ("away", "学校 2校（その学校の人だけ）")]),
        (None, "paperback", [("wait", "区立図書館ではいま借りられない")]),
        (None, "cat", [("here", "西図書館の中で読める")]),
        (None, "insects", [("away", "学校 1校（その学校の人だけ）")]),
        (None, "online", [("here", "オンラインで読める")]),
        (None, "nobodys", [("none", "所蔵なし")]),
        ("pupil", "night", [("here", "自分の学校にあり"), ("near", "区立図書館 2館にあり"), ("away", "学校 1校（その学校の人だけ）")]),
        ("pupil", "paperback", [("wait", "区立図書館ではいま借りられない")]),
        ("reader", "night", [("here", "区立図書館 2館にあり"), ("away", "学校 2校（その学校の人だけ）")]),
        ("desk", "night", [("here", "中央図書館にあり"), ("near", "西図書館にあり"), ("away", "学校 2校（その学校の人だけ）")]),
    ],
)
async def test_where_a_book_is_is_said_nearest_first(
    client: Client, books: Books, login: str | None, name: str, pills: list[tuple[str, str]]
) -> None:
    if login is not None:
        await client.sign_in(login)
    html = await read(client, f"/records/{books[name]}")
    row = re.search(r'<ul class="row" aria-label="ある場所">(.*?)</ul>', html, re.DOTALL)
    assert row is not None
    found = re.findall(r'class="availability (\w+)".*?<span>(.*?)</span></span>', row[1], re.DOTALL)
    assert found == pills


async def test_books_of_other_schools_can_be_borrowed_where_their_owner_lends_to_schools(
    client: Client, books: Books, world: World, database: Database
) -> None:
    async with database.transaction() as session:
        policy = await session.get_one(OwnerPolicy, world.organisations["other_school"])
        policy.lent_to = "schools"
    await client.sign_in("pupil")
    assert "ほかの学校 1校" in words(await read(client, f"/records/{books['night']}"))


async def test_a_reader_with_a_usual_library_sees_it_first(client: Client, books: Books, world: World, database: Database) -> None:
    async with database.transaction() as session:
        account = (await session.scalars(select(Account).where(Account.login == "reader"))).one()
        account.home_branch_id = world.branches["nishi"]
    await client.sign_in("reader")
    html = await read(client, "/search?q=銀河")
    assert "西図書館にあり" in words(html)
    assert 'id="f-where-own"' in html
    assert len(hits(await read(client, "/search?where=own"))) == 2


async def test_filters_are_an_ordinary_form_that_keeps_the_words(client: Client, books: Books) -> None:
    html = await read(client, "/search?q=の&ndc=9&sort=year")
    form = html[html.index('class="filter-panel"') :]
    form = form[: form.index("</form>")]
    assert '<input type="hidden" name="q" value="の">' in form
    assert '<input type="hidden" name="sort" value="year">' in form
    assert re.search(r'name="ndc" value="9" checked', form)
    assert 'hx-target="#found"' in form
    assert "<script" not in form


async def test_each_filter_that_is_on_can_be_taken_off(client: Client, books: Books) -> None:
    html = await read(client, "/search?q=の&ndc=9&available=1&branch=chuo&year=2000-2015")
    chips = re.findall(r'<a class="chip on" href="([^"]+)">([^<]+)<', html)
    assert [name for _, name in chips] == ["いま借りられる", "中央図書館", "9 文学", "2000年から2015年"]
    off = {name: href.replace("&amp;", "&") for href, name in chips}
    assert "available" not in off["いま借りられる"]
    assert "branch" not in off["中央図書館"]
    assert "ndc=9" in off["中央図書館"]


async def test_nothing_found_says_what_to_do_next(client: Client, books: Books) -> None:
    html = await read(client, "/search?q=猫&available=1&branch=chuo")
    assert "見つかりませんでした" in words(html)
    assert "条件をはずして 1件を見る" in words(html)
    assert "ndlsearch.ndl.go.jp" in html
    assert 'href="/search?q=%E7%8C%AB"' in html
    near = await read(client, "/search?q=銀河鉄道の夕&material=map")
    assert "条件をはずして近いものを見る" in words(near)
    nearer = await read(client, "/search?q=猫&branch=chuo")
    assert "条件をはずして" not in words(nearer), "without the place is without all of it"
    plain = await read(client, "/search?q=zzqqxxyy")
    assert "条件をはずして" not in words(plain)
    assert "たなからえらぶ" in words(plain)
    assert 'value="zzqqxxyy"' in await read(client, "/chat?text=zzqqxxyy"), "the conversation is offered with the words"
    assert 'href="/chat?text=zzqqxxyy"' in plain


async def test_a_near_answer_is_called_one(client: Client, books: Books) -> None:
    html = words(await read(client, "/search?q=銀河鉄道の夕"))
    assert "「銀河鉄道の夕」に近いもの" in html
    assert "そのままのことばでは見つかりませんでした" in html


def ways_on(html: str) -> dict[str, str]:
    """Words of each link that finds something, with its number of records → address."""
    found = re.findall(r'<a class="chip" href="([^"]+)">(.*?)</a>', html, re.DOTALL)
    return {words(text).strip(): unquote_plus(href.replace("&amp;", "&")) for href, text in found}


@pytest.mark.parametrize(
    ("typed", "why", "ways"),
    [
        ("銀河鉄道の夕", "書きまちがいや読みのちがい", {}),
        ("銀河鉄道の夜 第7巻", "その巻は見つかりませんでした", {"「銀河鉄道の夜」 2件": "/search?q=銀河鉄道の夜"}),
        (
            "銀河鉄道の夜 ほげほげ",
            "「ほげほげ」をふくむものは見つかりませんでした",
            {"「銀河鉄道の夜」 2件": "/search?q=銀河鉄道の夜"},
        ),
        (
            "銀河鉄道 漱石",
            "すべてのことばを一度に",
            {"「漱石」 1件": "/search?q=漱石", "「銀河鉄道」 2件": "/search?q=銀河鉄道"},
        ),
        (
            "銀河鉄道 賢治 漱石",
            "すべてのことばを一度に",
            {"「銀河鉄道 賢治」 2件": "/search?q=銀河鉄道 賢治"},
        ),
        (
            "昆虫のくらし大図鑑全集",
            "登録されているようです",
            {"「昆虫」 1件": "/search?q=昆虫", "たな「486 昆虫類」 1件": "/browse/ndc/486"},
        ),
        ("銀河鉄道と猫の本", "登録されているようです", {"「銀河鉄道」 2件": "/search?q=銀河鉄道", "「猫」 1件": "/search?q=猫"}),
        ("zzqqxxyy", "登録されているようです", {}),
    ],
)
async def test_a_search_that_fails_says_why_and_leads_to_what_there_is(
    client: Client, books: Books, typed: str, why: str, ways: dict[str, str]
) -> None:
    html = await read(client, f"/search?q={typed}")
    assert why in words(html)
    assert ways_on(html) | ways == ways_on(html)
    assert len([one for one in ways_on(html) if one.startswith(("「", "たな"))]) == len(ways)
    for text, href in ways.items():
        if href.startswith("/search"):
            assert f"」{text.rpartition(' ')[2]}" in words(await read(client, href))
    said = (await client.json(f"/api/v1/search?q={quote(typed)}")).json()
    assert len([one for one in said["instead"] if one["way"] != "ask"]) == len(ways)


async def test_what_the_chosen_library_lacks_is_shown_where_it_is(client: Client, books: Books) -> None:
    html = await read(client, "/search?q=吾輩は猫である&branch=chuo")
    assert "ほかの館にあります" in words(html)
    assert "ほかの館で 1件見る" in words(html)
    assert ways_on(html)["西図書館 1件"] == "/search?q=吾輩は猫である&branch=nishi"
    said = (await client.json(f"/api/v1/search?q={quote('吾輩は猫である')}&branch=chuo")).json()
    assert [(one["way"], one["records"]) for one in said["instead"]] == [("other_places", 1), ("ask", None)]
    assert (await client.json(said["instead"][0]["url"])).json()["total"] == 1


@pytest.mark.parametrize(
    ("login", "whom"),
    [
        (None, "窓口でリクエスト"),
        ("reader", "窓口でリクエスト"),
        ("pupil", "学校図書館の先生"),
        ("teacher", "授業のテーマ"),
        ("desk", "うかがって"),
    ],
)
async def test_whom_to_ask_depends_on_who_looks(client: Client, books: Books, database: Database, login: str | None, whom: str) -> None:
    if login:
        await client.sign_in(login)
    html = await read(client, "/search?q=zzqqxxyy")
    assert whom in words(html)
    assert 'href="/guide"' in html[html.index("それでもないとき") :]
    async with database.transaction() as session:
        await exchange.bring(session, exchange.read(exchange.starting(), organisation="ward"), publish=True, by=None)
    assert 'href="/guide/wanted-title"' in await read(client, "/search?q=zzqqxxyy")
    asked = (await client.json("/api/v1/search?q=zzqqxxyy")).json()["instead"]
    assert [(one["way"], one["page"]) for one in asked] == [("ask", "/guide/wanted-title")]


async def test_a_search_that_finds_asks_nothing_more(client: Client, books: Books) -> None:
    said = (await client.json(f"/api/v1/search?q={quote('銀河鉄道の夜')}")).json()
    assert (said["why"], said["instead"]) == (None, [])


async def test_words_that_were_cut_off_are_said_to_be(client: Client, books: Books) -> None:
    assert "はじめの部分でさがしました" in await read(client, "/search?q=" + "夜" * 500)


async def test_a_page_beyond_the_end_is_said_in_words(client: Client, books: Books) -> None:
    html = words(await read(client, "/search?q=銀河&page=9"))
    assert "このページより前で終わりです" in html


async def test_pages_lead_to_one_another_and_keep_the_search(client: Client, books: Books, database: Database, parts: Parts) -> None:
    async with database.transaction() as session:
        for n in range(25):
            await add_record(session, f"海の本 {n}")
    while await parts.follower.step():
        pass
    html = await read(client, "/search?q=海の本&sort=title")
    nav = html[html.index('class="pages"') :]
    assert f'href="/search?q={quote("海の本")}&amp;sort=title&amp;page=2"' in nav
    assert len(hits(html)) == 20


async def test_a_record_tells_what_it_is_where_it_is_and_what_stands_beside_it(client: Client, books: Books) -> None:
    html = await read(client, f"/records/{books['night']}")
    text = words(html)
    assert "<ruby>銀河鉄道<rp>（</rp><rt>ぎんがてつどう</rt>" in html
    assert f'href="/browse/authors/{quote("宮沢, 賢治", safe=",")}"' in html
    assert 'href="/browse/ndc/913"' in html
    assert "2冊あり（全3冊）" in text
    assert "913.6 ミ" in text
    assert "一般利用不可" in text
    assert f'href="/records/{books["paperback"]}"' in html[html.index('id="editions"') :]
    assert f'href="/records/{books["cat"]}"' in html[html.index('id="beside"') :]
    assert f"http://library.test/records/{books['night']}" in html
    assert "/staff/records/" not in html


async def test_all_editions_of_a_work_stand_under_one_address_for_people_and_programs(
    client: Client, books: Books, database: Database, world: World
) -> None:
    record = await read(client, f"/records/{books['night']}")
    [address] = set(re.findall(r'href="(/works/\d+)\?record=', record))
    html = await read(client, f"{address}?record={books['night']}")
    assert f'href="/records/{books["night"]}">銀河鉄道の夜</a>' in html[: html.index("<h1")]
    assert f'href="/browse/authors/{quote("宮沢, 賢治", safe=",")}"' in html
    assert {number for hit in hits(html) for number in re.findall(r'href="/records/(\d+)"', hit)} == {
        str(books["night"]),
        str(books["paperback"]),
    }
    assert "2種類の版" in words(html)
    assert f"/holds/new?record={books['night']}" in html
    assert f'"@id":"http://library.test{address}"' in html
    assert f'"@id":"http://library.test{address}"' in record
    said = (await client.json(f"/api/v1{address}?page=9")).json()
    assert (said["url"], said["title"], said["total"], said["page"], said["pages"]) == (address, "銀河鉄道の夜", 2, 1, 1)
    assert {one["id"] for one in said["editions"]} == {str(books["night"]), str(books["paperback"])}
    assert all("availability" in one for one in said["editions"])
    for nothing in ("/works/0", "/works/987654321", "/works/x", "/works/9223372036854775808"):
        assert (await client.get(nothing)).status_code == 404, nothing
        assert (await client.json(f"/api/v1{nothing}")).json()["code"] == "work_not_found"
    assert (await client.get(f"{address}?page=-1")).status_code == 400
    async with database.transaction() as session:
        for owner in ("ward", "school", "other_school"):
            await let_be_seen_by(session, world.organisations[owner], "own")
    assert (await client.get(address)).status_code == 404, "nobody who may see an edition, no work"


async def test_staff_find_the_way_to_their_own_page_of_it(client: Client, books: Books) -> None:
    await client.sign_in("cataloguer")
    assert f'href="/staff/records/{books["night"]}"' in await read(client, f"/records/{books['night']}")


async def test_what_is_read_online_leads_there(client: Client, books: Books) -> None:
    html = await read(client, f"/records/{books['online']}")
    assert 'href="https://ebooks.example/1"' in html


async def test_a_link_that_is_no_web_address_is_not_made_one(client: Client, books: Books, database: Database) -> None:
    async with database.transaction() as session:
        links = (Link("javascript:alert(1)", "x"), Link("https://example.jp/a", "目次"))
        number = await add_record(session, "悪いリンクの本", links=links)
    html = await read(client, f"/records/{number}")
    assert "javascript:" not in html
    assert "https://example.jp/a" in html


async def test_markup_in_a_record_stays_text(client: Client, database: Database, world: World, parts: Parts) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "<b>太い</b>&題", author="<i>だれ</i>", reading="<s>", ndc="913.6", rest="<script>x</script>")
        await add_item(session, number, branch=world.branches["chuo"], owner=world.organisations["ward"], class_mark="<u>")
    while await parts.follower.step():
        pass
    for path in (f"/records/{number}", "/search?q=太い", "/"):
        html = await read(client, path)
        for tag in ("<b>太い", "<i>だれ", "<s>", "<script>x", "<u>"):
            assert tag not in html


async def test_the_shelves_lead_down_and_to_the_books(client: Client, books: Books) -> None:
    top = await read(client, "/browse/ndc")
    assert re.search(r'href="/browse/ndc/9".*?4件', top, re.DOTALL)
    novels = await read(client, "/browse/ndc/913")
    assert 'href="/search?ndc=913"' in novels
    assert "この分類の本を見る（4件）" in words(novels)
    assert 'href="/browse/ndc/913.6"' in novels


async def test_the_index_of_classes_is_read_by_kana(client: Client, books: Books) -> None:
    html = await read(client, "/browse/ndc?q=こんちゅう")
    assert 'href="/browse/ndc/486"' in html
    assert "索引にありません" in await read(client, "/browse/ndc?q=zzz")


@pytest.mark.parametrize(("number", "leads_to"), [("486.99", "486.9"), ("E", "726.6"), ("K913", "913"), ("９１３", "913")])
async def test_a_class_written_otherwise_leads_to_the_one_that_is_meant(client: Client, number: str, leads_to: str) -> None:
    answer = await client.get(f"/browse/ndc/{quote(number)}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/browse/ndc/{leads_to}")


@pytest.mark.parametrize("number", ["xx", "%00", "9" * 300, "..", "<b>"])
async def test_what_is_no_class_is_not_found(client: Client, number: str) -> None:
    assert (await client.get(f"/browse/ndc/{quote(number, safe='%.')}")).status_code == 404


@pytest.mark.parametrize("path", ["/about", "/about/accessibility", "/about/privacy", "/about/open-data", "/about/errors", "/about/look"])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_the_service_says_what_it_is(client: Client, path: str, language: str) -> None:
    html = await read(client, f"{path}?lang={language}")
    assert "<h1" in html


async def test_every_error_code_has_its_place_in_the_list(client: Client, books: Books) -> None:
    html = await read(client, "/about/errors")
    for code in ("record_not_found", "branch_unknown", "search_not_ready", "item_not_found", "internal_error", "card_number_taken"):
        assert f'id="{code}"' in html or code not in {one.code for one in error_codes()}
    problem = (await client.json("/api/v1/search?page=0")).json()
    assert f'id="{problem["code"]}"' in html


async def test_samples_and_credits_of_the_demonstration_are_not_shown_by_a_real_library(
    settings: Settings, parts: Parts, world: World
) -> None:
    real = settings.model_copy(update={"demo": False, "secret_key": "x" * 40, "public_url": "https://library.example"})
    transport = httpx.ASGITransport(app=application.create(real, parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://library.example") as plain:
        client = Client(plain)
        assert (await client.get("/about/look")).status_code == 404
        assert "青空文庫" not in (await client.get("/")).text


async def test_pages_speak_english_too(client: Client, books: Books) -> None:
    for path in ("/", "/search?q=銀河", f"/records/{books['night']}", "/browse/ndc", "/search?q=zzqqxx"):
        html = await read(client, path + ("&" if "?" in path else "?") + "lang=en")
        assert '<html lang="en"' in html
    assert "Available now" in words(html)


async def test_pages_are_for_the_reader_alone_and_small(client: Client, books: Books) -> None:
    for path in ("/", f"/search?q={quote('銀河')}", f"/records/{books['night']}"):
        answer = await client.get(path)
        assert answer.headers["cache-control"].startswith("private")
        assert len(answer.content) < 60_000
        assert "style=" not in answer.text
        assert not re.search(r'<script(?! src| type="application/ld\+json">)', answer.text)


async def test_speech_is_told_what_is_japanese_on_an_english_page(client: Client, books: Books) -> None:
    results = (await client.get(f"/search?q={quote('銀河鉄道の夜')}&lang=en")).text
    assert '<h2 class="face" lang="ja">' in results
    assert '<span lang="ja"><ruby>' in results or '<span lang="ja">宮沢賢治' in results
    record = (await client.get(f"/records/{books['night']}")).text
    assert '<h1 class="face" lang="ja">' in record
    assert '<p class="byline" lang="ja">' in record
    assert '<p class="byline">' in (await client.get(f"/records/{books['night']}?lang=ja")).text


async def test_a_record_whose_title_no_licence_lets_show_says_so_wherever_it_stands(
    client: Client, books: Books, database: Database, world: World, parts: Parts
) -> None:
    async with database.transaction() as session:
        number = await add_record(session, "", author="宮沢, 賢治", ndc="913.6", year=2015, language="eng")
        await add_item(session, number, branch=world.branches["chuo"], owner=world.organisations["ward"], acquired_on=date(2026, 11, 20))
    while await parts.follower.step():
        pass
    instead = "（書名は表示できません）"
    found = [hit for hit in hits(await read(client, "/search?q=宮沢賢治")) if f"/records/{number}" in hit]
    assert re.search(rf'<h2 class="face"><a href="/records/{number}">{instead}</a>', found[0])
    page = await read(client, f"/records/{number}")
    assert f'<h1 class="face">{instead}</h1>' in page
    assert re.search(rf"<title>{instead}", page)
    for path in ("/", "/browse/ndc/913.6", f"/records/{books['night']}"):
        for link in re.findall(rf'<a[^>]* href="/records/{number}"[^>]*>.*?</a>', await read(client, path), re.DOTALL):
            assert instead in link, path
    assert "(title cannot be shown)" in await read(client, f"/records/{number}?lang=en")
