"""The rules of book lists, without a database."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest

from library.errors import Conflict, Invalid
from search.lists import sheet, wanted
from search.lists.rules import NEXT, Act, Circle, Details, Grade, Kind, Standing, State, after, checked, standing
from search.lists.store import LineFacts

TODAY = date(2026, 11, 24)
SAID = Details(Kind.THEME, {"ja": " 冬の本 ", "en": ""}, {"ja": ""}, place={})


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("state", list(State))
def test_a_list_changes_its_state_only_along_the_table(state: State, act: Act) -> None:
    if (state, act) in NEXT:
        assert after(state, act) is NEXT[state, act]
    else:
        with pytest.raises(Conflict, match="リスト"):
            after(state, act)


@pytest.mark.parametrize(
    ("state", "first", "last", "found"),
    [
        (State.DRAFT, None, None, Standing.DRAFT),
        (State.DRAFT, date(2026, 1, 1), None, Standing.DRAFT),
        (State.PUBLISHED, date(2026, 11, 24), None, Standing.CURRENT),
        (State.PUBLISHED, date(2026, 11, 25), None, Standing.COMING),
        (State.PUBLISHED, date(2026, 11, 1), date(2026, 11, 24), Standing.CURRENT),
        (State.PUBLISHED, date(2026, 11, 1), date(2026, 11, 23), Standing.ENDED),
        (State.ENDED, date(2026, 11, 1), None, Standing.ENDED),
    ],
)
def test_a_list_is_shown_from_its_first_day_to_its_last(state: State, first: date | None, last: date | None, found: Standing) -> None:
    assert standing(state, first, last, today=TODAY) is found


def test_texts_are_trimmed_and_an_empty_translation_is_none() -> None:
    found = checked(replace(SAID, words={"ja": "", "en": " Read these "}))
    assert (found.title, found.words, found.place) == ({"ja": "冬の本"}, {"ja": "", "en": "Read these"}, {"ja": ""})


@pytest.mark.parametrize(
    ("said", "where"),
    [
        (replace(SAID, title={"ja": " "}), "title"),
        (replace(SAID, title={"en": "Winter"}), "title"),
        (replace(SAID, title={"ja": "冬" * 101}), "title"),
        (replace(SAID, words={"ja": "冬", "en": "w" * 2001}), "words"),
        (replace(SAID, kind=Kind.GRADE), "grade"),
        (replace(SAID, shown_from=date(2026, 12, 2), shown_to=date(2026, 12, 1)), "shown_to"),
    ],
)
def test_what_cannot_be_a_list_names_the_field(said: Details, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(said)
    assert refused.value.where == where


def test_a_list_for_a_grade_may_be_for_its_own_school_alone() -> None:
    assert checked(replace(SAID, kind=Kind.GRADE, grade=Grade.LOWER, audience=Circle.OWN)).audience is Circle.OWN


def test_pasted_lines_keep_their_numbers_and_notes() -> None:
    found = wanted.read(
        "978-4-9900000-0-4\tはじめの一冊\r\n\r\n＃１２，二冊め\n  T000123  \nhttps://library.example/records/77, from a link"
    )
    assert [(one.number, one.isbn, one.record, one.written, one.note) for one in found] == [
        (1, "9784990000004", None, "978-4-9900000-0-4", "はじめの一冊"),
        (3, None, 12, "#12", "二冊め"),
        (4, None, None, "T000123", ""),
        (5, None, 77, "https://library.example/records/77", "from a link"),
    ]


@pytest.mark.parametrize(
    ("pasted", "written", "note"),
    [
        ("９７８４９９００００００４　はじめて", "9784990000004", "はじめて"),
        ("9784990000004   3年生に, ぜひ", "9784990000004", "3年生に, ぜひ"),
        ("978 4 99 000000 4　夜に", "978 4 99 000000 4", "夜に"),
        ("#12 二冊め", "#12", "二冊め"),
        ("T000123 声に出して", "T000123", "声に出して"),
        ("9784990000004", "9784990000004", ""),
        ("銀河鉄道の夜 宮沢賢治", "銀河鉄道の夜 宮沢賢治", ""),
        ("1984 年", "1984 年", ""),
        ("七つの話　3", "七つの話 3", ""),
    ],
)
def test_a_note_may_follow_a_number_after_any_space(pasted: str, written: str, note: str) -> None:
    (found,) = wanted.read(pasted)
    assert (found.written, found.note) == (written, note)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("・『銀河鉄道の夜』", "銀河鉄道の夜"),
        ("1. 走れメロス", "走れメロス"),
        ("12)「こころ」 夏目漱石", "こころ"),
        ("① ごんぎつね", "ごんぎつね"),
        ("1984年", "1984年"),
        ("・", "・"),
        ("3びきのこぶた", "3びきのこぶた"),
    ],
)
def test_a_title_in_a_line_is_without_its_bullet_and_brackets(written: str, title: str) -> None:
    assert wanted.title_in(written) == title


def test_more_lines_than_a_list_can_hold_are_refused_at_once() -> None:
    with pytest.raises(Invalid):
        wanted.read("1\n" * 501)


def line(**more: object) -> LineFacts:
    facts: dict[str, object] = {"record_id": 12, "note": {"ja": "", "en": ""}, "title": "銀河鉄道の夜", "volume": "", "author": "宮沢賢治"}
    return LineFacts(**(facts | {"publisher": "", "year": 2011, "isbn": "", "is_withdrawn": False, "is_hidden": False} | more))  # type: ignore[arg-type]


def test_a_table_that_was_written_is_read_back_and_runs_no_formula() -> None:
    lines = [line(note={"ja": '=よむ,"声"に\n出す', "en": "+aloud"}), line(record_id=13, isbn="9784990000004", title="@夜")]
    table = sheet.written(lines)
    assert table.startswith(b"\xef\xbb\xbf")
    assert "\"'=よむ" in table.decode()
    found = sheet.read(io.BytesIO(table))
    assert [(one.number, one.record, one.note, one.note_en) for one in found] == [(2, 12, '=よむ,"声"に\n出す', "+aloud"), (3, 13, "", "")]


def test_a_table_of_others_is_read_by_isbn_or_barcode() -> None:
    found = sheet.read(io.BytesIO("No,ISBN,タイトル,コメント\n1,978-4-9900000-0-4,夜,よい本\n".encode("cp932")))
    assert [(one.isbn, one.note) for one in found] == [("9784990000004", "よい本")]
    found = sheet.read(io.BytesIO("ISBN,バーコード,ひとこと\n,T000123,よい本\n9784990000004,T000124,\n".encode()))
    assert [(one.written, one.note) for one in found] == [("T000123", "よい本"), ("9784990000004", "")]
    assert sheet.read(io.BytesIO("資料バーコード\nT000123\n".encode()))[0].written == "T000123"
    with pytest.raises(Invalid) as refused:
        sheet.read(io.BytesIO("書名,著者\nある本,だれか\n".encode()))
    assert refused.value.where == "file"
