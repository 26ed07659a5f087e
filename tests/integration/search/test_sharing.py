"""What other programs take from the pages: feeds, maps of the site, linked data, citations."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import feedparser
import rispy
from sqlalchemy import text

from catalog.models import RecordRedirect
from library.db import Database
from library.wiring import Parts
from tests.integration.search.conftest import Books
from tests.integration.search.shelves import add_item, add_record, let_be_seen_by
from tests.world import Client, World

BASE = "http://library.test"
LINKED = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def entries(xml: str) -> list[int]:
    read = feedparser.parse(xml)
    assert not read.bozo, read.get("bozo_exception")
    assert all(entry.id == entry.link for entry in read.entries)
    return [int(entry.id.rsplit("/", 1)[1]) for entry in read.entries]


async def test_a_search_is_a_feed_of_what_everybody_may_see(client: Client, books: Books, database: Database, world: World) -> None:
    async with database.transaction() as session:
        await let_be_seen_by(session, world.organisations["school"], "own")
        days = "UPDATE record SET created_at = now() - make_interval(days => CAST(id AS int))"
        await session.execute(text(days))
    html = (await client.get(f"/search?q={quote('銀河')}&sort=title&available=1")).text
    assert f'href="/search.rss?q={quote("銀河")}&amp;available=1"' in html
    answer = await client.get(f"/search.rss?q={quote('銀河')}&sort=title")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert sorted(entries(answer.text)) == sorted([books["night"], books["paperback"]])
    read = feedparser.parse(answer.text)
    assert read.feed.title == "「銀河」 - こもれび図書館"
    assert read.entries[0].author == "宮沢賢治"
    assert read.feed.link == f"{BASE}/search?q={quote('銀河')}&sort=newest"
    await client.sign_in("pupil")
    seen = entries((await client.get("/search.rss")).text)
    assert books["school_only"] not in seen
    assert books["night"] in seen
    assert entries((await client.get(f"/search.rss?q={quote('銀賀鉄道の夜')}")).text) == []  # near answers are no news
    assert (await client.get("/search.rss?branch=nowhere")).status_code == 400
    in_words = [
        feedparser.parse((await client.get(f"/search.rss{lang}", headers={"Accept-Language": "en"})).text) for lang in ("", "?lang=en")
    ]
    assert [one.feed.language for one in in_words] == ["ja", "en"]  # caches keep one for everybody


async def test_a_feed_that_did_not_change_is_not_sent_again(client: Client, books: Books) -> None:
    first = await client.get("/search.rss")
    assert first.headers["cache-control"].startswith("public")
    for answer in (first, await client.get("/search.rss?lang=en"), await client.get("/robots.txt")):
        assert "set-cookie" not in answer.headers  # a cache would hand one visitor's to all
    tag, day = first.headers["etag"], first.headers["last-modified"]
    same = await client.get("/search.rss", headers={"If-None-Match": f'"other", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert (await client.get("/search.rss", headers={"If-Modified-Since": day})).status_code == 304
    assert (await client.get("/search.rss", headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"})).status_code == 200
    assert (await client.get("/search.rss", headers={"If-Modified-Since": "yesterday"})).status_code == 200
    assert (await client.get("/search.rss", headers={"If-None-Match": '"other"', "If-Modified-Since": day})).status_code == 200


async def test_the_map_of_the_site_holds_what_everybody_may_see(
    client: Client, books: Books, database: Database, world: World, parts: Parts
) -> None:
    async with database.transaction() as session:
        await let_be_seen_by(session, world.organisations["school"], "own")
        far = await add_record(session, "遠い番号の本")
        await session.execute(text("UPDATE record SET id = 60007 WHERE id = :id"), {"id": far})
    index = (await client.get("/sitemap.xml")).text
    parts_named = re.findall(r"<loc>http://library\.test(/sitemap/\d+\.xml)</loc>", index)
    assert parts_named == ["/sitemap/0.xml", "/sitemap/3.xml"]
    listed = [
        re.findall(r"<loc>http://library\.test/records/(\d+)</loc><lastmod>\d{4}-\d\d-\d\d</lastmod>", (await client.get(part)).text)
        for part in parts_named
    ]
    assert sorted(map(int, listed[0])) == sorted(number for name, number in books.items() if name != "school_only")
    assert listed[1] == ["60007"]
    for nothing in ("/sitemap/x.xml", "/sitemap/0", "/sitemap/-1.xml", "/sitemap/99999999999.xml"):
        assert (await client.get(nothing)).status_code == 404
    assert re.findall(r"<loc>", (await client.get("/sitemap/999999999.xml")).text) == []
    assert f"Sitemap: {BASE}/sitemap.xml" in (await client.get("/robots.txt")).text


def linked(html: str) -> dict[str, Any]:
    (block,) = LINKED.findall(html)
    found: dict[str, Any] = json.loads(block)
    return found


async def test_a_record_says_in_linked_data_where_it_can_be_had(client: Client, books: Books, database: Database, parts: Parts) -> None:
    html = (await client.get(f"/records/{books['night']}")).text
    said = linked(html)
    assert (said["@context"], said["@type"], said["name"]) == ("https://schema.org", "Book", "銀河鉄道の夜")
    assert said["@id"] == f"{BASE}/records/{books['night']}"
    assert said["author"] == [{"@type": "Person", "name": "宮沢賢治", "familyName": "宮沢", "givenName": "賢治"}]
    assert (said["isbn"], said["inLanguage"], said["datePublished"]) == (["9784990000004"], "ja", "2011")
    offers = {offer["offeredBy"]["name"]: offer["availability"] for offer in said["offers"]}
    assert offers["中央図書館"] == "https://schema.org/InStock"
    assert said["offers"][0]["offeredBy"]["@type"] == "Library"
    assert [one["@id"] for one in said["exampleOfWork"]["workExample"]] == [f"{BASE}/records/{books['paperback']}"]
    assert linked((await client.get(f"/records/{books['paperback']}")).text)["offers"][0]["availability"] == "https://schema.org/OutOfStock"
    assert linked((await client.get(f"/records/{books['cat']}")).text)["offers"][0]["availability"] == "https://schema.org/InStoreOnly"
    online = linked((await client.get(f"/records/{books['online']}")).text)
    assert (online["@type"], online["offers"][0]["availability"]) == ("Audiobook", "https://schema.org/OnlineOnly")
    assert f'<link rel="canonical" href="{BASE}/records/{books["night"]}">' in html
    assert '<meta property="og:title" content="銀河鉄道の夜">' in html
    async with database.transaction() as session:
        evil = await add_record(session, '</script><script>alert("1")</script>&amp;', publisher="\u2028<!--")
    page = (await client.get(f"/records/{evil}")).text
    assert linked(page)["name"] == '</script><script>alert("1")</script>&amp;'
    assert "<script>alert" not in page


async def test_citations_come_one_by_one_and_together(client: Client, books: Books, database: Database, world: World) -> None:
    night, cat, gone = books["night"], books["cat"], 77_777
    async with database.transaction() as session:
        session.add(RecordRedirect(from_id=gone, to_id=cat))
        hidden = await add_record(session, "ひみつの本")
        await add_item(session, hidden, branch=world.branches["school"], owner=world.organisations["school"])
        await let_be_seen_by(session, world.organisations["school"], "own")
    ris = await client.get(f"/records/{night}.ris")
    assert ris.headers["content-disposition"] == f'attachment; filename="record-{night}.ris"'
    assert rispy.loads(ris.text)[0]["urls"] == [f"{BASE}/records/{night}"]
    assert (await client.get(f"/records/{night}.bib")).text.startswith(f"@book{{record-{night},")
    assert (await client.get(f"/records/{night}.csl.json")).json()[0]["author"] == [{"family": "宮沢", "given": "賢治"}]
    led = await client.get(f"/records/{gone}.ris")
    assert (led.status_code, led.headers["location"]) == (301, f"/records/{cat}.ris")
    for nothing in (f"/records/{night}.pdf", f"/records/{night}.", "/records/x.ris", f"/records/{hidden}.ris"):
        assert (await client.get(nothing)).status_code == 404
    together = await client.get(f"/api/v1/citations?ids={gone},{night}&ids={cat}&format=ris")
    assert [one["id"] for one in rispy.loads(together.text)] == [f"record-{cat}", f"record-{night}"]
    assert (await client.get(f"/api/v1/citations?ids={night}")).headers["content-type"] == "application/vnd.citationstyles.csl+json"
    for wrong, status in (
        ("", 400),
        ("?ids=", 400),
        (f"?ids={night}&format=word", 400),
        ("?ids=x", 404),
        (f"?ids={hidden}", 404),
        ("?ids=9" + "9" * 30, 404),
    ):
        assert (await client.json(f"/api/v1/citations{wrong}")).status_code == status, wrong
    many = ",".join(map(str, range(1, 102)))
    assert (await client.json(f"/api/v1/citations?ids={many}")).json()["code"] == "ids_count"
