"""An index written by several processes at once: the same as one written by one, and none of them outlives who asked."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import psutil
import pytest
import tantivy

from search.asking.query import parse
from search.index import elsewhere
from search.index.document import Document, Phrase
from search.index.elsewhere import BuildingFailedError
from search.index.embedded import EmbeddedEngine, PartedBuild, Suggestion, joining, shelf
from search.index.engine import EngineUnavailable, Filters, Sort
from search.index.standing import reason_of
from search.suggest.phrases import title_key
from search.suggest.typed import read
from tests.standins import endless

ALL = Filters(seen_by=None)
WORDS = ("銀河鉄道", "夜", "注文の多い料理店", "Night on the Galactic Railroad", "猫", "花の歳時記")


def book(record: int, title: str, *, reading: str = "", seen_by: tuple[int, ...] = (0,)) -> Document:
    phrase = Phrase("title", title_key(title), title, reading)
    return Document(record, title=title, seen_by=seen_by, popularity=record % 7, phrases=(phrase,), title_sort=title)


BOOKS = [book(number, f"{WORDS[number % 6]}{number % 11 or ''}", reading="ヨル" if number > 60 else "") for number in range(1, 121)]


def whole(folder: Path, books: list[Document]) -> EmbeddedEngine:
    engine = EmbeddedEngine(folder)
    build = engine.build_beside()
    build.put(books)
    engine.swap(build)
    return engine


def parted(folder: Path, books: list[Document], parts: int) -> EmbeddedEngine:
    engine = EmbeddedEngine(folder)
    build = engine.build_beside()
    several = PartedBuild(build.folder, parts)
    several.begin()
    for number in range(parts):
        part = several.part(number)
        part.put(books[number::parts])
        part.finish_records()
    several.join_records()
    several.merge_records()
    for number in range(parts):
        several.write_phrases(number)
    several.join_phrases()
    engine.swap(build)
    return engine


def found(engine: EmbeddedEngine, typed: str) -> set[int]:
    return set(engine.search(parse(typed), filters=ALL, per_page=200, sort=Sort.NEWEST).ids)


def suggested(engine: EmbeddedEngine, typed: str) -> list[Suggestion]:
    return engine.suggest(read(typed), seen_by=frozenset({0}))


def said(engine: EmbeddedEngine, title: str) -> list[Suggestion]:
    """Those that say all of it; of the others that begin so, equals come in any order."""
    return [one for one in suggested(engine, title) if one.phrase.text == title]


def segments(engine: EmbeddedEngine) -> int:
    build = shelf.current_build(engine.folder)
    assert build
    return int(tantivy.Index.open(str(shelf.segments(build))).searcher().num_segments)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_what_is_written_in_parts_answers_as_what_is_written_in_one(tmp_path: Path, parts: int) -> None:
    one, several = whole(tmp_path / "one", BOOKS), parted(tmp_path / "several", BOOKS, parts)
    assert several.sums(0, None) == one.sums(0, None)
    assert len(one.sums(0, None)) == len(BOOKS)
    numbers = [one.record_id for one in BOOKS]
    assert several.exact_forms(numbers) == one.exact_forms(numbers)
    for typed in (*WORDS, "銀河", "night", "夜3"):
        assert found(several, typed) == found(one, typed)
    for title in {one.title for one in BOOKS}:
        assert said(several, title) == said(one, title)
    assert [told.records for told in suggested(several, "夜4")] == [2]
    assert suggested(several, "よる"), "the reading is that of the first record that knows one"
    assert not list(several.folder.glob("*/part-*"))


def test_many_segments_are_merged_and_leave_no_files_behind(tmp_path: Path) -> None:
    engine = parted(tmp_path, BOOKS, 9)
    assert segments(engine) == 1
    folder = shelf.segments(shelf.current_build(tmp_path) or tmp_path)
    assert len({file.stem for file in folder.iterdir() if file.suffix in {".idx", ".store", ".term"}}) == 1


def test_what_changes_later_reaches_a_joined_index(tmp_path: Path) -> None:
    engine = parted(tmp_path, BOOKS, 2)
    engine.put([book(6, "山椒大夫")])
    engine.remove([7, 8])
    engine.commit("1:2:here")
    sums = engine.sums(0, None)
    assert len(sums) == len(BOOKS) - 2
    assert found(engine, "山椒大夫") == {6}
    assert 6 not in found(engine, "銀河鉄道")
    assert [one.phrase.text for one in suggested(engine, "山椒")] == ["山椒大夫"]


def test_a_record_that_comes_twice_in_a_part_is_there_once(tmp_path: Path) -> None:
    assert len(parted(tmp_path, [*BOOKS, book(1, "山椒大夫")], 1).sums(0, None)) == len(BOOKS)


def test_an_index_of_other_fields_is_not_joined(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    build = engine.build_beside()
    several = PartedBuild(build.folder, 1)
    several.begin()
    other = shelf.segments(shelf.part(build.folder, 0))
    for file in other.iterdir():
        file.unlink()
    tantivy.Index(tantivy.SchemaBuilder().build(), path=str(other))
    with pytest.raises(EngineUnavailable):
        several.join_records()


def test_a_list_of_segments_that_says_more_than_is_known_is_not_joined(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        tantivy.Index(tantivy.SchemaBuilder().build(), path=str(folder))
    told = second / "meta.json"
    told.write_bytes(msgspec.json.encode(msgspec.json.decode(told.read_bytes()) | {"sorted_by": "year"}))
    with pytest.raises(ValueError, match="sorted_by"):
        joining.join(first, [second])


def together(*, fails: tuple[bool, ...]) -> list[dict[str, bool]]:
    return [{"fails": one} for one in fails]


async def test_when_one_of_several_processes_fails_the_others_end_and_its_reason_is_told() -> None:
    with pytest.raises(BuildingFailedError) as told:
        await asyncio.wait_for(elsewhere.run_together(endless.__name__, together(fails=(False, True)), None), 20)
    assert reason_of(told.value).endswith("ended with 1 after 1 records (OSError, No space left on device)")
    assert not [child for child in psutil.Process().children() if endless.__name__ in child.cmdline()]


ASKING = textwrap.dedent(
    f"""
    import asyncio
    from search.index import elsewhere

    asyncio.run(elsewhere.run_together("{endless.__name__}", {together(fails=(False, False))}, lambda begun: print(begun, flush=True)))
    """
)


def test_processes_end_with_whoever_asked_them_however_that_ends() -> None:
    asking = subprocess.Popen([sys.executable, "-c", ASKING], stdout=subprocess.PIPE, text=True)
    assert asking.stdout
    while asking.stdout.readline().strip() != "2":
        assert asking.poll() is None
    children = psutil.Process(asking.pid).children()
    assert len(children) == 2
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
