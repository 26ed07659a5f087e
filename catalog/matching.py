"""Whether two descriptions are of the same publication: keys to find candidates by, and a score that explains itself."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from catalog.description import Agent, Description, Material, Title
from catalog.normal import key
from catalog.volume import volume_token, without_volume

SAME_FROM: Final = 90
REVIEW_FROM: Final = 70
# Titles below this are of two books, whatever number they share.
TITLES_ALIKE: Final = 60
# National numbers are given once; a title taken from the cover instead of the title page is still that title.
TITLES_ROUGHLY_ALIKE: Final = 50
# 文庫 (15 cm), 新書 (18 cm) and 四六判 (20 cm) stand apart by more than measuring does.
SIZES_ALIKE_CM: Final = 1

_WEIGHTS: Final = {"title": 50, "author": 20, "publisher": 15, "year": 15}
_COMPANY = re.compile(r"株式会社|有限会社|一般社団法人|公益財団法人|\([^)]*\)|[\[\]]")
_ROLE = re.compile(
    r"[\s/\[(]*(?:著|作|編著|共著|編集|編|監修|監訳|訳|翻訳|文|絵|画|さく|え|ぶん|やく|写真|原作|漫画|まんが|ほか|他)+[\])]*$"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class KeyKind(StrEnum):
    NBN = "nbn"
    ISBN = "isbn"
    ISSN = "issn"
    LCCN = "lccn"
    TITLE = "title"


class Key(NamedTuple):
    """Two descriptions that share a key are worth scoring; `value` is opaque."""

    kind: KeyKind
    value: str


class Verdict(StrEnum):
    SAME = "same"
    REVIEW = "review"
    DIFFERENT = "different"


class ReasonCode(StrEnum):
    NBN_EQUAL = "nbn_equal"
    NBN_DIFFERS = "nbn_differs"
    ISBN_EQUAL = "isbn_equal"
    ISBN_DIFFERS = "isbn_differs"
    SET_ISBN_EQUAL = "set_isbn_equal"
    TITLE = "title"
    AUTHOR = "author"
    PUBLISHER = "publisher"
    YEAR = "year"
    VOLUME_DIFFERS = "volume_differs"
    VOLUME_ONE_SIDED = "volume_one_sided"
    MATERIAL_DIFFERS = "material_differs"
    EDITION_DIFFERS = "edition_differs"
    SIZE_DIFFERS = "size_differs"
    LITTLE_KNOWN = "little_known"


class Reason(NamedTuple):
    """`detail` is a sentence for staff."""

    code: ReasonCode
    detail: str


_DOUBTS: Final = frozenset(
    (
        *(ReasonCode.ISBN_DIFFERS, ReasonCode.NBN_DIFFERS, ReasonCode.VOLUME_ONE_SIDED),
        *(ReasonCode.SIZE_DIFFERS, ReasonCode.LITTLE_KNOWN),
    )
)


class Match(NamedTuple):
    """`score` is 0 to 100."""

    score: int
    reasons: tuple[Reason, ...]
    verdict: Verdict


def keys(description: Description) -> tuple[Key, ...]:
    """The keys to find candidates by, strongest first. A set's ISBN carries the volume, so that its volumes stay apart."""
    core, volume = identity(description.title)
    found: dict[Key, None] = {}
    if description.nbn:
        found[Key(KeyKind.NBN, description.nbn)] = None
    for isbn in description.isbns:
        found[Key(KeyKind.ISBN, f"{isbn.number}/{volume}" if isbn.whole_set else isbn.number)] = None
    for issn in description.issns:
        found[Key(KeyKind.ISSN, f"{issn}/{volume}")] = None
    if description.lccn:
        found[Key(KeyKind.LCCN, description.lccn)] = None
    if core:
        found[Key(KeyKind.TITLE, f"{core}/{volume}")] = None
    return tuple(found)


def identity(title: Title) -> tuple[str, str]:
    """The title's key without its volume, and the volume's token, wherever the source wrote it."""
    if title.volume:
        return key(title.main), volume_token(title.volume)
    core, volume = without_volume(title.main)
    return key(core), volume


def score(a: Description, b: Description) -> Match:
    """Symmetric. Equal national numbers or ISBNs decide unless title, volume, material or edition speak against them."""
    weighed, reasons = _weigh(a, b)
    against = _against(a, b)
    shared = _shared_number(a, b)
    title_likeness = _title_likeness(a.title, b.title)
    reasons = (*shared, *against, *reasons)
    codes = {reason.code for reason in reasons}
    if ReasonCode.NBN_EQUAL in codes:
        return _settled(reasons, sure=title_likeness >= TITLES_ROUGHLY_ALIKE)
    if ReasonCode.MATERIAL_DIFFERS in codes or ReasonCode.VOLUME_DIFFERS in codes:
        return Match(min(weighed, REVIEW_FROM - 1), reasons, Verdict.DIFFERENT)
    if codes & {ReasonCode.ISBN_EQUAL, ReasonCode.SET_ISBN_EQUAL}:
        doubts = {ReasonCode.VOLUME_ONE_SIDED, ReasonCode.EDITION_DIFFERS, ReasonCode.NBN_DIFFERS}
        return _settled(reasons, sure=title_likeness >= TITLES_ALIKE and not codes & doubts)
    return _by_words(a, b, min(weighed, SAME_FROM - 1) if title_likeness < SAME_FROM else weighed, reasons, codes)


def _settled(reasons: tuple[Reason, ...], *, sure: bool) -> Match:
    return Match(100, reasons, Verdict.SAME) if sure else Match(SAME_FROM - 10, reasons, Verdict.REVIEW)


def _by_words(a: Description, b: Description, weighed: int, reasons: tuple[Reason, ...], codes: set[ReasonCode]) -> Match:
    if ReasonCode.EDITION_DIFFERS in codes or _is_another_edition(a, b):
        return Match(min(weighed, REVIEW_FROM - 1), reasons, Verdict.DIFFERENT)
    differing = codes & {ReasonCode.ISBN_DIFFERS, ReasonCode.NBN_DIFFERS}
    if len(differing) == 2 or (differing and weighed < SAME_FROM):
        return Match(min(weighed, REVIEW_FROM - 1), reasons, Verdict.DIFFERENT)
    doubts = {
        ReasonCode.ISBN_DIFFERS,
        ReasonCode.NBN_DIFFERS,
        ReasonCode.VOLUME_ONE_SIDED,
        ReasonCode.SIZE_DIFFERS,
        ReasonCode.LITTLE_KNOWN,
    }
    if codes & doubts:
        weighed = min(weighed, SAME_FROM - 1)
    verdict = Verdict.SAME if weighed >= SAME_FROM else Verdict.REVIEW if weighed >= REVIEW_FROM else Verdict.DIFFERENT
    return Match(weighed, reasons, verdict)


def _is_another_edition(a: Description, b: Description) -> bool:
    """文庫 and 単行本 of one work: another publisher and another year."""
    if not (a.year and b.year and a.publisher and b.publisher):
        return False
    return abs(a.year - b.year) > 1 and _publisher_likeness(a, b) < REVIEW_FROM


def _shared_number(a: Description, b: Description) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if a.nbn and b.nbn:
        equal = a.nbn == b.nbn
        detail = f"全国書誌番号が同じ({a.nbn})" if equal else f"全国書誌番号が違う({a.nbn}と{b.nbn})"
        found.append(Reason(ReasonCode.NBN_EQUAL if equal else ReasonCode.NBN_DIFFERS, detail))
    of_a = {isbn.number: isbn.whole_set for isbn in a.isbns}
    of_b = {isbn.number: isbn.whole_set for isbn in b.isbns}
    common = sorted(of_a.keys() & of_b.keys())
    own = [number for number in common if not of_a[number] and not of_b[number]]
    if own:
        found.append(Reason(ReasonCode.ISBN_EQUAL, f"ISBNが同じ({own[0]})"))
    elif common:
        found.append(Reason(ReasonCode.SET_ISBN_EQUAL, f"セットのISBNが同じ({common[0]})"))
    elif not all(of_a.values()) and not all(of_b.values()):
        found.append(Reason(ReasonCode.ISBN_DIFFERS, f"ISBNが違う({next(iter(of_a))}と{next(iter(of_b))})"))
    return tuple(found)


def _against(a: Description, b: Description) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if a.material is not b.material:
        names = f"{_MATERIAL_NAMES[a.material]}と{_MATERIAL_NAMES[b.material]}"
        found.append(Reason(ReasonCode.MATERIAL_DIFFERS, f"資料の種類が違う({names})"))
    volume_a, volume_b = identity(a.title)[1], identity(b.title)[1]
    if volume_a and volume_b and volume_a != volume_b:
        found.append(Reason(ReasonCode.VOLUME_DIFFERS, f"巻が違う({volume_a}と{volume_b})"))
    elif volume_a != volume_b:
        found.append(Reason(ReasonCode.VOLUME_ONE_SIDED, f"片方だけに巻がある({volume_a or volume_b})"))
    if a.edition and b.edition and _edition(a.edition) != _edition(b.edition):
        found.append(Reason(ReasonCode.EDITION_DIFFERS, f"版が違う({a.edition}と{b.edition})"))
    size_a, size_b = _centimetres(a.size), _centimetres(b.size)
    if size_a and size_b and abs(size_a - size_b) > SIZES_ALIKE_CM:
        found.append(Reason(ReasonCode.SIZE_DIFFERS, f"大きさが違う({a.size}と{b.size})"))
    return tuple(found)


def _weigh(a: Description, b: Description) -> tuple[int, tuple[Reason, ...]]:
    """Likeness in percent of what both sides say, and a sentence for each part."""
    likeness: dict[str, int] = {"title": _title_likeness(a.title, b.title)}
    reasons = [Reason(ReasonCode.TITLE, f"書名の一致度{likeness['title']}%({a.title.main}と{b.title.main})")]
    author = _author_likeness(a, b)
    if author is not None:
        likeness["author"] = author
        reasons.append(Reason(ReasonCode.AUTHOR, f"著者の一致度{author}%"))
    if a.publisher and b.publisher:
        likeness["publisher"] = _publisher_likeness(a, b)
        reasons.append(Reason(ReasonCode.PUBLISHER, f"出版者の一致度{likeness['publisher']}%({a.publisher}と{b.publisher})"))
    if a.year and b.year:
        likeness["year"] = {0: 100, 1: 60}.get(abs(a.year - b.year), 0)
        reasons.append(Reason(ReasonCode.YEAR, f"出版年が同じ({a.year})" if a.year == b.year else f"出版年が違う({a.year}と{b.year})"))
    total = sum(_WEIGHTS[part] for part in likeness)
    weighed = round(sum(_WEIGHTS[part] * value for part, value in likeness.items()) / total)
    if total <= _WEIGHTS["title"] + _WEIGHTS["author"]:
        reasons.append(Reason(ReasonCode.LITTLE_KNOWN, "出版者も出版年も比べられない"))
    return weighed if likeness["title"] >= TITLES_ALIKE else min(weighed, REVIEW_FROM - 1), tuple(reasons)


def _title_likeness(a: Title, b: Title) -> int:
    core_a, core_b = identity(a)[0], identity(b)[0]
    rest_a, rest_b = key(a.rest), key(b.rest)
    alike = max(_ratio(core_a, core_b), _ratio(core_a + rest_a, core_b + rest_b) if rest_a or rest_b else 0)
    if rest_a and rest_b and core_a == core_b and _ratio(rest_a, rest_b) < TITLES_ALIKE:
        alike = min(alike, 85)  # one series title above two books
    if alike < SAME_FROM and a.reading and b.reading:
        # Old and new kanji, or kana and kanji, of one title read alike; so do other titles at times, hence not in full.
        alike = max(alike, round(0.95 * _ratio(key(a.reading), key(b.reading))))
    return alike


def _ratio(a: str, b: str) -> int:
    return round(fuzz.ratio(a, b)) if a and b else 0


def _author_likeness(a: Description, b: Description) -> int | None:
    of_a, of_b = _names(a), _names(b)
    if not of_a or not of_b:
        return None
    return max(_name_likeness(one, other) for one in of_a for other in of_b)


def _names(description: Description) -> list[str]:
    """Up to five names: agents, or what the statement of responsibility names."""
    names = [name for agent in description.agents[:5] for name in (agent.name, agent.romaji) if name]
    stated = re.split(r"[;,、;/]", description.title.responsibility)
    return names or [name for part in stated[:5] if (name := without_role(part))]


def without_role(name: str) -> str:
    """「宮沢賢治 作」 → 「宮沢賢治」, 「太宰治著」 → 「太宰治」."""
    name = unicodedata.normalize("NFKC", name).strip()
    return _ROLE.sub("", name).strip() or name


def _name_likeness(a: str, b: str) -> int:
    if a.isascii() and b.isascii():
        return round(fuzz.token_sort_ratio(a.replace(",", " ").casefold(), b.replace(",", " ").casefold()))
    return _ratio(key(without_role(a)), key(without_role(b)))


def _publisher_likeness(a: Description, b: Description) -> int:
    one, other = _house(a.publisher), _house(b.publisher)
    if one and other and (one in other or other in one):
        return 100 if one == other else 90
    return _ratio(one, other)


def _house(publisher: str) -> str:
    return key(_COMPANY.sub("", unicodedata.normalize("NFKC", publisher)))


def _edition(text: str) -> str:
    number = _NUMBER.search(text)
    return number[0] if number else key(text)


def _centimetres(size: str) -> float:
    found = _NUMBER.search(size)
    return float(found[0]) if found and "cm" in size else 0.0


def first_author(description: Description) -> str:
    """The key of the author whom editions share: the main entry, else the first person, else the first name stated."""
    agents = description.agents
    people: tuple[Agent, ...] = tuple(agent for agent in agents if agent.main)
    people = people or tuple(agent for agent in agents if agent.kind == "person") or agents
    if people:
        return key(without_role(people[0].name))
    stated = re.split(r"[;,、;/]", description.title.responsibility)[0]
    return key(without_role(stated))


_MATERIAL_NAMES: Final = {
    Material.BOOK: "図書",
    Material.SERIAL: "逐次刊行物",
    Material.MAP: "地図",
    Material.MUSIC_SCORE: "楽譜",
    Material.SOUND: "録音資料",
    Material.VIDEO: "映像資料",
    Material.IMAGE: "静止画",
    Material.KIT: "組み合わせ資料",
    Material.OBJECT: "立体資料",
    Material.MANUSCRIPT: "写本・手稿",
    Material.SOFTWARE: "電子資料",
    Material.EBOOK: "電子書籍",
    Material.AUDIOBOOK: "オーディオブック",
}
