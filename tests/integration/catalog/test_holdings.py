"""Lists of holdings brought in: what joins what, what is kept out, and that a list that comes again changes nothing."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from sqlalchemy import select, text

from catalog.holdings import Mode, Report, Target, bring_in, target_of
from catalog.models import Item, Record, RecordEvent, Source, SourceRecord
from library.db import Database
from library.errors import Invalid, NotFound
from library.places.models import ShelfArea
from tests.integration.catalog.import_samples import book, count, isbn, taken, words
from tests.unit.catalog.marc_samples import marc, real
from tests.world import World

HEADER = ("資料番号", "ISBN", "書名", "著者", "出版者", "出版年", "請求記号", "配架場所", "価格", "受入日", "備考")
Cells = dict[str, Any]


def line(barcode: str, number: int = 0, **more: str) -> Cells:
    """A row of a list, by header; with a number, that of `book(number)`."""
    cells = {"資料番号": barcode}
    if number:
        cells |= {"ISBN": isbn(number), "書名": words(number), "著者": "森葉子", "出版者": "青空出版", "出版年": "2012"}
    return cells | more


def table(path: Path, rows: Iterable[Cells], header: tuple[str, ...] = HEADER, encoding: str = "utf-8") -> Path:
    lines = [",".join(header), *(",".join(row.get(name, "") for name in header) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


async def bring(
    database: Database, path: Path, branch: str = "school", owner: str = "", mode: Mode = Mode.LENIENT, account: int | None = None
) -> Report:
    async with database.transaction() as session:
        target = await target_of(session, branch, owner)
        return await bring_in(session, path, target, mode=mode, account_id=account)


def sums(report: Report) -> tuple[int, int, int, int, int]:
    return report.read, report.new, report.changed, report.unchanged, report.rejected


def told(report: Report) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.code) for problem in report.problems]


async def items(database: Database) -> list[Item]:
    async with database.reading() as session:
        return list(await session.scalars(select(Item).order_by(Item.barcode)))


async def changes(database: Database) -> list[tuple[int, str]]:
    async with database.reading() as session:
        return [(row[0], row[1]) for row in await session.execute(text("SELECT record_id, kind FROM index_change ORDER BY id"))]


async def test_copies_of_books_that_are_known_join_their_records(database: Database, world: World, tmp_path: Path) -> None:
    known = await taken(database, book(1) + book(2))
    before = len(await changes(database))
    path = table(tmp_path / "a.csv", [line("001", 1, 価格="1200"), line("002", 1), line("003", 2, 受入日="2024/4/1")])
    report = await bring(database, path, account=world.accounts["school_librarian"])
    assert sums(report) == (3, 3, 0, 0, 0)
    assert (report.records_created, report.records_matched) == (0, 2)
    found = await items(database)
    assert [(item.barcode, item.record_id) for item in found] == [
        ("001", known[0].record_id),
        ("002", known[0].record_id),
        ("003", known[1].record_id),
    ]
    assert {(item.organisation_id, item.branch_id) for item in found} == {(world.organisations["school"], world.branches["school"])}
    assert (found[0].price, str(found[2].acquired_on)) == (1200, "2024-04-01")
    assert sorted((await changes(database))[before:]) == sorted((one.record_id, "record") for one in known)
    async with database.reading() as session:
        events = (await session.scalars(select(RecordEvent).order_by(RecordEvent.id))).all()
    assert [(event.act, event.details["barcode"]) for event in events] == [
        ("item_added", "001"),
        ("item_added", "002"),
        ("item_added", "003"),
    ]
    assert {event.account_id for event in events} == {world.accounts["school_librarian"]}
    assert await count(database, "source_record") == 2


async def test_an_unknown_book_with_a_title_becomes_a_brief_record_of_the_owners_list(
    database: Database, world: World, tmp_path: Path
) -> None:
    report = await bring(
        database, table(tmp_path / "a.csv", [line("001", 1, 請求記号="K913 ミ"), line("002", 1), line("003", 書名="手作りの本")])
    )
    assert sums(report) == (3, 3, 0, 0, 0)
    assert (report.records_created, report.records_matched) == (2, 0)
    async with database.reading() as session:
        (source,) = (await session.scalars(select(Source))).all()
        rows = (await session.scalars(select(SourceRecord).order_by(SourceRecord.id))).all()
    assert (source.name, source.rank, source.organisation_id) == ("school-list", 80, world.organisations["school"])
    assert [(row.format, row.identity[:5]) for row in rows] == [("table", "isbn "), ("table", rows[1].identity[:5])]
    assert msgspec.json.decode(rows[0].raw)["title"] == words(1)
    one, two, _ = await items(database)
    assert one.record_id == two.record_id
    assert (one.location_mark, one.class_mark, one.author_mark) == ("K", "913", "ミ")


async def test_a_later_record_from_a_bibliography_matches_the_list_and_outranks_it(
    database: Database, world: World, tmp_path: Path
) -> None:
    await bring(database, table(tmp_path / "a.csv", [line("001", 1, 出版者="青空")]))
    (turned,) = await taken(database, book(1, ("490", "0#$a青空文庫")), "ndl")
    assert turned.outcome == "matched"
    async with database.reading() as session:
        record = await session.get_one(Record, turned.record_id)
    assert record.publisher == "青空出版"
    assert (await items(database))[0].record_id == turned.record_id


async def test_the_same_list_again_changes_nothing(database: Database, world: World, tmp_path: Path) -> None:
    await taken(database, book(1))
    rows = [line("001", 1), line("002", 2, 配架場所="児童", 価格="500"), line("003", 書名="手作りの本", 請求記号="E ア", 備考="寄贈")]
    path = table(tmp_path / "a.csv", rows)
    assert sums(await bring(database, path)) == (3, 3, 0, 0, 0)
    before = await changes(database), await count(database, "record_event"), await count(database, "record")
    again = await bring(database, path)
    assert sums(again) == (3, 0, 0, 3, 0)
    assert (again.records_created, again.records_matched, again.records_updated) == (0, 3, 0)
    assert (await changes(database), await count(database, "record_event"), await count(database, "record")) == before


async def test_what_a_list_says_differently_is_changed_and_nothing_else(database: Database, world: World, tmp_path: Path) -> None:
    rows = [line("001", 1, 請求記号="913 ミ", 備考="寄贈"), line("002", 2, 価格="500"), line("003", 3)]
    await bring(database, table(tmp_path / "a.csv", rows))
    before = len(await changes(database))
    rows = [line("001", 1, 請求記号="K913 ミ"), line("002", 2, 価格="600", 配架場所="新刊"), line("003", 3)]
    report = await bring(database, table(tmp_path / "b.csv", rows), account=world.accounts["school_librarian"])
    assert sums(report) == (3, 0, 2, 1, 0)
    one, two, three = await items(database)
    assert (one.location_mark, one.note, one.version) == ("K", "寄贈", 2)
    assert (two.price, two.version, three.version) == (600, 2, 1)
    kinds = dict((await changes(database))[before:])
    assert kinds == {one.record_id: "record", two.record_id: "availability"}
    async with database.reading() as session:
        events = (await session.scalars(select(RecordEvent).where(RecordEvent.act == "item_changed").order_by(RecordEvent.id))).all()
    assert [event.details["fields"] for event in events] == [
        {"location_mark": ["", "K"]},
        {"price": [500, 600], "shelf_area_id": [None, two.shelf_area_id]},
    ]


async def test_a_rehearsal_says_what_would_happen_and_leaves_no_trace(database: Database, world: World, tmp_path: Path) -> None:
    await taken(database, book(1))
    before = {name: await count(database, name) for name in ("record", "item", "source", "source_record", "index_change", "shelf_area")}
    path = table(tmp_path / "a.csv", [line("001", 1), line("002", 2, 配架場所="新しい棚"), line("002", 3)])
    said = await bring(database, path, mode=Mode.REHEARSE)
    assert sums(said) == (3, 2, 0, 0, 1)
    assert (said.records_created, said.records_matched, said.applied) == (1, 1, False)
    assert {name: await count(database, name) for name in before} == before
    done = await bring(database, path)
    assert (sums(done), done.records_created, done.areas) == (sums(said), said.records_created, said.areas)


async def test_rows_with_problems_stay_out_and_the_others_come_in(database: Database, world: World, tmp_path: Path) -> None:
    await taken(database, book(1) + book(2))
    await bring(database, table(tmp_path / "a.csv", [line("100", 1)]))
    rows = [
        line("001", 1),  # 2
        line("", 1),  # 3: no barcode
        line("001", 2),  # 4: as row 2
        line("100", 2),  # 5: stands for another book
        line("005", ISBN=isbn(99)),  # 6: nobody knows this ISBN, and there is no title
        line("006"),  # 7: nothing said of the book
        line("007", 1, ISBN="9784101010015"),  # 8: check digit
        line("008", 2, 受入日="2024/13/1", 価格="時価"),  # 9: two at once
        line("009", 2, 配架場所="わくわく文庫"),  # 10: fine, but a new shelf area
        line("010", ISBN=isbn(2)),  # 11: a known ISBN is enough
    ]
    report = await bring(database, table(tmp_path / "b.csv", rows))
    assert told(report) == [
        (3, "barcode", "barcode_missing"),
        (4, "barcode", "barcode_twice"),
        (5, "barcode", "barcode_taken"),
        (6, "isbn", "isbn_unknown"),
        (7, "title", "book_unknown"),
        (8, "isbn", "isbn_wrong"),
        (9, "acquired", "not_a_day"),
        (9, "price", "number_wrong"),
        (10, "area", "area_new"),
    ]
    assert sums(report) == (10, 3, 0, 0, 7)
    assert report.areas == ("わくわく文庫",)
    assert [problem.rejects for problem in report.problems].count(False) == 1
    assert report.sent.keys() == {3, 4, 5, 6, 7, 8, 9}
    assert report.sent[9]["price"] == "時価"
    assert [item.barcode for item in await items(database)] == ["001", "009", "010", "100"]
    assert await count(database, "record") == 2


async def test_strictly_one_problem_keeps_the_whole_list_out(database: Database, world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [line("001", 1, 配架場所="新しい棚"), line("", 2)])
    report = await bring(database, path, mode=Mode.STRICT)
    assert (sums(report), report.applied) == ((2, 1, 0, 0, 1), False)
    for name in ("item", "record", "source", "shelf_area", "index_change"):
        assert await count(database, name) == 0, name
    good = table(tmp_path / "b.csv", [line("001", 1, 配架場所="新しい棚")])
    assert (await bring(database, good, mode=Mode.STRICT)).applied
    assert await count(database, "item") == 1


async def test_the_same_barcode_may_stand_at_two_owners(database: Database, world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [line("000001", 1)])
    for branch in ("school", "other-school", "chuo"):
        assert sums(await bring(database, path, branch)) == (1, 1, 0, 0, 0)
    found = await items(database)
    assert len(found) == 3
    assert len({item.record_id for item in found}) == 1


async def test_a_copy_at_another_branch_or_withdrawn_is_not_taken_over(database: Database, world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [line("001", 1), line("002", 2)])
    await bring(database, path, "chuo")
    async with database.transaction() as session:
        await session.execute(text("UPDATE item SET withdrawn_on = '2026-01-01' WHERE barcode = '002'"))
    assert told(await bring(database, path, "nishi")) == [(2, "barcode", "barcode_elsewhere"), (3, "barcode", "barcode_withdrawn")]
    assert told(await bring(database, path, "chuo")) == [(3, "barcode", "barcode_withdrawn")]


async def test_a_joint_use_branch_wants_to_know_whose_books_they_are(database: Database, world: World, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [line("001", 1)])
    with pytest.raises(Invalid) as refused:
        await bring(database, path, "joint")
    assert refused.value.code == "owner_needed"
    assert "other_school" in str(refused.value)
    await bring(database, path, "joint", "other_school")
    (item,) = await items(database)
    assert (item.organisation_id, item.branch_id) == (world.organisations["other_school"], world.branches["joint"])
    with pytest.raises(Invalid) as refused:
        await bring(database, path, "joint", "school")
    assert refused.value.code == "owner_not_here"
    with pytest.raises(NotFound):
        await bring(database, path, "nowhere")


async def test_a_shelf_area_is_known_by_code_and_by_name(database: Database, world: World, tmp_path: Path) -> None:
    async with database.transaction() as session:
        area = ShelfArea(branch_id=world.branches["school"], code="kids", name={"ja": "児童書", "en": "Children's books"})
        session.add(area)
    rows = [line("001", 1, 配架場所="KIDS"), line("002", 1, 配架場所="児童 書"), line("003", 1, 配架場所="children's books")]
    report = await bring(database, table(tmp_path / "a.csv", rows))
    assert report.problems == ()
    assert {item.shelf_area_id for item in await items(database)} == {area.id}


async def test_without_call_numbers_the_record_suggests_the_label(database: Database, world: World, tmp_path: Path) -> None:
    await taken(
        database,
        marc(("020", f"##$a{isbn(1)}"), ("084", "##$a913.6$2njb/09"), ("100", "1#$aモリ, 葉子"), ("245", "00$a海の本"), control="a"),
    )
    path = table(tmp_path / "a.csv", [line("001", ISBN=isbn(1))], header=("資料番号", "ISBN"))
    await bring(database, path)
    (item,) = await items(database)
    assert (item.class_mark, item.author_mark) == ("913", "モ")  # schools shelve by three digits
    assert sums(await bring(database, path)) == (1, 0, 0, 1, 0)


SET = isbn(90)


async def test_volumes_under_one_isbn_find_their_own_records(database: Database, world: World, tmp_path: Path) -> None:
    def volume(number: str) -> bytes:
        return marc(("020", f"##$a{SET}$q(セット)"), ("245", f"00$a世界の歴史$n{number}$c山川一 著"), control=f"v{number}")

    known = await taken(database, volume("1") + volume("2"))
    header = ("資料番号", "ISBN", "書名", "巻次")
    rows = [
        line("001", ISBN=SET, 書名="世界の歴史", 巻次="2"),
        line("002", ISBN=SET, 書名="世界の歴史 1"),
        line("003", ISBN=SET, 巻次="第1巻"),
    ]
    report = await bring(database, table(tmp_path / "a.csv", rows, header))
    assert sums(report) == (3, 3, 0, 0, 0)
    assert report.records_created == 0
    assert [item.record_id for item in await items(database)] == [known[1].record_id, known[0].record_id, known[0].record_id]


async def test_a_list_that_leaves_out_the_volume_still_finds_the_book_by_its_own_isbn(
    database: Database, world: World, tmp_path: Path
) -> None:
    (known,) = await taken(database, marc(("020", f"##$a{isbn(5)}"), ("245", "00$a世界の歴史$n3$c山川一 著"), control="a"))
    report = await bring(database, table(tmp_path / "a.csv", [line("001", ISBN=isbn(5), 書名="世界の歴史")]))
    assert (report.records_created, (await items(database))[0].record_id) == (0, known.record_id)


async def test_a_title_that_contradicts_its_isbn_does_not_join_the_wrong_book(database: Database, world: World, tmp_path: Path) -> None:
    (known,) = await taken(database, book(1))
    rows = [line("001", ISBN=isbn(1), 書名="まるで関係のない絵本"), line("002", 1)]
    path = table(tmp_path / "a.csv", rows)
    await bring(database, path)
    wrong, right = await items(database)
    assert wrong.record_id != known.record_id
    assert right.record_id == known.record_id
    assert await count(database, "match_review") == 1
    assert sums(await bring(database, path)) == (2, 0, 0, 2, 0)


async def test_two_books_of_one_list_under_one_isbn_stay_two_books(database: Database, world: World, tmp_path: Path) -> None:
    rows = [
        line("001", 1),
        line("002", 1, 書名="まるで関係のない絵本", 著者="川上"),
        line("003", 1),
        line("004", 1, 書名="まるで関係のない絵本"),
    ]
    path = table(tmp_path / "a.csv", rows)
    assert (await bring(database, path)).records_created == 2
    first, other, again, other_again = await items(database)
    assert first.record_id == again.record_id
    assert other.record_id == other_again.record_id != first.record_id
    assert await count(database, "match_review") == 1
    assert sums(await bring(database, path)) == (4, 0, 0, 4, 0)


async def test_a_new_copy_of_another_title_does_not_join_the_book_an_earlier_list_had_under_its_isbn(
    database: Database, world: World, tmp_path: Path
) -> None:
    await bring(database, table(tmp_path / "a.csv", [line("001", 1)]))
    both = table(tmp_path / "b.csv", [line("001", 1), line("002", 1, 書名="まるで関係のない絵本")])
    assert (await bring(database, both)).records_created == 1
    first, other = await items(database)
    assert first.record_id != other.record_id
    assert sums(await bring(database, both)) == (2, 0, 0, 2, 0)


async def test_a_row_without_volume_does_not_guess_between_two_volumes_of_one_isbn(
    database: Database, world: World, tmp_path: Path
) -> None:
    def half(part: str) -> bytes:
        return marc(("020", f"##$a{isbn(6)}"), ("245", f"00$a炎のゴブレット$n{part}$cローリング 著"), control=part)

    _, second = await taken(database, half("上") + half("下"))
    header = ("資料番号", "ISBN", "書名", "巻次")
    rows = [line("001", ISBN=isbn(6), 書名="炎のゴブレット"), line("002", ISBN=isbn(6), 書名="炎のゴブレット", 巻次="下巻")]
    report = await bring(database, table(tmp_path / "a.csv", rows, header))
    assert told(report) == [(2, "isbn", "volume_unclear")]
    assert [item.record_id for item in await items(database)] == [second.record_id]


async def test_a_row_with_only_a_number_means_the_book_another_row_describes(database: Database, world: World, tmp_path: Path) -> None:
    header = ("資料番号", "書誌ID", "ISBN", "書名", "著者")
    rows = [
        line("001", 書誌ID="77"),
        line("002", 書誌ID="77", 書名="学級の本", 著者="林"),
        line("003", ISBN=isbn(4)),
        line("004", ISBN=isbn(4), 書名="星"),
    ]
    report = await bring(database, table(tmp_path / "a.csv", rows, header))
    assert sums(report) == (4, 4, 0, 0, 0)
    one, two, three, four = await items(database)
    assert (one.record_id, three.record_id) == (two.record_id, four.record_id)


async def test_a_barcode_alone_says_something_of_the_copy_it_stands_for(database: Database, world: World, tmp_path: Path) -> None:
    await bring(database, table(tmp_path / "a.csv", [line("001", 1)]))
    report = await bring(database, table(tmp_path / "b.csv", [line("001", 配架場所="閉架")], ("資料番号", "配架場所")))
    assert sums(report) == (1, 0, 1, 0, 0)
    async with database.reading() as session:
        area = await session.get_one(ShelfArea, (await items(database))[0].shelf_area_id)
    assert area.name == {"ja": "閉架"}


async def test_a_corrected_title_corrects_the_brief_record(database: Database, world: World, tmp_path: Path) -> None:
    await bring(database, table(tmp_path / "a.csv", [line("001", 1)]))
    report = await bring(database, table(tmp_path / "b.csv", [line("001", 1, 書名=words(1) + "の夜")]))
    assert (sums(report), report.records_updated) == ((1, 0, 0, 1, 0), 1)
    assert await count(database, "record", "title = :title", title=words(1) + "の夜") == 1


async def test_merged_records_keep_their_copies_when_the_list_comes_again(database: Database, world: World, tmp_path: Path) -> None:
    from catalog.records.merging import merge

    path = table(tmp_path / "a.csv", [line("001", 書名="海の本", 著者="森葉子"), line("002", 書名="うみの本", 著者="森葉子")])
    await bring(database, path)
    one, two = await items(database)
    async with database.transaction() as session:
        await merge(session, two.record_id, one.record_id, account_id=world.accounts["cataloguer"])
    assert sums(await bring(database, path)) == (2, 0, 0, 2, 0)
    assert {item.record_id for item in await items(database)} == {one.record_id}


async def test_a_workbook_comes_in_like_a_table_of_text(database: Database, world: World, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["みなみ小学校 蔵書一覧"])
    sheet.append(["資料番号", "ISBN", "書名", "価格"])
    sheet.append([1, int(isbn(1)), words(1), 1200.0])
    made = io.BytesIO()
    workbook.save(made)
    path = tmp_path / "a.xlsx"
    path.write_bytes(made.getvalue())
    report = await bring(database, path)
    assert (report.form, sums(report)) == ("xlsx", (1, 1, 0, 0, 0))
    assert [(item.barcode, item.price) for item in await items(database)] == [("1", 1200)]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
async def test_old_encodings_are_read(database: Database, world: World, tmp_path: Path, encoding: str) -> None:
    report = await bring(database, table(tmp_path / "a.csv", [line("001", 1, 配架場所="児童")], encoding=encoding))
    assert sums(report) == (1, 1, 0, 0, 0)
    assert await count(database, "record", "title = :title", title=words(1)) == 1


async def test_a_file_that_is_no_list_is_said_to_be_none(database: Database, world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("題,値段\n本,100\n")
    with pytest.raises(Invalid):
        await bring(database, path)
    assert await count(database, "source") == 0


async def test_the_list_of_another_system_comes_in_and_says_what_did_not(database: Database, world: World) -> None:
    for name in ("resource_import_file_sample1.tsv", "resource_import_file_sample2.tsv"):
        report = await bring(database, real(f"japan/legacy_tsv/{name}"), mode=Mode.REHEARSE)
        by_code: dict[str, int] = {}
        for problem in report.problems:
            by_code[problem.code] = by_code.get(problem.code, 0) + 1
        assert (report.read, report.new, report.rejected) == (20, 4, 16), name
        assert by_code["barcode_twice"] == 3
        assert by_code["isbn_wrong"] == 2
        assert "doi" in report.unknown


async def test_two_schools_at_once_make_one_record_of_a_book_they_share(database: Database, world: World, tmp_path: Path) -> None:
    import asyncio

    path = table(tmp_path / "a.csv", [line(f"{number:03d}", number) for number in range(1, 41)])
    reports = await asyncio.gather(bring(database, path, "school"), bring(database, path, "other-school"))
    assert sorted(report.records_created for report in reports) == [0, 40]
    assert await count(database, "record") == 40
    assert await count(database, "item") == 80


async def test_a_target_names_the_sender_of_its_lists(database: Database, world: World) -> None:
    async with database.reading() as session:
        target = await target_of(session, "other-school")
    assert isinstance(target, Target)
    assert (target.source, target.is_school) == ("other_school-list", True)
