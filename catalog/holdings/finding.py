"""Which record each row of a list belongs to: by its numbers where a record has them, else by what the list sent before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import text

from catalog.description import Description, Material
from catalog.holdings.books import Book
from catalog.holdings.problems import RowProblem
from catalog.holdings.rows import Copy
from catalog.holdings.target import Target
from catalog.matching.score import Match, Verdict, identity, score
from library.db import Reading

CANDIDATES = 50  # source records a number leads to
_ON_NO_SHELF = (Material.EBOOK, Material.AUDIOBOOK)


class Standing(msgspec.Struct, frozen=True):
    """A copy that has the row's barcode already."""

    id: int
    record_id: int
    branch_id: int
    branch: str
    withdrawn: bool


class Found(msgspec.Struct, frozen=True):
    """Where a row belongs. `record_id` None: no record is known yet. `is_told`: what the row says of it goes to the record."""

    record_id: int | None
    item_id: int | None
    is_told: bool


@dataclass
class Finder:
    """What the database knows of one batch's barcodes, numbers and identities."""

    target: Target
    taken: Mapping[str, int]  # identity → record, from the batches before
    standing: dict[str, Standing] = field(default_factory=dict)
    identities: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    descriptions: dict[int, Description] = field(default_factory=dict)

    async def look(self, session: Reading, copies: Sequence[Copy], *, source_id: int) -> None:
        await self._items(session, [copy.barcode for copy in copies])
        books = [copy.book for copy in copies if copy.book.is_named]
        rows = await session.execute(_IDENTITIES, {"source": source_id, "identities": list({book.identity for book in books})})
        self.identities = {row.identity: row.record_id for row in rows}
        wanted = {key for book in books for key in _number_keys(book)}
        for row in await session.execute(_NUMBERS, {"keys": sorted(wanted), "most": CANDIDATES}):
            self.numbers.setdefault(row.key, []).append(row.record_id)
        found = {record for many in self.numbers.values() for record in many}
        await self.describe(session, found | {one.record_id for one in self.standing.values()} | set(self.identities.values()))

    async def _items(self, session: Reading, barcodes: list[str]) -> None:
        rows = await session.execute(_ITEMS, {"owner": self.target.owner_id, "barcodes": barcodes})
        self.standing = {
            row.barcode: Standing(row.id, row.record_id, row.branch_id, row.branch, row.withdrawn_on is not None) for row in rows
        }

    async def describe(self, session: Reading, records: Iterable[int]) -> None:
        """Loads what union records say, where it is not known yet."""
        missing = sorted(set(records) - self.descriptions.keys())
        if missing:
            for row in await session.execute(_DESCRIPTIONS, {"ids": missing}):
                self.descriptions[row.id] = msgspec.json.decode(row.description, type=Description)

    def contradicts(self, copy: Copy) -> bool:
        """Whether a new copy's title is not that of the book under the same ISBN on an earlier list: one of the two is mistaken."""
        known = self.identities.get(copy.book.identity)
        if known is None or copy.book.number or copy.book.description is None or copy.barcode in self.standing:
            return False
        return not _fits(copy.book, self.descriptions[known])

    def find(self, copy: Copy) -> Found | RowProblem:
        standing = self.standing.get(copy.barcode)
        if standing is not None:
            return self._again(copy, standing)
        record_id = self._record(copy.book)
        if isinstance(record_id, str):
            return RowProblem(copy.row, "isbn", record_id, {"isbn": copy.book.isbn or copy.book.nbn})
        if record_id is None and copy.book.description is None:
            code = "isbn_unknown" if copy.book.isbn else "book_unknown"
            return RowProblem(copy.row, "isbn" if copy.book.isbn else "title", code, {"isbn": copy.book.isbn})
        return Found(record_id, None, self._is_told(copy.book, record_id))

    def _again(self, copy: Copy, standing: Standing) -> Found | RowProblem:
        """A barcode that is known must stand for the same book in the same place."""
        if standing.withdrawn:
            return RowProblem(copy.row, "barcode", "barcode_withdrawn", {"barcode": copy.barcode})
        if standing.branch_id != self.target.branch_id:
            return RowProblem(copy.row, "barcode", "barcode_elsewhere", {"barcode": copy.barcode, "branch": standing.branch})
        book, record_id = copy.book, standing.record_id
        if not book.is_named:
            return Found(record_id, standing.id, is_told=False)
        found = self._record(book)
        alike = book.description is not None and _fits(book, self.descriptions[record_id])
        if found == record_id or (found is None and alike):
            return Found(record_id, standing.id, self._is_told(book, record_id))
        title = self.descriptions[record_id].title.main
        return RowProblem(copy.row, "barcode", "barcode_taken", {"barcode": copy.barcode, "title": title[:80]})

    def _is_told(self, book: Book, record_id: int | None) -> bool:
        """A new title becomes a source record, and one that began as such goes on being told; a bibliography's needs no list."""
        if book.description is None or book.identity in self.taken:
            return False
        return record_id is None or self.identities.get(book.identity) == record_id

    def _record(self, book: Book) -> int | str | None:
        """The record, the code of why it cannot be told, or None."""
        if not book.is_named:
            return None
        listed = dict.fromkeys(record for key in _number_keys(book) for record in self.numbers.get(key, ()))
        candidates = [record for record in listed if self.descriptions[record].material not in _ON_NO_SHELF]
        fitting = [record for record in candidates if _fits(book, self.descriptions[record])]
        known = self.taken.get(book.identity) or self.identities.get(book.identity)
        if known in fitting or not fitting:
            return known
        volumes = {record: identity(self.descriptions[record].title)[1] for record in fitting}
        fitting = [record for record in fitting if volumes[record] == book.volume] or fitting
        if len(fitting) > 1 and (book.description is None or len({volumes[record] for record in fitting}) > 1):
            return "volume_unclear"
        return fitting[0] if book.description is None else max(fitting, key=lambda record: self._closeness(book, record))

    def _closeness(self, book: Book, record: int) -> tuple[int, int]:
        return _compared(book, self.descriptions[record]).score, -record


def _number_keys(book: Book) -> list[str]:
    """As `match_key` holds them; a set's ISBN stands there with the volume."""
    found = [f"isbn:{book.isbn}", f"isbn:{book.isbn}/{book.volume}"] if book.isbn else []
    return [*found, f"nbn:{book.nbn}"] if book.nbn else found


def _fits(book: Book, record: Description) -> bool:
    if book.description is None:
        return not book.volume or book.volume == identity(record.title)[1]
    return _compared(book, record).verdict is Verdict.SAME


def _compared(book: Book, record: Description) -> Match:
    """Lists seldom say the kind of a thing and often leave out the volume, which an ISBN of its own settles."""
    assert book.description is not None
    said = book.description
    if record.material not in _ON_NO_SHELF:
        said = msgspec.structs.replace(said, material=record.material)
    own = any(one.number == book.isbn and not one.whole_set for one in record.isbns)
    volume = identity(record.title)[1]
    if own and not book.volume and volume:
        said = msgspec.structs.replace(said, title=msgspec.structs.replace(said.title, volume=volume))
    elif own and book.volume and not volume:
        record = msgspec.structs.replace(record, title=msgspec.structs.replace(record.title, volume=book.volume))
    return score(said, record)


_ITEMS = text(
    "SELECT i.id, i.barcode, i.record_id, i.branch_id, i.withdrawn_on, b.name ->> 'ja' AS branch FROM item i"
    " JOIN branch b ON b.id = i.branch_id WHERE i.organisation_id = :owner AND i.barcode = ANY(:barcodes)"
)
_IDENTITIES = text("SELECT identity, record_id FROM source_record WHERE source_id = :source AND identity = ANY(:identities)")
_NUMBERS = text(
    "SELECT DISTINCT k.key, s.record_id FROM unnest(CAST(:keys AS text[])) AS k(key) CROSS JOIN LATERAL"
    " (SELECT m.source_record_id FROM match_key m WHERE m.key = k.key LIMIT :most) m"
    " JOIN source_record s ON s.id = m.source_record_id ORDER BY k.key, s.record_id"
)
_DESCRIPTIONS = text("SELECT id, CAST(description AS text) AS description FROM record WHERE id = ANY(:ids)")
