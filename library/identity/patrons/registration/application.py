"""What somebody says of themselves at the desk, read from what was typed: values, or every problem at once. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from library import dates
from library.errors import N_, Invalid, Problem
from library.identity import mynumber
from library.identity.card.number import scanned_card
from library.identity.patrons import ages, names
from library.identity.patrons.words import CONTACTS, PROOFS
from library.identity.signing_in.sessions import fold

# A card's number is scanned, not told; the note may hold any twelve digits, so it is warned of instead of refused.
TOLD = (
    *("family_name", "given_name", "family_reading", "given_reading", "birth_date", "address", "phone", "mail"),
    *("affiliation", "guardian_name", "valid_to"),
)
TYPED = (*TOLD, "organisation", "category", "card", "guardian_card", "contact_by", "home_branch", "proof", "note")

WARD_CATEGORIES = ("resident", "commuter", "student", "neighbour", "child", "group", "accessibility", "interlibrary", "staff")
SCHOOL_CATEGORIES = ("pupil", "teacher", "staff")
BODIES = frozenset({"group", "interlibrary", "school"})  # no humans: no birthday, no age
ELSEWHERE = frozenset({"commuter", "student"})  # entitled by where they work or study
CHILDREN = frozenset({"resident", "student", "neighbour"})  # who of these has not left elementary school is a child
NO_PROOF = BODIES | {"child", "pupil", "teacher", "staff"}

# How long a registration lasts, in years; None: as long as somebody belongs.
VALIDITY: dict[str, int | None] = {
    "resident": 2,
    "commuter": 2,
    "student": 2,
    "neighbour": 2,
    "child": 2,
    "group": 2,
    "accessibility": 2,
    "school": None,
    "pupil": None,
    "teacher": None,
    "interlibrary": None,
    "staff": None,
}
LONGEST_YEARS = 10
_LONGEST = {"family_name": 100, "given_name": 100, "family_reading": 100, "given_reading": 100, "address": 300, "affiliation": 200}
_LONGEST |= {"guardian_name": 200, "note": 2000, "mail": 254}


@dataclass(frozen=True)
class Likeness:
    """By what somebody may be known already; "" and None for what has not been said (yet)."""

    family_name: str
    given_name: str
    sort_key: str
    birth_date: date | None
    phone: str
    address: str


@dataclass(frozen=True)
class Application:
    """A person and the membership asked for. Numbers of cards are as looked up; `home_branch` is a code, "" for none."""

    family_name: str
    given_name: str
    family_reading: str
    given_reading: str
    birth_date: date | None
    category: str
    address: str
    phone: str
    mail: str
    affiliation: str
    guardian_name: str
    guardian_card: str
    contact_by: str
    home_branch: str
    proof: str
    valid_to: date | None
    card: str
    note: str

    @property
    def name(self) -> str:
        return names.whole(self.family_name, self.given_name)

    @property
    def reading(self) -> str:
        return names.whole(self.family_reading, self.given_reading)

    @property
    def sort_key(self) -> str:
        return names.sort_key(name=self.name, reading=self.reading)

    @property
    def likeness(self) -> Likeness:
        return Likeness(self.family_name, self.given_name, self.sort_key, self.birth_date, self.phone, self.address)


class Sheet:
    """The typed fields while they are read; collects what is wrong with them."""

    def __init__(self, typed: Mapping[str, str], *, lenient: bool) -> None:
        self.typed = {name: typed.get(name, "").strip() for name in TYPED}
        self.lenient = lenient
        self.problems: list[Problem] = []

    def missing(self, where: str, code: str, sentence: str) -> None:
        """Notes that something is not said, which is a problem at a registration only."""
        if not self.lenient:
            self.wrong(where, code, sentence)

    def wrong(self, where: str, code: str, sentence: str, **fields: str | int) -> None:
        """Notes a problem, one a field: the first is the one to mend first."""
        if all(problem.where != where for problem in self.problems):
            self.problems.append(Problem(where, code, sentence, **fields))


def categories(kind: str) -> tuple[str, ...]:
    """What somebody can be to an organisation of this kind."""
    return SCHOOL_CATEGORIES if kind == "school" else WARD_CATEGORIES


def holding_a_number(typed: Mapping[str, str]) -> frozenset[str]:
    """The fields that seem to hold an Individual Number: nothing of them may be kept or shown again."""
    return frozenset(name for name in TOLD if mynumber.occurs_in(typed.get(name, "")))


def read(
    typed: Mapping[str, str],
    *,
    kind: str,
    today: date,
    note_confirmed: bool = False,
    known: str = "",
) -> tuple[Application | None, tuple[Problem, ...]]:
    """The application, or None with every problem in the order of the form.

    `kind` is the organisation's; `note_confirmed`: twelve digits in the note are known to be something else; `known`: the category of
    somebody registered before, for whom what an older file did not say (a birthday, a reading) is no problem now.
    """
    sheet = Sheet(typed, lenient=bool(known))
    for name in holding_a_number(sheet.typed):
        sheet.wrong(name, "my_number", N_("12桁の個人番号（マイナンバー）と思われる数字は登録できません。消しました。"))
        sheet.typed[name] = ""
    for name, most in _LONGEST.items():
        if len(sheet.typed[name]) > most:
            sheet.wrong(name, "too_long", N_("長すぎます。{most}文字までです。"), most=most)
    birth = _birth_date(sheet, today)
    category = _category(sheet, (*categories(kind), *filter(None, [known])), birth, today)
    values = _names(sheet) | _contact(sheet) | _cards(sheet, category, grown=birth is not None and birth <= ages.of_age_when_born_by(today))
    note = _note(sheet, confirmed=note_confirmed)
    application = Application(
        birth_date=birth,
        category=category,
        address=names.tidy(sheet.typed["address"]),
        affiliation=_affiliation(sheet, category),
        home_branch=sheet.typed["home_branch"],
        proof=_proof(sheet, category),
        valid_to=_valid_to(sheet, category, today),
        note=note,
        **values,
    )
    order = {name: place for place, name in enumerate(ORDER)}
    found = tuple(sorted(sheet.problems, key=lambda problem: order.get(problem.where, len(order))))
    return (None if found else application), found


def glanced(typed: Mapping[str, str], *, today: date) -> Likeness:
    """What can be told from a form that is still being typed."""
    sheet = Sheet(typed, lenient=True)
    for name in holding_a_number(sheet.typed):
        sheet.typed[name] = ""
    said = _names(sheet) | _contact(sheet)
    key = names.sort_key(
        name=names.whole(said["family_name"], said["given_name"]), reading=names.whole(said["family_reading"], said["given_reading"])
    )
    return Likeness(said["family_name"], said["given_name"], key, _birth_date(sheet, today), said["phone"], sheet.typed["address"])


ORDER = (
    *("organisation", "family_name", "given_name", "family_reading", "given_reading", "birth_date", "category", "affiliation"),
    *("guardian_card", "guardian_name", "address", "phone", "mail", "contact_by", "home_branch", "proof", "card", "valid_to", "note"),
)


def _names(sheet: Sheet) -> dict[str, str]:
    family, given = names.parted(sheet.typed["family_name"], sheet.typed["given_name"])
    family_reading, given_reading = names.parted(names.reading(sheet.typed["family_reading"]), names.reading(sheet.typed["given_reading"]))
    if not family:
        sheet.wrong("family_name", "name_missing", N_("氏名を入れてください。"))
    for name, part, read_as in (("family", family, family_reading), ("given", given, given_reading)):
        if read_as and not (names.is_reading(read_as)):
            sheet.wrong(f"{name}_reading", "reading_form", N_("フリガナは、かなで入れてください。"))
        elif names.is_japanese(part) and not read_as:
            sheet.missing(f"{name}_reading", "reading_missing", N_("フリガナを入れてください。"))
    return {"family_name": family, "given_name": given, "family_reading": family_reading, "given_reading": given_reading}


def _birth_date(sheet: Sheet, today: date) -> date | None:
    if not sheet.typed["birth_date"]:
        return None
    try:
        return ages.birth_date(sheet.typed["birth_date"], today=today)
    except Invalid as exc:
        sheet.problems.append(Problem("birth_date", exc.code, exc.sentence, **exc.fields))
        return None


def _category(sheet: Sheet, offered: tuple[str, ...], birth: date | None, today: date) -> str:
    chosen = sheet.typed["category"] or offered[0]
    if chosen not in offered:
        sheet.wrong("category", "category_unknown", N_("この区分は選べません。"))
        return offered[0]
    if birth is None:
        if chosen not in BODIES:
            sheet.missing("birth_date", "birth_date_missing", N_("生年月日を入れてください。"))
        return chosen
    child = ages.is_child(birth, today)
    if chosen == "child" and not child:
        sheet.wrong("category", "not_a_child", N_("児童は小学生までです。この人は{age}歳です。"), age=ages.age(birth, today))
    return "child" if child and chosen in CHILDREN else chosen


def _affiliation(sheet: Sheet, category: str) -> str:
    given = names.tidy(sheet.typed["affiliation"])
    if category in ELSEWHERE and not given:
        sheet.missing("affiliation", "affiliation_missing", N_("在勤・在学の人は、勤め先か学校を入れてください。"))
    return given


def _contact(sheet: Sheet) -> dict[str, str]:
    phone = re.sub(r"[‐‑‒–—―−ー]", "-", unicodedata.normalize("NFKC", sheet.typed["phone"])).strip()
    digits = re.sub(r"\D", "", phone)
    if phone and not (re.fullmatch(r"\+?[0-9() -]+", phone) and (len(digits) in (10, 11) or (phone[0] == "+" and 8 <= len(digits) <= 15))):
        sheet.wrong("phone", "phone_form", N_("電話番号が読めません。市外局番から入れてください。"))
    mail = unicodedata.normalize("NFKC", sheet.typed["mail"])
    if mail and not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+", mail):
        sheet.wrong("mail", "mail_form", N_("メールアドレスが読めません。"))
    by = sheet.typed["contact_by"] or "none"
    if by not in CONTACTS:
        sheet.wrong("contact_by", "contact_unknown", N_("この連絡方法は選べません。"))
    elif by == "mail" and not mail:
        sheet.wrong("mail", "mail_missing", N_("メールで連絡するには、メールアドレスがいります。"))
    elif by == "phone" and not phone:
        sheet.wrong("phone", "phone_missing", N_("電話で連絡するには、電話番号がいります。"))
    return {"phone": phone, "mail": mail, "contact_by": by}


def _cards(sheet: Sheet, category: str, *, grown: bool) -> dict[str, str]:
    numbers = {}
    if grown and sheet.typed["guardian_card"]:
        sheet.wrong("guardian_card", "guardian_of_adult", N_("18歳以上の人には、保護者のカードを付けられません。"))
    for name in ("card", "guardian_card"):
        try:
            numbers[name] = card_number(sheet.typed[name])
        except Invalid as exc:
            sheet.wrong(name, exc.code, exc.sentence)
    guardian_name = names.tidy(sheet.typed["guardian_name"])
    if category == "child" and not sheet.typed["guardian_card"] and not guardian_name:
        sheet.missing("guardian_card", "guardian_missing", N_("小学生以下の人は、保護者のカード番号か氏名を入れてください。"))
    return {"card": "", "guardian_card": "", "guardian_name": guardian_name} | numbers


def card_number(written: str) -> str:
    """A card's number as it is stored and signed in with, "" for none; raises Invalid for a book's bar code and the like."""
    return fold(scanned_card(written)) if written.strip() else ""


def _proof(sheet: Sheet, category: str) -> str:
    given = sheet.typed["proof"]
    if given and given not in PROOFS:
        sheet.wrong("proof", "proof_unknown", N_("この確認書類は選べません。"))
    if category in NO_PROOF:
        return given or "none"
    if given in ("", "none"):
        sheet.missing("proof", "proof_missing", N_("氏名と住所を確かめた書類の種類を選んでください。"))
    return given


def _valid_to(sheet: Sheet, category: str, today: date) -> date | None:
    written = sheet.typed["valid_to"]
    if not written:
        return default_validity(category, today)
    day = dates.day(written)
    if day is None:
        sheet.wrong("valid_to", "not_a_day", N_("日付として読めません。"))
    elif not today <= day <= ages.years_later(today, LONGEST_YEARS):
        sheet.wrong("valid_to", "validity_range", N_("有効期限は、今日から{years}年先までの日にしてください。"), years=LONGEST_YEARS)
    return day


def default_validity(category: str, today: date) -> date | None:
    """The last day of a registration that begins or is renewed today; None for one without an end."""
    years = VALIDITY[category]
    return None if years is None else ages.years_later(today, years)


def _note(sheet: Sheet, *, confirmed: bool) -> str:
    note = sheet.typed["note"]
    if mynumber.occurs_in(note) and not confirmed:
        sheet.wrong(
            "note",
            "my_number_in_note",
            N_("備考に個人番号（マイナンバー）かもしれない12桁の数字があります。消すか、別の番号であることを確かめてください。"),
        )
    return note
