"""Real titles in invented editions: what the made-up ward's libraries hold, as descriptions and as MARC records."""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib.resources import files
from random import Random

import msgspec

from catalog.description import Agent, Audience, ClassNumber, Description, Isbn, Link, Material, Note, Series, Subject, Title
from catalog.ndc import PICTURE_BOOKS, parse_mark
from library.demo.books.romaji import romaji

LAST_YEAR = 2025


class Form(StrEnum):
    """The edition a reader would ask for: 単行本, 文庫, 児童書, 絵本, 大活字本, 電子書籍, 朗読."""

    HARDCOVER = "hardcover"
    PAPERBACK = "paperback"
    JUVENILE = "juvenile"
    PICTURE_BOOK = "picture_book"
    LARGE_PRINT = "large_print"
    EBOOK = "ebook"
    AUDIOBOOK = "audiobook"


class Publication(msgspec.Struct, frozen=True):
    """One invented edition. `number` counts from 1; `work` is shared by editions; the lower the `rank` the better known."""

    number: int
    work: str
    form: Form
    rank: int
    price: int
    description: Description

    @property
    def control_number(self) -> str:
        return f"demo{self.number:06d}"

    @property
    def juvenile(self) -> bool:
        return self.description.audience is Audience.CHILDREN

    @property
    def electronic(self) -> bool:
        return self.form in {Form.EBOOK, Form.AUDIOBOOK}


class Contributor(msgspec.Struct, frozen=True):
    role: str
    family: str
    given: str
    family_kana: str
    given_kana: str
    family_romaji: str
    given_romaji: str
    years: str


class Work(msgspec.Struct, frozen=True):
    """A line of the list of titles; readings in katakana, `marks` as listed (K913), `volume` a plain number or empty."""

    number: str
    title: str
    reading: str
    volume: str
    subtitle: str
    subtitle_reading: str
    marks: tuple[str, ...]
    contributors: tuple[Contributor, ...]
    famous: bool

    @property
    def set_key(self) -> str:
        return f"{self.title}:{self.contributors[0].family}" if self.volume else self.number

    @property
    def juvenile(self) -> bool:
        return any(parse_mark(mark).juvenile for mark in self.marks)


class _Press(msgspec.Struct, frozen=True):
    """An invented publisher of one form of edition, and its invented series."""

    name: str
    reading: str
    series: str = ""
    series_reading: str = ""


class _Make(msgspec.Struct, frozen=True):
    """How editions of a form look: size, pages, price, first year that can be."""

    size: str
    pages: tuple[int, int]
    price: tuple[int, int]
    since: int


_KAKUU = "架空堂書店", "カクウドウ ショテン"
_SHINKIRO = "蜃気楼書房", "シンキロウ ショボウ"
_DOKO = "どこにもない社", "ドコニモナイシャ"
_ESORA = "絵そらごと社", "エソラゴトシャ"
_KOMOREBI = "こもれび書房", "コモレビ ショボウ"
_SUNA = "砂の城まぼろし出版", "スナ ノ シロ マボロシ シュッパン"
_YUME = "夢のなか書店", "ユメ ノ ナカ ショテン"
_NIGEMIZU = "逃げ水社", "ニゲミズシャ"

_PRESSES = {
    Form.HARDCOVER: (
        _Press(*_KOMOREBI),
        _Press(*_KAKUU),
        _Press(*_SUNA, "砂の城教養選書", "スナ ノ シロ キョウヨウ センショ"),
        _Press(*_NIGEMIZU, "逃げ水随筆叢書", "ニゲミズ ズイヒツ ソウショ"),
    ),
    Form.PAPERBACK: (
        _Press(*_KAKUU, "架空堂文庫", "カクウドウ ブンコ"),
        _Press(*_SHINKIRO, "蜃気楼文庫", "シンキロウ ブンコ"),
        _Press(*_YUME, "夢のなか文庫", "ユメ ノ ナカ ブンコ"),
    ),
    Form.JUVENILE: (
        _Press(*_DOKO, "どこにもない児童文学館", "ドコニモナイ ジドウ ブンガクカン"),
        _Press(*_KOMOREBI, "こもれび子ども図書室", "コモレビ コドモ トショシツ"),
        _Press(*_ESORA),
    ),
    Form.PICTURE_BOOK: (
        _Press(*_ESORA, "絵そらごと名作えほん", "エソラゴト メイサク エホン"),
        _Press(*_DOKO, "はじめてのどこにもない絵本", "ハジメテ ノ ドコニモナイ エホン"),
    ),
    Form.LARGE_PRINT: (_Press(*_NIGEMIZU, "逃げ水大きな活字シリーズ", "ニゲミズ オオキナ カツジ シリーズ"),),
    Form.EBOOK: (_Press(*_SHINKIRO), _Press(*_YUME)),
    Form.AUDIOBOOK: (_Press(*_YUME, "夢のなか朗読集", "ユメ ノ ナカ ロウドクシュウ"),),
}
_MAKES = {
    Form.HARDCOVER: _Make("20cm", (160, 480), (1400, 3200), 1968),
    Form.PAPERBACK: _Make("15cm", (140, 420), (420, 980), 1975),
    Form.JUVENILE: _Make("22cm", (90, 260), (1100, 1800), 1972),
    Form.PICTURE_BOOK: _Make("27cm", (24, 40), (1200, 1900), 1978),
    Form.LARGE_PRINT: _Make("21cm", (240, 620), (2800, 3900), 1996),
    Form.EBOOK: _Make("", (0, 0), (0, 0), 2014),
    Form.AUDIOBOOK: _Make("", (0, 0), (0, 0), 2018),
}
_ROLES = {"a": "著", "t": "訳", "e": "編", "r": "校訂"}
_MODERN = 1840  # writers born after this year stand at 913.6, 914.6 … in Japanese literature
_SHORT_TALES = frozenset({"小川", "村山", "新美", "アンデルセン", "グリム", "楠山", "浜田"})

# Subject headings where the class says the topic beyond doubt; term and reading.
_SUBJECTS = {
    "010": ("図書館", "トショカン"),
    "019": ("読書", "ドクショ"),
    "121": ("日本思想", "ニッポン シソウ"),
    "140": ("心理学", "シンリガク"),
    "180": ("仏教", "ブッキョウ"),
    "190": ("キリスト教", "キリストキョウ"),
    "210": ("日本 -- 歴史", "ニッポン -- レキシ"),
    "289": ("伝記", "デンキ"),
    "291": ("日本 -- 紀行・案内記", "ニッポン -- キコウ アンナイキ"),
    "367": ("女性問題", "ジョセイ モンダイ"),
    "370": ("教育", "キョウイク"),
    "388": ("伝説", "デンセツ"),
    "410": ("数学", "スウガク"),
    "420": ("物理学", "ブツリガク"),
    "440": ("天文学", "テンモンガク"),
    "451": ("気象", "キショウ"),
    "453": ("地震", "ジシン"),
    "470": ("植物", "ショクブツ"),
    "480": ("動物", "ドウブツ"),
    "596": ("料理", "リョウリ"),
    "721": ("日本画", "ニホンガ"),
    "728": ("書道", "ショドウ"),
    "751": ("陶磁器", "トウジキ"),
    "760": ("音楽", "オンガク"),
    "770": ("演劇", "エンゲキ"),
    "778": ("映画", "エイガ"),
    "786": ("登山", "トザン"),
    "787": ("釣り", "ツリ"),
    "810": ("日本語", "ニホンゴ"),
}
_VOLUME = re.compile(r"(\d{1,3})\s+")
_KATAKANA = {code: code + 0x60 for code in (*range(ord("ぁ"), ord("ゖ") + 1), ord("ゝ"), ord("ゞ"))}


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _katakana(text: str) -> str:
    # The list writes some long vowels with a dash.
    return re.sub(r"(?<=[ァ-ヺ])[―‐](?=[ァ-ヺ])", "ー", _words(text).translate(_KATAKANA))


@cache
def works() -> tuple[Work, ...]:
    """Every listed work, in the order of the list; the same for every seed."""
    folder = files("library.demo").joinpath("data")
    famous = frozenset(folder.joinpath("famous.tsv").read_text(encoding="utf-8").splitlines())
    lines = gzip.decompress(folder.joinpath("titles.tsv.gz").read_bytes()).decode("utf-8").splitlines()
    return tuple(_work(line, famous) for line in lines)


def _work(line: str, famous: frozenset[str]) -> Work:
    number, title, reading, subtitle, subtitle_reading, marks, people, *_ = line.split("\t")
    contributors = tuple(Contributor(*person.split("|")) for person in people.split(";"))
    author = contributors[0]
    # 「02 地の巻」: the list keeps the volumes of a long work in order by a number before the subtitle.
    volume = _VOLUME.match(subtitle)
    return Work(
        number=number,
        title=_words(title),
        reading=_katakana(reading),
        volume=str(int(volume[1])) if volume else "",
        subtitle=_words(_VOLUME.sub("", subtitle)).strip("― "),
        subtitle_reading=_katakana(_VOLUME.sub("", subtitle_reading)).strip("― "),
        marks=tuple(marks.split()),
        contributors=contributors,
        famous=f"{title}\t{author.family}{author.given}" in famous,
    )


def publications(seed: int) -> Iterator[Publication]:
    """Some 7,000 editions, those of one work side by side; the same seed gives the same editions in the same order."""
    ranks = _ranks(seed)
    number = 0
    for work in works():
        # Seeded by the work, so that a change to one work's editions leaves all others as they were;
        # volumes of one work come out in the same editions.
        shared = Random(f"{seed}:{work.set_key}")
        random = Random(f"{seed}:{work.number}")
        for form in _forms(work, shared):
            number += 1
            make = _MAKES[form]
            press = shared.choice(_PRESSES[form])
            # More books of late than of old.
            year = LAST_YEAR - int((LAST_YEAR - make.since) * shared.random() ** 1.6)
            yield Publication(
                number=number,
                work=work.number,
                form=form,
                rank=ranks[work.number],
                price=random.randrange(*make.price, 20) if make.size else 0,
                description=_description(work, form, press, number=number, year=year, random=random),
            )


def _ranks(seed: int) -> dict[str, int]:
    """Place of each work in readers' favour: famous works first, then by how much an author is listed, with much chance in it."""
    listed: dict[str, int] = {}
    for work in works():
        author = work.contributors[0]
        listed[author.family + author.given] = listed.get(author.family + author.given, 0) + 1
    random = Random(f"{seed}:ranks")
    weights = {
        work.number: (not work.famous, -(listed[work.contributors[0].family + work.contributors[0].given] ** 0.5) * random.random())
        for work in works()
    }
    return {number: rank for rank, number in enumerate(sorted(weights, key=lambda number: weights[number]))}


def _forms(work: Work, random: Random) -> list[Form]:
    chances: list[tuple[Form, float]]
    short_tale = work.juvenile and work.contributors[0].family in _SHORT_TALES
    if work.famous:
        chances = [(Form.HARDCOVER, 0.8), (Form.PAPERBACK, 1), (Form.PAPERBACK, 0.5), (Form.JUVENILE, 1 if work.juvenile else 0.35)]
        chances += [(Form.PICTURE_BOOK, 0.6 if work.juvenile else 0), (Form.LARGE_PRINT, 0.4), (Form.EBOOK, 0.7), (Form.AUDIOBOOK, 0.4)]
    elif work.juvenile:
        chances = [(Form.JUVENILE, 1), (Form.PICTURE_BOOK, 0.2 if short_tale else 0.03), (Form.PAPERBACK, 0.05), (Form.EBOOK, 0.03)]
    else:
        first = Form.PAPERBACK if random.random() < 0.35 else Form.HARDCOVER
        chances = [(first, 1), (Form.PAPERBACK, 0.08), (Form.LARGE_PRINT, 0.02), (Form.EBOOK, 0.03), (Form.AUDIOBOOK, 0.01)]
    return [form for form, chance in chances if random.random() < chance]


def _description(work: Work, form: Form, press: _Press, *, number: int, year: int, random: Random) -> Description:
    make = _MAKES[form]
    children = form in {Form.JUVENILE, Form.PICTURE_BOOK} or (work.juvenile and not make.size)
    return Description(
        title=Title(
            main=work.title,
            rest=work.subtitle,
            volume=work.volume,
            responsibility=_responsibility(work.contributors),
            reading=work.reading,
            rest_reading=work.subtitle_reading,
            romaji=" : ".join(romaji(reading) for reading in (work.reading, work.subtitle_reading) if reading),
        ),
        agents=_agents(work.contributors),
        edition=_edition(form, random),
        place="こもれび",
        publisher=press.name,
        publisher_reading=press.reading,
        published=f"{year}.{random.randint(1, 12)}",
        year=year,
        extent=_extent(form, make, random),
        size=make.size,
        material={Form.EBOOK: Material.EBOOK, Form.AUDIOBOOK: Material.AUDIOBOOK}.get(form, Material.BOOK),
        language="jpn",
        audience=Audience.CHILDREN if children else None,
        series=(Series(press.series, press.series_reading, str(random.randint(1, 90))),) if press.series else (),
        subjects=_subjects(work),
        classes=_classes(work, form),
        isbns=(_isbn(number),) if year >= 1981 and form is not Form.EBOOK else (),
        nbn=f"DEMO{number:06d}",
        notes=(Note("書名と著者は実在の作品によるが、この版は架空のもの"),),
        links=(Link(f"https://ebooks.komorebi.example/titles/{number}", "電子図書館"),) if not make.size else (),
    )


def _edition(form: Form, random: Random) -> str:
    if form is Form.LARGE_PRINT:
        return "大活字版"
    return random.choices(("", "新版", "新装版", "改訂版"), (92, 3, 3, 2))[0]


def _extent(form: Form, make: _Make, random: Random) -> str:
    if form is Form.EBOOK:
        return "オンラインリソース1件"
    return f"録音データ1件 ({random.randint(12, 420)}分)" if form is Form.AUDIOBOOK else f"{random.randint(*make.pages)}p"


def _isbn(number: int) -> Isbn:
    """An invented number with a true check digit, among publishers' numbers (978-4-999…) far above those given out."""
    body = f"9784999{number * 7 % 100000:05d}"
    check = -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body)) % 10
    return Isbn(f"{body}{check}", qualifier="架空")


def _agent(person: Contributor, *, main: bool) -> Agent:
    def joined(family: str, given: str) -> str:
        return f"{family}, {given}" if given else family

    latin = joined(_words(person.family_romaji), _words(person.given_romaji))
    if latin > "\u02ff":  # a Cyrillic name in the list
        latin = joined(romaji(_katakana(person.family_kana)), romaji(_katakana(person.given_kana)))
    return Agent(
        name=joined(person.family, person.given),
        reading=joined(_katakana(person.family_kana), _katakana(person.given_kana)),
        romaji=latin,
        dates=person.years,
        role=_ROLES[person.role],
        main=main,
    )


def _agents(people: tuple[Contributor, ...]) -> tuple[Agent, ...]:
    """Each person once, with the first role; who wrote it is the main one."""
    agents: dict[str, Agent] = {}
    for person in people:
        agent = _agent(person, main=not agents)
        agents.setdefault(agent.name, agent)
    return tuple(agents.values())


def _responsibility(people: tuple[Contributor, ...]) -> str:
    """「宮沢賢治 著」; Western names in their own order: 「ルイス・キャロル 著 ; 楠山正雄 訳」."""
    parts: dict[str, list[str]] = {}
    for person in people:
        western = re.fullmatch(r"[ァ-ヶー・]+", person.family) is not None
        name = "・".join(filter(None, (person.given, person.family))) if western else person.family + person.given
        parts.setdefault(_ROLES[person.role], []).append(name)
    return " ; ".join(f"{', '.join(names)} {role}" for role, names in parts.items())


def _modern(work: Work) -> bool:
    born = work.contributors[0].years[:4]
    return born.isdigit() and int(born) >= _MODERN


def _classes(work: Work, form: Form) -> tuple[ClassNumber, ...]:
    numbers = [parse_mark(mark).number for mark in work.marks]
    if form is Form.PICTURE_BOOK:
        numbers.insert(0, PICTURE_BOOKS)
    exact = (f"{number}.6" if number in {"912", "913", "914", "915"} and _modern(work) else number for number in numbers if number)
    return tuple(ClassNumber("ndc", number, "9") for number in dict.fromkeys(exact))


def _subjects(work: Work) -> tuple[Subject, ...]:
    found = (_SUBJECTS.get(parse_mark(mark).number) for mark in work.marks)
    return tuple(Subject(term, reading, "ndlsh") for term, reading in filter(None, found))
