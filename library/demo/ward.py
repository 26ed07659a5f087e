"""こもれび区, a ward that exists nowhere: its libraries, schools, school classes, opening hours and closed days as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from enum import StrEnum

import msgspec

from library.places.models import BranchRole, OrganisationKind, SchoolKind, SchoolMode


class BranchKind(StrEnum):
    """What a branch is, taken together: the tables say it by its organisations and by whether it holds stock."""

    LIBRARY = "library"
    SCHOOL_LIBRARY = "school_library"
    JOINT_USE = "joint_use"
    COUNTER = "counter"


class Name(msgspec.Struct, frozen=True):
    """`reading` is katakana, in words."""

    ja: str
    reading: str
    en: str


class SchoolClass(msgspec.Struct, frozen=True):
    """`grade` is P1…P6 or J1…J3; `section` counts from 1."""

    code: str
    grade: str
    section: int
    name: str


class Organisation(msgspec.Struct, frozen=True):
    """`number` is 100 for the ward and above 100 for a school. No school has a number of the ministry: none is invented."""

    code: str
    number: int
    kind: OrganisationKind
    name: Name
    address: str
    school: SchoolKind | None = None
    mode: SchoolMode | None = None
    mext_code: str | None = None
    classes: tuple[SchoolClass, ...] = ()


class Hours(msgspec.Struct, frozen=True):
    """One weekday (0 = Monday), local time."""

    weekday: int
    opens: time
    closes: time


class Holidays(msgspec.Struct, frozen=True):
    """Days closed every year from one (month, day) to another, both included; may run over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]
    reason: str

    def includes(self, day: date) -> bool:
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


class Branch(msgspec.Struct, frozen=True):
    """A place that lends. `tidying` is the weekday whose third occurrence in a month is for putting shelves in order (館内整理日)."""

    code: str
    number: int
    kind: BranchKind
    name: Name
    address: str
    organisations: tuple[tuple[str, BranchRole], ...]
    hours: tuple[Hours, ...]
    holidays: tuple[Holidays, ...]
    tidying: int | None = None

    @property
    def holds_stock(self) -> bool:
        return self.kind is not BranchKind.COUNTER


WARD_NAME = Name("こもれび区", "コモレビク", "Komorebi Ward")
LIBRARY_NAME = Name("こもれび区立図書館", "コモレビ クリツ トショカン", "Komorebi Ward Libraries")

_NEW_YEAR = Holidays((12, 29), (1, 3), "年末年始")
_SCHOOL_HOLIDAYS = (
    Holidays((7, 21), (8, 31), "夏休み"),
    Holidays((12, 26), (1, 7), "冬休み"),
    Holidays((3, 26), (4, 5), "春休み"),
)
_THURSDAY, _FRIDAY = 3, 4


def _every(weekdays: tuple[int, ...], opens: time, closes: time) -> tuple[Hours, ...]:
    return tuple(Hours(weekday, opens, closes) for weekday in weekdays)


def _week(closed: int | None, *, evening: int = 20) -> tuple[Hours, ...]:
    """Longer on weekdays than at the weekend, closed on one weekday."""
    weekdays = tuple(day for day in range(5) if day != closed)
    weekend = tuple(day for day in (5, 6) if day != closed)
    return _every(weekdays, time(9), time(evening)) + _every(weekend, time(9), time(18))


_SCHOOL_WEEK = _every((0, 1, 2, 3, 4), time(8, 30), time(16, 30))
_COUNTER_WEEK = _every((0, 1, 2, 3, 4), time(7, 30), time(21, 30)) + _every((5, 6), time(9), time(19))

# code, name, reading, English, address, weekday closed (None: open every day), evening hour
_LIBRARIES = (
    ("chuo", "中央", "チュウオウ", "Central", "大時計一丁目1番1号", None, 21),
    ("suisha", "水車橋", "スイシャバシ", "Suishabashi", "水車橋二丁目5番3号", 0, 20),
    ("hoshimi", "星見坂", "ホシミザカ", "Hoshimizaka", "星見坂四丁目12番8号", 0, 20),
    ("sugi", "三本杉", "サンボンスギ", "Sanbonsugi", "三本杉一丁目20番15号", 1, 19),
    ("kazami", "風見が丘", "カザミガオカ", "Kazamigaoka", "風見が丘三丁目7番2号", 0, 20),
    ("ishi", "石だたみ", "イシダタミ", "Ishidatami", "石だたみ二丁目9番6号", 1, 19),
    ("furuido", "古井戸", "フルイド", "Furuido", "古井戸五丁目3番11号", 0, 19),
    ("watashi", "渡し場", "ワタシバ", "Watashiba", "渡し場一丁目14番4号", 2, 20),
)

# name, reading, English, address, sections a grade
_ELEMENTARY = (
    ("水車橋", "スイシャバシ", "Suishabashi", "水車橋一丁目2番10号", 2),
    ("星見坂", "ホシミザカ", "Hoshimizaka", "星見坂二丁目8番1号", 2),
    ("若葉通り", "ワカバドオリ", "Wakaba-dori", "若葉通り三丁目1番5号", 1),
    ("三本杉", "サンボンスギ", "Sanbonsugi", "三本杉二丁目6番9号", 2),
    ("ひなた台", "ヒナタダイ", "Hinatadai", "ひなた台一丁目3番1号", 2),
    ("風見が丘", "カザミガオカ", "Kazamigaoka", "風見が丘一丁目15番4号", 3),
    ("石だたみ", "イシダタミ", "Ishidatami", "石だたみ一丁目4番7号", 1),
    ("古井戸", "フルイド", "Furuido", "古井戸三丁目11番2号", 2),
    ("どんぐり山", "ドングリヤマ", "Donguriyama", "どんぐり山二丁目2番2号", 1),
    ("せせらぎ", "セセラギ", "Seseragi", "せせらぎ一丁目9番3号", 2),
    ("望遠鏡前", "ボウエンキョウマエ", "Boenkyo-mae", "望遠鏡前一丁目5番5号", 1),
    ("麦ばたけ", "ムギバタケ", "Mugibatake", "麦ばたけ四丁目1番8号", 2),
    ("北の森", "キタノモリ", "Kitanomori", "北の森二丁目10番1号", 3),
    ("花時計", "ハナドケイ", "Hanadokei", "花時計一丁目7番3号", 1),
    ("鐘つき堂", "カネツキドウ", "Kanetsukido", "鐘つき堂三丁目3番6号", 2),
    ("糸ぐるま", "イトグルマ", "Itoguruma", "糸ぐるま二丁目12番4号", 1),
    ("渡し場", "ワタシバ", "Watashiba", "渡し場三丁目2番9号", 2),
    ("木もれ陽学園", "コモレビ ガクエン", "Komorebi Gakuen", "大時計四丁目6番1号", 2),
)
_JUNIOR_HIGH = (
    ("星見坂", "ホシミザカ", "Hoshimizaka", "星見坂三丁目4番4号", 2),
    ("水車橋", "スイシャバシ", "Suishabashi", "水車橋四丁目1番6号", 2),
    ("けやき広場", "ケヤキ ヒロバ", "Keyaki-hiroba", "けやき広場一丁目2番1号", 3),
    ("風見が丘", "カザミガオカ", "Kazamigaoka", "風見が丘二丁目9番9号", 3),
    ("北の森", "キタノモリ", "Kitanomori", "北の森三丁目5番7号", 2),
    ("渡し場", "ワタシバ", "Watashiba", "渡し場二丁目8番3号", 1),
    ("大時計", "オオドケイ", "Odokei", "大時計三丁目3番3号", 3),
    ("木もれ陽学園", "コモレビ ガクエン", "Komorebi Gakuen", "大時計四丁目6番1号", 2),
)
_COEXISTING = frozenset({"s12", "s13", "s14", "s15", "j06", "j07"})

JOINT_ELEMENTARY, JOINT_JUNIOR_HIGH = "s05", "j03"
COMBINED = ("s18", "j08")


def _classes(code: str, kind: SchoolKind, sections: int) -> tuple[SchoolClass, ...]:
    letter, grades = ("P", 6) if kind is SchoolKind.ELEMENTARY else ("J", 3)
    return tuple(
        SchoolClass(f"{code}-{letter}{grade}-{section}", f"{letter}{grade}", section, f"{grade}年{section}組")
        for grade in range(1, grades + 1)
        for section in range(1, sections + 1)
    )


def _school(code: str, number: int, kind: SchoolKind, row: tuple[str, str, str, str, int]) -> Organisation:
    place, reading, english, address, sections = row
    if kind is SchoolKind.ELEMENTARY:
        suffix = ("小学校", "ショウガッコウ", "Elementary School")
    else:
        suffix = ("中学校", "チュウガッコウ", "Junior High School")
    return Organisation(
        code=code,
        number=number,
        kind=OrganisationKind.SCHOOL,
        name=Name(f"{WARD_NAME.ja}立{place}{suffix[0]}", f"コモレビ クリツ {reading} {suffix[1]}", f"{english} {suffix[2]}"),
        address=f"{WARD_NAME.ja}{address}",
        school=kind,
        mode=SchoolMode.COEXIST if code in _COEXISTING else SchoolMode.REPLACE,
        classes=_classes(code, kind, sections),
    )


def organisations() -> tuple[Organisation, ...]:
    """The ward (code `ward`), 18 elementary schools (s01…s18) and 8 junior high schools (j01…j08)."""
    ward = Organisation("ward", 100, OrganisationKind.WARD, WARD_NAME, f"{WARD_NAME.ja}大時計一丁目1番1号")
    elementary = [_school(f"s{n:02d}", 100 + n, SchoolKind.ELEMENTARY, row) for n, row in enumerate(_ELEMENTARY, 1)]
    junior_high = [_school(f"j{n:02d}", 118 + n, SchoolKind.JUNIOR_HIGH, row) for n, row in enumerate(_JUNIOR_HIGH, 1)]
    return (ward, *elementary, *junior_high)


def _library(number: int, row: tuple[str, str, str, str, str, int | None, int]) -> Branch:
    code, place, reading, english, address, closed, evening = row
    return Branch(
        code=code,
        number=number,
        kind=BranchKind.LIBRARY,
        name=Name(f"{place}図書館", f"{reading} トショカン", f"{english} Library"),
        address=f"{WARD_NAME.ja}{address}",
        organisations=(("ward", BranchRole.WARD_LIBRARY),),
        hours=_week(closed, evening=evening),
        holidays=(_NEW_YEAR,),
        tidying=_THURSDAY,
    )


def _joint(code: str, number: int, name: Name, school: str, address: str) -> Branch:
    return Branch(
        code=code,
        number=number,
        kind=BranchKind.JOINT_USE,
        name=name,
        address=f"{WARD_NAME.ja}{address}",
        organisations=(("ward", BranchRole.WARD_LIBRARY), (school, BranchRole.SCHOOL_LIBRARY)),
        hours=_week(0, evening=19),
        holidays=(_NEW_YEAR,),
        tidying=_FRIDAY,
    )


def _school_library(number: int, owners: tuple[Organisation, ...]) -> Branch:
    """One school's library, or the one library of a school whose elementary and junior high parts share a house."""
    first = owners[0]
    if len(owners) == 1:
        code, name = first.code, Name(f"{first.name.ja}図書館", f"{first.name.reading} トショカン", f"{first.name.en} Library")
    else:
        code, name = "gakuen", Name("木もれ陽学園図書館", "コモレビ ガクエン トショカン", "Komorebi Gakuen Library")
    return Branch(
        code=code,
        number=number,
        kind=BranchKind.SCHOOL_LIBRARY,
        name=name,
        address=first.address,
        organisations=tuple((owner.code, BranchRole.SCHOOL_LIBRARY) for owner in owners),
        hours=_SCHOOL_WEEK,
        holidays=_SCHOOL_HOLIDAYS,
    )


def branches() -> tuple[Branch, ...]:
    """Nine ward libraries (the ninth inside an elementary school), a counter without stock, the joint-use place on a junior high
    school's site, and the libraries of the other schools. The two joint-use places are their schools' libraries."""
    libraries = [_library(number, row) for number, row in enumerate(_LIBRARIES, 1)]
    hinata = Name("ひなた台図書館", "ヒナタダイ トショカン", "Hinatadai Library")
    keyaki = Name("けやき広場図書館", "ケヤキ ヒロバ トショカン", "Keyaki-hiroba Library")
    counter = Branch(
        code="ekimae",
        number=10,
        kind=BranchKind.COUNTER,
        name=Name("こもれび駅前図書カウンター", "コモレビ エキマエ トショ カウンター", "Komorebi Station Counter"),
        address=f"{WARD_NAME.ja}大時計一丁目8番12号",
        organisations=(("ward", BranchRole.WARD_LIBRARY),),
        hours=_COUNTER_WEEK,
        holidays=(_NEW_YEAR,),
    )
    schools = {school.code: school for school in organisations() if school.school is not None}
    alone = [school for code, school in schools.items() if code not in {JOINT_ELEMENTARY, JOINT_JUNIOR_HIGH, *COMBINED}]
    return (
        *libraries,
        _joint("hinata", 9, hinata, JOINT_ELEMENTARY, "ひなた台一丁目3番1号"),
        counter,
        _joint("keyaki", 11, keyaki, JOINT_JUNIOR_HIGH, "けやき広場一丁目2番1号"),
        *(_school_library(school.number - 80, (school,)) for school in alone),
        _school_library(38, tuple(schools[code] for code in COMBINED)),
    )


def closed_days(branch: Branch, first: date, last: date) -> Iterator[tuple[date, str]]:
    """Each day from `first` to `last` on which the branch is closed, with the reason as readers read it."""
    open_weekdays = {hours.weekday for hours in branch.hours}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        holiday = next((holidays for holidays in branch.holidays if holidays.includes(day)), None)
        if holiday is not None:
            yield day, holiday.reason
        elif day.weekday() not in open_weekdays:
            yield day, "休館日"
        elif day.weekday() == branch.tidying and 15 <= day.day <= 21:
            yield day, "館内整理日"
