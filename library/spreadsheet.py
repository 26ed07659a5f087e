"""XLSX workbooks as sources of table rows: values as the person sees them, and no more of the file than its limits allow."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, TYPE_CHECKING, Any

from library.errors import N_, Invalid, LibraryError

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

Cell = str | date | datetime
Line = tuple[int, list[Cell]]

UNSEEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 0xFEFF))  # NUL, the DOS end mark, stray byte order marks
SHEET_ROWS = 1_048_576  # as many as a sheet can have, empty ones counted
PARTS = 10_000
_ZEROS = re.compile(r"0+")


@dataclass(frozen=True)
class Limits:
    """What a file may hold. `unpacked`: bytes of all parts of an XLSX together; `strings`: of its shared strings."""

    rows: int = 1_000_000
    columns: int = 500
    cell: int = 32_767
    unpacked: int = 1024 * 1024 * 1024
    strings: int = 256 * 1024 * 1024


@dataclass
class Sheet:
    """One worksheet. Formulas give the value that was last computed."""

    worksheet: ReadOnlyWorksheet
    limits: Limits
    form: str = "xlsx"

    def lines(self) -> Iterator[Line]:
        rows: Iterator[tuple[Any, ...]] = iter(self.worksheet.rows)
        number = 0
        while (cells := _careful(lambda: next(rows, None))) is not None:
            number += 1
            if number > SHEET_ROWS:
                raise Invalid("too_many_rows", N_("一度に読めるのは{limit}行までです。"), limit=SHEET_ROWS)
            if len(cells) > self.limits.columns and any(cell.value is not None for cell in cells[self.limits.columns :]):
                raise Invalid("too_many_columns", N_("列が多すぎます（{limit}列まで）。"), where="file", limit=self.limits.columns)
            yield number, [_value(cell) for cell in cells[: self.limits.columns]]


@contextmanager
def workbook(file: IO[bytes], limits: Limits) -> Iterator[list[Sheet]]:
    """The sheets that are not hidden, in order; raises Invalid for what is no workbook or unpacks beyond the limits."""
    from openpyxl import load_workbook

    _check_parts(file, limits)
    book = _careful(lambda: load_workbook(file, read_only=True, data_only=True, keep_links=False))
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise _not_a_table()
        for sheet in sheets:
            sheet.reset_dimensions()  # many programs write wrong ones
        yield [Sheet(sheet, limits) for sheet in sheets]
    finally:
        book.close()


def _check_parts(file: IO[bytes], limits: Limits) -> None:
    """Sizes are the archive's own claim; Python's zipfile never unpacks more of a part than was claimed."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as exc:
        raise _not_a_table() from exc
    if not any(part.filename.casefold() == "xl/workbook.xml" for part in parts):
        raise _not_a_table()
    strings = sum(part.file_size for part in parts if part.filename.casefold().endswith("sharedstrings.xml"))
    if len(parts) > PARTS or strings > limits.strings or sum(part.file_size for part in parts) > limits.unpacked:
        raise Invalid("file_too_large", N_("ファイルが大きすぎます。分けるか、CSV で保存し直してください。"), where="file")


def _not_a_table() -> Invalid:
    return Invalid("not_a_table", N_("表として読めるファイルではありません。CSV・TSV・.xlsx を使ってください。"), where="file")


def _careful(read: Callable[[], Any]) -> Any:
    """A broken workbook makes openpyxl raise nearly anything; to the person it is always a broken file."""
    try:
        return read()
    except LibraryError:
        raise
    except Exception as exc:
        raise Invalid("file_broken", N_("ファイルが壊れているため読めません。保存し直してください。"), where="file") from exc


def _value(cell: Any) -> Cell:
    value = cell.value
    if isinstance(value, str):
        return value.translate(UNSEEN).replace("\r\n", "\n")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell)
    if isinstance(value, datetime):
        return value if value.time() != time() else value.date()
    return "" if value is None else str(value)


def _number(value: float, cell: Any) -> str:
    """9784000000000.0 is 9784000000000; a cell shown with leading zeros keeps them."""
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= 1e16:
            return repr(value)
        value = int(value)
    shown = str(cell.number_format or "")
    return str(value).zfill(len(shown)) if _ZEROS.fullmatch(shown) and len(shown) > 1 else str(value)
