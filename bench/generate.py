"""MARC files of invented books: a whole catalogue, and files of other senders in a known mix; the same for the same seed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from bench.books import WESTERN, Book, Books, Title
from bench.transmission import Encode, Field, marc8, record, utf8
from library.demo.books.romaji import romaji

KNOWN, FUZZY = 0.6, 0.2  # shares of a mixed file; the rest is new


class Encoding(StrEnum):
    UTF8 = "UTF-8"
    MARC8 = "MARC-8"


class Mix(NamedTuple):
    """How many records of a file are meant to be what."""

    known: int
    fuzzy: int
    new: int

    @classmethod
    def of(cls, records: int) -> Mix:
        known, fuzzy = round(records * KNOWN), round(records * FUZZY)
        return cls(known, fuzzy, records - known - fuzzy)


class _Sender(NamedTuple):
    """Whose record it is: its code in 003, the prefix of its numbers, whether it gives national numbers and romaji."""

    code: str
    prefix: str
    national: bool = False


NATIONAL = _Sender("", "", national=True)
_BOOKSELLER = _Sender("BOOKS", "L")
_OLD_LIST = _Sender("OLDLIST", "R")
_ENCODE: dict[Encoding, Encode] = {Encoding.UTF8: utf8, Encoding.MARC8: marc8}


def write_catalogue(path: Path, books: Books, records: int) -> None:
    """Books 0 to `records`, UTF-8, as a national library describes them: readings and romaji in 880s."""
    with path.open("wb") as file:
        for number in range(records):
            file.write(record(described(books.book(number), NATIONAL), utf8))


def write_mixed(path: Path, books: Books, *, catalogue: int, records: int, encoding: Encoding) -> Mix:
    """Another sender's file: 60 % known by ISBN, 20 % known by title and author alone, 20 % new, in mixed order.

    Western books are three in ten of a UTF-8 file and two in three of a MARC-8 file.
    """
    mix = Mix.of(records)
    chance = Random(f"{books.seed}:{encoding}")
    western = 0.3 if encoding is Encoding.UTF8 else 2 / 3
    taken = _taken(books, catalogue, western, encoding, chance)
    made = [described(_dated(book), _BOOKSELLER) for book in islice((book for book in taken if book.isbn), mix.known)]
    made += [described(_respelled(book, chance), _OLD_LIST) for book in islice(filter(_is_its_own, taken), mix.fuzzy)]
    fresh = (books.book(number) for number in count(catalogue + (0 if encoding is Encoding.UTF8 else 10 * catalogue)))
    made += [described(book, NATIONAL) for book in islice(_in_share(fresh, western, chance), mix.new)]
    assert len(made) == records, "the catalogue is too small for a file of this size"
    chance.shuffle(made)
    encode = _ENCODE[encoding]
    with path.open("wb") as file:
        for fields in made:
            file.write(record(fields, encode))
    return mix


def _taken(books: Books, catalogue: int, western: float, encoding: Encoding, chance: Random) -> Iterator[Book]:
    """Books of the catalogue, each once; the two encodings take from different halves."""
    half = range(list(Encoding).index(encoding), catalogue, 2)
    return _in_share((books.book(number) for number in chance.sample(half, len(half))), western, chance)


def _in_share(given: Iterator[Book], western: float, chance: Random) -> Iterator[Book]:
    """Lets through so many that the share of Western books becomes `western`."""
    natural = WESTERN / 10
    most = max(western / natural, (1 - western) / (1 - natural))
    for book in given:
        keep = western / natural if book.western else (1 - western) / (1 - natural)
        if chance.random() < keep / most:
            yield book


def _is_its_own(book: Book) -> bool:
    """The title is shared by few. The intake compares no more than twenty records of one title, so that among dozens it can miss."""
    return book.western or len(book.words) > 1


def _dated(book: Book) -> Book:
    """With the ISBN of its day: ten digits before 2007."""
    if book.year >= 2007:
        return book
    body = book.isbn[3:12]
    check = -sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return msgspec.structs.replace(book, isbn=body + ("X" if check == 10 else str(check)))


def _respelled(book: Book, chance: Random) -> Book:
    """Without ISBN; title, author and publisher each written in another way."""
    title = (_spelled_west if book.western else _spelled_east)(book.title.text, chance)
    volume = book.volume
    if volume and chance.random() < 0.5:
        title, volume = f"{title} ({volume})", ""
    author = book.authors[0]
    if book.western:
        author = msgspec.structs.replace(author, given=f"{author.given[0]}.")
    return msgspec.structs.replace(
        book,
        isbn="",
        title=msgspec.structs.replace(book.title, text=title),
        volume=volume,
        authors=(author, *book.authors[1:]),
        publisher=book.publisher if book.western else f"株式会社{book.publisher}",
    )


_COUNTED = re.compile("[0-9０-９一二三四五六七八九十百上中下前後]")
_FULL_WIDTH = {code: code + 0xFEE0 for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}


def _spelled_east(title: str, chance: Random) -> str:
    """Full-width digits and letters, spaces, quotation marks: what hands differ in and readers do not see."""
    if _COUNTED.search(title):
        return title.translate(_FULL_WIDTH)  # a space or a mark more could make a volume of 「五十篇」
    title = title.translate(_FULL_WIDTH)
    if chance.random() < 0.5:
        return f"『{title}』"
    place = chance.randrange(len(title))
    return f"{title[:place]} {title[place:]}" if place else title


def _spelled_west(title: str, chance: Random) -> str:
    return title.upper() if chance.random() < 0.3 else title.title()


def described(book: Book, sender: _Sender) -> list[Field]:
    return _western(book, sender) if book.western else _japan_marc(book, sender)


class _Draft:
    """Fields, and their renderings in other scripts, which stand behind all others."""

    def __init__(self, *control: Field) -> None:
        self.fields: list[Field] = list(control)
        self.renderings: list[Field] = []
        self._links = 0

    def add(self, tag: str, indicators: str, *pairs: tuple[str, str]) -> None:
        body = _body(pairs)
        if body:
            self.fields.append((tag, indicators + body))

    def rendered(self, tag: str, indicators: str, pairs: _Pairs, **twins: _Pairs) -> None:
        """A field with its twins, by `kana` (`$1`) and `latin` (`(B`)."""
        self._links += 1
        self.add(tag, indicators, ("6", f"880-{self._links:02d}"), *pairs)
        for name, twin in twins.items():
            script = {"kana": "$1", "latin": "(B"}[name]
            self.renderings.append(("880", f"{indicators}\x1f6{tag}-{self._links:02d}/{script}{_body(twin)}"))

    def heading(self, tag: str, indicators: str, title: Title, *behind: tuple[str, str]) -> None:
        self.rendered(tag, indicators, (("a", title.text), *behind), kana=(("a", title.reading),), latin=(("a", title.latin),))

    def done(self) -> list[Field]:
        return [*self.fields, *self.renderings]


_Pairs = tuple[tuple[str, str], ...]


def _body(pairs: _Pairs) -> str:
    return "".join(f"\x1f{code}{value}" for code, value in pairs if value)


def _control(book: Book, sender: _Sender, code: str, country: str, language: str) -> tuple[Field, ...]:
    fixed = f"070115s{book.year}    {country:3}    {'j' if book.juvenile else ' '}      000 0 {language}  "
    return ("001", f"{sender.prefix}{20_000_000 + book.number:09d}"), ("003", sender.code or code), ("007", "ta"), ("008", fixed)


def _japan_marc(book: Book, sender: _Sender) -> list[Field]:
    code = sender.code or "JTNDL"
    draft = _Draft(*_control(book, sender, code, "ja", "jpn"))
    draft.add("015", "  ", *((("a", str(20_000_000 + book.number)), ("2", "jnb")) if sender.national else ()))
    draft.add("020", "  ", ("a", book.isbn), ("c", f"{book.price}円"))
    draft.add("035", "  ", ("a", f"({code}){20_000_000 + book.number:09d}"))
    draft.add("040", "  ", ("a", code), ("b", "jpn"), ("c", code), ("e", "ncr/1987"))
    draft.add("084", "  ", ("a", "KH334"), ("2", "kktb"))
    draft.add("084", "  ", ("a", book.ndc), ("2", "njb/09"))
    draft.add("090", "  ", ("a", f"KH334-H{book.number % 900}"))
    _add_title(draft, book)
    imprint = (("a", f"{book.place} :"), ("b", f"{book.publisher},"), ("c", f"{book.year}.{1 + book.number % 12}."))
    house = Title(book.publisher, book.publisher_reading, romaji(book.publisher_reading))
    draft.rendered("260", "  ", imprint, kana=(("b", house.reading),), latin=(("b", house.latin),))
    draft.add("300", "  ", ("a", f"{book.pages}p ;"), ("c", f"{book.centimetres}cm."))
    if book.series.text:
        draft.heading("490", "0 ", book.series)
    draft.add("500", "  ", ("a", f"索引あり. {book.place}の{book.publisher}の刊行" if book.number % 5 == 0 else ""))
    draft.add("504", "  ", ("a", "文献あり" if book.number % 3 == 0 else ""))
    draft.add("505", "0 ", ("a", book.contents))
    for topic in book.topics:
        draft.heading("650", " 7", topic, ("2", "ndlsh"))
    for author in book.authors:
        name = Title(f"{author.heading},", f"{author.reading},", f"{author.latin},")
        draft.heading("700", "1 ", name, ("d", f"{author.born}-"), ("0", f"{10_000_000 + author.born}"))
    if book.number % 10 == 5:
        draft.heading("710", "2 ", house)
    return draft.done()


def _add_title(draft: _Draft, book: Book) -> None:
    title, rest = book.title, book.rest
    volume = (("n", f"{book.volume}."),) if book.volume else ()
    pairs = (("a", f"{title.text} :" if rest.text else title.text), *volume, ("b", rest.text and f"{rest.text} /"))
    draft.rendered(
        "245",
        "00",
        (*pairs, ("c", f"{book.responsibility}.")),
        kana=(("a", title.reading), *volume, ("b", rest.reading)),
        latin=(("a", title.latin), *volume, ("b", rest.latin)),
    )
    if book.number % 10 == 7:
        draft.heading("246", "3 ", rest if rest.text else title)


_COUNTRIES = {"London": "enk", "Paris": "fr", "München": "gw", "New York": "nyu", "Madrid": "sp", "Torino": "it"}
_LANGUAGES = {"fr": "fre", "gw": "ger", "sp": "spa", "it": "ita"}


def _western(book: Book, sender: _Sender) -> list[Field]:
    country = _COUNTRIES[book.place]
    number, pages = book.number, book.pages
    draft = _Draft(*_control(book, sender, "SIRSI", country, _LANGUAGES.get(country, "eng")))
    draft.add("010", "  ", ("a", f"   {book.year % 100:02d}{number % 1_000_000:06d} " if sender.national else ""))
    draft.add("020", "  ", ("a", book.isbn))
    draft.add("035", "  ", ("a", f"(OCoLC){30_000_000 + number}"))
    draft.add("035", "  ", ("a", f"({sender.code or 'SIRSI'}){20_000_000 + number}"))
    draft.add("040", "  ", ("a", "DLC"), ("c", "DLC"), ("d", "OCL"))
    draft.add("049", "  ", ("a", "MAIN"))
    draft.add("050", "00", ("a", f"PQ{number % 9000}"), ("b", f".A{number % 90} {book.year}"))
    draft.add("082", "00", ("a", f"{number % 1000:03d}"), ("2", "20"))
    draft.add("090", "  ", ("a", f"PQ{number % 9000}"), ("b", f".A{number % 90} {book.year}"))
    main, *others = book.authors
    draft.add("100", "1 ", ("a", f"{main.heading},"), ("d", f"{main.born}-"))
    title = f"{book.title.text} {':' if book.rest.text else '/'}"
    draft.add("245", "10", ("a", title), ("b", book.rest.text and f"{book.rest.text} /"), ("c", f"{book.responsibility}."))
    draft.add("260", "  ", ("a", f"{book.place} :"), ("b", f"{book.publisher},"), ("c", f"{book.year}."))
    draft.add("300", "  ", ("a", f"xii, {pages} p. :"), ("b", "ill., maps ;"), ("c", f"{book.centimetres} cm."))
    if book.series.text:
        draft.add("490", "1 ", ("a", f"{book.series.text} ;"), ("v", str(number % 40)))
    draft.add("500", "  ", ("a", "Originally presented as the author's thesis and revised for this edition." if number % 2 else ""))
    draft.add("504", "  ", ("a", f"Includes bibliographical references (p. [{pages - 20}]-{pages}) and index."))
    for topic in book.topics:
        draft.add("650", " 0", ("a", topic.text), ("z", f"{book.place}."))
    draft.add("651", " 0", ("a", "Europe"), ("x", "Intellectual life."))
    for author in others:
        draft.add("700", "1 ", ("a", f"{author.heading},"), ("d", f"{author.born}-"))
    place = (("a", f"PQ{number % 9000} .A{number % 90} {book.year}"), ("w", "LC"), ("c", "1"), ("i", f"X{number:09d}"))
    draft.add("999", "  ", *place, ("l", "STACKS"), ("m", "MAIN"), ("t", "BOOK"))
    return draft.done()
