"""What readers type for real books, in twelve ways, and which books answer it. Knows nothing of the code that is judged."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bench.quality import spelling
from bench.quality.books import Book

SEED = 20261124


class Way(StrEnum):
    """The twelve ways of asking for a book that one knows."""

    EXACT = "exact title"
    PART = "part of a title"
    READING = "reading in hiragana"
    KATAKANA = "katakana, long marks"
    WIDTH = "half and full width"
    KANJI = "old and new kanji"
    ROMAJI = "romaji"
    SLIP = "a slip"
    AUTHOR = "author"
    ISBN = "ISBN"
    VOLUME = "series and volume"
    SHORT = "short, mixed"


class Half(StrEnum):
    """One half is looked at while tuning, the other never."""

    TUNING = "tuning"
    HELD_OUT = "held out"


@dataclass(frozen=True)
class Judged:
    """One query; any of `answers` is right."""

    way: Way
    form: str
    typed: str
    answers: frozenset[int]
    half: Half = Half.TUNING


Typed = Callable[[Book, Random], str | None]
Answers = Callable[[Book, str], Iterable[int]]


def judged(books: Sequence[Book], *, seed: int = SEED, each: int = 100) -> list[Judged]:
    """`each` queries of every way, half of them held out; the same for the same books and seed."""
    shelf = _Shelf(books)
    shuffled = Random(seed).sample(books, len(books))
    halves = {Half.TUNING: shuffled[::2], Half.HELD_OUT: shuffled[1::2]}
    found: list[Judged] = []
    for way, forms in shelf.ways().items():
        chance = Random(f"{seed}:{way}")
        for half in Half:
            found += _of_way(halves[half], way, forms, half, each // 2, chance)
    return found


def _of_way(
    books: Sequence[Book], way: Way, forms: dict[str, tuple[Typed, Answers]], half: Half, number: int, chance: Random
) -> list[Judged]:
    """The forms of a way in turn, each with books drawn by chance; a form that fits no book is left out."""
    found: list[Judged] = []
    drawn = {name: _drawn(books, typed, chance) for name, (typed, _) in forms.items()}
    while drawn and len(found) < number:
        for name in list(drawn):
            book, text = next(drawn[name], (None, ""))
            if book is None:
                del drawn[name]
            elif len(found) < number:
                answers = frozenset({book.number, *forms[name][1](book, text)})
                found.append(Judged(way, name, text, answers, half))
    return found


def _drawn(books: Sequence[Book], typed: Typed, chance: Random) -> Iterator[tuple[Book, str]]:
    """Books to which the form applies, in an order of chance, with what is typed for them."""
    for book in chance.sample(books, len(books)):
        text = typed(book, chance)
        if text and text.strip():
            yield book, text


class _Shelf:
    """The books by all that a query may be right for."""

    def __init__(self, books: Sequence[Book]) -> None:
        self._titles: defaultdict[str, set[int]] = defaultdict(set)
        self._readings: defaultdict[str, set[int]] = defaultdict(set)
        self._authors: defaultdict[str, set[int]] = defaultdict(set)
        self._isbns: defaultdict[str, set[int]] = defaultdict(set)
        self._books = books
        for book in books:
            self._titles[spelling.plain(book.title)].add(book.number)
            self._titles[spelling.plain(book.title + book.subtitle)].add(book.number)
            if book.reading:
                self._readings[_sound(book.reading)].add(book.number)
            for names in (book.authors, book.author_readings):
                for family, given in names:
                    self._authors[spelling.plain(family + given)].add(book.number)
                    self._authors[spelling.plain(given + family)].add(book.number)
            if book.isbn:
                self._isbns[book.isbn].add(book.number)
        self._plain = [(book.number, spelling.plain(book.title), spelling.plain(book.title + book.subtitle)) for book in books]

    def ways(self) -> dict[Way, dict[str, tuple[Typed, Answers]]]:
        title, reading, holds, author = self._same_title, self._same_reading, self._holds, self._same_author
        return {
            Way.EXACT: {"title": (lambda b, c: b.title, title), "title with subtitle": (_with_subtitle, title)},
            Way.PART: {
                "four from within": (_piece, holds),
                "the beginning": (_beginning, holds),
                "two words of it": (_two_words, self._holds_each),
            },
            Way.READING: {
                "title": (lambda b, c: _kana(b.reading), reading),
                "without spaces, particles as spoken": (_as_spoken, reading),
                "the beginning": (_begun_reading, self._reading_begins),
            },
            Way.KATAKANA: {
                "another spelling": (lambda b, c: spelling.other_katakana(b.title, c), title),
                "long marks": (lambda b, c: spelling.other_long_marks(b.title, c), title),
                "reading in katakana": (lambda b, c: spelling.katakana(_kana(b.reading) or ""), reading),
                "katakana as hiragana": (_in_hiragana, title),
            },
            Way.WIDTH: {
                "half width reading": (lambda b, c: spelling.half_width(spelling.katakana(_kana(b.reading) or "")), reading),
                "half width title": (_half_title, title),
                "full width": (_wide_title, title),
            },
            Way.KANJI: {
                "title in old": (lambda b, c: spelling.older_kanji(b.title, c), title),
                "title in new": (lambda b, c: spelling.present_kanji(b.title), title),
                "author in old": (lambda b, c: spelling.older_kanji(_full(b.authors), c), author),
            },
            Way.ROMAJI: self._romaji(),
            Way.SLIP: {
                "in the title": (lambda b, c: spelling.slip(b.title, c), title),
                "in the reading": (lambda b, c: spelling.slip(_kana(b.reading) or "", c), reading),
            },
            Way.AUTHOR: self._author(),
            Way.ISBN: {"any form": (_isbn, lambda b, q: self._isbns[b.isbn])},
            Way.VOLUME: {"title and volume": (_volume, self._same_volume), "series and number": (_in_series, self._same_in_series)},
            Way.SHORT: {
                "one or two characters": (lambda b, c: b.title if len(b.title) <= 2 else None, title),
                "three characters": (lambda b, c: b.title if len(b.title) == 3 else None, title),
                "kanji half in kana": (_mixed, title),
            },
        }

    def _romaji(self) -> dict[str, tuple[Typed, Answers]]:
        spellings = (spelling.hepburn, spelling.hepburn_bare, spelling.kunrei, spelling.macrons, spelling.circumflexes)

        def of_title(latin: Callable[[str], str | None]) -> Typed:
            return lambda b, c: latin(_words_of(b.reading)) if len(_sound(b.reading)) > 2 else None

        def of_author(b: Book, c: Random) -> str | None:
            parts = [c.choice(spellings[:4])(part) for part in c.sample(b.author_readings[0], 2)] if b.author_readings else [None]
            return None if None in parts else " ".join(str(part) for part in parts)

        forms: dict[str, tuple[Typed, Answers]] = {latin.__name__: (of_title(latin), self._same_reading) for latin in spellings}
        return forms | {"author": (of_author, lambda b, q: self._authors[spelling.plain("".join(b.author_readings[0]))])}

    def _author(self) -> dict[str, tuple[Typed, Answers]]:
        def of(shape: str) -> Typed:
            return lambda b, c: _named(shape, b.authors, c)

        def read(shape: str) -> Typed:
            return lambda b, c: _named(shape, [tuple(_kana(part) or "" for part in one) for one in b.author_readings], c)

        names = {"{0}{1}": "joined", "{0} {1}": "spaced", "{1} {0}": "inverted", "{0}・{1}": "dotted", "{0}, {1}": "as catalogued"}
        forms: dict[str, tuple[Typed, Answers]] = {name: (of(shape), self._same_name) for shape, name in names.items()}
        forms |= {f"reading, {name}": (read(shape), self._same_name) for shape, name in (("{0}{1}", "joined"), ("{0} {1}", "spaced"))}
        forms["with a title word"] = _author_and_word, self._by_author_with
        forms["reading, title word"] = _read_and_word, self._by_reading_with
        return forms

    def _same_title(self, book: Book, typed: str) -> set[int]:
        return self._titles[spelling.plain(book.title)] | self._titles[spelling.plain(typed)]

    def _same_reading(self, book: Book, typed: str) -> set[int]:
        sound = _sound(book.reading)
        return self._readings[sound] | self._titles[sound] | self._titles[spelling.plain(typed)]

    def _reading_begins(self, book: Book, typed: str) -> set[int]:
        sound = _sound(typed)
        return {number for known, numbers in self._readings.items() if known.startswith(sound) for number in numbers} | self._titles[sound]

    def _holds(self, book: Book, typed: str) -> set[int]:
        sought = spelling.plain(typed)
        return {number for number, title, all_of_it in self._plain if sought in title or sought in all_of_it}

    def _same_author(self, book: Book, typed: str) -> set[int]:
        return self._authors[spelling.plain(_full(book.authors))]

    def _same_name(self, book: Book, typed: str) -> set[int]:
        return self._authors[spelling.plain(typed)]

    def _holds_each(self, book: Book, typed: str) -> set[int]:
        return {number for number, _, title in self._plain if all(spelling.plain(word) in title for word in typed.split())}

    def _by_reading_with(self, book: Book, typed: str) -> set[int]:
        word, family = typed.split(" ")
        return {b.number for b in self._books if word in b.title and any(_kana(one[0]) == family for one in b.author_readings)}

    def _by_author_with(self, book: Book, typed: str) -> set[int]:
        family, piece = typed.split(" ", 1)
        return {b.number for b in self._books if piece in b.title and any(one[0] == family for one in b.authors)}

    def _same_volume(self, book: Book, typed: str) -> set[int]:
        return {b.number for b in self._books if b.title == book.title and b.volume == book.volume} | self._titles[spelling.plain(typed)]

    def _same_in_series(self, book: Book, typed: str) -> set[int]:
        return {b.number for b in self._books if set(b.series) & set(book.series)}


def _sound(reading: str) -> str:
    return spelling.plain(_words_of(reading))


def _words_of(reading: str) -> str:
    """Kana and the spaces between words, where the catalogue gives them."""
    return re.sub(r"[^ぁ-ゖー ]", "", spelling.hiragana(reading)).strip() if re.search("[ぁ-ゖァ-ヺ]", reading) else ""


def _kana(reading: str) -> str | None:
    """The reading in hiragana in one piece; None where it holds more than kana."""
    bare = re.sub(r"[\s・、。，「」『』（）()〔〕！？!?―－–\-〈〉《》…]", "", reading)
    sound = spelling.spoken(bare)
    return sound if sound and len(sound) == len(bare) else None


def _full(names: tuple[tuple[str, str], ...]) -> str:
    return "".join(names[0]) if names else ""


def _named(shape: str, names: Iterable[tuple[str, ...]], chance: Random) -> str | None:
    both = [name for name in names if all(name)]
    return shape.format(*chance.choice(both)) if both else None


def _with_subtitle(book: Book, chance: Random) -> str | None:
    return f"{book.title} {book.subtitle}" if book.subtitle else None


def _piece(book: Book, chance: Random) -> str | None:
    if len(book.title) < 6:
        return None
    at = chance.randrange(1, len(book.title) - 4)
    piece = book.title[at : at + 4]
    return piece if piece.isalnum() else None


def _beginning(book: Book, chance: Random) -> str | None:
    piece = book.title[: max(4, len(book.title) // 2)]
    return piece if len(book.title) >= 7 and piece.isalnum() else None


def _two_words(book: Book, chance: Random) -> str | None:
    """Two nouns of a title, in the order in which they come to mind."""
    words = re.findall(r"[一-鿿々]{2,}|[ァ-ヺー]{3,}", book.title)
    return " ".join(chance.sample(words, 2)) if len(set(words)) >= 2 else None


def _as_spoken(book: Book, chance: Random) -> str | None:
    """Words apart as the catalogue has them, the particle は written as it is spoken or as it is written."""
    words = spelling.hiragana(book.reading).split()
    if len(words) < 3 or not all(re.fullmatch("[ぁ-ゖー]+", word) for word in words):
        return None
    written = ["は" if word == "わ" else "へ" if word == "え" else "を" if word == "お" else word for word in words[1:]]
    return "".join([words[0], *written])


def _begun_reading(book: Book, chance: Random) -> str | None:
    sound = _kana(book.reading) or ""
    return sound[: max(5, len(sound) * 2 // 3)] if len(sound) >= 8 else None


def _in_hiragana(book: Book, chance: Random) -> str | None:
    made = spelling.hiragana(book.title)
    return made if made != book.title and len(book.title) > 1 else None


def _half_title(book: Book, chance: Random) -> str | None:
    made = spelling.half_width(book.title)
    return made if re.search("[ァ-ヺ]", book.title) and made != book.title else None


def _wide_title(book: Book, chance: Random) -> str | None:
    """Whoever forgot to switch: Latin letters, digits and spaces wide."""
    made = spelling.full_width(book.title)
    return made if made != book.title else None


def _isbn(book: Book, chance: Random) -> str | None:
    return chance.choice(spelling.isbn_forms(book.isbn)) if book.isbn else None


_NUMBER = re.compile(r"(?:第|vol\.)?0*([0-9]{1,3})(?:巻|集|回|年版|号)?(?: .*)?|([上中下])巻?")


def _volume(book: Book, chance: Random) -> str | None:
    match = _NUMBER.fullmatch(book.volume)
    return book.title + chance.choice(spelling.volumes(match[1] or match[2])) if match else None


def _in_series(book: Book, chance: Random) -> str | None:
    for title, number in book.series:
        if (match := _NUMBER.fullmatch(number)) and match[1]:
            return title + chance.choice(spelling.volumes(match[1]))
    return None


def _mixed(book: Book, chance: Random) -> str | None:
    """Who does not know every character writes the rest by its reading: 蜘蛛の糸 → 蜘蛛のいと."""
    runs = re.findall(r"[一-鿿々]+|[ぁ-ゖ]+", book.title)
    written = [at for at, run in enumerate(runs) if not "ぁ" <= run[0] <= "ゖ"]
    if len(written) < 2 or "".join(runs) != book.title or len(written) == len(runs):
        return None
    spread = re.fullmatch("".join("(.+?)" if at in written else f"({run})" for at, run in enumerate(runs)), _kana(book.reading) or "")
    if not spread:
        return None
    chosen = chance.choice(written)
    return "".join(spread[at + 1] if at == chosen else run for at, run in enumerate(runs))


def _author_and_word(book: Book, chance: Random) -> str | None:
    family = book.authors[0][0] if book.authors else ""
    if len(book.title) < 4 or not book.title.isalnum() or len(family) < 2:
        return None
    at = chance.randrange(len(book.title) - 2)
    return f"{family} {book.title[at : at + 3]}"


def _read_and_word(book: Book, chance: Random) -> str | None:
    words = re.findall(r"[一-鿿々]{2,}|[ァ-ヺー]{3,}", book.title)
    family = _kana(book.author_readings[0][0]) if book.author_readings else None
    return f"{chance.choice(words)} {family}" if words and family and len(family) > 1 else None
