"""What somebody scans or pastes into a list, line by line, and which records it means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from catalog.copies.items import may_see
from catalog.copies.shelving import scanned
from catalog.matching.normal import isbn13
from catalog.models import Item, OwnerPolicy, Record, RecordRedirect
from catalog.store import LARGEST_ID
from library.db import Reading
from library.errors import N_, Invalid, Problem
from library.identity.viewer import Viewer
from search.lists.rules import LONGEST_NOTE
from search.visible import bound, visible

MOST_PASTED = 500
LONGEST = 300
WORDS = "line_words"  # the code of a line that is a title

_ROW = re.compile(r"^([^\t,，]*)([\t,，]?)(.*)$", re.DOTALL)
_ISBN_SIGNS = re.compile(r"[0-9Xx\- ]+")
_LONG_NUMBER = re.compile(r"(?=(?:\D*\d){6})[A-Za-z]?[0-9\-]+[A-Za-z]?")
# What a title carries in a typed list: a bullet or its number in front, brackets around it.
_BULLET = re.compile(r"^\s*(?:[・･*•●○◯◎■□◆◇▪‣\-–—]+|\(?\d{1,3}[.)．）、:：]|[①-⑳])\s*")
_BRACKETED = re.compile(r"^[「『“\"](.+?)[」』”\"]")
_NUMBER = re.compile(r"^(?:#|.*/records/)([1-9][0-9]{0,18})$")
_DIGITS = re.compile(r"^[1-9][0-9]{0,18}$")

# A set's ISBN is kept with the volume behind it: "isbn:9784…/3".
_BY_ISBN = text(
    """
    SELECT wanted.isbn, s.record_id
      FROM unnest(CAST(:isbns AS text[])) wanted(isbn)
      JOIN match_key m ON m.key = 'isbn:' || wanted.isbn
        OR (m.key >= 'isbn:' || wanted.isbn || '/' AND m.key < 'isbn:' || wanted.isbn || '0')
      JOIN source_record s ON s.id = m.source_record_id
     GROUP BY wanted.isbn, s.record_id ORDER BY s.record_id
    """
).bindparams(bindparam("isbns", type_=ARRAY(Text)))
_SEEN = text(f"SELECT r.id FROM record r WHERE r.id = ANY(:ids) AND {visible('r')}")  # noqa: S608 - a condition of our own


@dataclass(frozen=True)
class Wanted:
    """One line: what names the record, and the note behind it. `number` counts from 1."""

    number: int
    written: str
    note: str = ""
    note_en: str = ""

    @property
    def isbn(self) -> str | None:
        return isbn13(self.written) or None

    @property
    def record(self) -> int | None:
        """The number of a record where it is written as one: #12, or its address."""
        match = _NUMBER.match(self.written)
        return _possible(match[1]) if match else None

    @property
    def is_words(self) -> bool:
        """A title, rather than a number: those are read into no list unseen, since many books bear one."""
        letters = [one for one in self.written if one.isalpha()]
        return bool(letters) and (not any(map(str.isdigit, self.written)) or any(not one.isascii() for one in letters))

    @property
    def bare(self) -> int | None:
        """Digits that may be a barcode or the number of a record."""
        return _possible(self.written) if _DIGITS.match(self.written) else None


@dataclass(frozen=True)
class Meant:
    """`records`: line → its record, in order. `problems`: lines that mean none, or more than one."""

    records: dict[Wanted, int] = field(default_factory=dict)
    problems: dict[Wanted, Problem] = field(default_factory=dict)


def _possible(digits: str) -> int | None:
    return int(digits) if int(digits) <= LARGEST_ID else None


def read(pasted: str) -> tuple[Wanted, ...]:
    """Lines as pasted from anywhere: an ISBN, barcode or record number, and after a tab, comma or space a note. Empty lines are skipped.

    Raises Invalid for more than 500.
    """
    found = []
    for number, line in enumerate(pasted.splitlines(), start=1):
        match = _ROW.match(line.strip())
        if match and match[1].strip():
            named, said = _parted(match[1].strip())
            note = f"{said}{match[2]}{match[3]}" if said else match[3]
            found.append(Wanted(number, unicodedata.normalize("NFKC", named).strip()[:LONGEST], note.strip()))
    if len(found) > MOST_PASTED:
        raise Invalid("too_many_lines", N_("一度に加えられるのは{limit}行までです。"), where="pasted", limit=MOST_PASTED)
    return tuple(found)


def _parted(written: str) -> tuple[str, str]:
    """A number and what follows it after a space, of whatever width; anything else stays whole. An ISBN may have spaces in it."""
    words = written.split()
    for end in range(len(words), 0, -1):
        named = unicodedata.normalize("NFKC", " ".join(words[:end]))
        if _ISBN_SIGNS.fullmatch(named) and isbn13(named):
            return named, " ".join(words[end:])
    first = unicodedata.normalize("NFKC", words[0])
    if _NUMBER.match(first) or _LONG_NUMBER.fullmatch(first):
        return first, " ".join(words[1:])
    return written, ""


def title_in(written: str) -> str:
    """The title of a line that is no number: 「・『銀河鉄道の夜』」 → 「銀河鉄道の夜」."""
    bare = _BULLET.sub("", written, count=1).strip() or written
    bracketed = _BRACKETED.match(bare)
    return bracketed[1] if bracketed else bare


async def meant(session: Reading, wanted: Sequence[Wanted], *, viewer: Viewer, organisation_id: int) -> Meant:
    """Which records the lines mean, in five queries however many lines; what the viewer cannot see is not there.

    Of several copies with one barcode the organisation's own counts, and a barcode before the number of a record.
    """
    by_isbn = await _by_isbn(session, {one.isbn for one in wanted if one.isbn})
    barcodes = {code for one in wanted if one.isbn is None and one.record is None and (code := _barcode(one.written))}
    by_barcode = await _by_barcode(session, barcodes, viewer=viewer, organisation_id=organisation_id)
    by_number = await _by_number(session, {number for one in wanted for number in (one.record, one.bare) if number})
    every = {record for found in (by_isbn, by_barcode, by_number) for records in found.values() for record in records}
    there = await seen(session, every, viewer)
    found = Meant()
    for one in wanted:
        if one.isbn:
            candidates = by_isbn.get(one.isbn, [])
        elif one.record is not None:
            candidates = by_number.get(one.record, [])
        else:
            candidates = by_barcode.get(_barcode(one.written) or "") or by_number.get(one.bare or 0, [])
        candidates = [record for record in candidates if record in there]
        if max(len(one.note), len(one.note_en)) > LONGEST_NOTE:
            found.problems[one] = _long(one)
        elif len(candidates) == 1:
            found.records[one] = candidates[0]
        else:
            found.problems[one] = _several(one, candidates) if candidates else _none(one)
    return found


async def seen(session: Reading, record_ids: Iterable[int], viewer: Viewer) -> frozenset[int]:
    """Those of the records that are there for the viewer."""
    return frozenset(await session.scalars(_SEEN, {"ids": sorted(set(record_ids))} | bound(viewer.sees)))


def _barcode(written: str) -> str | None:
    try:
        return scanned(written)
    except Invalid:
        return None


async def _by_isbn(session: Reading, isbns: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in await session.execute(_BY_ISBN, {"isbns": sorted(isbns)}):
        found.setdefault(row.isbn, []).append(row.record_id)
    return found


async def _by_barcode(session: Reading, barcodes: Iterable[str], *, viewer: Viewer, organisation_id: int) -> dict[str, list[int]]:
    rows = await session.execute(
        select(Item.barcode, Item.record_id, Item.organisation_id)
        .join(OwnerPolicy, OwnerPolicy.organisation_id == Item.organisation_id, isouter=True)
        .where(Item.barcode.in_(sorted(barcodes)), may_see(viewer))
        .order_by(Item.record_id)
    )
    every: dict[str, list[int]] = {}
    own: dict[str, list[int]] = {}
    for row in rows:
        for found in (every, own) if row.organisation_id == organisation_id else (every,):
            if row.record_id not in found.setdefault(row.barcode, []):
                found[row.barcode].append(row.record_id)
    return every | own


async def _by_number(session: Reading, numbers: Iterable[int]) -> dict[int, list[int]]:
    wanted = sorted(numbers)
    found = {number: [number] for number in await session.scalars(select(Record.id).where(Record.id.in_(wanted)))}
    moved = await session.execute(select(RecordRedirect.from_id, RecordRedirect.to_id).where(RecordRedirect.from_id.in_(wanted)))
    return {row.from_id: [row.to_id] for row in moved} | found


def _none(one: Wanted) -> Problem:
    if one.is_words:
        sentence = N_("{line}行目の「{written}」は番号ではありません。書名は「ことばでさがす」に入れて、見つかった本を加えてください。")
        return Problem("pasted", WORDS, sentence, line=one.number, written=one.written[:60])
    sentence = N_("{line}行目の「{written}」にあたる資料はありません。")
    return Problem("pasted", "line_unknown", sentence, line=one.number, written=one.written[:60])


def _long(one: Wanted) -> Problem:
    sentence = N_("{line}行目のひとことが長すぎます。{limit}文字までにしてください。")
    return Problem("pasted", "line_note_long", sentence, line=one.number, written=one.written[:60], limit=LONGEST_NOTE)


def _several(one: Wanted, candidates: Sequence[int]) -> Problem:
    sentence = N_("{line}行目の「{written}」にあたる資料は{count}件あります。書誌番号で書いてください: {records}")
    records = " ".join(f"#{number}" for number in candidates[:10])
    return Problem("pasted", "line_ambiguous", sentence, line=one.number, written=one.written[:60], count=len(candidates), records=records)
