"""The lines of a run that say how well each backend finds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import server
from bench.quality.books import books
from bench.quality.judged import Half, Judged, Way, judged
from bench.quality.measure import Answers, agreement, ask, by_way, of_each_title, unfindable
from bench.quality.shelf import documents
from bench.report import Line
from search.index.document import Document
from search.index.embedded import EmbeddedEngine
from search.index.meilisearch import MeilisearchEngine, declared
from search.index.meilisearch.entries import About

SECTION = "quality"
BATCH = 3_000


def measure(tell: Callable[[str], None], *, each: int) -> list[Line]:
    """`each` queries of every way on the embedded engine and on the index server."""
    shelf, source = books()
    asked = judged(shelf, each=each)
    found = documents(shelf)
    lines = [Line(SECTION, "judged queries", len(asked), "queries", len(shelf), f"made from {source}")]
    tell(f"asking {len(asked):,} judged queries of the embedded index")
    with _embedded(found) as embedded:
        ours = ask(embedded, "embedded", asked)
        lost = unfindable(embedded, shelf, same=of_each_title(shelf))
    lines += _figures(asked, ours)
    lines.append(Line(SECTION, "embedded, titles that do not find themselves", len(lost), "titles", len(shelf), "among the first 20"))
    tell("asking the index server the same")
    with _served(found) as (engine, label):
        theirs = ask(engine, label, asked)
    share = agreement(ours, theirs)
    return [*lines, *_figures(asked, theirs), Line(SECTION, "both the same first five", share, "of 1", len(asked), "in the same order")]


def _figures(asked: Sequence[Judged], answers: Answers) -> Iterator[Line]:
    for half in Half:
        tallies = by_way(asked, answers, half)
        for way in (*Way, None):
            one = tallies[way]
            if one.asked:
                note = f"first {one.at_1:.3f}, MRR {one.mrr:.3f}"
                yield Line(SECTION, f"{answers.backend}, {half}, {way or 'all'}", one.at_5, "s@5", one.asked, note)


@contextmanager
def _embedded(found: Sequence[Document]) -> Iterator[EmbeddedEngine]:
    with tempfile.TemporaryDirectory(prefix="library-bench-") as folder:
        engine = EmbeddedEngine(Path(folder))
        try:
            build = engine.build_beside()
            build.put(found)
            engine.swap(build)
            yield engine
        finally:
            engine.close()


@contextmanager
def _served(found: Sequence[Document]) -> Iterator[tuple[MeilisearchEngine, str]]:
    """The server that is named, or the stand-in, which matches as the protocol says and measures no speed."""
    with server.index_server(1) as chosen:
        assert chosen is not None
        given = chosen.settings
        engine = MeilisearchEngine(
            given.meilisearch_url or "",
            search_key=given.meilisearch_search_key or "",
            index_key=given.meilisearch_index_key or "",
            index=given.meilisearch_index,
            ca=given.meilisearch_ca,
        )
        try:
            build = engine.build_beside()
            for at in range(0, len(found), BATCH):
                build.put(found[at : at + BATCH])
            engine.swap(build, About(declared.VERSIONS))
            yield engine, chosen.label.partition(":")[0]
        finally:
            engine.close()
