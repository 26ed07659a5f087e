"""Citations as parsers of others read them back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import bibtexparser
import feedparser
import msgspec
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from catalog.description import Agent, Description, Isbn, Material, Series, Subject, Title
from search.finding import Shown
from search.sharing import citations, feed, linked_data
from search.sharing.citations import Form
from search.sharing.work import Part, part_of

GINGA = Description(
    title=Title(main="銀河鉄道の夜", rest="童話集 100% & more", volume="上", responsibility="宮沢賢治 作 ; A. Ill 絵"),
    agents=(
        Agent("宮沢, 賢治", "ミヤザワ, ケンジ", main=True),
        Agent("Carroll, Lewis", role="訳"),
        Agent("こもれび区", kind="body", role="編"),
        Agent("大庭, みどり", role="絵"),
    ),
    edition="改訂版",
    place="東京",
    publisher="こもれび書房",
    year=2011,
    extent="xii, 320p",
    language="jpn",
    series=(Series("岩波少年文庫", volume="12"),),
    subjects=(Subject("宇宙"), Subject("鉄道")),
    isbns=(Isbn("9784990000004"),),
)  # fmt: skip


def record(said: Description = GINGA, number: int = 1204, **more: Any) -> Shown:
    base = {"work_id": None, "author": "", "publisher": said.publisher, "language": said.language, "audience": "", "ndc": "913.6"}
    values = base | {
        "other_editions": 0,
        "electronic": (),
        "at": (),
        "title": said.title.main,
        "volume": said.title.volume,
        "year": said.year,
    }
    return Shown(**(values | {"id": number, "material": said.material.value, "description": said} | more))  # type: ignore[arg-type]


ADDRESS = "https://library.example/records/1204"


def bib(text: str) -> dict[str, str]:
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks, text
    (entry,) = library.entries
    return {"key": entry.key, "type": entry.entry_type} | {field.key: field.value for field in entry.fields}


def test_ris_says_who_did_what() -> None:
    written = citations.written(Form.RIS, [(record(), ADDRESS), (record(number=7), ADDRESS)]).decode()
    assert written.count("\r\nER  - \r\n") == 2
    first, second = rispy.loads(written)
    assert first["type_of_reference"] == "BOOK"
    assert first["authors"] == ["宮沢, 賢治"]
    assert first["title"] == "銀河鉄道の夜 : 童話集 100% & more"
    assert (first["year"], first["publisher"], first["place_published"]) == ("2011", "こもれび書房", "東京")
    assert (first["secondary_title"], first["volume"], first["edition"]) == ("岩波少年文庫", "上", "改訂版")
    assert first["keywords"] == ["宇宙", "鉄道"]
    assert (first["id"], second["id"]) == ("record-1204", "record-7")
    assert "A4  - Carroll, Lewis" in written
    assert "ED  - こもれび区" in written


def test_bibtex_keeps_names_and_special_characters() -> None:
    found = bib(citations.bibtex(record(), ADDRESS))
    assert (found["type"], found["key"], found["author"], found["translator"]) == ("book", "record-1204", "宮沢, 賢治", "Carroll, Lewis")
    assert found["editor"] == "{こもれび区}"
    assert found["title"] == r"銀河鉄道の夜 : 童話集 100\% \& more"
    assert (found["year"], found["isbn"], found["language"], found["url"]) == ("2011", "9784990000004", "ja", ADDRESS)


def test_csl_json_divides_names_and_leaves_bodies_whole() -> None:
    (item,) = json.loads(citations.written(Form.CSL, [(record(), ADDRESS)]))
    assert item["author"] == [{"family": "宮沢", "given": "賢治"}]
    assert item["editor"] == [{"literal": "こもれび区"}]
    assert item["illustrator"] == [{"family": "大庭", "given": "みどり"}]
    assert (item["id"], item["type"], item["issued"]) == ("record-1204", "book", {"date-parts": [[2011]]})
    assert (item["collection-title"], item["collection-number"], item["number-of-pages"]) == ("岩波少年文庫", "12", "320")


def test_people_read_one_line() -> None:
    assert citations.for_people(record()) == (
        "宮沢賢治, Carroll, Lewis, こもれび区, 大庭みどり. 銀河鉄道の夜 : 童話集 100% & more 上."
        " 改訂版, こもれび書房, 2011, 320p, ISBN 9784990000004."
    )


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("", "author"),
        ("著", "author"),
        ("編著", "author"),
        ("訳", "translator"),
        ("編訳", "translator"),
        ("絵", "illustrator"),
        ("編", "editor"),
    ],
)
def test_roles_are_told_apart(role: str, part: str) -> None:
    assert part_of(Agent("宮沢, 賢治", role=role)) is Part(part)


@pytest.mark.parametrize("material", list(Material))
def test_every_material_is_of_some_kind_in_every_form(material: Material) -> None:
    found = record(msgspec.structs.replace(GINGA, material=material))
    assert rispy.loads(citations.ris(found, ADDRESS))[0]["type_of_reference"]
    assert bib(citations.bibtex(found, ADDRESS))["type"]
    assert linked_data.described(found, [], base="https://library.example", texts=None)["@type"]  # type: ignore[arg-type]


# Without half surrogates: PostgreSQL holds none.
NASTY = st.text(alphabet="\\{}%&$#_^~\"'@,=\r\n\u2028\x00\x0b</script>ER  - あ亜a-\ufffe", max_size=40)


@given(NASTY, NASTY)
def test_no_text_breaks_out_of_its_field(title: str, name: str) -> None:
    said = Description(
        title=Title(main=title, responsibility=name), agents=(Agent(name),) if name.strip() else (), publisher=title, year=2000
    )
    found = record(said)
    (item,) = json.loads(citations.written(Form.CSL, [(found, ADDRESS)]))
    assert item["URL"] == ADDRESS
    (entry,) = rispy.loads(citations.ris(found, ADDRESS) or "")
    assert entry["urls"] == [ADDRESS]
    assert bib(citations.bibtex(found, ADDRESS))["url"] == ADDRESS
    block = linked_data.script(found, [], base="https://library.example", texts=None)  # type: ignore[arg-type]
    assert block.count("<") == 2
    body = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert json.loads(body)["@id"] == ADDRESS


@given(NASTY, NASTY)
def test_no_text_breaks_a_feed(title: str, author: str) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    channel = feed.Channel(title, author, "https://library.example/search", f"https://library.example/search.rss?q={title}", "ja", at)
    read = feedparser.parse(feed.written(channel, [feed.Entry(ADDRESS, title, author, author, (title,), at)]))
    assert not read.bozo
    assert [entry.id for entry in read.entries] == [ADDRESS]
