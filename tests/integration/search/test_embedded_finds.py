"""How well the embedded engine finds real books by what readers type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from search.asking.query import parse
from search.index.document import Document
from search.index.embedded import EmbeddedEngine
from search.index.engine import Filters, Sort
from tests.integration.search.judged import AOZORA, Judged, Work, authors, judged, works

PUBLIC = Filters(seen_by=frozenset({0}))
HELD_OUT = 20260401  # a seed that was not looked at while tuning

pytestmark = pytest.mark.skipif(not AOZORA.exists(), reason="the list of Aozora Bunko is not beside the project")


@pytest.fixture(scope="module")
def shelf() -> list[Work]:
    return works(AOZORA, most=2000)


@pytest.fixture(scope="module")
def engine(shelf: list[Work], tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path_factory.mktemp("aozora"))
    build = made.build_beside()
    build.put(document(work) for work in shelf)
    made.swap(build)
    yield made
    made.close()


def document(work: Work) -> Document:
    return Document(
        record_id=work.record,
        title=work.title,
        subtitle=work.subtitle,
        title_readings=(work.reading,),
        authors=tuple(", ".join(part for part in name if part) for name in work.authors),
        author_readings=tuple(", ".join(part for part in name if part) for name in work.author_readings),
        ndc=work.ndc,
        seen_by=(0,),
    )


def test_at_least_19_of_20_queries_have_an_answer_among_the_first_five(engine: EmbeddedEngine, shelf: list[Work]) -> None:
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    missed: list[Judged] = []
    for question in [*judged(shelf, seed=HELD_OUT, each=40), *authors(shelf, seed=HELD_OUT, each=20)]:
        found = engine.search(parse(question.typed), filters=PUBLIC, page=1, per_page=5, sort=Sort.RELEVANCE, facets=False)
        asked[question.kind] += 1
        answered[question.kind] += bool(question.answers.intersection(found.ids))
        if not question.answers.intersection(found.ids):
            missed.append(question)
    shares = {kind: answered[kind] / asked[kind] for kind in asked}
    assert answered.total() >= 0.95 * asked.total(), (shares, missed)
    assert min(shares.values()) >= 0.85, (shares, missed)
