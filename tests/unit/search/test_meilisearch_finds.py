"""What readers type finds real books on Meilisearch's protocol as well as in this host's copy."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from search.asking.query import parse
from search.index.embedded import EmbeddedEngine
from search.index.engine import Sort
from search.index.meilisearch import MeilisearchEngine, declared
from search.index.meilisearch.entries import About
from tests.integration.search.judged import AOZORA, Work, authors, judged, works
from tests.integration.search.test_embedded_finds import HELD_OUT, PUBLIC, document
from tests.standins.meilisearch.running import MASTER, StandIn

pytestmark = pytest.mark.skipif(not AOZORA.exists(), reason="the list of Aozora Bunko is not beside the project")


@pytest.fixture(scope="module")
def shelf() -> list[Work]:
    return works(AOZORA, most=500)


@pytest.fixture(scope="module")
def engine(shelf: list[Work]) -> Iterator[MeilisearchEngine]:
    server = StandIn().start()
    made = MeilisearchEngine(server.url, search_key=MASTER, index_key=MASTER)
    build = made.build_beside()
    build.put([document(work) for work in shelf])
    made.swap(build, About(declared.VERSIONS))
    yield made
    made.close()
    server.stop()


def test_at_least_97_of_100_queries_have_an_answer_among_the_first_five(engine: MeilisearchEngine, shelf: list[Work]) -> None:
    missed: list[str] = []
    asked = [*judged(shelf, seed=HELD_OUT, each=8), *authors(shelf, seed=HELD_OUT, each=4)]
    for question in asked:
        found = engine.search(parse(question.typed), filters=PUBLIC, page=1, per_page=5, sort=Sort.RELEVANCE, facets=False)
        if not question.answers.intersection(found.ids):
            missed.append(f"{question.kind}: {question.typed}")
    assert len(missed) <= 0.03 * len(asked), missed


@pytest.fixture(scope="module")
def embedded(shelf: list[Work], tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path_factory.mktemp("aozora"))
    build = made.build_beside()
    build.put([document(work) for work in shelf])
    made.swap(build)
    yield made
    made.close()


def test_pieces_of_real_titles_and_readings_have_the_same_total_in_both(
    engine: MeilisearchEngine, embedded: EmbeddedEngine, shelf: list[Work]
) -> None:
    chance = Random(HELD_OUT)
    different: list[str] = []
    for work in chance.sample(shelf, 120):
        for text in (work.title, work.reading):
            length = chance.randint(2, 5)
            start = chance.randrange(max(1, len(text) - length))
            typed = text[start : start + length]
            there, here = (
                one.search(parse(typed), filters=PUBLIC, page=1, per_page=5, sort=Sort.RELEVANCE, facets=False)
                for one in (engine, embedded)
            )
            if there.relaxed != here.relaxed or (not here.relaxed and there.total != here.total):
                different.append(f"{typed}: {there.total} and {here.total}")
    assert different == []
