"""Import runs: real files and broken ones, the same file again, a kill in the middle, a crowd of files at once."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from sqlalchemy import select, text

from catalog.incoming import imports
from catalog.incoming.imports import Progress, RunReport, begin, cancel, carry_out, mark_failed, rejects_of, report_of, run_by_id, runs
from catalog.models import ImportRun, Source
from library.db import Database
from library.errors import Conflict, Invalid, NotFound
from tests.integration.catalog.import_samples import book, codes, count, imported, put, rejects
from tests.unit.catalog.marc_samples import REAL, real


def totals(report: RunReport) -> dict[str, int]:
    return {name: getattr(report, name) for name in ("read", "created", "matched", "updated", "unchanged", "rejected")}


def sums(**given: int) -> dict[str, int]:
    return dict.fromkeys(("read", "created", "matched", "updated", "unchanged", "rejected"), 0) | given


async def run_of(database: Database, number: int) -> ImportRun:
    async with database.reading() as session:
        return await run_by_id(session, number)


async def test_every_record_of_the_national_library_comes_in_with_its_reading(database: Database) -> None:
    report = await imported(database, real("japan/japan_marc_233.mrc"), "ndl")
    assert totals(report) == sums(read=233, created=233)
    # Three research reports carry no 880 for their title; every other title has its reading.
    assert await count(database, "record", "description #>> '{title,reading}' <> ''") == 230
    assert await count(database, "record", "title_sort <> ''") == 233
    assert await count(database, "index_change") == 233
    assert await count(database, "import_reject") == 0


async def test_the_same_file_again_creates_nothing(database: Database) -> None:
    path = real("japan/japan_marc_233.mrc")
    first = await imported(database, path, "ndl")
    second = await imported(database, path, "ndl")
    assert second.run != first.run
    assert totals(second) == sums(read=233, unchanged=233)
    assert await count(database, "record") == 233
    assert await count(database, "index_change") == 233


async def test_one_changed_record_is_the_only_one_updated(database: Database, tmp_path: Path) -> None:
    whole = real("japan/japan_marc_233.mrc").read_bytes()
    await imported(database, put(tmp_path / "first.mrc", [whole]), "ndl")
    at = whole.index("これからの本の話をしよう".encode())
    changed = whole[:at] + "それからの".encode() + whole[at + len("これからの".encode()) :]
    report = await imported(database, put(tmp_path / "second.mrc", [changed]), "ndl")
    assert totals(report) == sums(read=233, updated=1, unchanged=232)
    assert await count(database, "record", "title = 'それからの本の話をしよう'") == 1
    assert await count(database, "source_record_version") == 1


EDGE = {
    "marc/edge/pymarc_bad_eacc_encoding.dat": (0, {"bad_encoding": 1}),
    "marc/edge/pymarc_bad_indicator.dat": (1, {}),
    "marc/edge/pymarc_bad_marc8_escape.dat": (0, {"bad_encoding": 1}),
    "marc/edge/pymarc_bad_records.mrc": (5, {"bad_directory": 3}),
    "marc/edge/pymarc_bad_subfield_code.dat": (0, {"bad_subfield": 1}),
    "marc/edge/pymarc_bad_tag.xml": (1, {}),
    "marc/edge/pymarc_batch.xml": (2, {}),
    "marc/edge/pymarc_marc.dat": (20, {}),
    "marc/edge/pymarc_marc8.dat": (1, {}),
    "marc/edge/pymarc_multi_isbn.dat": (1, {}),
    "marc/edge/pymarc_testunimarc.dat": (0, {"unimarc": 1}),
    "marc/edge/pymarc_utf8_errors.dat": (1, {}),
    "marc/edge/pymarc_utf8_invalid.mrc": (1, {}),
    "marc/edge/traject_880_with_no_6.utf8.marc": (1, {}),
    "marc/edge/traject_bad_utf_byte.utf8.marc": (0, {"no_title": 1}),
    "marc/edge/traject_emptyish_record.marc": (1, {}),
    "marc/edge/traject_escaped_character_reference.marc8.marc": (0, {"no_title": 1}),
    "marc/edge/traject_hebrew880s.marc": (1, {}),
    "marc/edge/traject_sample-oai-pmh.xml": (0, {"not_marc": 10}),
    "marc/edge/traject_test_data.utf8.marc.xml": (30, {}),
    "marc/edge/traject_test_data.utf8.mrc.gz": (30, {}),
    "marc/errorRecs.mrc": (5, {}),
    "marc/specTestRecs.mrc": (76, {}),
    "marc/specTestRecs_withBOM.xml": (76, {}),
}


async def test_every_odd_file_ends_in_a_report_that_adds_up(database: Database) -> None:
    if not REAL.exists():
        pytest.skip("the real files are not laid out here")
    for number, (name, (good, wrong)) in enumerate(EDGE.items()):
        report = await imported(database, real(name), f"sender{number}")
        assert report.read == report.created + report.matched + report.updated + report.unchanged + report.rejected, name
        assert report.read - report.rejected == good, name
        assert await codes(database, report.run) == wrong, name
        assert all(one.message for one in await rejects(database, report.run)), name


async def test_a_file_of_no_records_ends_in_a_report_that_says_so(database: Database, tmp_path: Path) -> None:
    report = await imported(database, put(tmp_path / "notes.txt", ["これは本の一覧です。".encode()]))
    assert totals(report) == sums(read=1, rejected=1)
    assert await codes(database, report.run) == {"not_marc": 1}
    assert totals(await imported(database, put(tmp_path / "empty.mrc", []))) == sums()


async def test_one_bad_record_does_not_stop_the_others_and_its_bytes_are_kept(database: Database, tmp_path: Path) -> None:
    bad = book(5)[:40] + b"x" * 20 + book(5)[60:]
    path = put(tmp_path / "mixed.mrc", [book(1), book(2), bad, book(3), book(4)])
    report = await imported(database, path)
    assert totals(report) == sums(read=5, created=4, rejected=1)
    (one,) = await rejects(database, report.run)
    assert (one.position, one.offset) == (3, len(book(1)) + len(book(2)))
    assert bytes(one.raw) == bad
    run = await run_of(database, report.run)
    assert (run.status, run.position, run.offset) == ("finished", 5, path.stat().st_size)


class Killed(BaseException):
    """A worker that dies, as far as the database can tell."""


def killed_after(batches: int) -> imports.Callable[[Progress], None]:
    left = [batches]

    def tell(_: Progress) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    return tell


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Some 2,100 records, with twins and bad ones among them."""
    records = [book(number) for number in range(1, 2001)]
    records[150:150] = [b"00042 bad record\x1e\x1d", *(book(number, control=f"twin{number}") for number in range(1, 80))]
    records[1700:1700] = [book(number, ("500", "##$aさらに")) for number in range(5, 25)]
    return put(tmp_path / "many.mrc", records)


EXPECTED = sums(read=2100, created=2000, matched=79, updated=20, rejected=1)


async def test_an_uninterrupted_run_counts_what_is_there(database: Database, many: Path) -> None:
    assert totals(await imported(database, many)) == EXPECTED
    assert await count(database, "record") == 2000


@pytest.mark.parametrize("batches", [1, 3, 5])
async def test_a_killed_run_goes_on_to_the_same_end(database: Database, many: Path, batches: int) -> None:
    number = await begin(database, path=many, file_name=many.name, source="sender")
    with pytest.raises(Killed):
        await carry_out(database, number, many, tell=killed_after(batches))
    run = await run_of(database, number)
    assert (run.status, run.position) == ("running", batches * imports.BATCH)
    assert run.counts["read"] == run.position
    again = await begin(database, path=many, file_name=many.name, source="sender")
    assert again == number
    assert totals(await carry_out(database, again, many)) == EXPECTED
    assert await count(database, "record") == 2000
    assert await count(database, "import_reject") == 1


async def test_a_run_cancelled_in_the_middle_of_a_batch_leaves_whole_batches(database: Database, many: Path) -> None:
    number = await begin(database, path=many, file_name=many.name, source="sender")
    begun = asyncio.Event()
    task = asyncio.create_task(carry_out(database, number, many, tell=lambda _: begun.set()))
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    run = await run_of(database, number)
    assert run.position % imports.BATCH == 0
    assert run.counts["created"] == await count(database, "record")
    assert totals(await carry_out(database, number, many)) == EXPECTED


async def test_two_workers_at_one_run_do_its_work_once(database: Database, many: Path) -> None:
    number = await begin(database, path=many, file_name=many.name, source="sender")
    ends = await asyncio.gather(carry_out(database, number, many), carry_out(database, number, many), return_exceptions=True)
    refused = [end for end in ends if isinstance(end, Conflict)]
    assert len(refused) == 1
    assert refused[0].code == "import_elsewhere"
    assert [totals(end) for end in ends if isinstance(end, RunReport)] == [EXPECTED]
    assert await count(database, "record") == 2000


async def test_two_files_of_the_same_books_at_once_make_one_record_each(database: Database, tmp_path: Path) -> None:
    books = [book(number) for number in range(1, 901)]
    left, right = put(tmp_path / "left.mrc", books), put(tmp_path / "right.mrc", list(reversed(books)))
    one, other = await asyncio.gather(imported(database, left, "left"), imported(database, right, "right"))
    assert one.created + other.created == 900
    assert one.matched + other.matched == 900
    assert await count(database, "record") == 900


async def test_a_cancelled_run_stops_after_its_batch_and_stays_stopped(database: Database, many: Path) -> None:
    number = await begin(database, path=many, file_name=many.name, source="sender")
    done = asyncio.Event()

    async def stop() -> None:
        await done.wait()
        async with database.transaction() as session:
            await cancel(session, number)

    with pytest.raises(Conflict) as stopped:
        await asyncio.gather(stop(), carry_out(database, number, many, tell=lambda _: done.set()))
    assert stopped.value.code in ("import_elsewhere", "import_cancelled")
    run = await run_of(database, number)
    assert run.status == "cancelled"
    assert 0 < run.position < 2100
    with pytest.raises(Conflict):
        await carry_out(database, number, many)
    async with database.transaction() as session:
        with pytest.raises(Conflict):
            await cancel(session, number)


async def test_a_run_that_failed_says_why_and_can_go_on(database: Database, many: Path) -> None:
    number = await begin(database, path=many, file_name=many.name, source="sender")
    with pytest.raises(Killed):
        await carry_out(database, number, many, tell=killed_after(1))
    await mark_failed(database, number, "ディスクがいっぱいです。")
    run = await run_of(database, number)
    assert (run.status, run.message) == ("failed", "ディスクがいっぱいです。")
    assert await begin(database, path=many, file_name=many.name, source="sender") == number
    assert totals(await carry_out(database, number, many)) == EXPECTED
    assert (await run_of(database, number)).message == ""


async def test_a_batch_waits_for_a_cataloguer_instead_of_failing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await imported(database, put(tmp_path / "first.mrc", [book(1)]))
    monkeypatch.setattr(imports, "PAUSE", 0.1)
    path = put(tmp_path / "second.mrc", [book(1, ("500", "##$a注記"))])

    async def edit() -> None:
        async with database.transaction() as session:
            await session.execute(text("SELECT id FROM record FOR UPDATE"))
            await asyncio.sleep(3.6)  # longer than anybody waits for a lock

    report, _ = await asyncio.gather(imported(database, path), edit())
    assert totals(report) == sums(read=1, updated=1)


async def test_a_packed_file_comes_in_like_a_plain_one(database: Database, tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(book(number) for number in range(1, 11)))
    assert totals(await imported(database, put(tmp_path / "books.mrc.gz", [packed]))) == sums(read=10, created=10)


async def test_an_unreadable_file_is_said_before_anything_begins(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        await begin(database, path=tmp_path / "nothing.mrc", file_name="nothing.mrc", source="sender")
    assert refused.value.code == "file_unreadable"
    assert await count(database, "import_run") == 0


async def test_a_sender_exists_from_its_first_file_on(database: Database, tmp_path: Path) -> None:
    await imported(database, put(tmp_path / "a.mrc", [book(1)]), "trc-marc")
    await imported(database, put(tmp_path / "b.mrc", [book(2)]), "trc-marc")
    async with database.reading() as session:
        (sender,) = (await session.scalars(select(Source))).all()
        latest = await runs(session)
        assert [run.source_id for run in latest] == [sender.id, sender.id]
        assert [run.file_name for run in latest] == ["b.mrc", "a.mrc"]
        assert report_of(latest[0]).created == 1
        assert await rejects_of(session, latest[0].id) == []
        with pytest.raises(NotFound):
            await run_by_id(session, 10**6)
