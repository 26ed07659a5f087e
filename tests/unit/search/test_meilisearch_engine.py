"""The engine behind Meilisearch: it finds, filters, counts and orders as the embedded one does."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from search.asking.query import parse
from search.index.document import Document, spot
from search.index.embedded import EmbeddedEngine
from search.index.engine import EngineUnavailable, Filters, Found, Sort
from search.index.meilisearch import MeilisearchEngine, codes, declared, plan
from search.index.meilisearch.connection import DocumentsRefused, NoIndex
from search.index.meilisearch.entries import About
from tests.integration.search.test_embedded import SHELF, book
from tests.standins.meilisearch.running import StandIn

PUBLIC = Filters(seen_by=frozenset({0}))
INDEXING = ("documents.*", "indexes.*", "tasks.get", "settings.*", "stats.get", "version")

MORE = [
    book(20, "空", held=(spot(1, 1), spot(1, 100)), available=(spot(1, 1),), seen_by=(1, 100), year=2011),
    book(21, "空と海", held=(1,), popularity=4, year=2012, material="audiobook"),
    book(22, "海", "ウミ", held=(2,), available=(2,), popularity=9, year=2011),
    book(23, "東京都の歩き方", held=(1,), available=(1,), year=2011),
    book(24, "東京と京都", held=(1,), year=2012, popularity=99),
    book(25, "京都東山", held=(2,), available=(2,), year=2012),
    book(26, "東京と京都", subjects=("東京都",), held=(2,), year=2011),
]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    made = StandIn().start()
    yield made
    made.stop()


def engine_at(server: StandIn, index: str = "catalogue") -> MeilisearchEngine:
    return MeilisearchEngine(server.url, index=index, search_key=server.make_key("search"), index_key=server.make_key(*INDEXING))


@pytest.fixture(scope="module")
def engine(server: StandIn) -> Iterator[MeilisearchEngine]:
    made = engine_at(server)
    build = made.build_beside()
    build.put([*SHELF, *MORE])
    made.swap(build, About(declared.VERSIONS, "1:1:here"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path_factory.mktemp("index"))
    build = made.build_beside()
    build.put([*SHELF, *MORE])
    made.swap(build)
    yield made
    made.close()


def find(engine: MeilisearchEngine | EmbeddedEngine, typed: str, filters: Filters = PUBLIC, sort: Sort = Sort.RELEVANCE) -> Found:
    return engine.search(parse(typed), filters=filters, page=1, per_page=20, sort=sort, facets=True)


TYPED = [
    "", "銀河鉄道の夜", "ぎんがてつどうのよる", "ｷﾞﾝｶﾞﾃﾂﾄﾞｳ", "銀河鐵道", "河鉄", "宮沢賢治", "宮澤賢治", "宮沢 賢治", "賢治 銀河",
    "miyazawa kenji",
    "ginga tetsudo no yoru", "gingatetudou", "4-00-310101-4", "わがはいはねこである", "wagahai wa neko de aru", "soseki", "Sōseki", "花",
    "阿Q",     "Q正伝",
    "第8の", "鬼滅の刃 1巻", "鬼滅の刃23", "鬼滅 第二十三巻", "鬼滅の刃", "harry pott", "ＰＯＴＴＥＲ", "おばけ", "空", "海", "は",
    "の", "1", "上", "ば", "東京都", "東京と京都", "京都東", "都東京都", "東京 京都", "歩き方 東京都", "東京都 none", "とうきょう",
    "9784003101019", "none such", "花 歳時記", "a b c d e f g h i j k l", "h", "ha", "銀河 or 花", "教師用", "うわさ",
]  # fmt: skip
FILTERS = {
    "public": PUBLIC,
    "pupil": Filters(seen_by=frozenset({0, 1, 100})),
    "staff": Filters(seen_by=None),
    "branch": Filters(seen_by=frozenset({0, 1, 100}), branches=frozenset({1, 2})),
    "available": Filters(seen_by=frozenset({0, 1}), available=True),
    "available there": Filters(seen_by=frozenset({0, 1}), branches=frozenset({1, 4}), available=True),
    "years": Filters(seen_by=frozenset({0}), year_from=1950, year_to=2011),
    "book": Filters(seen_by=frozenset({0}), material=frozenset({"book"}), ndc=frozenset({"9", "72"})),
    "under headings": Filters(seen_by=None, headings=frozenset({"au:宮沢賢治", "au:夏目漱石"})),
    "author and subject": Filters(seen_by=None, headings=frozenset({"au:宮沢賢治", "su:昆虫"})),
    "new": Filters(seen_by=frozenset({0}), added_from=20),
    "odd": Filters(seen_by=frozenset({0}), language=frozenset({'jpn" OR id > 0 OR "'})),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("typed", TYPED)
def test_both_engines_find_and_count_the_same(engine: MeilisearchEngine, embedded: EmbeddedEngine, typed: str, name: str) -> None:
    here, there = find(engine, typed, FILTERS[name]), find(embedded, typed, FILTERS[name])
    assert here.relaxed == there.relaxed
    if here.relaxed:
        assert here.ids[:1] == there.ids[:1]
        return
    assert set(here.ids) == set(there.ids)
    assert here.total == there.total
    assert {name: counts for name, counts in here.facets.items() if any(counts.values())} == {
        name: counts for name, counts in there.facets.items() if any(counts.values())
    }
    assert (here.backend, there.backend) == ("meilisearch", "embedded")


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("typed", ["", "花", "鬼滅の刃", "海", "おばけ"])
def test_both_engines_agree_on_the_first_and_on_every_other_order(
    engine: MeilisearchEngine, embedded: EmbeddedEngine, typed: str, sort: Sort
) -> None:
    here, there = find(engine, typed, sort=sort), find(embedded, typed, sort=sort)
    keys = {one.record_id: _place(one, sort) for one in [*SHELF, *MORE]}
    assert here.ids[:1] == there.ids[:1] or keys[here.ids[0]] == keys[there.ids[0]]
    if sort is not Sort.RELEVANCE:
        assert [keys[number] for number in here.ids] == [keys[number] for number in there.ids]


def _place(document: Document, sort: Sort) -> object:
    return {
        Sort.NEWEST: document.added_on,
        Sort.POPULAR: document.popularity,
        Sort.TITLE: document.title_sort,
        Sort.YEAR: document.year,
        Sort.OLDEST: document.year,
        Sort.RELEVANCE: document.popularity,
    }[sort]


@pytest.mark.parametrize("typed", ["銀賀鉄道の夜", "ぎんかてつどうのよる", "gimga tetsudo no yoru", "鬼減の刃"])
def test_a_typing_error_is_forgiven_and_said(engine: MeilisearchEngine, typed: str) -> None:
    found = find(engine, typed)
    assert found.relaxed
    assert found.ids[0] in {1, 7, 8}


@pytest.mark.parametrize("typed", ["㊙☆", "👩‍👩‍👧", '"', "\ud800", "^$", "a" * 500, "? OR *", "々", "-花", "花 " * 40])
def test_odd_queries_find_nothing_or_something_and_never_fail(engine: MeilisearchEngine, typed: str) -> None:
    found = find(engine, typed)
    assert found.total >= len(found.ids)


def test_pages_do_not_overlap_and_lack_nothing(server: StandIn) -> None:
    made = engine_at(server, "catalogue-pages")
    build = made.build_beside()
    build.put([book(number, f"図書館の本 その{number}", popularity=number % 7) for number in range(1, 251)])
    made.swap(build, About(declared.VERSIONS, "1:1:here"))
    for typed in ("図書館", "図書館の本 toshokan", "本"):
        pages = [
            made.search(parse(typed), filters=PUBLIC, page=page, per_page=20, sort=Sort.RELEVANCE, facets=False) for page in range(1, 15)
        ]
        ids = [number for page in pages for number in page.ids]
        assert len(ids) == len(set(ids)) == (0 if pages[0].relaxed else pages[0].total) or pages[0].relaxed
        at_once = made.search(parse(typed), filters=PUBLIC, page=1, per_page=1000)  # as grouping by work asks
        assert list(at_once.ids) == ids or pages[0].relaxed
    assert made.search(parse("図書館"), filters=PUBLIC, page=1, per_page=20).total == 250


def test_texts_stand_in_the_same_order_as_their_codes() -> None:
    titles = ["", "あ", "あい", "い", "ん", "アイ", "花", "花の", "a", "z", "1"]
    assert sorted(titles, key=codes.coded) == sorted(titles)


def test_no_more_spellings_are_asked_than_a_request_may_hold() -> None:
    asked = plan.strict(parse(" ".join(["おおいえ", "うえの", "いえで", "あおい"])))
    assert len(asked.parts) <= plan.MOST_PARTS + 2
    assert len(plan.strict(parse(" ".join(["okinawa"] * 12))).parts) <= plan.MOST_PARTS + 2


def test_the_settings_read_back_are_those_declared(engine: MeilisearchEngine, server: StandIn) -> None:
    assert engine.settings_that_differ() == []
    told = server.ask("PATCH", "/indexes/catalogue/settings", {"searchCutoffMs": 5, "typoTolerance": {"enabled": True}})
    engine.writing.wait(told["taskUid"])
    assert set(engine.settings_that_differ()) == {"searchCutoffMs", "typoTolerance"}
    assert set(engine.set_up()) == {"searchCutoffMs", "typoTolerance"}
    assert engine.settings_that_differ() == []


def test_status_says_how_many_records_and_how_far(engine: MeilisearchEngine) -> None:
    status = engine.status()
    assert (status.backend, status.records, status.needs_rebuild, status.cursor) == ("meilisearch", 19, False, "1:1:here")


def test_an_index_that_is_not_there_is_to_be_built(server: StandIn) -> None:
    made = engine_at(server, "catalogue-nowhere")
    assert made.status().needs_rebuild
    with pytest.raises(NoIndex):
        find(made, "花")


def test_an_index_of_another_version_is_not_searched(server: StandIn) -> None:
    made = engine_at(server, "catalogue-old")
    build = made.build_beside()
    made.swap(build, About({"schema": 0}, "1:1:here"))
    assert made.status().needs_rebuild
    with pytest.raises(EngineUnavailable):
        find(made, "花")


def test_a_changed_record_is_found_by_its_new_words_only(server: StandIn) -> None:
    made = engine_at(server, "catalogue-changed")
    build = made.build_beside()
    build.put([book(1, "最初の題", authors=("ある人",)), book(2, "別の本")])
    made.swap(build, About(declared.VERSIONS))
    made.put([book(1, "二番目の題")])
    made.remove([2, 99])
    assert find(made, "最初の題").relaxed
    assert find(made, "ある人").total == 0 or find(made, "ある人").relaxed
    assert find(made, "二番目の題").ids == (1,)
    assert made.status().records == 1


def test_the_server_says_in_the_task_why_it_takes_no_document(server: StandIn) -> None:
    made = engine_at(server, "catalogue-refused")
    made.set_up()
    with pytest.raises(DocumentsRefused) as refused:
        made.writing.wait(made.writing.put(made.index, [{"id": "a b"}]))
    assert refused.value.reason == "Meilisearch refuses it with invalid_document_id"


@pytest.mark.parametrize("how", ["stopped", "wrong key", "broken", "slow"])
def test_a_server_that_is_away_is_told_apart_from_finding_nothing(how: str) -> None:
    server = StandIn().start()
    made = engine_at(server)
    made.swap(made.build_beside(), About(declared.VERSIONS))
    assert find(made, "花").total == 0
    if how == "stopped":
        server.stop()
    elif how == "wrong key":
        made = MeilisearchEngine(server.url, search_key="wrong", index_key="wrong")
    else:
        server.set(broken=how == "broken", slow=2.0 if how == "slow" else 0.0)
    with pytest.raises(EngineUnavailable):
        find(made, "花")
    server.stop()


def ports_to(server: StandIn) -> set[int]:
    """Of this process, with a connection open to the server."""
    every = psutil.Process().net_connections("tcp")
    return {one.laddr.port for one in every if one.raddr and one.raddr.port == server.port and one.status == "ESTABLISHED"}


def test_many_searches_go_over_one_connection(engine: MeilisearchEngine, server: StandIn) -> None:
    for _ in range(5):
        find(engine, "花")
    before = ports_to(server)
    for _ in range(5):
        find(engine, "花")
    assert ports_to(server) == before != set()


def test_the_search_key_may_not_write(server: StandIn, engine: MeilisearchEngine) -> None:
    with pytest.raises(EngineUnavailable):
        engine.searching.put("catalogue", [{"id": 5}])


def test_code_letters_are_nothing_that_a_segmenter_could_touch() -> None:
    for token in ("^花", "花$", "銀河", "é", "123", "abc", "v上", "𠮷野", "\ud800"):
        assert codes.word(token).isascii()
        assert codes.word(token).isalnum()
