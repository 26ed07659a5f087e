"""A book list as a table: written for a spreadsheet, and read back from CSV, TSV or XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import IO

from library import tabular
from library.errors import N_, Invalid
from library.spreadsheet import Limits
from search.lists.store import LineFacts
from search.lists.wanted import LONGEST, MOST_PASTED, Wanted

COLUMNS: dict[str, tuple[str, ...]] = {
    "record": ("書誌番号", "record_id", "id"),
    "isbn": ("ISBN", "isbn13"),
    "title": ("書名", "タイトル"),
    "volume": ("巻",),
    "author": ("著者", "著者名"),
    "note": ("ひとこと", "紹介", "コメント"),
    "note_en": ("ひとこと（英語）", "note in English"),
}
READ_TOO: dict[str, tuple[str, ...]] = {"barcode": ("資料バーコード", "バーコード", "資料番号", "barcode")}
LIMITS = Limits(rows=MOST_PASTED, columns=40, cell=2000, unpacked=32 * 1024 * 1024, strings=16 * 1024 * 1024)


def written(lines: Iterable[LineFacts]) -> bytes:
    """UTF-8 with its mark, as spreadsheets expect it."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow([headers[0] for headers in COLUMNS.values()])
    for line in lines:
        cells = (str(line.record_id), line.isbn, line.title, line.volume, line.author, line.note.get("ja", ""), line.note.get("en", ""))
        writer.writerow([_harmless(cell) for cell in cells])
    return b"\xef\xbb\xbf" + made.getvalue().encode()


def _harmless(cell: str) -> str:
    """A spreadsheet would run what begins like a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _plain(cell: str) -> str:
    """Without the mark that `_harmless` sets."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def read(file: IO[bytes]) -> tuple[Wanted, ...]:
    """The lines of a table by record number, else by ISBN, else by barcode. Slow: call it in a thread.

    Raises Invalid for what is no such table.
    """
    with tabular.opened(file, COLUMNS | READ_TOO, limits=LIMITS) as table:
        if not table.mapping.recognised.keys() & {"record", "isbn", "barcode"}:
            sentence = N_(
                "「書誌番号」「ISBN」「資料バーコード」のどれかの列が必要です。書き出したファイルを直すと、そのまま取り込めます。"
            )
            raise Invalid("column_missing", sentence, where="file")
        return tuple(_wanted(row) for row in table.rows())


def _wanted(row: tabular.Row) -> Wanted:
    record = row.text("record").removeprefix("#")
    named = f"#{record}" if record else row.text("isbn") or row.text("barcode") or row.text("title")
    return Wanted(row.number, named[:LONGEST], _plain(row.text("note")), _plain(row.text("note_en")))
