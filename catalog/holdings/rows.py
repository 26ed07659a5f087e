"""One row of a list of holdings understood: the copy and the publication it names, or everything that is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

import msgspec

from catalog import ndc
from catalog.copies.items import MOST_YEN
from catalog.copies.shelving import scanned
from catalog.holdings.books import Book, book_of
from catalog.holdings.columns import COLUMNS, MARKS
from catalog.holdings.problems import RowProblem
from catalog.matching.normal import isbn13
from library.errors import Field, Invalid
from library.tabular import Row

LONGEST = 1_000  # characters of one cell that becomes part of a copy or a title
LONGEST_NOTE = 5_000

_YES = frozenset(
    (
        *("1", "true", "t", "yes", "y", "on", "はい", "○", "〇", "◯", "●", "レ", "✓", "あり", "有"),
        *("禁", "禁帯出", "館内", "館内のみ", "貸出禁止", "貸出不可", "不可"),
    )
)
_NO = frozenset(["0", "false", "f", "no", "n", "off", "いいえ", "×", "✕", "可", "貸出可", "なし", "無", "-", "ー"])
_PRICE = re.compile(r"[¥\\]?\s*(-?\d{1,12})(?:\.0+)?\s*円?")
_ROUNDED = re.compile(r"\d(?:\.\d+)?e\+?\d{1,2}", re.IGNORECASE)
_BETWEEN_MARKS = re.compile(r"[/|\s・]+")


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy as a row says it. None means the row says nothing of it."""

    row: int
    barcode: str
    book: Book
    location_mark: str | None = None
    class_mark: str | None = None
    author_mark: str | None = None
    volume_mark: str | None = None
    area: str | None = None
    in_library_only: bool | None = None
    parts: str | None = None
    price: int | None = None
    acquired_on: date | None = None
    note: str | None = None


def is_left_out(row: Row) -> bool:
    """Whether the sender marked the row as one not to be taken."""
    return bool(row.text("left_out"))


def understood(row: Row) -> Copy | list[RowProblem]:
    """Never raises: a row is a copy, or the list of what is wrong with it."""
    return _Reading(row).copy()


class _Reading:
    """Reads every cell and collects what is wrong, so that a person can mend a row at once."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.values = {column: text for column in COLUMNS if (text := _tidy(row.text(column)))}
        self.problems: list[RowProblem] = []

    def wrong(self, column: str, code: str, **fields: Field) -> None:
        self.problems.append(RowProblem(self.row.number, column, code, fields))

    def copy(self) -> Copy | list[RowProblem]:
        self._check_form()
        barcode, isbn = self._barcode(), self._isbn()
        acquired, price = self._acquired(), self._price()
        in_library_only = self._flag()
        if self.problems:
            return self.problems
        return Copy(
            row=self.row.number,
            barcode=barcode,
            book=book_of(self.values, isbn),
            area=self.values.get("area"),
            in_library_only=in_library_only,
            parts=_parts(self.values.get("parts")),
            price=price,
            acquired_on=acquired,
            note=self.values.get("remark"),
            **_marks(self.values),
        )

    def _check_form(self) -> None:
        if self.row.surplus:
            self.wrong("", "shifted")
        for column, text in self.values.items():
            limit = LONGEST_NOTE if column == "remark" else LONGEST
            if len(text) > limit:
                self.wrong(column, "too_long", limit=limit)

    def _barcode(self) -> str:
        text = self.values.get("barcode", "")
        if not text:
            self.wrong("barcode", "barcode_missing")
            return ""
        try:
            return scanned(text)
        except Invalid as exc:
            self.wrong("barcode", exc.code)
            return ""

    def _isbn(self) -> str:
        text = self.values.get("isbn", "")
        if not text:
            return ""
        # Two of them in one cell are mostly the forms of ten and of thirteen digits.
        found = next((number for part in re.split(r"[;；、,\s]+|//", text) if (number := isbn13(part))), "") or isbn13(text)
        if not found:
            rounded = _ROUNDED.fullmatch(unicodedata.normalize("NFKC", text))
            self.wrong("isbn", "isbn_rounded" if rounded else "isbn_wrong", isbn=text[:40])
        return found

    def _acquired(self) -> date | None:
        try:
            return self.row.day("acquired")
        except Invalid:
            self.wrong("acquired", "not_a_day", value=self.row.text("acquired")[:40])
            return None

    def _price(self) -> int | None:
        column = "price" if "price" in self.values else "list_price"
        text = self.values.get(column, "")
        if not text:
            return None
        found = _PRICE.fullmatch(unicodedata.normalize("NFKC", text).replace(",", ""))
        if found is None:
            self.wrong(column, "number_wrong", value=text[:40])
            return None
        if not 0 <= int(found[1]) <= MOST_YEN:
            self.wrong(column, "price_range")
        return int(found[1])

    def _flag(self) -> bool | None:
        text = self.values.get("in_library_only", "")
        folded = unicodedata.normalize("NFKC", text).casefold()
        if not folded:
            return None
        if folded in _YES or folded in _NO:
            return folded in _YES
        self.wrong("in_library_only", "flag_wrong", value=text[:40])
        return None


def _tidy(text: str) -> str:
    """On one line, without what no database stores: NUL and halves of characters."""
    return " ".join(text.replace("\0", "").encode(errors="ignore").decode().split())


def _parts(text: str | None) -> str | None:
    """What travels with the copy; other systems only say that there is something."""
    if text is None:
        return None
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "あり" if folded in _YES else "" if folded in _NO else text


def _marks(values: Mapping[str, str]) -> dict[str, str]:
    """The four parts of the label: columns of their own first, else what the call number says."""
    return label_parts(values.get("call_number", "")) | {mark: values[mark] for mark in MARKS if mark in values}


def label_parts(text: str) -> dict[str, str]:
    """「K/913.6/ミ/2」「K913.6 ミ 2」「E ア」「007|A」 as the parts of a label; those that are not there are left out."""
    tokens = [token for token in _BETWEEN_MARKS.split(unicodedata.normalize("NFKC", text)) if token]
    place = next((at for at, token in enumerate(tokens[:2]) if ndc.parse_mark(token).number and token[-1].isdigit()), None)
    if place is None:
        # A label without a class: picture books stand by their author.
        return _named(("location_mark", "author_mark", "volume_mark") if len(tokens) > 1 else ("class_mark",), tokens)
    mark = ndc.parse_mark(tokens[place])
    before = tokens[0] if place else mark.prefix
    found = {"location_mark": before} if before else {}
    return found | {"class_mark": mark.number} | _named(("author_mark", "volume_mark"), tokens[place + 1 :])


def _named(names: tuple[str, ...], tokens: list[str]) -> dict[str, str]:
    """Tokens under their names, the last name taking all that is left."""
    last = len(names) - 1
    whole = [*tokens[:last], " ".join(tokens[last:])]
    return {name: token for name, token in zip(names, whole, strict=False) if token}
