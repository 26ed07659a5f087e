"""What pages and programs show of imports: runs with their places, and rejects to be mended and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Select, func, select

from catalog.holdings.columns import COLUMNS
from catalog.models import ImportReject, ImportRun, Source
from library.db import Database, Reading
from library.errors import N_, NotFound
from library.identity.roles import Permission, Place
from library.identity.viewer import Viewer
from library.places.models import Branch, Organisation

PAGE = 500
COLLECTION = b'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
_LARGEST_ID = 2**63 - 1


class RunLine(NamedTuple):
    """A run with where it comes from and goes to."""

    run: ImportRun
    source: Source | None
    branch: Branch | None
    owner: Organisation | None

    @property
    def place(self) -> Place:
        """Where the act happens; records belong to nobody, so everywhere."""
        if self.run.kind != "items" or self.run.organisation_id is None:
            return Place()
        return Place(frozenset({self.run.organisation_id}), self.run.branch_id)

    @property
    def permission(self) -> Permission:
        return Permission.IMPORT_ITEMS if self.run.kind == "items" else Permission.IMPORT_RECORDS


def _lines() -> Select[ImportRun, Source, Branch, Organisation]:
    return (
        select(ImportRun, Source, Branch, Organisation)
        .join(Source, Source.id == ImportRun.source_id, isouter=True)
        .join(Branch, Branch.id == ImportRun.branch_id, isouter=True)
        .join(Organisation, Organisation.id == ImportRun.organisation_id, isouter=True)
        .where(ImportRun.kind.in_(("marc", "items")))
    )


async def latest(session: Reading, viewer: Viewer, *, limit: int = 50) -> list[RunLine]:
    """The runs within the viewer's reach, the latest first."""
    found: list[RunLine] = []
    async for row in await session.stream(_lines().order_by(ImportRun.id.desc()).limit(limit * 20)):
        line = RunLine(*row)
        if viewer.can(line.permission, line.place):
            found.append(line)
        if len(found) == limit:
            break
    return found


async def line(session: Reading, run_id: int, viewer: Viewer) -> RunLine:
    """Raises NotFound when there is no such run, NotAllowed when it is out of reach."""
    row = (await session.execute(_lines().where(ImportRun.id == run_id))).first() if 0 < run_id <= _LARGEST_ID else None
    if row is None:
        raise NotFound("import_not_found", N_("この取り込みはありません。"))
    found = RunLine(*row)
    viewer.must(found.permission, found.place)
    return found


async def reject_count(session: Reading, run_id: int) -> int:
    return int(await session.scalar(select(func.count()).where(ImportReject.run_id == run_id)) or 0)


async def senders(session: Reading) -> Sequence[Source]:
    """Who may be chosen as the sender of a file; lists of holdings and cataloguers send otherwise."""
    rows = await session.scalars(
        select(Source).where(Source.organisation_id.is_(None), Source.name != "hand").order_by(Source.rank, Source.name)
    )
    return rows.all()


async def _pages(database: Database, run_id: int) -> AsyncIterator[Sequence[ImportReject]]:
    """A run's rejects a page at a time, each in a look of its own, so that a slow reader holds nothing."""
    after = 0
    while True:
        async with database.reading() as session:
            statement = select(ImportReject).where(ImportReject.run_id == run_id, ImportReject.id > after)
            rows = (await session.scalars(statement.order_by(ImportReject.id).limit(PAGE))).all()
        if not rows:
            return
        after = rows[-1].id
        yield rows


async def reasons_as_csv(database: Database, run_id: int, header: Sequence[str]) -> AsyncIterator[bytes]:
    """Position, place and reason of each reject, for a spreadsheet."""
    yield b"\xef\xbb\xbf" + _line(header)
    async for rows in _pages(database, run_id):
        yield b"".join(_line((str(row.position), row.tag, row.code, row.message)) for row in rows)


async def rows_as_csv(database: Database, run_id: int, recognised: Mapping[str, str], header: Sequence[str]) -> AsyncIterator[bytes]:
    """Rejected rows of a list under the headers they came with, codes and reasons behind them: mended, they can be sent again."""
    columns = [column for column in COLUMNS if column in recognised]
    yield b"\xef\xbb\xbf" + _line([*(recognised[column] for column in columns), *header])
    cells: dict[str, str] = {}
    wrong: list[ImportReject] = []
    position = -1
    async for rows in _pages(database, run_id):
        written = b""
        for row in rows:
            if row.position != position and cells:
                written += _row(columns, cells, wrong)
            if row.position != position:
                position, cells, wrong = row.position, _cells(row.raw), []
            wrong.append(row)
        yield written
    if cells:
        yield _row(columns, cells, wrong)


def _row(columns: Sequence[str], cells: Mapping[str, str], wrong: Sequence[ImportReject]) -> bytes:
    codes, reasons = " ".join(one.code for one in wrong), " ".join(one.message for one in wrong)
    return _line([*(cells.get(column, "") for column in columns), codes, reasons])


def _cells(raw: bytes) -> dict[str, str]:
    return msgspec.json.decode(raw, type=dict[str, str]) if raw else {}


def _line(cells: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return written.getvalue().encode()


def _harmless(cell: str) -> str:
    """A spreadsheet would run what begins like a formula."""
    is_number = cell[1:].replace(".", "").replace(",", "").isdigit()
    return f"'{cell}" if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and len(cell) > 1 and not is_number) else cell


async def transmitted(database: Database, run_id: int) -> AsyncIterator[bytes]:
    """The bytes of rejected records, one behind the other, as they were sent."""
    async for rows in _pages(database, run_id):
        yield b"".join(bytes(row.raw) for row in rows if not _is_xml(row.raw))


async def as_xml(database: Database, run_id: int) -> AsyncIterator[bytes]:
    """Rejected MARCXML records in one collection."""
    yield COLLECTION
    async for rows in _pages(database, run_id):
        yield b"".join(_bare(bytes(row.raw)) + b"\n" for row in rows if _is_xml(row.raw))
    yield b"</collection>\n"


def _is_xml(raw: bytes) -> bool:
    return raw.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _bare(raw: bytes) -> bytes:
    """A record without the declaration that may stand only at the head of a file."""
    text = raw.lstrip(b"\xef\xbb\xbf \r\n\t")
    return text.partition(b"?>")[2].strip() if text.startswith(b"<?xml") else text.strip()
