"""A large catalogue put straight into its tables: the same invented books, read from MARC as ever, with copies by Zipf's law.

Taking records in one by one is measured with fewer; here a million are only to be there, without what their senders sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import msgspec
import psycopg

from bench.books import Books
from bench.generate import NATIONAL, described
from bench.host import Host
from bench.stock import ITEM, Shelf, places
from bench.transmission import record, utf8
from catalog.description import Description
from catalog.marc.files.stream import read
from catalog.marc.outcome import Read
from catalog.records.composing import columns
from catalog.records.union import work_key
from library.db import Database
from library.errors import Unavailable
from library.jobs import conninfo

PROCESSES = 2
MOST_COPIES = 500
_HEAVY = 1.12  # Pareto's exponent: Σ k^-1.12 up to five hundred are 4.97 copies of a title on the average; of a million, 5.02
_BATCH = 1_000
_RECORD = (
    *("id", "work_id", "title", "title_sort", "volume", "author", "publisher", "year", "material", "language"),
    *("audience", "ndc", "description", "popularity", "created_at", "version"),
)
_BEGIN = datetime(2001, 4, 1, tzinfo=UTC)
_DAYS = 9_300


def fill(host: Host, records: int, seed: int) -> None:
    """Records numbered from 1, their works and copies. Raises Unavailable when one of the processes fails."""
    shelves = asyncio.run(_places(host.url))
    with psycopg.connect(conninfo(host.url), autocommit=True) as connection:
        connection.execute("CREATE UNLOGGED TABLE bench_work (id bigint, key text)")
    given = json.dumps({"url": host.url, "records": records, "seed": seed, "shelves": shelves}).encode()
    children = [_begun(host, share, given) for share in range(PROCESSES)]
    ended = [child.wait() for child in children]
    if any(ended):
        raise Unavailable("bench_child", "filling the catalogue failed; the reason stands above")
    _finish(host.url)


def _begun(host: Host, share: int, given: bytes) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.filling", str(share)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, env=host.environment(1), cwd=host.folder)  # noqa: S603
    assert child.stdin is not None
    child.stdin.write(given)
    child.stdin.close()
    return child


async def _places(url: str) -> list[Shelf]:
    database = Database(url, pooled=False)
    try:
        async with database.transaction() as session:
            return await places(session)
    finally:
        await database.close()


def _finish(url: str) -> None:
    """What the processes could not say of one another: works once each, and where numbering goes on."""
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute("INSERT INTO work (id, key) OVERRIDING SYSTEM VALUE SELECT DISTINCT ON (key) id, key FROM bench_work")
        connection.execute("DROP TABLE bench_work")
        connection.execute("SELECT setval(pg_get_serial_sequence('record', 'id'), (SELECT max(id) FROM record))")
        connection.execute("SELECT setval(pg_get_serial_sequence('work', 'id'), (SELECT max(id) FROM work))")


def _share(given: dict[str, object], share: int) -> None:
    books = Books(int(str(given["seed"])))
    records, shelves = int(str(given["records"])), [tuple(one) for one in given["shelves"]]  # type: ignore[attr-defined]
    with psycopg.connect(conninfo(str(given["url"]))) as connection:
        connection.execute("SET session_replication_role = replica")  # works come last, so references are not looked up
        connection.execute("SET synchronous_commit = off")
        mine = range(share, records, PROCESSES)
        for start in range(0, len(mine), _BATCH):
            rows = [_row(number, said) for number, said in _read(books, mine[start : start + _BATCH])]
            _copy(connection, "bench_work", ("id", "key"), ((row[1], key) for row, key in rows if row[1] is not None))
            _copy(connection, "record", _RECORD, (row for row, _ in rows))
            _copy(connection, "item", ITEM, (copy for row, _ in rows for copy in _copies(books.seed, row, shelves)))
            connection.commit()


def _copy(connection: psycopg.Connection, table: str, names: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _read(books: Books, numbers: range) -> Iterator[tuple[int, Description]]:
    file = io.BytesIO(b"".join(record(described(books.book(number), NATIONAL), utf8) for number in numbers))
    for number, found in zip(numbers, read(file), strict=True):
        assert isinstance(found, Read), found
        yield number, found.description


_json = msgspec.json.Encoder().encode


def _row(number: int, said: Description) -> tuple[tuple[object, ...], str]:
    """The row of `record`, and the key of its work. How much it is lent follows Zipf's law."""
    chance = Random(number)
    told = columns(said) | {"description": _json(said).decode()}
    key = work_key(said)
    work = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest()) + 1 if key else None
    created = _BEGIN + timedelta(days=chance.randrange(_DAYS))
    popularity = min(int(chance.paretovariate(0.9)) - 1, 5_000)
    return (number + 1, work, *(told[name] for name in _RECORD[2:-3]), popularity, created, 1), key


def _copies(seed: int, row: tuple[object, ...], shelves: list[Shelf]) -> Iterator[tuple[object, ...]]:
    number, mark = row[0], row[_RECORD.index("ndc")]
    chance = Random(f"{seed}:copies:{number}")
    for copy in range(min(int(chance.paretovariate(_HEAVY)), MOST_COPIES)):
        organisation, branch = shelves[int(chance.paretovariate(0.6)) % len(shelves)]
        missing = date(2026, 1, 5) if chance.random() < 0.02 else None
        acquired = date(2000, 4, 1) + timedelta(days=chance.randrange(9_000))
        barcode, for_reference = f"{number:08d}{copy:03d}", chance.random() < 0.05
        yield (number, organisation, branch, barcode, "", mark, "", "", for_reference, missing, "", "", "", 1800, acquired, 1)


if __name__ == "__main__":
    _share(json.loads(sys.stdin.buffer.read()), int(sys.argv[1]))
