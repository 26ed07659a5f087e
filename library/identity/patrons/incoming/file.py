"""Patrons as files of other systems hold them: which columns there are, and what a row says. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from library import kana, tabular
from library.errors import N_, Field, Invalid
from library.identity import mynumber
from library.identity.signing_in.sessions import fold

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("利用者番号", "利用者コード", "利用者ID", "会員番号", "user_number", "patron_number"),
    "card": ("カード番号", "利用者カード番号", "利用カード番号", "card_number", "library_card"),
    "name": ("氏名", "名前", "利用者名", "氏名漢字", "児童生徒氏名", "full_name"),
    "family_name": ("姓", "氏", "苗字", "last_name", "family_name"),
    "given_name": ("名", "first_name", "given_name"),
    "reading": (
        "フリガナ",
        "氏名カナ",
        "カナ氏名",
        "氏名フリガナ",
        "氏名ヨミ",
        "ヨミガナ",
        "よみがな",
        "ふりがな",
        "full_name_transcription",
    ),
    "family_reading": ("セイ", "姓カナ", "姓フリガナ", "last_name_transcription"),
    "given_reading": ("メイ", "名カナ", "名フリガナ", "first_name_transcription"),
    "birth_date": ("生年月日", "誕生日", "date_of_birth", "birthday"),
    "category": ("区分", "利用者区分", "利用者種別", "user_group"),
    "grade": ("学年",),
    "class": ("組", "クラス", "学級"),
    "roll_number": ("出席番号", "出席番"),
    "phone": ("電話", "電話番号", "TEL", "telephone", "telephone_number"),
    "mail": ("メール", "メールアドレス", "Eメール", "email", "e-mail"),
    "address": ("住所", "現住所"),
    "valid_to": ("有効期限", "有効期限日", "利用期限", "expired_at", "expires"),
    "note": ("備考", "メモ", "memo"),
    "password": ("パスワード", "暗証番号", "PIN"),
    "my_number": ("マイナンバー", "個人番号", "individual_number"),
}
REGISTRATION = tuple(column for column in COLUMNS if column not in ("note", "password", "my_number"))

CATEGORIES: dict[str, str] = {
    "在住": "resident",
    "一般": "resident",
    "区内在住": "resident",
    "在勤": "commuter",
    "在学": "student",
    "広域": "neighbour",
    "区外": "neighbour",
    "児童": "child",
    "団体": "group",
    "学校": "school",
    "児童生徒": "pupil",
    "生徒": "pupil",
    "教職員": "teacher",
    "教員": "teacher",
    "障害者サービス": "accessibility",
    "相互貸借館": "interlibrary",
    "職員": "staff",
} | {
    code: code
    for code in (
        "resident",
        "commuter",
        "student",
        "neighbour",
        "child",
        "group",
        "school",
        "pupil",
        "teacher",
        "accessibility",
        "interlibrary",
        "staff",
    )
}
_PLAIN_CATEGORIES = {tabular.plain(word): code for word, code in CATEGORIES.items()}
_NUMBER = re.compile(r"[0-9a-z][0-9a-z_-]{0,39}")
_GRADE = re.compile(r"([pjh小中高]?)(\d)(?:年生?)?")
_STAGES = {"p": "P", "小": "P", "j": "J", "中": "J", "h": "H", "高": "H"}


@dataclass(frozen=True)
class Finding:
    """Something about a row that a person should know: rejected rows stay out, warned ones come in. Never holds the cell itself."""

    row: int
    column: str
    code: str
    sentence: str
    rejects: bool = True
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A row as values; None where the file says nothing, which leaves what is known as it is."""

    row: int
    number: str
    card: str
    family_name: str | None = None
    given_name: str | None = None
    family_reading: str | None = None
    given_reading: str | None = None
    birth_date: date | None = None
    category: str | None = None
    grade: str | None = None
    class_name: str | None = None
    roll_number: int | None = None
    phone: str | None = None
    mail: str | None = None
    address: str | None = None
    valid_to: date | None = None
    note: str | None = None


class Wrong(Exception):
    """One cell cannot be; becomes a Finding of its row."""

    def __init__(self, column: str, code: str, sentence: str, **fields: Field) -> None:
        super().__init__(code)
        self.column, self.code, self.sentence, self.fields = column, code, sentence, fields


def refuse_forbidden(mapping: tabular.Mapping) -> None:
    """Raises Invalid when the file has a column for Individual Numbers: such a file is not read at all."""
    if "my_number" in mapping.recognised:
        header = mapping.recognised["my_number"]
        raise Invalid(
            "my_number_column",
            N_("「{header}」の列があります。個人番号（マイナンバー）は取り込めません。列を消してから選び直してください。"),
            where="file",
            header=header,
        )


def read(row: tabular.Row, *, school: str | None) -> tuple[Entry | None, tuple[Finding, ...]]:
    """A row as an entry, with what is to be said about it; None when it is rejected, with every reason at once.

    `school` is the kind of the school the file is for (elementary, junior_high, combined), None for the ward.
    """
    hidden = [column for column in REGISTRATION if mynumber.occurs_in(row.text(column))]
    if hidden:
        sentence = N_("12桁の個人番号（マイナンバー）と思われる数字があります。この行は取り込みません。")
        return None, tuple(Finding(row.number, column, "my_number", sentence) for column in hidden)
    found: list[Finding] = []
    if row.surplus:
        found.append(
            Finding(row.number, "", "row_shifted", N_("見出しより列が多い行です。区切り文字が余分に入っていないか確かめてください。"))
        )
    note = row.text("note")
    if mynumber.occurs_in(note):
        sentence = N_("備考に12桁の個人番号（マイナンバー）と思われる数字があります。備考は取り込みません。")
        found.append(Finding(row.number, "note", "my_number_in_note", sentence, rejects=False))
        note = ""
    values: dict[str, str | int | date | None] = {"note": note or None}
    for reader in (_numbers, _names, _readings, _days, _category, _class, _contacts):
        try:
            values |= reader(row, school)
        except Wrong as wrong:
            found.append(Finding(row.number, wrong.column, wrong.code, wrong.sentence, fields=wrong.fields))
    if row.text("category") and values.get("category") is None:
        sentence = N_("この区分は知られていません。いまの区分か、標準の区分にします。")
        found.append(Finding(row.number, "category", "category_unknown", sentence, rejects=False))
    if any(one.rejects for one in found):
        return None, tuple(found)
    return Entry(row=row.number, **values), tuple(found)  # type: ignore[arg-type]  # each reader names its own fields


Values = dict[str, str | int | date | None]


def _numbers(row: tabular.Row, _school: str | None) -> Values:
    number, card = (fold(row.text(column)) for column in ("number", "card"))
    if not number and not card:
        raise Wrong("number", "number_missing", N_("利用者番号がありません。"))
    for column, value in (("number", number), ("card", card)):
        if value and not _NUMBER.fullmatch(value):
            raise Wrong(column, "number_form", N_("利用者番号に使えるのは、英数字と - _ で40文字までです。"))
    return {"number": number or card, "card": card or number}


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def _names(row: tabular.Row, _school: str | None) -> Values:
    family, given = row.text("family_name"), row.text("given_name")
    if not family and row.text("name"):
        family, given = _parted(row.text("name"))
    if len(family) + len(given) > 200:
        raise Wrong("name", "name_long", N_("氏名が長すぎます。"))
    return {"family_name": family or None, "given_name": given if family else None}


def _parted(name: str) -> tuple[str, str]:
    family, _, given = re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip().partition(" ")
    return family, given


def _readings(row: tabular.Row, _school: str | None) -> Values:
    family, given = row.text("family_reading"), row.text("given_reading")
    if not family and row.text("reading"):
        family, given = _parted(row.text("reading"))
    latin = re.compile(r"[a-z .,'-]*", re.IGNORECASE)
    for part in (family, given):
        if part and not kana.is_kana(part) and not latin.fullmatch(unicodedata.normalize("NFKC", part)):
            raise Wrong("reading", "reading_form", N_("フリガナは、かなかローマ字で入れてください。"))
    return {"family_reading": kana.katakana(family) or None, "given_reading": kana.katakana(given) if family else None}


def _days(row: tabular.Row, _school: str | None) -> Values:
    read_days: Values = {}
    for column in ("birth_date", "valid_to"):
        try:
            read_days[column] = row.day(column)
        except Invalid as exc:
            raise Wrong(column, "not_a_day", N_("日付として読めません。")) from exc
    return read_days


def _category(row: tabular.Row, _school: str | None) -> Values:
    return {"category": _PLAIN_CATEGORIES.get(tabular.plain(row.text("category")))}


def _class(row: tabular.Row, school: str | None) -> Values:
    """Grade, class and roll number; only schools have them."""
    if school is None:
        return {}
    name, roll = unicodedata.normalize("NFKC", row.text("class")), unicodedata.normalize("NFKC", row.text("roll_number"))
    if roll and not (roll.isascii() and roll.isdecimal() and 0 < int(roll[:6]) < 1000):
        raise Wrong("roll_number", "roll_number_form", N_("出席番号は1から999までの数字です。"))
    grade = _grade(row.text("grade"), school) if row.text("grade") else None
    if name and grade is None:
        raise Wrong("grade", "grade_missing", N_("組があるのに学年がありません。"))
    return {"grade": grade, "class_name": name or None, "roll_number": int(roll) if roll else None}


def _grade(written: str, school: str) -> str:
    """5, 5年, 小5, P5 … as P1-P6, J1-J3; the seventh to ninth year of a combined school are J1 to J3."""
    match = _GRADE.fullmatch(_folded(written))
    if match:
        stage, year = _STAGES.get(match[1], ""), int(match[2])
        if not stage:
            stage, year = ("P", year) if school != "junior_high" else ("J", year)
            if school == "combined" and year > 6:
                stage, year = "J", year - 6
        if 1 <= year <= (6 if stage == "P" else 3):
            return f"{stage}{year}"
    raise Wrong("grade", "grade_form", N_("学年が読めません。"))


def _contacts(row: tabular.Row, _school: str | None) -> Values:
    phone = re.sub(r"[‐‑‒–—―−ー]", "-", unicodedata.normalize("NFKC", row.text("phone")))
    if phone and not re.fullmatch(r"\+?[0-9() -]{6,24}", phone):
        raise Wrong("phone", "phone_form", N_("電話番号が読めません。"))
    mail = unicodedata.normalize("NFKC", row.text("mail"))
    if mail and not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+", mail):
        raise Wrong("mail", "mail_form", N_("メールアドレスが読めません。"))
    address = row.text("address")
    if len(address) > 500:
        raise Wrong("address", "address_long", N_("住所が長すぎます。"))
    return {"phone": phone.strip() or None, "mail": mail or None, "address": address or None}
