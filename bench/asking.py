"""What readers ask: a mixed workload made from the books themselves, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from urllib.parse import urlencode

import msgspec

from bench.books import Book, Books
from search.index.engine import Filters

EVERYONE = frozenset({0})


class Ask(msgspec.Struct, frozen=True):
    """One search. `finds`: the book it is made from is there to be found. `narrow`: with filters."""

    kind: str
    text: str
    finds: bool = True
    narrow: bool = False

    def path(self, base: str) -> str:
        parameters: dict[str, str] = {"q": self.text}
        if self.narrow:
            parameters |= {"branch": "chuo,suisha,hoshimi", "available": "1", "ndc": "9", "year": "1990-2025"}
        return f"{base}?{urlencode(parameters)}"

    def filters(self) -> Filters:
        if not self.narrow:
            return Filters(seen_by=EVERYONE)
        return Filters(seen_by=EVERYONE, branches=frozenset({1, 2, 3}), available=True, ndc=frozenset({"9"}), year_from=1990, year_to=2025)


def _mistyped(book: Book, chance: Random) -> str:
    """Two neighbours changed places."""
    text = book.title.text
    if len(text) < 4:
        return text
    place = chance.randrange(1, len(text) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _author(book: Book, chance: Random) -> str:
    author = book.authors[0]
    return f"{author.given} {author.family}" if book.western else author.family + author.given


def _spoken(book: Book, chance: Random) -> str:
    return chance.choice(book.words).reading or book.authors[0].family


# kind, how many in a hundred, the words, whether the book is sure to be found
_KINDS: tuple[tuple[str, int, Callable[[Book, Random], str], bool], ...] = (
    ("word of a title", 24, lambda book, chance: chance.choice(book.words).text, True),
    ("whole title", 10, lambda book, chance: book.title.text, True),
    ("kana", 15, _spoken, True),
    ("author", 14, _author, True),
    ("author and word", 10, lambda book, chance: f"{book.authors[0].family} {chance.choice(book.words).text}", True),
    ("ISBN", 9, lambda book, chance: book.isbn, True),
    ("one character", 5, lambda book, chance: chance.choice("花山海空子本旅猫夜光"), False),
    ("mistyped title", 4, _mistyped, False),
    ("filters", 9, lambda book, chance: chance.choice(book.words).text, False),
)


def workload(books: Books, catalogue: int, number: int, seed: int) -> list[Ask]:
    """`number` searches in mixed order, in fixed shares, each from a book of the catalogue."""
    chance = Random(f"{seed}:asks")
    asks: list[Ask] = []
    for kind, share, words, finds in _KINDS:
        for _ in range(max(1, round(number * share / 100))):
            book = books.book(chance.randrange(catalogue))
            while kind == "ISBN" and not book.isbn:
                book = books.book(chance.randrange(catalogue))
            asks.append(Ask(kind, words(book, chance), finds, narrow=kind == "filters"))
    chance.shuffle(asks)
    return asks
