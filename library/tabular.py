"""Tables from people's files: CSV, TSV and XLSX, told apart by content, with headers in many spellings, read row by row."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter, abc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Protocol

from library import dates
from library.errors import N_, Invalid
from library.spreadsheet import UNSEEN, Cell, Limits, Line, workbook

Columns = abc.Mapping[str, Iterable[str]]  # column → the headers it is known by; the first is the one people are told

HEADER_WITHIN = 20  # rows: a title or an empty line may stand above the header
SAMPLE = 64 * 1024
CHUNK = 1024 * 1024
DELIMITERS = "\t,;|"
ZIP = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx under a password


@dataclass(frozen=True)
class Mapping:
    """How headers were understood: column → its header, headers nobody knows, required columns that are not there."""

    recognised: dict[str, str]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """`number` counts from 1 as a spreadsheet shows it. `surplus`: filled cells beyond the last header, a sign of a shifted row."""

    number: int
    values: abc.Mapping[str, Cell]
    surplus: int = 0

    def text(self, column: str) -> str:
        """The cell as text without surrounding space; "" when it is empty or the file has no such column. Days are ISO 8601."""
        value = self.values.get(column, "")
        return value.strip() if isinstance(value, str) else value.isoformat()

    def day(self, column: str) -> date | None:
        """The cell as a day, None when it is empty; raises Invalid naming column and row when it is no day."""
        value = self.values.get(column, "")
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        found = dates.day(value)
        if found is None and value.strip():
            raise Invalid("not_a_day", N_("{row}行目の「{column}」は日付として読めません。"), where=column, row=self.number, column=column)
        return found


class Source(Protocol):
    """A file that can be read from its start as often as wanted."""

    @property
    def form(self) -> str: ...

    def lines(self) -> Iterator[Line]: ...


@dataclass
class Table:
    """A file with its header understood. `rows` may be asked for again; each time it starts from the top."""

    source: Source
    mapping: Mapping
    limits: Limits
    _header_row: int
    _header: list[str]  # a cell's column, "" where nobody knows it
    _spelling: dict[str, str]

    @property
    def form(self) -> str:
        """How it was read: "csv/cp932", "tsv/utf-8-sig", "xlsx" …"""
        return self.source.form

    def rows(self) -> Iterator[Row]:
        """Rows with something in them; raises Invalid for a missing required column, a cell too long or too many rows."""
        self._must_be_complete()
        width, count = len(self._header), 0
        for number, cells in self.source.lines():
            if number <= self._header_row or not any(cells) or self._repeats_header(number, cells):
                continue
            count += 1
            if count > self.limits.rows:
                raise Invalid("too_many_rows", N_("一度に読めるのは{limit}行までです。"), limit=self.limits.rows)
            self._check_lengths(number, cells)
            values = {column: cell for column, cell in zip(self._header, cells, strict=False) if column}
            yield Row(number, values, sum(1 for cell in cells[width:] if cell))

    def _must_be_complete(self) -> None:
        if self.mapping.missing:
            names = "、".join(self.mapping.missing)
            raise Invalid("column_missing", N_("必要な列がありません: {columns}"), where=self.mapping.missing[0], columns=names)

    def _repeats_header(self, number: int, cells: list[Cell]) -> bool:
        """Some files name their columns twice, in two languages."""
        if number != self._header_row + 1:
            return False
        same = sum(
            1
            for column, cell in zip(self._header, cells, strict=False)
            if column and isinstance(cell, str) and self._spelling.get(plain(cell)) == column
        )
        return same * 2 > sum(1 for cell in cells if cell)

    def _check_lengths(self, number: int, cells: list[Cell]) -> None:
        for cell in cells:
            if isinstance(cell, str) and len(cell) > self.limits.cell:
                raise Invalid("cell_too_long", N_("{row}行目に{limit}文字を超える欄があります。"), row=number, limit=self.limits.cell)


def plain(header: str) -> str:
    """A header as it is compared: NFKC, case-folded, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header)).casefold()


@contextmanager
def opened(file: IO[bytes] | Path, columns: Columns, *, required: Iterable[str] = (), limits: Limits | None = None) -> Iterator[Table]:
    """A table for as long as the block lasts. `file` must be seekable; `columns` says which headers mean which column.

    Raises Invalid when it is no table, its encoding is unknown, no header is recognised, or a column appears twice. A missing
    required column is told by `mapping.missing` and raised by `rows`, so that a preview can show what was understood.
    """
    limits = limits or Limits()
    if isinstance(file, Path):
        with file.open("rb") as stream, opened(stream, columns, required=required, limits=limits) as table:
            yield table
        return
    spelling = _spellings(columns)
    file.seek(0)
    start = file.read(SAMPLE)
    if not start.strip(b"\0\r\n\t ,\xef\xbb\xbf\xfe\xff"):
        raise Invalid("file_empty", N_("ファイルに何も入っていません。"), where="file")
    if start.startswith(OLD_OFFICE):
        raise Invalid(
            "file_old_office",
            N_("古い形式（.xls）かパスワード付きの Excel ファイルは読めません。.xlsx か CSV で保存し直してください。"),
            where="file",
        )
    if start.startswith(ZIP):
        with workbook(file, limits) as sheets:
            yield max((_understood(sheet, spelling, columns, required, limits) for sheet in sheets), key=_recognised)
        return
    yield _understood(_text(file, start, spelling), spelling, columns, required, limits)


def _recognised(table: Table) -> int:
    return len(table.mapping.recognised)


def _spellings(columns: Columns) -> dict[str, str]:
    return {plain(header): column for column, headers in columns.items() for header in (column, *headers)}


def _name(columns: Columns, column: str) -> str:
    return next(iter(columns[column]), column)


def _understood(source: Source, spelling: dict[str, str], columns: Columns, required: Iterable[str], limits: Limits) -> Table:
    """The header is the row among the first in which most headers are known; the topmost of equals."""
    number, header = max(islice(source.lines(), HEADER_WITHIN), key=lambda line: _known(line[1], spelling), default=(0, []))
    names = ["" if isinstance(cell, date) else cell.strip() for cell in header]
    if len(names) > limits.columns:
        raise Invalid("too_many_columns", N_("列が多すぎます（{limit}列まで）。"), where="file", limit=limits.columns)
    found = [spelling.get(plain(name), "") for name in names]
    _refuse_twice(names, found)
    recognised = {column: name for column, name in zip(found, names, strict=True) if column}
    mapping = Mapping(
        recognised,
        tuple(name for column, name in zip(found, names, strict=True) if name and not column),
        tuple(_name(columns, column) for column in required if column not in recognised),
    )
    return Table(source, mapping, limits, number if recognised else 0, found, spelling)


def _known(cells: list[Cell], spelling: dict[str, str]) -> int:
    return len({spelling[plain(cell)] for cell in cells if isinstance(cell, str) and plain(cell) in spelling})


def _refuse_twice(names: list[str], found: list[str]) -> None:
    for column, count in Counter(column for column in found if column).items():
        if count > 1:
            twice = "、".join(name for name, meant in zip(names, found, strict=True) if meant == column)
            raise Invalid("column_twice", N_("同じ意味の列が二つあります: {headers}"), where=column, headers=twice)


@dataclass
class Text:
    """A file of lines with delimiters."""

    file: IO[bytes]
    encoding: str
    delimiter: str

    @property
    def form(self) -> str:
        return f"{'tsv' if self.delimiter == chr(9) else 'csv'}/{self.encoding}"

    def lines(self) -> Iterator[Line]:
        self.file.seek(0)
        reading = io.TextIOWrapper(self.file, self.encoding, newline="")
        try:
            yield from self._split(reading)
        finally:
            reading.detach()  # else the wrapper closes a file that is not ours

    def _split(self, reading: Iterable[str]) -> Iterator[Line]:
        number = 0
        try:
            for cells in csv.reader((line.translate(UNSEEN) for line in reading), delimiter=self.delimiter):
                number += 1
                yield number, list(cells)
        except csv.Error as exc:
            # Mostly a quotation mark that is never closed: everything after it would be one cell.
            raise Invalid(
                "row_unreadable", N_('{row}行目を読み取れません。引用符（"）が閉じているか確かめてください。'), where="file", row=number + 1
            ) from exc


def _text(file: IO[bytes], start: bytes, spelling: dict[str, str]) -> Text:
    encoding = _encoding(file, start)
    sources = [Text(file, encoding, delimiter) for delimiter in DELIMITERS]
    return max(sources, key=lambda source: _fit(source, spelling))


def _fit(source: Text, spelling: dict[str, str]) -> tuple[int, int, int]:
    """How well a delimiter explains the first rows: known headers, then rows of equal width, then width."""
    try:
        lines = [cells for _, cells in islice(source.lines(), HEADER_WITHIN)]
    except Invalid:
        return (0, 0, 0)
    widths = Counter(len(cells) for cells in lines if any(cells))
    width, same = widths.most_common(1)[0] if widths else (0, 0)
    return max((_known(cells, spelling) for cells in lines), default=0), same if width > 1 else 0, width


def _encoding(file: IO[bytes], start: bytes) -> str:
    """By its byte order mark, else the first that can read the whole file."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _readable(file, "utf-16")
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) * 50 > len(start) and min(even, odd) * 10 <= max(even, odd):
        return _readable(file, "utf-16-le" if odd > even else "utf-16-be")
    if _reads(file, "utf-8"):
        return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    # Real CP932 text has lead bytes that EUC-JP does not know; what EUC-JP reads to its end is EUC-JP.
    return "euc_jp" if _reads(file, "euc_jp") else _readable(file, "cp932")


def _readable(file: IO[bytes], encoding: str) -> str:
    if not _reads(file, encoding):
        raise Invalid(
            "encoding_unknown",
            N_("文字コードが分かりません。UTF-8 か Shift_JIS の CSV・TSV、または .xlsx で保存し直してください。"),
            where="file",
        )
    return encoding


def _reads(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
