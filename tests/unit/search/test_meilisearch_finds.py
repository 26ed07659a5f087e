"""What readers type finds real books on Meilisearch's protocol as well as in this host's copy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from search.asking.query import parse
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
