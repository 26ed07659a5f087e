"""Copies of the invented editions on the shelves of the made-up ward: few titles in many copies, many in one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate, count
from random import Random

import msgspec

from library.demo.books.titles import Form, Publication, publications
from library.demo.people import FULL_SCHOOLS
from library.demo.ward import Branch, branches, organisations
from library.identity.card.number import check_digit
from library.places.models import BranchRole, SchoolKind

WARD_ITEMS = 12_600
FULL_SCHOOL_ITEMS = 640
OTHER_SCHOOL_ITEMS = 258
# The ward's oldest books still carry the six digits of its first system, so they collide with the schools' numbers.
SIX_DIGIT_ITEMS = 1_500
LATEST = date(2026, 9, 30)
OLDEST_ON_OPEN_SHELVES = 1985


class Area(msgspec.Struct, frozen=True):
    """A stretch of shelves."""

    code: str
    ja: str
    en: str


AREAS = (
    Area("general", "一般書", "General"),
    Area("paperback", "文庫", "Paperbacks"),
    Area("large_print", "大活字本", "Large print"),
    Area("reference", "参考図書", "Reference"),
    Area("stacks", "閉架書庫", "Closed stacks"),
    Area("children", "児童書", "Children's books"),
    Area("picture", "えほん", "Picture books"),
    Area("school", "学校図書館", "School library"),
)


class CallNumber(msgspec.Struct, frozen=True):
    """The label on the spine: 別置 (K, E, B, L, R), classification, first kana of the author, volume."""

    mark: str
    number: str
    author: str
    volume: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.mark + self.number, self.author, self.volume) if part)


class Holding(msgspec.Struct, frozen=True):
    """One copy. `publication` is `Publication.number`; the barcode is unique within the owning organisation only."""

    publication: int
    organisation: str
    branch: str
    barcode: str
    area: str
    call_number: CallNumber
    acquired_on: date
    price: int


_MARKS = {Form.JUVENILE: "K", Form.PICTURE_BOOK: "E", Form.PAPERBACK: "B", Form.LARGE_PRINT: "L"}
_REFERENCE = ("辞典", "事典", "字典", "年表", "目録")
_FORM_AREAS = {Form.JUVENILE: "children", Form.PICTURE_BOOK: "picture", Form.PAPERBACK: "paperback", Form.LARGE_PRINT: "large_print"}


def _is_reference(publication: Publication) -> bool:
    return publication.form is Form.HARDCOVER and any(word in publication.description.title.main for word in _REFERENCE)


def _call_number(publication: Publication, *, school: bool) -> CallNumber:
    description = publication.description
    number = description.classes[0].number if description.classes else ""
    mark = _MARKS.get(publication.form, "R" if _is_reference(publication) else "")
    author = description.agents[0].reading[:1]
    if publication.form is Form.PICTURE_BOOK:
        number = ""
    # Schools shelve by three digits.
    return CallNumber(mark, number[:3] if school else number, author, description.title.volume)


def _area(publication: Publication, branch: str, *, school: bool) -> str:
    if school:
        return "picture" if publication.form is Form.PICTURE_BOOK else "school"
    if branch == "chuo" and (publication.description.year or 0) < OLDEST_ON_OPEN_SHELVES:
        return "stacks"
    if _is_reference(publication):
        return "reference"
    return _FORM_AREAS.get(publication.form, "general")


def _acquired_on(publication: Publication, random: Random) -> date:
    """Mostly new, sometimes years later; never before it was published nor after `LATEST`."""
    published = date(publication.description.year or 2000, 12, 28)
    most = min(900 if random.random() < 0.8 else 6000, (LATEST - published).days)
    return published + timedelta(days=random.randint(0, most))


def _wanted(publication: Publication, kind: SchoolKind | None) -> float:
    """Zipf by rank; a school holds mainly what its pupils read."""
    weight = math.pow(publication.rank + 12, -0.8)
    if kind is SchoolKind.ELEMENTARY:
        return weight * (1 if publication.juvenile else 0.02)
    if kind is SchoolKind.JUNIOR_HIGH:
        return weight * (0 if publication.form is Form.PICTURE_BOOK else 1 if publication.juvenile else 0.5)
    return weight


def _pick(stock: Sequence[Publication], weights: Sequence[float], number: int, most: int, random: Random) -> Iterator[Publication]:
    """`number` copies by weight, of one edition at most `most`."""
    cumulative = list(accumulate(weights))
    copies: Counter[int] = Counter()
    left = number
    while left:
        for publication in random.choices(stock, cum_weights=cumulative, k=left):
            if copies[publication.number] < most:
                copies[publication.number] += 1
                left -= 1
                yield publication


def _ward_copies(stock: Sequence[Publication], random: Random) -> Iterator[tuple[Publication, str]]:
    """Nearly every edition stands somewhere in the ward, half of them at the central library; the rest by what readers want."""
    public = [branch for branch in branches() if ("ward", BranchRole.WARD_LIBRARY) in branch.organisations and branch.holds_stock]
    codes = [branch.code for branch in public]
    shares = [0.45 if code == "chuo" else 0.55 / (len(codes) - 1) for code in codes]
    base = [publication for publication in stock if random.random() < 0.93]
    yield from zip(base, random.choices(codes, shares, k=len(base)), strict=True)
    weights = [_wanted(publication, None) for publication in stock]
    left = WARD_ITEMS - len(base)
    for place, code in enumerate(codes):
        share = round(left * (place + 1) / len(codes)) - round(left * place / len(codes))
        for publication in _pick(stock, weights, share, 4 if code == "chuo" else 2, random):
            yield publication, code


def _ward_barcodes() -> Iterator[str]:
    for serial in count(1):
        body = f"3{serial:08d}"
        yield f"{serial:06d}" if serial <= SIX_DIGIT_ITEMS else body + check_digit(body)


def _ward(stock: Sequence[Publication], seed: int) -> Iterator[Holding]:
    random = Random(f"{seed}:holdings:ward")
    dated = [(_acquired_on(publication, random), publication, branch) for publication, branch in _ward_copies(stock, random)]
    dated.sort(key=lambda copy: (copy[0], copy[1].number, copy[2]))
    for barcode, (acquired_on, publication, branch) in zip(_ward_barcodes(), dated, strict=False):
        area = _area(publication, branch, school=False)
        yield Holding(
            publication.number, "ward", branch, barcode, area, _call_number(publication, school=False), acquired_on, publication.price
        )


def _school_branches() -> dict[str, Branch]:
    return {code: branch for branch in branches() for code, role in branch.organisations if role is BranchRole.SCHOOL_LIBRARY}


def _schools(stock: Sequence[Publication], seed: int) -> Iterator[Holding]:
    """Every school numbers its books from 000001."""
    weights = {kind: [_wanted(publication, kind) for publication in stock] for kind in SchoolKind}
    places = _school_branches()
    for school in organisations():
        if school.school is None:
            continue
        random = Random(f"{seed}:holdings:{school.code}")
        number = FULL_SCHOOL_ITEMS if school.code in FULL_SCHOOLS else OTHER_SCHOOL_ITEMS
        picked = _pick(stock, weights[school.school], number, 2, random)
        dated = sorted(
            ((_acquired_on(publication, random), publication.number, publication) for publication in picked), key=lambda copy: copy[:2]
        )
        branch = places[school.code].code
        for serial, (acquired_on, _, publication) in enumerate(dated, 1):
            area = _area(publication, branch, school=True)
            call_number = _call_number(publication, school=True)
            yield Holding(publication.number, school.code, branch, f"{serial:06d}", area, call_number, acquired_on, publication.price)


def holdings(seed: int) -> Iterator[Holding]:
    """Some 20,000 copies of `publications(seed)`, first the ward's, then each school's, each owner's in order of acquisition."""
    stock = [publication for publication in publications(seed) if not publication.electronic]
    yield from _ward(stock, seed)
    yield from _schools(stock, seed)
