"""The cataloguer's worksheet: a description as the flat fields of a form, and back, with everything wrong said at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from catalog.description import Agent, Audience, ClassNumber, Description, Isbn, Link, Material, Note, Series, Subject, Title
from catalog.marc.fields.dates import year_of
from catalog.matching.normal import isbn13
from catalog.records import labels
from library.errors import N_, Problem

BLANK_ROWS = 2
MOST_ROWS = 60
LONGEST_LINE = 1_000
LONGEST_NOTE = 20_000

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-z]{3}")
_NDC = re.compile(r"[A-Z]?\d{1,3}(\.\d+)?")

LINES = ("edition", "place", "publisher", "publisher_reading", "published", "extent", "size", "accompanying")
TITLE_PARTS = {
    "title": "main",
    "title_reading": "reading",
    "subtitle": "rest",
    "subtitle_reading": "rest_reading",
    "volume": "volume",
    "responsibility": "responsibility",
}
# Repeated groups: the form's name of a row → the parts of a row.
ROWS: dict[str, tuple[str, ...]] = {
    "agent": ("name", "reading", "role", "kind"),
    "series": ("title", "reading", "volume"),
    "subject": ("term", "reading", "scheme"),
    "class": ("number", "scheme"),
    "isbn": ("number", "qualifier", "whole_set"),
    "note": ("kind", "text"),
    "link": ("url", "label"),
}
GROUP_FIELDS = {
    "agent": "agents",
    "series": "series",
    "subject": "subjects",
    "class": "classes",
    "isbn": "isbns",
    "note": "notes",
    "link": "links",
}

Values = Mapping[str, str]
_Row = TypeVar("_Row")


def clean(text: str, *, longest: int = LONGEST_LINE) -> str:
    """What somebody typed or pasted, without control characters and outer space; NFC, as all descriptions are."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text).strip()[:longest]


def line(text: str) -> str:
    return " ".join(clean(text).split())


def filled(description: Description) -> dict[str, str]:
    """The form's fields for a description. Row n of a group has names like `agent-0-name`."""
    values = {name: getattr(description.title, part) for name, part in TITLE_PARTS.items()}
    values |= {name: getattr(description, name) for name in LINES}
    values |= {
        "year": str(description.year or ""),
        "material": description.material.value,
        "language": description.language,
        "audience": description.audience.value if description.audience else "",
    }
    for group, rows in _rows_of(description).items():
        for number, row in enumerate(rows):
            values |= {f"{group}-{number}-{part}": value for part, value in row.items()}
    return values


def _rows_of(description: Description) -> dict[str, list[dict[str, str]]]:
    return {
        "agent": [{"name": one.name, "reading": one.reading, "role": one.role, "kind": one.kind} for one in description.agents],
        "series": [{"title": one.title, "reading": one.reading, "volume": one.volume} for one in description.series],
        "subject": [{"term": one.term, "reading": one.reading, "scheme": one.scheme} for one in description.subjects],
        "class": [{"number": one.number, "scheme": f"{one.scheme}:{one.edition}"} for one in description.classes],
        "isbn": [
            {"number": one.number, "qualifier": one.qualifier, "whole_set": "1" if one.whole_set else ""} for one in description.isbns
        ],
        "note": [{"kind": one.kind, "text": one.text} for one in description.notes],
        "link": [{"url": one.url, "label": one.label} for one in description.links],
    }


def row_count(values: Values, group: str) -> int:
    """How many rows of a group to draw: those that are filled, and some blank ones."""
    used = [int(parts[1]) for name in values if (parts := name.split("-"))[0] == group and len(parts) == 3 and parts[1].isdecimal()]
    return min(max(used, default=-1) + 1 + BLANK_ROWS, MOST_ROWS)


def read(values: Values, base: Description) -> tuple[Description, tuple[Problem, ...]]:
    """The description a filled-in form means; what the form does not show is taken from `base`. Problems name form fields.

    What a sender wrote and nobody touched stays as it is, however odd.
    """
    problems: list[Problem] = []
    shown = filled(base)

    def said(name: str, was: str) -> str:
        text = line(values.get(name, ""))
        return was if text == line(shown[name]) else text

    title: Title = msgspec.structs.replace(
        base.title, **{part: said(name, getattr(base.title, part)) for name, part in TITLE_PARTS.items()}
    )
    if not title.main:
        problems.append(Problem("title", "title_missing", N_("書名を入れてください。")))
    lines = {name: said(name, getattr(base, name)) for name in LINES}
    sheet = _Sheet(values, base, problems)
    wanted = msgspec.structs.replace(
        base,
        title=title,
        **lines,
        year=_year(values, base, lines["published"], problems),
        material=_coded(values, "material", Material, base.material, problems) or base.material,
        language=base.language if line(values.get("language", "")) == base.language else _language(values, problems),
        audience=_coded(values, "audience", Audience, None, problems),
        agents=sheet.rows("agent", "name", base.agents, _agent(base)),
        series=sheet.rows("series", "title", base.series, _series(base)),
        subjects=sheet.rows("subject", "term", base.subjects, _subject(base)),
        classes=sheet.rows("class", "number", base.classes, _class_number),
        isbns=sheet.rows("isbn", "number", base.isbns, _isbn),
        notes=sheet.rows("note", "text", base.notes, _note),
        links=sheet.rows("link", "url", base.links, _link),
    )
    return wanted, tuple(problems)


_Reader = Callable[[int, Mapping[str, str], str], "_Row | Problem"]


class _Sheet:
    """Reads the repeated groups of one form."""

    def __init__(self, values: Values, base: Description, problems: list[Problem]) -> None:
        self.values = values
        self.shown = _rows_of(base)
        self.problems = problems

    def rows(self, group: str, main: str, were: tuple[_Row, ...], reader: _Reader[_Row]) -> tuple[_Row, ...]:
        """The group's rows in the form's order; clearing its main part takes a row away, and the same row twice is one."""
        found: dict[_Row, None] = {}
        shown = [_trimmed(row) for row in self.shown[group]]
        for number in range(MOST_ROWS):
            row = _trimmed({part: self.values.get(f"{group}-{number}-{part}", "") for part in ROWS[group]})
            if not row[main]:
                continue
            outcome = were[number] if number < len(shown) and row == shown[number] else reader(number, row, f"{group}-{number}-{main}")
            if isinstance(outcome, Problem):
                self.problems.append(outcome)
            else:
                found.setdefault(outcome)
        found.update(dict.fromkeys(were[MOST_ROWS:]))  # rows the form had no room for
        return tuple(found)


def _trimmed(row: Mapping[str, str]) -> dict[str, str]:
    return {part: clean(text, longest=LONGEST_NOTE) if part == "text" else line(text) for part, text in row.items()}


def _agent(base: Description) -> _Reader[Agent]:
    def read_agent(number: int, row: Mapping[str, str], where: str) -> Agent | Problem:
        if row["kind"] not in labels.AGENT_KINDS:
            return Problem(where, "agent_kind", N_("著者の種類を選んでください。"))
        was = base.agents[number] if number < len(base.agents) else Agent(name="", main=not base.agents and number == 0)
        if was.name not in ("", row["name"]):
            # Another person now: dates and identifier were those of the one before.
            was = Agent(name="", main=was.main)
        return msgspec.structs.replace(was, name=row["name"], reading=row["reading"], role=row["role"], kind=row["kind"])

    return read_agent


def _series(base: Description) -> _Reader[Series]:
    def read_series(number: int, row: Mapping[str, str], where: str) -> Series | Problem:
        was = base.series[number] if number < len(base.series) else Series("")
        kept = was.issn if was.title == row["title"] else ""
        return Series(row["title"], row["reading"], row["volume"], kept)

    return read_series


def _subject(base: Description) -> _Reader[Subject]:
    def read_subject(number: int, row: Mapping[str, str], where: str) -> Subject | Problem:
        was = base.subjects[number] if number < len(base.subjects) else Subject("")
        return Subject(row["term"], row["reading"], row["scheme"], was.kind if was.term == row["term"] else "topic")

    return read_subject


def _class_number(number: int, row: Mapping[str, str], where: str) -> ClassNumber | Problem:
    scheme, _, edition = row["scheme"].partition(":")
    text = unicodedata.normalize("NFKC", row["number"]).upper()
    if scheme == "ndc" and not (_NDC.fullmatch(text) or text == "E"):
        return Problem(where, "ndc_form", N_("分類番号「{number}」はNDCの形ではありません（例: 913.6）。"), number=text)
    return ClassNumber(scheme or "ndc", text, edition)


def _isbn(number: int, row: Mapping[str, str], where: str) -> Isbn | Problem:
    found = isbn13(row["number"])
    if not found:
        return Problem(where, "isbn_check_digit", why_no_isbn(row["number"]), number=row["number"])
    return Isbn(found, row["qualifier"], bool(row["whole_set"]))


def why_no_isbn(text: str) -> str:
    """A sentence on what is wrong with an ISBN that does not hold."""
    digits = re.sub(r"[^0-9X]", "", unicodedata.normalize("NFKC", text).upper())
    if len(digits) not in (10, 13):
        return N_("ISBN「{number}」の桁数が違います。10桁か13桁で入れてください。")
    if len(digits) == 13 and not digits.startswith(("978", "979")):
        return N_("ISBN「{number}」は978か979で始まりません。ほかのバーコードかもしれません。")
    return N_("ISBN「{number}」の最後の数字（検査数字）が合いません。打ちまちがいがないか見てください。")


def _note(number: int, row: Mapping[str, str], where: str) -> Note | Problem:
    if row["kind"] not in labels.NOTE_KINDS:
        return Problem(where, "note_kind", N_("注記の種類を選んでください。"))
    return Note(row["text"], row["kind"])


def _link(number: int, row: Mapping[str, str], where: str) -> Link | Problem:
    if not is_web_address(row["url"]):
        return Problem(where, "web_address", N_("リンクは https:// で始まる正しいアドレスで入れてください。"))
    return Link(row["url"], row["label"])


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(letter.isspace() for letter in text)


def _year(values: Values, base: Description, published: str, problems: list[Problem]) -> int | None:
    """As typed; left alone it follows the date as written."""
    text = unicodedata.normalize("NFKC", line(values.get("year", "")))
    if text == str(base.year or ""):
        return base.year if published == base.published else year_of(published) or base.year
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 4 and int(text) > 0):
        problems.append(Problem("year", "year_form", N_("出版年は西暦の数字で入れてください。")))
        return None
    return int(text)


def _language(values: Values, problems: list[Problem]) -> str:
    code = line(values.get("language", "")).lower()
    if code and not _LANGUAGE.fullmatch(code):
        problems.append(Problem("language", "language_form", N_("言語は3文字のコード（jpn など）で入れてください。")))
        return ""
    return code


_Code = TypeVar("_Code", Material, Audience)


def _coded(values: Values, name: str, kind: type[_Code], fallback: _Code | None, problems: list[Problem]) -> _Code | None:
    text = line(values.get(name, ""))
    if not text:
        return fallback
    try:
        return kind(text)
    except ValueError:
        problems.append(Problem(name, "unknown_code", N_("選べない値「{value}」が送られました。"), value=text[:40]))
        return fallback
