"""Speed of the embedded engine on records made from real titles: building, searching with and without facets, updating.

Usage: python -m bench.embedded_search 100000
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from search.document import Document
from search.embedded import EmbeddedEngine
from search.engine import Filters, Sort
from search.query import parse
from search.text import sort_key
from tests.integration.search.judged import AOZORA, Work, authors, judged, works

WHO = frozenset({0, 1, 104})


def documents(real: list[Work], count: int) -> Iterator[Document]:
    """The real works first, then titles and authors put together from their halves."""
    chance = random.Random(7)
    for number in range(count):
        work, other = (real[number], None) if number < len(real) else (chance.choice(real), chance.choice(real))
        title = work.title if other is None else work.title[: chance.randint(2, 12)] + other.title[-chance.randint(2, 12) :]
        reading = work.reading if other is None else work.reading[: chance.randint(4, 20)] + other.reading[-chance.randint(4, 20) :]
        author = (other or work).authors[0]
        held = tuple(sorted({int(chance.paretovariate(0.7)) % 36 + 1 for _ in range(chance.randint(1, 5))}))
        yield Document(
            record_id=number + 1,
            title=title,
            title_readings=(reading,),
            authors=(", ".join(part for part in author if part),),
            author_readings=(", ".join(part for part in (other or work).author_readings[0] if part),),
            subjects=("日本文学", "小説") if number % 3 else ("児童文学",),
            publisher=chance.choice(("岩波書店", "講談社", "筑摩書房", "福音館書店")),
            ndc=work.ndc,
            material=chance.choice(("book", "book", "book", "ebook", "sound")),
            language="jpn",
            audience=chance.choice(("children", "young_adult", "adult")),
            year=chance.randint(1900, 2026),
            held=held,
            available=held[: chance.randint(0, len(held))],
            seen_by=(0,) if number % 40 else (104,),
            popularity=int(chance.paretovariate(1.0)) - 1,
            title_sort=sort_key(reading),
            added_on=number % 9000,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    count: int = parser.parse_args().count
    real = works(AOZORA)
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    engine = EmbeddedEngine(folder)
    build = engine.build_beside()
    start = time.perf_counter()
    build.put(documents(real, count))
    engine.swap(build)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"build {count} records: {time.perf_counter() - start:.1f} s, {size / 1e6:.0f} MB")
    typed = [one.typed for one in [*judged(real, seed=3, each=60), *authors(real, seed=3, each=20)]]
    seen = Filters(seen_by=WHO)
    narrow = Filters(seen_by=WHO, branches=frozenset({1, 2}), available=True, ndc=frozenset({"9"}))
    for name, filters, facets in (("plain", seen, False), ("facets", seen, True), ("three filters and facets", narrow, True)):
        times(name, [partial(ask, engine, text, filters, Sort.RELEVANCE, facets) for text in typed])
    times("one character, facets", [partial(ask, engine, "花", seen, Sort.RELEVANCE, True)] * 30)
    times("everything, facets", [partial(ask, engine, "", seen, Sort.NEWEST, True)] * 30)
    times("everything by title", [partial(ask, engine, "", seen, Sort.TITLE, False)] * 30)
    again = list(documents(real, 2000))
    start = time.perf_counter()
    engine.put(again)
    engine.commit("1")
    print(f"update 2,000 records: {time.perf_counter() - start:.2f} s")
    engine.close()
    shutil.rmtree(folder)


def ask(engine: EmbeddedEngine, typed: str, filters: Filters, sort: Sort, facets: bool) -> object:
    return engine.search(parse(typed), filters=filters, page=1, per_page=20, sort=sort, facets=facets)


def times(name: str, asked: list[Callable[[], object]]) -> None:
    taken = []
    for one in asked:
        start = time.perf_counter()
        one()
        taken.append(1000 * (time.perf_counter() - start))
    taken.sort()
    print(
        f"{name}: p50 {taken[len(taken) // 2]:.1f} ms, p95 {taken[int(len(taken) * 0.95)]:.1f} ms, worst {taken[-1]:.0f} ms ({len(taken)})"
    )


if __name__ == "__main__":
    main()
