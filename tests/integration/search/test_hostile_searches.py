"""What no reader means, typed into everything that searches: an answer or a refusal in words, for a bounded number of questions."""

from __future__ import annotations

import json
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from search.index.embedded import EmbeddedEngine
from search.index.engine import Found
from tests.integration.search.conftest import Books
from tests.world import Client

MOST_QUESTIONS = 20  # to the engine for one request, whatever is asked: the page, its four places, and the ways on from nothing
TYPED = {
    "ten thousand letters": "a" * 10_000,
    "as many kana as an address holds": quote("あ" * 7_000),
    "a title a thousand times": quote("銀河鉄道の夜" * 1_000),
    "half a surrogate": "%ED%A0%80",
    "half a surrogate in a title": quote("銀河") + "%ED%A0%80" + quote("鉄道"),
    "bytes that are no text": "%ff%fe%80",
    "nothing that prints": "%00%01%02",
    "a null in a title": quote("銀河") + "%00" + quote("鉄道"),
    "pictures": quote("🐈" * 200),
    "a family": quote("👩‍👩‍👧‍👦"),
    "quotation marks without an end": quote("\"銀河'「『（["),
    "quotation marks alone": quote('"' * 999),
    "punctuation alone": quote("。、・！？-…〜"),
    "SQL": quote("' OR 1=1; DROP TABLE record; --"),
    "a filter of Meilisearch": quote('title = "x" OR seen_by IN [50] OR seen_by EXISTS'),
    "a bomb of a pattern": quote("(a+)+$" * 200),
    "a thousand words of one letter": "+".join(["a"] * 1_000),
    "a thousand words of one kanji": "+".join([quote("花")] * 1_000),
    "a thousand different words": "+".join(f"w{number}" for number in range(1_000)),
    "marks that join": quote("\u0301" * 2_000),
    "right to left": quote("\u202e銀河\u2066" * 50),
}
ASKED = (
    "/search?q={}",
    "/search?available=1&where=ward&q={}",
    "/api/v1/search?q={}",
    "/api/v1/suggest?q={}",
    "/search.rss?q={}",
    "/browse/ndc?q={}",
    "/guide?q={}",
)
WRONG = {
    "page=-1": "page",
    "page=0": "page",
    "page=1000000000": "page",
    "page=1e9": "page",
    "page=" + quote("１"): "page",
    "branch=nowhere": "branch",
    "branch=%27%20OR%201=1": "branch",
    "branch=%ED%A0%80": "branch",
    "where=moon": "where",
    "ndc=' OR 1=1": "ndc",
    "year=9999999999": "year",
    "language=%22%5D%20OR%20id": "language",
    "material=book%00": "material",
    "sort=title%3Basc": "sort",
    "available=maybe": "available",
    "group=series": "group",
}
MANY = (
    "branch=chuo",
    "ndc=913",
    "material=book",
    "author=" + quote("宮沢, 賢治"),
    "subject=x",
    "q=" + quote("銀河"),
    "page=1",
    "sort=title",
    "x=1",
)


class Counted:
    """The number of questions to the engine."""

    questions = 0


@pytest.fixture
def counted(books: Books, monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted, search = Counted(), EmbeddedEngine.search

    def searched(*args: Any, **named: Any) -> Found:
        counted.questions += 1
        return search(*args, **named)

    monkeypatch.setattr(EmbeddedEngine, "search", searched)
    return counted


async def test_whatever_is_typed_is_answered(client: Client, counted: Counted) -> None:
    failed = []
    for name, typed in TYPED.items():
        for path in ASKED:
            counted.questions = 0
            answer = await client.get(path.format(typed))
            if answer.status_code != 200 or counted.questions > MOST_QUESTIONS:
                failed.append(f"{name}: {path} {answer.status_code}, {counted.questions} questions")
    assert not failed, "\n".join(failed)


async def test_what_cannot_be_asked_is_refused_in_words(client: Client, counted: Counted) -> None:
    for wrong, where in WRONG.items():
        said = (await client.json(f"/api/v1/search?q=x&{wrong}")).json()
        assert (said["status"], said["where"]) == (400, where), wrong
        page = await client.get(f"/search?q=x&{wrong}", headers={"Accept": "text/html"})
        assert page.status_code == 400, wrong
        assert said["detail"] in unescape(page.text), wrong
    assert counted.questions == 0


@pytest.mark.parametrize("path", ["/search", "/api/v1/search", "/api/v1/suggest", "/search.rss"])
async def test_one_parameter_two_hundred_times_is_one_question_more_or_less(client: Client, counted: Counted, path: str) -> None:
    for one in MANY:
        counted.questions = 0
        answer = await client.get(f"{path}?{'&'.join([one] * 200)}")
        assert answer.status_code in {200, 400, 404}, (one, answer.status_code)
        assert counted.questions <= MOST_QUESTIONS


SAID: tuple[Any, ...] = (
    {"text": ""},
    {"text": " "},
    {"text": "\x00\x01"},
    {"text": "a" * 1_000},
    {"text": "あ" * 1_000},
    {"text": " ".join("花" * 500)},
    {"text": "🐈" * 300},
    {"text": "\"'「『（"},
    {"text": "。、！？"},
    {"text": "' OR 1=1; DROP TABLE record; --"},
    {"text": 'seen_by IN [50] OR title = "x" の本'},
    {"text": "(a+)+$" * 100},
    {"text": "銀河", "language": "xx"},
    {"text": "銀河", "language": "ja" * 500},
    {"text": "銀河", "context": "x" * 8_000},
    {"text": "銀河", "context": "\x00"},
    {"text": "銀" * 10_000},
    {"text": "銀河", "context": "x" * 100_000},
    {"text": 7},
    {"text": ["銀河"] * 200},
    {"text": "銀河", "branch": "chuo"},
    [],
    "銀河",
)
NO_TEXT = (rb'{"text":"\ud800"}', b'{"text":"\xed\xa0\x80"}', rb'{"text":"a\u0000b"}', rb'{"text":"\ud83d\ud83d"}', b"{", b"")


async def test_whatever_is_said_is_answered_or_refused(client: Client, counted: Counted) -> None:
    failed = []
    for body in (*(json.dumps(said).encode() for said in SAID), *NO_TEXT):
        counted.questions = 0
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = await client.http.post("/api/v1/chat", content=body, headers=headers)
        said = answer.json().get("text" if answer.status_code == 200 else "detail")
        if answer.status_code not in {200, 400} or not said or counted.questions > MOST_QUESTIONS:
            failed.append(f"{body[:60]!r}: {answer.status_code}, {counted.questions} questions, {answer.text[:120]}")
    assert not failed, "\n".join(failed)
