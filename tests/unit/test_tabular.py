"""Tables from people's files, in the encodings, forms and states in which they come."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from library import dates, tabular
from library.errors import Invalid
from library.spreadsheet import Limits

DATA = Path(__file__).resolve().parents[2].parent / "shared/data"
COLUMNS = {
    "number": ("利用者番号", "カード番号", "user_number"),
    "name": ("氏名", "full_name"),
    "birth": ("生年月日", "date of birth"),
    "note": ("備考",),
}
TEXT = "利用者番号,氏名,備考\r\n0012,髙橋 ①,はしご髙\r\n0013,森,\r\n"


def read(content: bytes, *, required: tuple[str, ...] = (), limits: Limits | None = None) -> tuple[tabular.Mapping, list[tabular.Row], str]:
    with tabular.opened(io.BytesIO(content), COLUMNS, required=required, limits=limits) as table:
        rows = list(table.rows())
        assert list(table.rows()) == rows, "a table can be read again from its top"
        return table.mapping, rows, table.form


def sheet(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("utf-8", "csv/utf-8"),
        ("utf-8-sig", "csv/utf-8-sig"),
        ("cp932", "csv/cp932"),
        ("utf-16", "csv/utf-16"),
        ("utf-16-le", "csv/utf-16-le"),
        ("utf-16-be", "csv/utf-16-be"),
    ],
)
def test_a_file_reads_the_same_in_every_encoding(encoding: str, form: str) -> None:
    mapping, rows, how = read(TEXT.encode(encoding))
    assert how == form
    assert mapping == tabular.Mapping({"number": "利用者番号", "name": "氏名", "note": "備考"}, (), ())
    assert [(row.number, row.text("number"), row.text("name")) for row in rows] == [(2, "0012", "髙橋 ①"), (3, "0013", "森")]


def test_an_old_unix_file_in_euc_jp_is_not_read_as_half_width_kana() -> None:
    assert read("利用者番号,氏名\n1,もり\n".encode("euc_jp"))[1][0].text("name") == "もり"


def test_the_encoding_is_judged_by_the_whole_file_not_by_its_beginning() -> None:
    content = b"user_number,full_name\n" + b"1,Mori\n" * 30_000 + "2,森\n".encode("cp932")
    assert read(content)[1][-1].text("name") == "森"


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_the_delimiter_is_the_one_that_shows_known_columns(delimiter: str) -> None:
    content = f"利用者番号{delimiter}氏名\n1{delimiter}森, 春;子\n" if delimiter == "\t" else f"利用者番号{delimiter}氏名\n1{delimiter}森\n"
    assert read(content.encode())[1][0].text("number") == "1"


@pytest.mark.parametrize("header", ["利用者番号", "Ｕｓｅｒ＿Ｎｕｍｂｅｒ", "user number", "　カード 番号　", "(利用者番号)", "number"])
def test_a_header_is_known_in_any_width_case_and_spacing(header: str) -> None:
    assert read(f"{header},氏名\n1,森\n".encode())[0].recognised["number"] == header.strip()


def test_a_title_and_an_empty_line_may_stand_above_the_header() -> None:
    _, rows, _ = read("利用者一覧,,\n\n利用者番号,氏名,備考\n7,森,\n".encode())
    assert [(row.number, row.text("number")) for row in rows] == [(4, "7")]


def test_a_header_given_in_two_languages_is_not_taken_for_a_person() -> None:
    _, rows, _ = read("user_number,full_name,note\n利用者番号,氏名,備考\n7,森,\n".encode())
    assert [row.text("name") for row in rows] == ["森"]


def test_what_was_not_understood_is_told() -> None:
    with tabular.opened(io.BytesIO("氏名,血液型\n森,A\n".encode()), COLUMNS, required=("number", "name")) as table:
        assert table.mapping == tabular.Mapping({"name": "氏名"}, ("血液型",), ("利用者番号",))
        with pytest.raises(Invalid, match="利用者番号") as refused:
            list(table.rows())
    assert refused.value.code == "column_missing"


def test_two_columns_of_the_same_meaning_are_refused_by_name() -> None:
    with pytest.raises(Invalid, match="利用者番号、カード番号") as refused:
        read("利用者番号,カード番号\n1,2\n".encode())
    assert refused.value.code == "column_twice"


def test_quoted_line_breaks_short_rows_surplus_cells_and_unseen_characters() -> None:
    content = '利用者番号,氏名,備考\n1,"森\n春子","a ""b"""\n2\n\n3,森,x,y,z\n4,森\0\x07,\n\x1a'.encode()
    _, rows, _ = read(content)
    assert [(row.number, row.text("name"), row.text("note"), row.surplus) for row in rows] == [
        (2, "森\n春子", 'a "b"', 0),
        (3, "", "", 0),
        (5, "森", "x", 2),
        (6, "森", "", 0),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(end: str) -> None:
    assert len(read(f"利用者番号,氏名{end}1,森{end}2,林".encode())[1]) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf\r\n", "file_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "file_old_office"),
        (b"PK\x03\x04 not a zip", "not_a_table"),
        (b"\xff\x00\x81\xff\xfe" * 20, "encoding_unknown"),
        (b"a,b\n\x81", "encoding_unknown"),
        ('利用者番号,氏名\n1,"'.encode() + b"x" * 200_000, "row_unreadable"),
        ("利用者番号\n".encode() + b"x" * 40_000, "cell_too_long"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(content)
    assert refused.value.code == code
    assert str(refused.value)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Invalid, match="2行") as refused:
        read("利用者番号\n1\n2\n3\n".encode(), limits=Limits(rows=2))
    assert refused.value.code == "too_many_rows"


def test_a_spreadsheet_gives_values_as_a_person_sees_them() -> None:
    content = sheet(
        ("利用者一覧",),
        (),
        ("利用者番号", "氏名", "生年月日", "備考"),
        ("0012", "森 春子", datetime(2015, 4, 2), 9784000000000.0),  # noqa: DTZ001 - a cell has no zone
        (13, "林", "平成27年4月2日", True),
        (None, None, None, None),
        (14, None, datetime(2015, 4, 2, 9, 30), 1.5),  # noqa: DTZ001
    )
    mapping, rows, form = read(content)
    assert form == "xlsx"
    assert mapping.recognised["birth"] == "生年月日"
    assert [row.number for row in rows] == [4, 5, 7]
    assert [row.text("number") for row in rows] == ["0012", "13", "14"]
    assert [row.text("note") for row in rows] == ["9784000000000", "TRUE", "1.5"]
    assert [row.day("birth") for row in rows] == [date(2015, 4, 2)] * 3
    assert rows[0].text("birth") == "2015-04-02"


def test_a_number_shown_with_leading_zeros_keeps_them_and_hidden_sheets_are_passed_over() -> None:
    book = openpyxl.Workbook()
    hidden, people = book.active, book.create_sheet("people")
    assert hidden is not None
    hidden.append(["利用者番号", "氏名"])
    hidden.sheet_state = "hidden"
    people.append(["利用者番号"])
    people.append([12])
    people["A2"].number_format = "000000"
    made = io.BytesIO()
    book.save(made)
    assert [row.text("number") for row in read(made.getvalue())[1]] == ["000012"]


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/sharedStrings.xml", b" " * 3_000_000)
    with pytest.raises(Invalid) as refused:
        read(bomb.getvalue(), limits=Limits(strings=1_000_000))
    assert refused.value.code == "file_too_large"


def test_a_broken_workbook_is_a_broken_file_not_a_crash() -> None:
    whole = sheet(("利用者番号", "氏名"), *((number, "森") for number in range(50)))
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(broken, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, content[: len(content) // 2] if "sheet1" in part.filename else content)
    with pytest.raises(Invalid) as refused:
        read(broken.getvalue())
    assert refused.value.code == "file_broken"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2013-12-01", date(2013, 12, 1)),
        ("2013/12/1", date(2013, 12, 1)),
        ("２０１３年１２月１日", date(2013, 12, 1)),
        ("20131201", date(2013, 12, 1)),
        ("2013-12-01 00:00:00", date(2013, 12, 1)),
        ("2013-12-01T09:00:00+09:00", date(2013, 12, 1)),
        ("平成25年12月1日", date(2013, 12, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("㍻25年12月1日", date(2013, 12, 1)),
        ("H25.12.1", date(2013, 12, 1)),
        ("S 64.1.7", date(1989, 1, 7)),
        ("2013-02-30", None),
        ("1978", None),
        ("", None),
    ],
)
def test_days_are_read_as_people_in_japan_write_them(written: str, meant: date | None) -> None:
    assert dates.day(written) == meant


def test_a_cell_that_is_no_day_is_named() -> None:
    row = read("利用者番号,生年月日\n1,きのう\n".encode())[1][0]
    with pytest.raises(Invalid, match="2行目") as refused:
        row.day("birth")
    assert refused.value.where == "birth"


@pytest.mark.skipif(not DATA.exists(), reason="the folder of real inputs is not here")
@pytest.mark.parametrize(
    ("name", "rows", "first"),
    [("user_import_file_sample.tsv", 9, "001001"), ("user_update_file.tsv", 3, "user_number_1")],
)
def test_files_of_another_system_are_read(name: str, rows: int, first: str) -> None:
    with tabular.opened(DATA / "japan/legacy_tsv" / name, COLUMNS, required=("number",)) as table:
        found = list(table.rows())
    assert table.form == "tsv/utf-8"
    assert table.mapping.missing == ()
    assert len(found) == rows
    assert found[0].text("number") == first
