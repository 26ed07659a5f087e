"""The Nippon Decimal Classification (edition 9) as data: labels, hierarchy, index terms by kana, and pupils' words for it."""

from __future__ import annotations

import gzip
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import msgspec

PICTURE_BOOKS = "726.6"


class Ndc(msgspec.Struct, frozen=True):
    """One class. `en` is empty where the source has no English; `instead` names the usual number of an alternative one (別法)."""

    number: str
    ja: str
    en: str = ""
    broader: str = ""
    instead: str = ""


class Mark(NamedTuple):
    """What stands on a spine: `prefix` K, E, R … (別置) and the bare `number`; either may be empty."""

    prefix: str
    number: str

    @property
    def juvenile(self) -> bool:
        return self.prefix in JUVENILE


class Shelf(msgspec.Struct, frozen=True):
    """A main class (or picture books, key E) as pupils meet it: easy words and the hue of drawn covers in degrees."""

    key: str
    ja: str
    en: str
    hue: int


JUVENILE = frozenset({"K", "E", "J"})
SHELVES = (
    Shelf("0", "しらべる本", "Looking things up", 46),
    Shelf("1", "こころと考え方", "Mind and ideas", 268),
    Shelf("2", "れきしと地いき", "Past and places", 30),
    Shelf("3", "くらしと社会", "Living together", 200),
    Shelf("4", "しぜんとかがく", "Nature and science", 145),
    Shelf("5", "ぎじゅつとものづくり", "Making things", 212),
    Shelf("6", "しごととさんぎょう", "Work and trade", 95),
    Shelf("7", "げいじゅつとスポーツ", "Art and sport", 340),
    Shelf("8", "ことば", "Words and languages", 180),
    Shelf("9", "ものがたり", "Stories", 222),
    Shelf("E", "えほん", "Picture books", 20),
)
_SHELVES = {shelf.key: shelf for shelf in SHELVES}

_SCHEME = re.compile(r"NDC *(?:\(\d+\)|(?:8|9|10)(?=[ :/版]))?版?[ :/]*")
_MARK = re.compile(r"([A-Z]{0,2})[ .\-]*(\d{1,3}(?:\.\d+)?)?(?![A-Z\d])")
_JAPANESE_MARKS = {"児": "K", "絵": "E"}
_KATAKANA = {code: code + 0x60 for code in (*range(ord("ぁ"), ord("ゖ") + 1), ord("ゝ"), ord("ゞ"))}
_ASIDE = re.compile(r"[(（［].*$")


class _Table(NamedTuple):
    classes: dict[str, Ndc]
    children: dict[str, tuple[Ndc, ...]]
    terms: dict[str, tuple[tuple[str, str], ...]]


def parse_mark(raw: str) -> Mark:
    """Reads 「NDC K913」「９１３．６」「児913.6」「E」; the parts that are not there are empty."""
    text = _SCHEME.sub("", unicodedata.normalize("NFKC", raw).strip().upper(), count=1)
    if text[:1] in _JAPANESE_MARKS:
        text = _JAPANESE_MARKS[text[0]] + text[1:]
    match = _MARK.match(text)
    return Mark(match[1], match[2] or "") if match else Mark("", "")


def normalise(raw: str) -> str | None:
    """The bare number of a class as written, None where there is none."""
    return parse_mark(raw).number or None


def find(number: str) -> Ndc | None:
    """The class, or the nearest broader one that exists (913.68 → 913.6)."""
    mark = parse_mark(number)
    wanted = mark.number or (PICTURE_BOOKS if mark.prefix == "E" else "")
    classes = _table().classes
    for end in range(len(wanted), 0, -1):
        if (found := classes.get(wanted[:end])) is not None:
            return found
    return None


def label(number: str, language: str = "ja") -> str:
    """The label of the class or of its nearest broader class that has one in this language (ja or en); empty if none has."""
    found = find(number)
    if language == "ja":
        return found.ja if found else ""
    while found is not None and not found.en:
        found = _table().classes.get(found.broader)
    return found.en if found else ""


def path(number: str) -> tuple[Ndc, ...]:
    """From main class to the class: 9, 91, 913, 913.6. A step that only repeats the words of the one above is left out."""
    found = find(number)
    steps: list[Ndc] = []
    while found is not None:
        steps.append(found)
        found = _table().classes.get(found.broader)
    steps.reverse()
    kept = [lower for upper, lower in pairwise(steps[:-1]) if lower.ja != upper.ja]
    return tuple(dict.fromkeys((*steps[:1], *kept, *steps[-1:])))


def narrower(number: str = "") -> tuple[Ndc, ...]:
    """Classes directly below, in order of number; of "" the ten main classes. Alternative numbers (別法) are left out."""
    mark = parse_mark(number)
    return _table().children.get(mark.number, ())


def neighbours(number: str) -> tuple[Ndc, ...]:
    """The other classes below the same broader class: what stands left and right on the shelf."""
    found = find(number)
    return tuple(other for other in narrower(found.broader) if other != found) if found else ()


def lookup(term: str, *, limit: int = 20) -> tuple[Ndc, ...]:
    """Classes whose label or index term is `term` or reads so, then those whose reading begins so (hiragana or katakana)."""
    key = _key(term)
    if not key:
        return ()
    index = _index()
    found: dict[str, None] = {}
    for position in range(bisect_left(index, (key, "")), len(index)):
        entry, number = index[position]
        if not entry.startswith(key) or (entry != key and len(found) >= limit):
            break
        found.setdefault(number)
    classes = _table().classes
    return tuple(classes[number] for number in list(found)[:limit])


def shelf_of(raw: str) -> Shelf | None:
    """The pupils' shelf of a class or mark: 「E」 and any mark E go to picture books, else the first digit tells."""
    mark = parse_mark(raw)
    return _SHELVES["E"] if mark.prefix == "E" else _SHELVES.get(mark.number[:1])


def easy_label(raw: str, language: str = "ja") -> str:
    """The main class in words for pupils; empty where there is no class."""
    shelf = shelf_of(raw)
    if shelf is None:
        return ""
    return shelf.ja if language == "ja" else shelf.en


def hue(raw: str) -> int | None:
    """The hue of the main class in degrees."""
    shelf = shelf_of(raw)
    return shelf.hue if shelf else None


def index_terms(number: str) -> tuple[tuple[str, str], ...]:
    """(term, katakana reading) of the index to the classification, for this very class."""
    return _table().terms.get(parse_mark(number).number, ())


def all_terms() -> Iterator[tuple[str, str, str]]:
    """(number, term, katakana reading) of the whole index to the classification."""
    for number, terms in _table().terms.items():
        for term, kana in terms:
            yield number, term, kana


def _katakana(text: str) -> str:
    return text.translate(_KATAKANA)


def _key(text: str) -> str:
    return "".join(_katakana(unicodedata.normalize("NFKC", text)).split()).casefold()


def _read_terms(column: str, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    for entry in column.split("|") if column else ():
        text, _, kana = entry.partition("=")
        word = _ASIDE.sub("", text)
        if kana:
            known[word] = kana
        yield text, kana or known.get(word) or _katakana(word)


@cache
def _table() -> _Table:
    packed = files("catalog").joinpath("data/ndc9.tsv.gz").read_bytes()
    classes: dict[str, Ndc] = {}
    children: dict[str, list[Ndc]] = {}
    terms: dict[str, tuple[tuple[str, str], ...]] = {}
    known: dict[str, str] = {}
    for line in gzip.decompress(packed).decode("utf-8").splitlines():
        number, ja, en, broader, instead, column = line.split("\t")
        entry = Ndc(number, ja, en, broader, instead)
        classes[number] = entry
        if column:
            terms[number] = tuple(_read_terms(column, known))
        if not instead:
            children.setdefault(broader, []).append(entry)
    return _Table(classes, {broader: tuple(entries) for broader, entries in children.items()}, terms)


@cache
def _index() -> list[tuple[str, str]]:
    """Sorted (key, number): keys are index terms with and without their qualifier, their readings, and labels."""
    table = _table()
    pairs = {(_key(entry.ja), entry.number) for entry in table.classes.values() if not entry.instead}
    for number, terms in table.terms.items():
        for text, kana in terms:
            key = _key(text)
            pairs.update(((key, number), (_ASIDE.sub("", key), number), (kana, number)))
    return sorted(pairs)
