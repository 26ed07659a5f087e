"""Whether two descriptions are of the same publication: keys to find candidates by, and a score that explains itself."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from catalog.description import Agent, Description, Material, Title
from catalog.matching.normal import key
from catalog.matching.volume import is_volume, volume_token, volume_words, without_volume

SAME_FROM: Final = 90
REVIEW_FROM: Final = 70
# Titles below this are of two books, whatever number they share.
TITLES_ALIKE: Final = 60
# National numbers are given once; a title taken from the cover instead of the title page is still that title.
TITLES_ROUGHLY_ALIKE: Final = 50
# Names and houses below this are of two people or two publishers.
ALIKE: Final = 60
# What initials that agree come to.
ONE_PERSON: Final = 90
# 文庫 (15 cm), 新書 (18 cm) and 四六判 (20 cm) stand apart by more than measuring does.
SIZES_ALIKE_CM: Final = 1
# Printings of one setting differ by a few pages of advertisements and plates.
PAGES_ALIKE: Final = 5
PAGES_ALIKE_PERCENT: Final = 3

_WEIGHTS: Final = {"title": 50, "author": 20, "publisher": 15, "year": 15}
_COMPANY = re.compile(r"株式会社|有限会社|一般社団法人|公益財団法人|\([^)]*\)|[\[\]]")
# Glued to a name only what no name ends in: 遠藤周作, 伊藤博文 and 湊かなえ keep their last letters.
_GLUED_ROLES = "編著|共著|編集|監修|監訳|翻訳|写真|原作|漫画|まんが|ほか|著|訳|絵|編|画|さく|ぶん|やく|他"
_GLUED_ROLES += "|(?<=.{4})(?:(?<![栄優健耕周秀英恵甲俊龍竜晋慎伸久])作|(?<![博英隆正直義孝和弘浩宏成信良康敏俊])文)"
_ROLES = f"{_GLUED_ROLES}|作|文|え"
_ROLE = re.compile(rf"(?:[\s/\[(]+(?:{_ROLES})|(?:{_GLUED_ROLES}))(?:[・、/]?(?:{_ROLES}))*[\])]*$")
_BRACKETED = re.compile(r"(?<=.)\s*[(\[〈【《「][^(\[〈【《「]*[)\]〉】》」]\s*$")
_LATIN_ENDS = "\u0250"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PAGES = re.compile(r".*\d\]?\s*(?:p\b|頁|ページ)", re.IGNORECASE)
_FIRST_EDITION = re.compile(r"初版|第?[1一]版|1st|first|shohan", re.IGNORECASE)
# What alone may tell two titles of one set apart: a number, 上 or 下.
_TELLING = re.compile(r"第?(?:\d+|[〇一二三四五六七八九十百]+|[上中下前後])(?:の?巻|冊|集|号|部|編|篇|年|期|学年|年生|年度|年版)?")
_ROMAN = re.compile(r"[ivx]+")


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
    VOLUME_WORDS_DIFFER = "volume_words_differ"
    TITLE_NUMBER_DIFFERS = "title_number_differs"
    SUBTITLE_DIFFERS = "subtitle_differs"
    AUTHOR_DIFFERS = "author_differs"
    PUBLISHER_DIFFERS = "publisher_differs"
    YEAR_DIFFERS = "year_differs"
    EDITION_ONE_SIDED = "edition_one_sided"
    EXTENT_DIFFERS = "extent_differs"
    MATERIAL_DIFFERS = "material_differs"
    EDITION_DIFFERS = "edition_differs"
    SIZE_DIFFERS = "size_differs"
    LITTLE_KNOWN = "little_known"


class Reason(NamedTuple):
    """`detail` is a sentence for staff."""

    code: ReasonCode
    detail: str


# With any of these an equal number is a question for a cataloguer: sets share ISBNs, and publishers give one twice.
_DOUBTS_OF_NBN: Final = frozenset((ReasonCode.VOLUME_DIFFERS, ReasonCode.MATERIAL_DIFFERS, ReasonCode.TITLE_NUMBER_DIFFERS))
_DOUBTS_OF_ISBN: Final = frozenset(
    (
        *(ReasonCode.VOLUME_ONE_SIDED, ReasonCode.EDITION_DIFFERS, ReasonCode.NBN_DIFFERS, ReasonCode.MATERIAL_DIFFERS),
        *(ReasonCode.TITLE_NUMBER_DIFFERS, ReasonCode.SUBTITLE_DIFFERS),
    )
)
# Without a number in common, words decide only where nothing is said that speaks against it.
_DOUBTS_OF_WORDS: Final = frozenset(
    (
        *(ReasonCode.ISBN_DIFFERS, ReasonCode.NBN_DIFFERS, ReasonCode.VOLUME_ONE_SIDED, ReasonCode.VOLUME_WORDS_DIFFER),
        *(ReasonCode.TITLE_NUMBER_DIFFERS, ReasonCode.SUBTITLE_DIFFERS),
        *(ReasonCode.AUTHOR_DIFFERS, ReasonCode.PUBLISHER_DIFFERS, ReasonCode.YEAR_DIFFERS),
        *(ReasonCode.EDITION_ONE_SIDED, ReasonCode.SIZE_DIFFERS, ReasonCode.EXTENT_DIFFERS, ReasonCode.LITTLE_KNOWN),
    )
)
_FACTS: Final = _DOUBTS_OF_WORDS - {ReasonCode.LITTLE_KNOWN, ReasonCode.VOLUME_ONE_SIDED, ReasonCode.EDITION_ONE_SIDED}
FACTS_OF_ANOTHER_BOOK: Final = 3
_OF_ANOTHER_EDITION: Final = frozenset((ReasonCode.YEAR_DIFFERS, ReasonCode.EXTENT_DIFFERS))
_ELECTRONIC: Final = frozenset((Material.EBOOK, Material.AUDIOBOOK))


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
    if not volume and is_volume(title.rest):
        return key(core), volume_token(title.rest)
    return key(core), volume


def score(a: Description, b: Description) -> Match:
    """Symmetric. Equal national numbers or ISBNs decide unless title, volume, material or edition speak against them."""
    weighed, reasons = _weigh(a, b)
    reasons = (*_shared_number(a, b), *_against(a, b), *reasons)
    title_likeness = _title_likeness(a.title, b.title)
    codes = {reason.code for reason in reasons}
    if ReasonCode.NBN_EQUAL in codes:
        return _settled(reasons, sure=title_likeness >= TITLES_ROUGHLY_ALIKE and not codes & _DOUBTS_OF_NBN)
    isbn_equal = bool(codes & {ReasonCode.ISBN_EQUAL, ReasonCode.SET_ISBN_EQUAL})
    other_thing = ReasonCode.MATERIAL_DIFFERS in codes and (not isbn_equal or bool({a.material, b.material} & _ELECTRONIC))
    if other_thing or ReasonCode.VOLUME_DIFFERS in codes:
        return Match(min(weighed, REVIEW_FROM - 1), reasons, Verdict.DIFFERENT)
    if isbn_equal:
        another = ReasonCode.AUTHOR_DIFFERS in codes and title_likeness < SAME_FROM
        return _settled(reasons, sure=title_likeness >= TITLES_ALIKE and not another and not codes & _DOUBTS_OF_ISBN)
    return _by_words(a, b, min(weighed, SAME_FROM - 1) if title_likeness < SAME_FROM else weighed, reasons, codes)


def _settled(reasons: tuple[Reason, ...], *, sure: bool) -> Match:
    return Match(100, reasons, Verdict.SAME) if sure else Match(SAME_FROM - 10, reasons, Verdict.REVIEW)


def _by_words(a: Description, b: Description, weighed: int, reasons: tuple[Reason, ...], codes: set[ReasonCode]) -> Match:
    if ReasonCode.EDITION_DIFFERS in codes or _is_another_edition(a, b):
        return Match(min(weighed, REVIEW_FROM - 1), reasons, Verdict.DIFFERENT)
    differing = codes & {ReasonCode.ISBN_DIFFERS, ReasonCode.NBN_DIFFERS}
    # A question for each pair of like titles would bury those that are worth asking.
    plain = len(codes & _FACTS) >= FACTS_OF_ANOTHER_BOOK or codes >= _OF_ANOTHER_EDITION
    if plain or len(differing) == 2 or (differing and weighed < SAME_FROM):
        return Match(min(weighed, REVIEW_FROM - 1), reasons, Verdict.DIFFERENT)
    if codes & _DOUBTS_OF_WORDS:
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
    elif volume_words_differ(a.title.volume, b.title.volume):
        found.append(Reason(ReasonCode.VOLUME_WORDS_DIFFER, f"巻の書名が違う({a.title.volume}と{b.title.volume})"))
    found += _titles_against(a.title, b.title)
    found += _edition_against(a.edition, b.edition)
    size_a, size_b = _centimetres(a.size), _centimetres(b.size)
    if size_a and size_b and abs(size_a - size_b) > SIZES_ALIKE_CM:
        found.append(Reason(ReasonCode.SIZE_DIFFERS, f"大きさが違う({a.size}と{b.size})"))
    pages_a, pages_b = (_pages(a.extent), _pages(b.extent)) if a.extent != b.extent else (0, 0)
    if pages_a and pages_b and abs(pages_a - pages_b) > max(PAGES_ALIKE, PAGES_ALIKE_PERCENT * max(pages_a, pages_b) / 100):
        found.append(Reason(ReasonCode.EXTENT_DIFFERS, f"ページ数が違う({pages_a}と{pages_b})"))
    return tuple(found)


def volume_words_differ(a: str, b: str) -> bool:
    """「第1巻 資料編」 and 「第1巻 本文編」: one number above two books."""
    one, other = volume_words(a), volume_words(b)
    return bool(one and other) and _ratio(one, other) < ALIKE and one not in other and other not in one


def _titles_against(a: Title, b: Title) -> list[Reason]:
    core_a, core_b, rest_a, rest_b = identity(a)[0], identity(b)[0], key(a.rest), key(b.rest)
    if core_a == core_b and (rest_a == rest_b or not rest_a or not rest_b):
        return []
    if core_a != core_b and rest_a != rest_b and _ratio(core_a + rest_a, core_b + rest_b) > _ratio(core_a, core_b):
        # One catalogue has in the title what the other has behind a colon.
        pairs = [(core_a + rest_a, core_b + rest_b)]
    else:
        pairs = [(core_a, core_b), (rest_a, rest_b) if rest_a and rest_b else ("", "")]
    if any(_tell_apart(one, other) for one, other in pairs):
        return [Reason(ReasonCode.TITLE_NUMBER_DIFFERS, f"書名の番号が違う({_whole(a)}と{_whole(b)})")]
    if core_a == core_b and rest_a and rest_b and _ratio(rest_a, rest_b) < ALIKE and rest_a not in rest_b and rest_b not in rest_a:
        return [Reason(ReasonCode.SUBTITLE_DIFFERS, f"副書名が違う({a.rest[:80]}と{b.rest[:80]})")]
    return []


def _whole(title: Title) -> str:
    return " : ".join(part for part in (title.main, title.rest) if part)[:80]


def _tell_apart(one: str, other: str) -> bool:
    """Whether a number or 上, 下 is all that parts two titles somewhere: 「…3年生用」「…4年生用」,「…炎のゴブレット上」「…下」."""
    if one == other or not one or not other:
        return False
    for change in Indel.opcodes(one, other):
        run = one[change.src_start : change.src_end] or other[change.dest_start : change.dest_end]
        at_end = change.src_end == len(one) and change.dest_end == len(other)
        if change.tag != "equal" and (_TELLING.fullmatch(run) or (at_end and _ROMAN.fullmatch(run))):
            return True
    return False


def _edition_against(a: str, b: str) -> list[Reason]:
    if a and b and _edition(a) != _edition(b):
        return [Reason(ReasonCode.EDITION_DIFFERS, f"版が違う({a}と{b})")]
    said = a or b
    if said and not (a and b) and not _FIRST_EDITION.search(unicodedata.normalize("NFKC", said)):
        return [Reason(ReasonCode.EDITION_ONE_SIDED, f"片方だけに版がある({said})")]
    return []


def _pages(extent: str) -> int:
    """The most pages an extent names: "iv, [5]-215 p." → 215; 0 where it names none."""
    counted = _PAGES.match(unicodedata.normalize("NFKC", extent))
    return max((int(number) for number in re.findall(r"\d{1,4}", counted[0])), default=0) if counted else 0


def _weigh(a: Description, b: Description) -> tuple[int, tuple[Reason, ...]]:
    """Likeness in percent of what both sides say, and a sentence for each part."""
    likeness: dict[str, int] = {"title": _title_likeness(a.title, b.title)}
    reasons = [Reason(ReasonCode.TITLE, f"書名の一致度{likeness['title']}%({a.title.main}と{b.title.main})")]
    author = _author_likeness(a, b)
    if author is not None:
        likeness["author"] = author
        code = ReasonCode.AUTHOR if author >= ALIKE else ReasonCode.AUTHOR_DIFFERS
        reasons.append(Reason(code, f"著者の一致度{author}%"))
    if a.publisher and b.publisher:
        likeness["publisher"] = _publisher_likeness(a, b)
        code = ReasonCode.PUBLISHER if likeness["publisher"] >= ALIKE else ReasonCode.PUBLISHER_DIFFERS
        reasons.append(Reason(code, f"出版者の一致度{likeness['publisher']}%({a.publisher}と{b.publisher})"))
    if a.year and b.year:
        likeness["year"] = {0: 100, 1: 60}.get(abs(a.year - b.year), 0)
        equal = a.year == b.year
        detail = f"出版年が同じ({a.year})" if equal else f"出版年が違う({a.year}と{b.year})"
        reasons.append(Reason(ReasonCode.YEAR if equal else ReasonCode.YEAR_DIFFERS, detail))
    total = sum(_WEIGHTS[part] for part in likeness)
    weighed = round(sum(_WEIGHTS[part] * value for part, value in likeness.items()) / total)
    if total <= _WEIGHTS["title"] + _WEIGHTS["author"]:
        reasons.append(Reason(ReasonCode.LITTLE_KNOWN, "出版者も出版年も比べられない"))
    elif "year" not in likeness:
        reasons.append(Reason(ReasonCode.LITTLE_KNOWN, "出版年が比べられない"))
    return weighed if likeness["title"] >= TITLES_ALIKE else min(weighed, REVIEW_FROM - 1), tuple(reasons)


def _title_likeness(a: Title, b: Title) -> int:
    core_a, core_b = identity(a)[0], identity(b)[0]
    rest_a, rest_b = key(a.rest), key(b.rest)
    alike = max(_ratio(core_a, core_b), _ratio(core_a + rest_a, core_b + rest_b) if rest_a or rest_b else 0)
    if rest_a and rest_b and core_a == core_b and _ratio(rest_a, rest_b) < SAME_FROM and rest_a not in rest_b and rest_b not in rest_a:
        alike = min(alike, 85)  # one series title above two books
    if alike < TITLES_ALIKE and (_without_brackets(a) == core_b or _without_brackets(b) == core_a):
        alike = TITLES_ALIKE  # 「ぐりとぐら(こどものとも傑作集)」
    if alike < SAME_FROM and a.reading and b.reading:
        # Old and new kanji, or kana and kanji, of one title read alike; so do other titles at times, hence not in full.
        alike = max(alike, round(0.95 * _ratio(key(a.reading), key(b.reading))))
    return alike


def _without_brackets(title: Title) -> str:
    return key(_BRACKETED.sub("", unicodedata.normalize("NFKC", title.main)))


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
        alike = round(fuzz.token_sort_ratio(a.replace(",", " ").casefold(), b.replace(",", " ").casefold()))
    else:
        alike = _ratio(key(without_role(a)), key(without_role(b)))
    return max(alike, ONE_PERSON) if alike < ONE_PERSON and _may_be_one_person(a, b) else alike


def _may_be_one_person(a: str, b: str) -> bool:
    """ "Fedorov, A. V." and "Fedorov, Andreĭ Venediktovich": one family name, and initials that agree."""
    (family_a, _, given_a), (family_b, _, given_b) = a.partition(","), b.partition(",")
    names_a, names_b = ([name.rstrip(".").casefold() for name in given.split()] for given in (given_a, given_b))
    if not names_a or not names_b or not all(name[:1] < _LATIN_ENDS for name in (*names_a, *names_b)):
        return False
    agree = all(one.startswith(other) or other.startswith(one) for one, other in zip(names_a, names_b, strict=False))
    return agree and key(family_a) == key(family_b)


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
