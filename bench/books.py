"""Invented books with lengths as real catalogues have them: any number gives its book, the same for the same seed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random

import msgspec

from catalog.ndc import parse_mark
from library.demo.books.romaji import romaji
from library.demo.books.titles import works

WESTERN = 3  # books in ten

# Titles are put together from real ones, so that their words are as frequent and as long as words of titles are.
_JOINED = (
    ("{a}", "{a}"),
    ("{a}と{b}", "{a} ト {b}"),
    ("{a}の{b}", "{a} ノ {b}"),
    ("{a}から{b}へ", "{a} カラ {b} エ"),
    ("{a}とその時代", "{a} ト ソノ ジダイ"),
    ("{a}を読む", "{a} オ ヨム"),
    ("{a}への招待", "{a} エノ ショウタイ"),
    ("{a}・{b}", "{a} {b}"),
)
_RESTS = (
    ("{a}をめぐって", "{a} オ メグッテ"),
    ("{a}と{b}のあいだ", "{a} ト {b} ノ アイダ"),
    ("{a}から{b}まで, その読み方と調べ方", "{a} カラ {b} マデ, ソノ ヨミカタ ト シラベカタ"),
    ("{a}と{b}を手がかりに, 暮らしの中の言葉を考える", "{a} ト {b} オ テガカリ ニ, クラシ ノ ナカ ノ コトバ オ カンガエル"),
)
_HOUSES = (
    ("岩谷書房", "イワタニ ショボウ", "東京"),
    ("青峰社", "セイホウシャ", "東京"),
    ("北星堂出版", "ホクセイドウ シュッパン", "札幌"),
    ("みなと文庫", "ミナト ブンコ", "横浜"),
    ("学びの森社", "マナビ ノ モリシャ", "東京"),
    ("銀杏書院", "イチョウ ショイン", "東京"),
    ("淡海文化出版", "オウミ ブンカ シュッパン", "京都"),
    ("すずかけ児童図書", "スズカケ ジドウ トショ", "東京"),
    ("南風出版", "ナンプウ シュッパン", "福岡"),
    ("工房とんぼ", "コウボウ トンボ", "長野"),
    ("潮見新聞社", "シオミ シンブンシャ", "東京"),
    ("白鳥大学出版会", "ハクチョウ ダイガク シュッパンカイ", "名古屋"),
)
_WESTERN_HOUSES = (
    ("Aldermoor University Press", "London"),
    ("Éditions du Ponceau", "Paris"),
    ("Verlag Brückenau", "München"),
    ("Harrow & Stell", "New York"),
    ("Librería Ceniza", "Madrid"),
    ("Casa editrice Lanterna", "Torino"),
)
_TOPICS = (
    ("日本文学 -- 歴史", "ニホン ブンガク -- レキシ"),
    ("読書", "ドクショ"),
    ("図書館", "トショカン"),
    ("民俗学", "ミンゾクガク"),
    ("地方自治", "チホウ ジチ"),
    ("環境問題", "カンキョウ モンダイ"),
    ("植物", "ショクブツ"),
    ("天文学", "テンモンガク"),
    ("料理", "リョウリ"),
    ("児童", "ジドウ"),
    ("建築", "ケンチク"),
    ("統計学", "トウケイガク"),
)
_WESTERN_TOPICS = ("History", "Criticism and interpretation", "Social life and customs", "Botany", "Architecture", "Economic conditions")
_SYLLABLES = (
    *("ba", "bel", "cor", "da", "den", "el", "fen", "gar", "hol", "is", "kan", "lor", "ma", "mer"),
    *("nor", "o", "pel", "qui", "ra", "ren", "sol", "tam", "ul", "ver", "win", "ya", "zan"),
)
_MARKED = {"a": "à", "e": "é", "o": "ö", "u": "ü", "n": "ñ", "c": "ç"}
_PARTICLES = ("of the", "and the", "in", "for", "de la", "und", "between", "on")


class Author(msgspec.Struct, frozen=True):
    """`family` and `given` in the script of the book; readings and Latin letters for Japanese ones."""

    family: str
    given: str
    reading: str = ""
    latin: str = ""
    born: int = 1950

    @property
    def heading(self) -> str:
        return f"{self.family}, {self.given}"


class Title(msgspec.Struct, frozen=True):
    text: str
    reading: str = ""
    latin: str = ""


class Book(msgspec.Struct, frozen=True):
    """One publication. `words`: parts of the title a reader may remember, with their readings."""

    number: int
    western: bool
    title: Title
    rest: Title
    volume: str
    authors: tuple[Author, ...]
    publisher: str
    publisher_reading: str
    place: str
    year: int
    pages: int
    centimetres: int
    isbn: str
    price: int
    ndc: str
    juvenile: bool
    topics: tuple[Title, ...]
    series: Title
    contents: str
    words: tuple[Title, ...]

    @property
    def responsibility(self) -> str:
        if self.western:
            return ", ".join(f"{author.given} {author.family}" for author in self.authors)
        return ", ".join(author.family + author.given for author in self.authors) + "著"


class Books:
    """An endless shelf. Authors and the works that titles speak of are met as often as Zipf's law has it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        chance = Random(f"{seed}:shelf")
        self._works = [Title(work.title, work.reading, romaji(work.reading)) for work in works()]
        self._marks = [parse_mark(work.marks[0] if work.marks else "913") for work in works()]
        self._order = chance.sample(range(len(self._works)), len(self._works))
        self._work_weights = _zipf(len(self._works), 0.7)
        self._author_weights = _zipf(_AUTHORS, 0.9)
        self._stems = [_stem(chance) for _ in range(6_000)]
        self._stem_weights = _zipf(len(self._stems), 0.8)

    def book(self, number: int) -> Book:
        chance = Random(f"{self.seed}:{number}")
        western = number % 10 < WESTERN
        year = 2025 - int(55 * chance.random() ** 1.7)
        return self._western(number, year, chance) if western else self._japanese(number, year, chance)

    def _work(self, chance: Random) -> int:
        return self._order[chance.choices(range(len(self._order)), cum_weights=self._work_weights)[0]]

    def _japanese(self, number: int, year: int, chance: Random) -> Book:
        places = [self._work(chance) for _ in range(4)]
        a, b, c, d = (self._works[place] for place in places)
        mark = self._marks[places[0]]
        house = chance.choice(_HOUSES)
        joined = chance.choices(_JOINED, (2, 3, 3, 1, 1, 1, 1, 2))[0]
        return Book(
            number=number,
            western=False,
            title=_joined(joined, a, b),
            rest=_joined(chance.choice(_RESTS), c, d) if chance.random() < 0.7 else Title(""),
            volume=str(chance.randint(1, 12)) if chance.random() < 0.25 else "",
            authors=tuple(dict.fromkeys(_japanese_author(self._author(chance)) for _ in range(chance.choice((1, 1, 1, 2, 3))))),
            publisher=house[0],
            publisher_reading=house[1],
            place=house[2],
            year=year,
            pages=chance.randint(60, 480),
            centimetres=chance.choice((15, 18, 19, 21, 22, 26)),
            isbn=_isbn(f"9784{number:08d}") if year >= 1981 and chance.random() < 0.9 else "",
            price=chance.randrange(500, 4000, 50),
            ndc=mark.number or "913",
            juvenile=mark.juvenile,
            topics=tuple(Title(*topic) for topic in dict.fromkeys(chance.choices(_TOPICS, k=chance.choice((1, 1, 2, 3))))),
            series=Title(f"{house[0]}選書", f"{house[1]} センショ") if chance.random() < 0.36 else Title(""),
            contents=self._contents(chance) if chance.random() < 0.35 else "",
            words=(a, b) if "{b}" in joined[0] else (a,),
        )

    def _western(self, number: int, year: int, chance: Random) -> Book:
        words = [self._stem(chance) for _ in range(chance.choice((3, 3, 4, 5)))]
        rest = [self._stem(chance) for _ in range(chance.choice((2, 3, 5)))]
        publisher, place = chance.choice(_WESTERN_HOUSES)
        author = self._western_author(self._author(chance))
        return Book(
            number=number,
            western=True,
            title=Title(_latin_title(words, chance).capitalize()),
            rest=Title(_latin_title(rest, chance)) if chance.random() < 0.45 else Title(""),
            volume="",
            authors=(author,) if chance.random() < 0.7 else (author, self._western_author(self._author(chance))),
            publisher=publisher,
            publisher_reading="",
            place=place,
            year=year,
            pages=chance.randint(80, 620),
            centimetres=chance.randint(19, 29),
            isbn=_isbn(f"9780{number:08d}") if chance.random() < 0.6 else "",
            price=0,
            ndc="",
            juvenile=False,
            topics=tuple(Title(topic) for topic in chance.sample(_WESTERN_TOPICS, chance.choice((1, 2, 3)))),
            series=Title(f"Studies in {self._stem(chance)}") if chance.random() < 0.35 else Title(""),
            contents="",
            words=tuple(Title(word) for word in words),
        )

    def _contents(self, chance: Random) -> str:
        return " ; ".join(self._works[self._work(chance)].text for _ in range(int(3 * chance.paretovariate(0.8)) % 90 + 3))

    def _author(self, chance: Random) -> int:
        return chance.choices(range(_AUTHORS), cum_weights=self._author_weights)[0]

    def _stem(self, chance: Random) -> str:
        return chance.choices(self._stems, cum_weights=self._stem_weights)[0]

    def _western_author(self, place: int) -> Author:
        chance = Random(f"{self.seed}:author:{place}")
        return Author(chance.choice(self._stems).capitalize(), chance.choice(self._stems).capitalize(), born=1880 + place % 110)


_AUTHORS = 20_000


def _zipf(count: int, exponent: float) -> list[float]:
    """Cumulated weights of ranks; a few are left out at the head, where Zipf's law is steeper than any catalogue."""
    return list(accumulate((rank + 8) ** -exponent for rank in range(count)))


def _joined(pattern: tuple[str, str], a: Title, b: Title) -> Title:
    reading = pattern[1].format(a=a.reading, b=b.reading)
    return Title(pattern[0].format(a=a.text, b=b.text), reading, romaji(reading))


@cache
def _names() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {"family": [], "given": []}
    for line in files("library.demo").joinpath("data", "names.tsv").read_text(encoding="utf-8").splitlines():
        kind, name, reading, *_ = line.split("\t")
        found[kind].append((name, reading))
    return found


@cache
def _japanese_author(place: int) -> Author:
    names = _names()
    family = names["family"][place % len(names["family"])]
    given = names["given"][place * 31 % len(names["given"])]
    latin = f"{romaji(family[1])}, {romaji(given[1])}"
    return Author(family[0], given[0], f"{family[1]}, {given[1]}", latin, 1880 + place % 110)


def _stem(chance: Random) -> str:
    word = "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 3, 4))))
    if chance.random() < 0.15:
        place = chance.randrange(len(word))
        word = word[:place] + _MARKED.get(word[place], word[place]) + word[place + 1 :]
    return word


def _latin_title(words: list[str], chance: Random) -> str:
    parts = [words[0]]
    for word in words[1:]:
        parts += [chance.choice(_PARTICLES), word] if chance.random() < 0.7 else [word]
    return " ".join(parts)


def _isbn(body: str) -> str:
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)
