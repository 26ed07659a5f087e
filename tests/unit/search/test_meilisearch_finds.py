"""What readers type finds real books on Meilisearch's protocol as well as in this host's copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from bench.quality.books import Book, books
from bench.quality.judged import Half, Judged, judged
from bench.quality.measure import Answers, agreement, ask, by_way, of_each_title, unfindable
from bench.quality.shelf import documents
from search.index.embedded import EmbeddedEngine
from search.index.meilisearch import MeilisearchEngine, declared
from search.index.meilisearch.entries import About
from tests.standins.meilisearch.running import MASTER, StandIn


@pytest.fixture(scope="module")
def shelf() -> list[Book]:
    """A tenth of the works, and all records with an ISBN where there are some."""
    every = books()[0]
    return [*Random(5).sample(every, 1500), *(book for book in every[-240:] if book.isbn)]


@pytest.fixture(scope="module")
def asked(shelf: list[Book]) -> list[Judged]:
    return judged(list(dict.fromkeys(shelf)), each=24)


@pytest.fixture(scope="module")
def engine(shelf: list[Book]) -> Iterator[MeilisearchEngine]:
    server = StandIn().start()
    made = MeilisearchEngine(server.url, search_key=MASTER, index_key=MASTER)
    build = made.build_beside()
    build.put(documents(list(dict.fromkeys(shelf))))
    made.swap(build, About(declared.VERSIONS))
    yield made
    made.close()
    server.stop()


@pytest.fixture(scope="module")
def answers(engine: MeilisearchEngine, asked: list[Judged]) -> Answers:
    return ask(engine, "meilisearch", asked)


def test_97_of_100_queries_have_an_answer_among_the_first_five(answers: Answers, asked: list[Judged]) -> None:
    shares = {way: tally.at_5 for way, tally in by_way(asked, answers, Half.HELD_OUT).items() if tally.asked}
    assert shares[None] >= 0.97, shares


def test_a_reader_cannot_tell_which_engine_answered(answers: Answers, asked: list[Judged], shelf: list[Book], tmp_path: Path) -> None:
    local = EmbeddedEngine(tmp_path / "index")
    build = local.build_beside()
    build.put(documents(list(dict.fromkeys(shelf))))
    local.swap(build)
    assert agreement(answers, ask(local, "embedded", asked)) >= 0.95
    local.close()


def test_titles_find_themselves_on_the_server_too(engine: MeilisearchEngine, shelf: list[Book]) -> None:
    assert not unfindable(engine, Random(7).sample(shelf, 300), same=of_each_title(shelf))
