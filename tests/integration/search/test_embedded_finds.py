"""What readers type finds real books in the index of this host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from bench.quality.books import Book, books
from bench.quality.judged import Half, judged
from bench.quality.measure import ask, by_way, of_each_title, unfindable
from bench.quality.shelf import documents
from search.index.embedded import EmbeddedEngine


@pytest.fixture(scope="module")
def shelf() -> list[Book]:
    """A third of the works and the records that have ISBNs; without the full lists, of the demo's titles."""
    every = books()[0]
    return list(dict.fromkeys([*Random(5).sample(every, 5000), *every[-240:]]))


@contextmanager
def filled(folder: Path, shelf: list[Book]) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(folder)
    build = made.build_beside()
    build.put(documents(shelf))
    made.swap(build)
    yield made
    made.close()


@pytest.fixture(scope="module")
def engine(shelf: list[Book], tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    with filled(tmp_path_factory.mktemp("books"), shelf) as made:
        yield made


def test_97_of_100_queries_have_an_answer_among_the_first_five_and_90_in_every_way(engine: EmbeddedEngine, shelf: list[Book]) -> None:
    asked = judged(shelf, each=100)
    tallies = by_way(asked, ask(engine, "embedded", asked), Half.HELD_OUT)
    shares = {way: tally.at_5 for way, tally in tallies.items() if tally.asked}
    assert shares[None] >= 0.97, shares
    assert min(shares.values()) >= 0.90, shares


def test_titles_find_themselves(engine: EmbeddedEngine, shelf: list[Book]) -> None:
    some = Random(7).sample(shelf, 1500)
    assert not unfindable(engine, some, same=of_each_title(shelf))


@pytest.mark.long
def test_every_title_finds_itself(tmp_path: Path) -> None:
    every = books()[0]
    with filled(tmp_path, every) as engine:
        assert not unfindable(engine, every, same=of_each_title(every))
