"""Where copies can be kept and by whom, what a spine label says, and barcodes as they leave a scanner. Reads only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select

from catalog.description import Audience, Description, Material
from catalog.matching.normal import isbn13
from catalog.matching.volume import volume_token
from catalog.records.composing import class_number
from library import clock
from library.db import Reading
from library.errors import N_, Invalid
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer
from library.places.models import Branch, BranchOrganisation, BranchRole, Organisation, ShelfArea

LONGEST_BARCODE = 40
PICTURE_BOOKS = "726.6"

_SCANNED = re.compile(r"[A-Da-d]([0-9$:/.+-]+)[A-Da-d]")  # NW-7 with its start and stop letters
_BARCODE = re.compile(r"[0-9A-Za-z$:/.+_-]+")
_SECOND_ROW = re.compile(r"19[12]\d{10}")  # the lower bar code on a jacket: classification and price
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_VOICED = str.maketrans(
    "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴァィゥェォッャュョヮ",
    "カキクケコサシスセソタチツテトハヒフヘホハヒフヘホウアイウエオツヤユヨワ",
)


@dataclass(frozen=True)
class Owner:
    """An organisation that keeps copies at a branch."""

    id: int
    code: str
    name: Mapping[str, str]
    is_school: bool


@dataclass(frozen=True)
class Area:
    id: int
    code: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class Shelves:
    """A branch with those who keep copies there and its shelf areas."""

    id: int
    code: str
    name: Mapping[str, str]
    owners: tuple[Owner, ...]
    areas: tuple[Area, ...]

    def owner(self, code: str) -> Owner:
        """The owner by its code; without a code the first one. Raises Invalid naming an unknown code."""
        found = next((one for one in self.owners if not code or one.code == code), None)
        if found is None:
            raise Invalid("unknown_owner", N_("「{owner}」はこの館の所蔵者ではありません。"), where="owner", owner=code)
        return found

    def area(self, code: str) -> Area | None:
        if not code:
            return None
        found = next((one for one in self.areas if one.code == code), None)
        if found is None:
            raise Invalid("unknown_shelf_area", N_("この館に「{area}」という配架場所はありません。"), where="shelf_area", area=code)
        return found


async def shelves(session: Reading, *, branch_ids: Iterable[int] | None = None) -> list[Shelves]:
    """Every branch that keeps stock today, by its number."""
    today = clock.now().date()
    within = (or_(Branch.valid_from.is_(None), Branch.valid_from <= today), or_(Branch.valid_to.is_(None), Branch.valid_to >= today))
    chosen = [Branch.id.in_(list(branch_ids))] if branch_ids is not None else []
    branches = (await session.scalars(select(Branch).where(Branch.holds_stock, *within, *chosen).order_by(Branch.number))).all()
    joined = await session.execute(
        select(BranchOrganisation.branch_id, BranchOrganisation.role, Organisation)
        .join(Organisation, Organisation.id == BranchOrganisation.organisation_id)
        .order_by(BranchOrganisation.role.desc(), Organisation.id)
    )
    owners: dict[int, list[Owner]] = {}
    for row in joined:
        one = row.Organisation
        is_school = row.role == BranchRole.SCHOOL_LIBRARY.value
        owners.setdefault(row.branch_id, []).append(Owner(one.id, one.code, one.name, is_school))
    areas: dict[int, list[Area]] = {}
    for area in await session.scalars(select(ShelfArea).order_by(ShelfArea.id)):
        areas.setdefault(area.branch_id, []).append(Area(area.id, area.code, area.name))
    return [Shelves(one.id, one.code, one.name, tuple(owners.get(one.id, ())), tuple(areas.get(one.id, ()))) for one in branches]


def within_reach(every: Iterable[Shelves], viewer: Viewer, permission: Permission) -> list[Shelves]:
    """Branches where a viewer may do something, with only the owners for whom."""
    reached: list[Shelves] = []
    for one in every:
        owners = tuple(owner for owner in one.owners if viewer.can(permission, Place(frozenset({owner.id}), one.id)))
        if owners:
            reached.append(Shelves(one.id, one.code, one.name, owners, one.areas))
    return reached


def by_code(every: Iterable[Shelves], code: str) -> Shelves:
    """The branch with this code; raises Invalid naming it when there is none."""
    found = next((one for one in every if one.code == code), None)
    if found is None:
        raise Invalid("unknown_branch", N_("「{branch}」という館はありません。"), where="branch", branch=code)
    return found


def scanned(text: str) -> str:
    """A barcode as stored: without a scanner's start and stop letters. Raises Invalid for what is no item's barcode."""
    barcode = "".join(unicodedata.normalize("NFKC", text).split())
    framed = _SCANNED.fullmatch(barcode)
    barcode = framed[1] if framed else barcode
    if not barcode:
        raise Invalid("barcode_missing", N_("バーコードを読み取ってください。"), where="barcode")
    if len(barcode) > LONGEST_BARCODE or not _BARCODE.fullmatch(barcode):
        raise Invalid("barcode_form", N_("バーコードに使えるのは40文字までの英数字と記号（- $ : / . + _）です。"), where="barcode")
    if len(barcode) == 13 and (isbn13(barcode) or _SECOND_ROW.fullmatch(barcode)):
        raise Invalid(
            "barcode_is_isbn", N_("これは本に印刷されたバーコードです。図書館で貼ったバーコードを読み取ってください。"), where="barcode"
        )
    return barcode


@dataclass(frozen=True)
class Label:
    """What stands on a spine: 別置, 分類, 図書記号, 巻冊."""

    location_mark: str = ""
    class_mark: str = ""
    author_mark: str = ""
    volume_mark: str = ""


# School libraries sort by three digits (学校図書館's usual 三次区分), the ward's by the full number.
SCHOOL_DIGITS = 3


def label_of(description: Description, *, school: bool) -> Label:
    """The label a library would write: NDC and the first kana of the author, 「K 913.6 ミ 2」."""
    number = class_number(description)
    picture_book = number.startswith(PICTURE_BOOKS) and description.audience is Audience.CHILDREN
    if picture_book:
        place, number = "E", ""
    elif description.audience is Audience.CHILDREN and not school:
        place = "K"
    else:
        place = ""
    return Label(place, number[:SCHOOL_DIGITS] if school else number, author_mark(description), volume_token(description.title.volume))


def author_mark(description: Description) -> str:
    """The first kana of the author's reading, else of the title's; a Latin letter where there is no kana."""
    main = next((agent for agent in description.agents if agent.main), None) or next(iter(description.agents), None)
    readings = [main.reading, main.romaji, main.name] if main else []
    if description.material is Material.SERIAL:
        readings = []
    for reading in (*readings, description.title.reading, description.title.main):
        first = unicodedata.normalize("NFKC", reading).strip()[:1].translate(_HIRAGANA).translate(_VOICED).upper()
        if first and ("ァ" <= first <= "ヶ" or "A" <= first <= "Z"):
            return first
    return ""
