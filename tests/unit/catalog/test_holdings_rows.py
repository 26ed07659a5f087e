"""Rows of lists of holdings as libraries and schools write them."""

from __future__ import annotations

import io
from datetime import date

import pytest

from catalog.holdings.books import book_of
from catalog.holdings.columns import COLUMNS, NAMES, REQUIRED
from catalog.holdings.problems import SENTENCES, RowProblem
from catalog.holdings.rows import Copy, is_left_out, label_parts, understood
from library import tabular

ISBN = "9784101010014"


def rows(text: str) -> list[tabular.Row]:
    with tabular.opened(io.BytesIO(text.encode()), COLUMNS, required=REQUIRED) as table:
        return list(table.rows())


def copy(header: str, cells: str) -> Copy:
    (row,) = rows(f"{header}\n{cells}\n")
    found = understood(row)
    assert isinstance(found, Copy), [str(problem) for problem in found]
    return found


def problems(header: str, cells: str) -> list[RowProblem]:
    (row,) = rows(f"{header}\n{cells}\n")
    found = understood(row)
    assert isinstance(found, list), found
    return found


def test_every_column_has_a_name_and_no_header_means_two_columns() -> None:
    assert NAMES.keys() == COLUMNS.keys()
    spelled = [header for column, headers in COLUMNS.items() for header in {tabular.plain(name) for name in (column, *headers)}]
    assert len(spelled) == len(set(spelled))


def test_a_row_is_a_copy_and_its_book() -> None:
    found = copy(
        "資料番号\tISBN\t書名\t書名ヨミ\t著者\t出版社\t出版年\t請求記号\t配架場所\t受入日\t価格\t付属資料\t禁帯出\t備考\tNDC",
        "A000123A\t4-10-101001-3\t吾輩は猫である\tワガハイ ワ ネコ デ アル\t夏目漱石 著\t新潮社\t平成15\tB/913.6/ナ/1"
        "\t文庫\tH25.4.1\t￥1,200円\tCD 1\t○\t寄贈\t913.6",
    )
    assert (found.row, found.barcode) == (2, "000123")
    assert (found.location_mark, found.class_mark, found.author_mark, found.volume_mark) == ("B", "913.6", "ナ", "1")
    assert (found.area, found.acquired_on, found.price) == ("文庫", date(2013, 4, 1), 1200)
    assert (found.parts, found.in_library_only, found.note) == ("CD 1", True, "寄贈")
    said = found.book.description
    assert found.book.isbn == ISBN
    assert said is not None
    assert (said.title.main, said.title.reading, said.publisher, said.year) == (
        "吾輩は猫である",
        "ワガハイ ワ ネコ デ アル",
        "新潮社",
        2003,
    )
    assert [(agent.name, agent.role, agent.main) for agent in said.agents] == [("夏目漱石", "著", True)]
    assert [(number.scheme, number.number) for number in said.classes] == [("ndc", "913.6")]


def test_what_a_row_does_not_say_stays_unsaid() -> None:
    found = copy("バーコード,書名,配架場所,価格,館内のみ", "1,本,,,")
    assert (found.area, found.price, found.in_library_only, found.class_mark, found.note) == (None,) * 5


def test_english_headers_and_those_of_other_systems_are_known() -> None:
    found = copy(
        "item_identifier\toriginal_title\tcreator\tcreator_transcription\tpub_date\tvolume_number_string\titem_price\tcall_number\tinclude_supplements",
        "10101\ttest2\ttest||author//絵本太郎||illustrator\tてすと//えほんたろう\t2001-1\t第3巻\t0\t007|A\tt",
    )
    said = found.book.description
    assert said is not None
    assert [(agent.name, agent.role, agent.reading) for agent in said.agents] == [
        ("test", "author", "てすと"),
        ("絵本太郎", "illustrator", "えほんたろう"),
    ]
    assert (said.published, said.year, found.book.volume) == ("2001-1", 2001, "3")
    assert (found.price, found.class_mark, found.author_mark, found.parts) == (0, "007", "A", "あり")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("K/913.6/ミ/2", ("K", "913.6", "ミ", "2")),
        ("K913.6 ミ 2", ("K", "913.6", "ミ", "2")),
        ("９１３．６　ミ", ("", "913.6", "ミ", "")),
        ("007|A", ("", "007", "A", "")),
        ("E ア", ("E", "", "ア", "")),
        ("E/ア/1", ("E", "", "ア", "1")),
        ("郷/291.36/シ", ("郷", "291.36", "シ", "")),
        ("913", ("", "913", "", "")),
        ("まんが", ("", "まんが", "", "")),
        ("R 031 ヘ 3 別冊", ("R", "031", "ヘ", "3 別冊")),
        ("", ("", "", "", "")),
    ],
)
def test_a_call_number_comes_apart_into_its_label(text: str, parts: tuple[str, ...]) -> None:
    names = ("location_mark", "class_mark", "author_mark", "volume_mark")
    assert label_parts(text) == {name: part for name, part in zip(names, parts, strict=True) if part}


def test_columns_of_their_own_come_before_the_call_number() -> None:
    found = copy("バーコード,書名,請求記号,著者記号", "1,本,913.6 ミ,ナ")
    assert (found.class_mark, found.author_mark) == ("913.6", "ナ")


@pytest.mark.parametrize(
    ("header", "cells", "column", "code"),
    [
        ("バーコード,書名", ",本", "barcode", "barcode_missing"),
        ("バーコード,書名", "あ1,本", "barcode", "barcode_form"),
        ("バーコード,書名", f"{ISBN},本", "barcode", "barcode_is_isbn"),
        ("バーコード,書名,ISBN", "1,本,9784101010015", "isbn", "isbn_wrong"),
        ("バーコード,書名,ISBN", "1,本,22222222", "isbn", "isbn_wrong"),
        ("バーコード,書名,ISBN", "1,本,9.7841E+12", "isbn", "isbn_rounded"),
        ("バーコード,書名,価格", "1,本,時価", "price", "number_wrong"),
        ("バーコード,書名,価格", "1,本,-5", "price", "price_range"),
        ("バーコード,書名,定価", "1,本,10000001", "list_price", "price_range"),
        ("バーコード,書名,受入日", "1,本,2013/2/30", "acquired", "not_a_day"),
        ("バーコード,書名,館内のみ", "1,本,たぶん", "in_library_only", "flag_wrong"),
        ("バーコード,書名", f"1,{'長' * 1001}", "title", "too_long"),
        ("バーコード,書名", "1,本,ずれた値", "", "shifted"),
    ],
)
def test_what_is_wrong_names_its_column_and_says_a_sentence(header: str, cells: str, column: str, code: str) -> None:
    (problem,) = problems(header, cells)
    assert (problem.row, problem.column, problem.code, problem.rejects) == (2, column, code, True)
    assert str(problem).endswith("。")


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    found = problems("バーコード,書名,ISBN,価格,受入日", ",本,1,x,y")
    assert [problem.code for problem in found] == ["barcode_missing", "isbn_wrong", "not_a_day", "number_wrong"]


def test_every_sentence_can_be_filled_in() -> None:
    fields = dict.fromkeys(("barcode", "first", "title", "branch", "isbn", "value", "limit", "reason", "area"), "x")
    for code in SENTENCES:
        assert "{" not in str(RowProblem(1, "", code, fields))


@pytest.mark.parametrize(
    ("values", "isbn", "identity"),
    [
        ({"number": "42", "title": "本"}, ISBN, "number 42"),
        ({"title": "本"}, ISBN, f"isbn {ISBN}"),
        ({"title": "全集", "volume": "第2巻"}, ISBN, f"isbn {ISBN} 2"),
        ({"nbn": "JP 21234567"}, "", "nbn 21234567"),
    ],
)
def test_a_book_is_told_apart_by_the_best_number_it_has(values: dict[str, str], isbn: str, identity: str) -> None:
    assert book_of(values, isbn).identity == identity


def test_without_numbers_a_book_is_told_apart_by_what_is_said_of_it() -> None:
    said = {"title": "海の本", "creator": "森葉子", "publisher": "青空出版", "year": "2012"}
    same = book_of(said | {"title": "海 の 本", "reading": "ウミ ノ ホン"}, "")
    assert book_of(said, "").identity == same.identity
    for changed in ({"title": "海の本 2"}, {"creator": "林葉子"}, {"publisher": "星空社"}, {"year": "2013"}, {"volume": "2"}):
        assert book_of(said | changed, "").identity != same.identity


def test_only_what_is_said_of_the_publication_makes_a_book_another() -> None:
    one = copy("バーコード,書名,配架場所", "1,本,児童").book
    other = copy("バーコード,書名,配架場所,備考", "2,本,一般,傷").book
    assert (one.raw, one.identity) == (other.raw, other.identity)


def test_a_row_its_sender_marked_is_left_out() -> None:
    taken, left = rows("バーコード,書名,dummy\n1,本,\n2,本,x\n")
    assert (is_left_out(taken), is_left_out(left)) == (False, True)


@pytest.mark.parametrize(
    ("text", "yes"), [("○", True), ("1", True), ("禁帯出", True), ("TRUE", True), ("×", False), ("0", False), ("可", False)]
)
def test_flags_are_read_as_people_set_them(text: str, yes: bool) -> None:
    assert copy("バーコード,書名,貸出禁止", f"1,本,{text}").in_library_only is yes
