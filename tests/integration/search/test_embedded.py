"""The embedded engine: finding, filtering, counting, and staying whole through crashes and rebuilds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from library.kana import sort_key
from search.asking.query import parse
from search.index.document import Document, spot
from search.index.embedded import EmbeddedEngine
from search.index.engine import Engine, EngineUnavailable, Filters, Found, Sort, WriterBusy

ALL = Filters(seen_by=None)
PUBLIC = Filters(seen_by=frozenset({0}))


def book(record: int, title: str, reading: str = "", **said: object) -> Document:
    base: dict[str, object] = {
        "record_id": record,
        "title": title,
        "title_readings": (reading,) if reading else (),
        "title_sort": sort_key(reading or title),
        "seen_by": (0,),
        "material": "book",
        "language": "jpn",
    }
    return Document(**(base | said))  # type: ignore[arg-type]


SHELF = [
    book(1, "銀河鉄道の夜", "ギンガ テツドウ ノ ヨル", authors=("宮沢, 賢治",), author_readings=("ミヤザワ, ケンジ",),
         ndc=("913.6",), year=1934, held=(1, 2), available=(1,), popularity=40, added_on=10, audience="children", isbns=("9784003101018",)),
    book(2, "吾輩は猫である", "ワガハイ ワ ネコ デ アル", authors=("夏目, 漱石",), author_readings=("ナツメ, ソウセキ",),
         ndc=("913.6",), year=1905, held=(2,), available=(2,), popularity=90, added_on=20),
    book(3, "花", "ハナ", ndc=("627",), year=1990, held=(3,), added_on=30),
    book(4, "花の歳時記", "ハナ ノ サイジキ", ndc=("911.3",), year=2001, held=(1, 3), available=(3,), added_on=40, popularity=200),
    book(5, "阿Q正伝", "ア キュー セイデン", authors=("魯迅",), ndc=("923.7",), year=1923, held=(1,), added_on=5),
    book(6, "第8の日", "ダイ ハチ ノ ヒ", held=(1,), ndc=("933",), year=1980),
    book(7, "鬼滅の刃", "キメツ ノ ヤイバ", volume="1", held=(4,), available=(4,), ndc=("726.1",), year=2016, popularity=300),
    book(8, "鬼滅の刃", "キメツ ノ ヤイバ", volume="23", held=(4,), ndc=("726.1",), year=2020, popularity=150),
    book(9, "Harry Potter and the philosopher's stone", language="eng", authors=("Rowling, J. K.",), held=(2,), ndc=("933",), year=1997),
    book(10, "教師用の指導書", "キョウシヨウ ノ シドウショ", seen_by=(100,), held=(5,), ndc=("375",), year=2020),
    book(11, "もりのおばけ", "モリ ノ オバケ", audience="children", held=(1,), available=(1,), ndc=("E",), year=1969),
    book(12, "学校のうわさ", "ガッコウ ノ ウワサ", seen_by=(1,), material="ebook", held=(6,), available=(6,)),
]  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    made = fresh(tmp_path / "index", SHELF)
    yield made
    made.close()


def fresh(folder: Path, documents: list[Document], cursor: str | None = None) -> EmbeddedEngine:
    made = EmbeddedEngine(folder)
    build = made.build_beside()
    build.put(documents)
    build.commit(cursor)
    made.swap(build)
    return made


def find(
    engine: Engine,
    typed: str,
    filters: Filters = PUBLIC,
    *,
    page: int = 1,
    per_page: int = 20,
    sort: Sort = Sort.RELEVANCE,
    facets: bool = False,
) -> Found:
    return engine.search(parse(typed), filters=filters, page=page, per_page=per_page, sort=sort, facets=facets)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("銀河鉄道の夜", 1),
        ("ぎんがてつどうのよる", 1),
        ("ｷﾞﾝｶﾞﾃﾂﾄﾞｳ", 1),
        ("銀河鐵道", 1),
        ("河鉄", 1),
        ("宮沢賢治", 1),
        ("宮澤賢治", 1),
        ("宮沢 賢治", 1),
        ("賢治 銀河", 1),
        ("miyazawa kenji", 1),
        ("ginga tetsudo no yoru", 1),
        ("gingatetudou", 1),
        ("4-00-310101-4", 1),
        ("わがはいはねこである", 2),
        ("wagahai wa neko de aru", 2),
        ("soseki", 2),
        ("Sōseki", 2),
        ("花", 3),
        ("阿Q", 5),
        ("Q正伝", 5),
        ("第8の", 6),
        ("鬼滅の刃 1巻", 7),
        ("鬼滅の刃23", 8),
        ("鬼滅 第二十三巻", 8),
        ("harry pott", 9),
        ("ＰＯＴＴＥＲ", 9),
        ("おばけ", 11),
    ],
)
def test_what_readers_type_finds_the_book_first(engine: EmbeddedEngine, typed: str, first: int) -> None:
    found = find(engine, typed)
    assert found.ids[0] == first
    assert not found.relaxed
    assert found.total_is_exact


@pytest.mark.parametrize("typed", ["銀賀鉄道の夜", "ぎんかてつどうのよる", "gimga tetsudo no yoru", "鬼減の刃"])
def test_a_typing_error_is_forgiven_and_said(engine: EmbeddedEngine, typed: str) -> None:
    found = find(engine, typed)
    assert found.relaxed
    assert found.ids[0] in {1, 7, 8}


@pytest.mark.parametrize("typed", ["㊙☆", "👩‍👩‍👧", '"', "\ud800", "^$", "a" * 500, "? OR *", "々", "9784003101019", "9780306406157"])
def test_odd_queries_find_nothing_or_something_and_never_fail(engine: EmbeddedEngine, typed: str) -> None:
    found = find(engine, typed, facets=True)
    assert found.total >= len(found.ids)


def test_nobody_finds_what_they_may_not_see(engine: EmbeddedEngine) -> None:
    assert find(engine, "指導書").ids == ()
    assert find(engine, "指導書", Filters(seen_by=frozenset({0, 100}))).ids == (10,)
    assert find(engine, "指導書", ALL).ids == (10,)
    assert find(engine, "指導書", Filters(seen_by=frozenset())).ids == ()
    assert find(engine, "", PUBLIC).total == 10
    assert find(engine, "", Filters(seen_by=frozenset({0, 1}))).total == 11
    assert "375" not in str(find(engine, "", facets=True).facets)
    assert "ebook" not in find(engine, "", facets=True).facets["material"]


@pytest.mark.parametrize(
    ("narrowed", "left"),
    [
        (Filters(seen_by=None, branches=frozenset({1})), {1, 4, 5, 6, 11}),
        (Filters(seen_by=None, branches=frozenset({1}), available=True), {1, 11}),
        (Filters(seen_by=None, available=True), {1, 2, 4, 7, 11, 12}),
        (Filters(seen_by=None, branches=frozenset({3, 5})), {3, 4, 10}),
        (Filters(seen_by=None, language=frozenset({"eng"})), {9}),
        (Filters(seen_by=None, material=frozenset({"ebook"})), {12}),
        (Filters(seen_by=None, audience=frozenset({"children"})), {1, 11}),
        (Filters(seen_by=None, ndc=frozenset({"913.6"})), {1, 2}),
        (Filters(seen_by=None, ndc=frozenset({"91"})), {1, 2, 4}),
        (Filters(seen_by=None, ndc=frozenset({"6", "E"})), {3, 11}),
        (Filters(seen_by=None, year_from=2001), {4, 7, 8, 10}),
        (Filters(seen_by=None, year_from=1900, year_to=1923), {2, 5}),
        (Filters(seen_by=None, year_from=2000, year_to=1900), set()),
        (Filters(seen_by=frozenset({0}), year_to=-5), set()),
        (Filters(seen_by=None, added_from=30), {3, 4}),
        (Filters(seen_by=None, added_from=41), set()),
        (Filters(seen_by=None, headings=frozenset({"au:宮沢賢治", "au:魯迅"})), {1, 5}),
        (Filters(seen_by=None, headings=frozenset({"au:宮沢賢治", "su:昆虫"})), set()),
    ],
)
def test_filters_leave_what_they_say(engine: EmbeddedEngine, narrowed: Filters, left: set[int]) -> None:
    found = find(engine, "", narrowed)
    assert set(found.ids) == left
    assert found.total == len(left)


def test_a_book_that_only_the_filters_hide_brings_no_near_answers(engine: EmbeddedEngine) -> None:
    found = find(engine, "銀河鉄道の夜", Filters(seen_by=frozenset({0}), branches=frozenset({4})))
    assert (found.ids, found.relaxed) == ((), False)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        (Sort.RELEVANCE, [7, 4, 8]),
        (Sort.POPULAR, [7, 4, 8]),
        (Sort.NEWEST, [4, 3, 2]),
        (Sort.TITLE, [9, 5, 8]),
        (Sort.YEAR, [8, 7, 4]),
        (Sort.OLDEST, [2, 5, 1]),
    ],
)
def test_an_empty_query_lists_everything_in_the_order_asked_for(engine: EmbeddedEngine, sort: Sort, first: list[int]) -> None:
    found = find(engine, "", sort=sort)
    if sort is Sort.TITLE:
        titles = {document.record_id: document.title_sort for document in SHELF}
        assert [titles[record] for record in found.ids] == sorted(titles[record] for record in found.ids)
    else:
        assert list(found.ids[:3]) == first
    assert found.total == 10


def test_deep_pages_repeat_and_miss_nothing(tmp_path: Path) -> None:
    """Also across the border between what is ranked anew and what stays in the engine's order."""
    engine = fresh(tmp_path / "index", [book(number, f"銀河 {number}", popularity=number % 7) for number in range(1, 251)])
    for sort in (Sort.RELEVANCE, Sort.TITLE):
        seen = [record for page in range(1, 10) for record in find(engine, "銀河", page=page, per_page=30, sort=sort).ids]
        assert len(seen) == 250
        assert set(seen) == set(range(1, 251))
    assert find(engine, "銀河", page=20, per_page=30).ids == ()
    assert find(engine, "銀河", page=20, per_page=30).total == 250


def test_facets_count_what_is_found(engine: EmbeddedEngine) -> None:
    facets = find(engine, "花", facets=True).facets
    assert facets["branch"] == {"3": 2, "1": 1}
    assert facets["ndc1"] == {"6": 1, "9": 1}
    assert facets["year"] == {"1990": 1, "2001": 1}
    assert facets["available"] == {"true": 1}
    assert set(facets) == {"branch", "material", "ndc1", "language", "audience", "year", "available"}


def test_a_filtered_facet_still_counts_its_other_values(engine: EmbeddedEngine) -> None:
    facets = find(engine, "", Filters(seen_by=frozenset({0}), ndc=frozenset({"9"}), branches=frozenset({1})), facets=True).facets
    assert facets["ndc1"] == {"9": 4, "E": 1}
    assert facets["branch"] == {"1": 4, "2": 3, "3": 1}
    assert facets["language"] == {"jpn": 4}


def test_on_the_shelf_counts_branches_where_it_is_on_the_shelf(engine: EmbeddedEngine) -> None:
    facets = find(engine, "", Filters(seen_by=frozenset({0}), branches=frozenset({1}), available=True), facets=True).facets
    assert facets["branch"] == {"1": 2, "2": 1, "3": 1, "4": 1}
    assert facets["available"] == {"true": 2}


def test_a_record_seen_twice_at_one_branch_counts_once(engine: EmbeddedEngine) -> None:
    both = (spot(8, 1), spot(8, 107))  # for any school, and for the owner's own
    engine.put([book(30, "学校だより", seen_by=(1, 107), held=both, available=both), book(31, "学校だより", seen_by=(107,), held=both[1:])])
    engine.commit()
    for sees, count in ((frozenset({0}), 0), (frozenset({0, 1}), 1), (frozenset({0, 107}), 2), (frozenset({0, 1, 107}), 2), (None, 2)):
        filters = Filters(seen_by=sees, branches=frozenset({8}))
        found = find(engine, "学校だより", filters, facets=True)
        assert found.total == found.facets.get("branch", {}).get("8", 0) == count


def test_near_answers_in_another_order_are_the_same_answers(engine: EmbeddedEngine) -> None:
    by_nearness = find(engine, "銀賀鉄道の夜")
    by_title = find(engine, "銀賀鉄道の夜", sort=Sort.TITLE)
    assert (set(by_title.ids), by_title.total) == (set(by_nearness.ids), by_nearness.total)
    assert find(engine, "鉄道ほげほげの夜ふけ", sort=Sort.TITLE).total == 0


def test_putting_a_record_again_replaces_it(engine: EmbeddedEngine) -> None:
    for _ in range(3):
        engine.put([book(3, "花とみつばち", held=(9,))])
        engine.commit()
    assert find(engine, "みつばち").ids == (3,)
    assert engine.status().records == len(SHELF)
    assert 3 not in find(engine, "花", Filters(seen_by=None, branches=frozenset({3}))).ids


def test_a_document_that_cannot_be_indexed_is_no_fault_of_the_index(engine: EmbeddedEngine) -> None:
    with pytest.raises(OverflowError):
        engine.put([book(3, "花火", held=(-1,))])
    assert not engine.status().needs_rebuild
    engine.put([book(61, "花園")])
    engine.commit()
    assert set(find(engine, "花").ids) == {3, 4, 61}


def test_a_removed_record_is_found_no_more(engine: EmbeddedEngine) -> None:
    engine.remove([3, 999])
    engine.commit()
    assert find(engine, "花").ids == (4,)
    assert engine.status().records == len(SHELF) - 1


def test_a_record_put_twice_in_one_build_is_there_once(tmp_path: Path) -> None:
    engine = fresh(tmp_path / "index", [book(1, "花"), book(1, "鳥")])
    assert engine.status().records == 1
    assert find(engine, "鳥").ids == (1,)


def test_an_empty_folder_asks_to_be_built(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "nowhere")
    assert engine.status().needs_rebuild
    with pytest.raises(EngineUnavailable):
        find(engine, "花")
    with pytest.raises(EngineUnavailable):
        engine.put([book(1, "花")])


def test_an_index_of_another_version_asks_to_be_built_anew(tmp_path: Path) -> None:
    fresh(tmp_path, SHELF).close()
    (about,) = tmp_path.glob("index-*/about.json")
    about.write_text('{"schema": 0, "text": 0}')
    status = EmbeddedEngine(tmp_path).status()
    assert status.needs_rebuild
    assert "another version" in status.reason


@pytest.mark.parametrize("broken", ["meta.json", "*.idx", "*.store", "*.term", "*.fast"])
def test_a_damaged_index_says_so_and_is_built_anew(tmp_path: Path, broken: str) -> None:
    fresh(tmp_path, SHELF).close()
    for file in tmp_path.glob(f"index-*/segments/{broken}"):
        file.write_bytes(b"\x00garbage")
    engine = EmbeddedEngine(tmp_path)
    with pytest.raises(EngineUnavailable):
        find(engine, "花", facets=True)
    assert EmbeddedEngine(tmp_path).status().needs_rebuild
    build = engine.build_beside()
    build.put(SHELF)
    engine.swap(build)
    assert not engine.status().needs_rebuild
    assert find(engine, "花").ids[0] == 3


def test_a_rebuild_leaves_the_old_index_searchable_until_the_swap(engine: EmbeddedEngine, tmp_path: Path) -> None:
    build = engine.build_beside()
    build.put([book(50, "新しい花")])
    build.commit("42")
    assert find(engine, "花").ids == (3, 4)
    engine.swap(build)
    assert find(engine, "花").ids == (50,)
    assert engine.status().cursor == "42"
    assert len(list((tmp_path / "index").glob("index-*"))) == 1
    engine.put([book(51, "花ふたたび")])
    engine.commit("43")
    assert set(find(engine, "花").ids) == {50, 51}


def test_an_abandoned_build_leaves_nothing(engine: EmbeddedEngine, tmp_path: Path) -> None:
    build = engine.build_beside()
    build.put([book(50, "新しい花")])
    engine.abandon(build)
    engine.abandon(build)
    assert find(engine, "花").ids == (3, 4)
    assert len(list((tmp_path / "index").glob("index-*"))) == 1


def test_a_reader_elsewhere_sees_commits_and_swaps_within_two_seconds(engine: EmbeddedEngine, tmp_path: Path) -> None:
    reader = EmbeddedEngine(tmp_path / "index")
    assert find(reader, "花").ids == (3, 4)
    engine.put([book(60, "花園")])
    engine.commit()
    assert seen_within(reader, {3, 4, 60})
    build = engine.build_beside()
    build.put([book(70, "花火")])
    engine.swap(build)
    assert seen_within(reader, {70})


def seen_within(reader: EmbeddedEngine, records: set[int], seconds: float = 2.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if set(find(reader, "花").ids) == records:
            return True
        time.sleep(0.1)
    return False


CHILD = """
import sys
from pathlib import Path
from search.index.document import Document, spot
from search.index.embedded import EmbeddedEngine

engine = EmbeddedEngine(Path(sys.argv[1]))
number = 1000
while True:
    engine.put([Document(record_id=number + at, title="銀河", seen_by=(0,)) for at in range(20)])
    number += 20
    engine.commit(str(number - 1))
    print(number - 1, flush=True)
    engine.put([Document(record_id=number + at, title="銀河", seen_by=(0,)) for at in range(7)])
"""


def started(folder: Path) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


def test_one_process_of_a_host_writes_and_a_killed_one_leaves_a_whole_index(tmp_path: Path) -> None:
    fresh(tmp_path, SHELF, cursor="0").close()
    child = started(tmp_path)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(5)]
    engine = EmbeddedEngine(tmp_path)
    with pytest.raises(WriterBusy):
        engine.put([book(1, "花")])
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    status = EmbeddedEngine(tmp_path).status()
    assert not status.needs_rebuild
    assert status.cursor is not None
    assert int(status.cursor) >= told[-1]
    after = EmbeddedEngine(tmp_path)
    expected = int(status.cursor) - 999
    assert find(after, "銀河", per_page=1).total - 1 >= expected  # never behind what the cursor says
    after.put([book(1, "花の銀河")])
    after.commit("9999999")
    assert after.status().cursor == "9999999"
    after.close()


def test_searches_go_on_while_many_records_are_put(engine: EmbeddedEngine) -> None:
    began = threading.Event()
    go_on = threading.Event()

    def slowly() -> Iterator[Document]:
        yield book(90, "花の山")
        began.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor() as threads:
        put = threads.submit(engine.put, slowly())
        assert began.wait(10)
        found = list(threads.map(lambda _: find(engine, "花").ids, range(50)))
        go_on.set()
        assert put.result() == 1
    assert set(found) == {(3, 4)}
    engine.commit()
    assert 90 in find(engine, "花").ids


def test_closing_lets_another_write(engine: EmbeddedEngine, tmp_path: Path) -> None:
    engine.put([book(80, "花束")])
    engine.commit()
    engine.close()
    other = EmbeddedEngine(tmp_path / "index")
    other.put([book(81, "花籠")])
    other.commit()
    assert {80, 81} <= set(find(other, "花").ids)
    other.close()


def test_exact_forms_can_be_asked_for_by_another_engine(engine: EmbeddedEngine) -> None:
    forms = engine.exact_forms([1, 999])
    assert set(forms) == {1}
    assert forms[1].titles[0] == "銀河鉄道の夜"
