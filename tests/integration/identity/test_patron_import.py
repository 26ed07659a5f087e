"""Patrons from files: rehearsed, taken in once, taken in again, and never half."""

from __future__ import annotations

import asyncio
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from library import clock
from library.commands.patrons import import_patrons
from library.db import Database
from library.errors import Invalid
from library.http import uploads
from library.identity.models import Account, AuditEvent, Card, Patron, Person
from library.identity.patrons.incoming import intake as patrons
from library.places.models import SchoolClass
from library.settings import Settings
from tests.world import Client, World

DATA = Path(__file__).resolve().parents[3].parent / "shared/data"
TODAY = date(2026, 11, 23)
FIRST = (
    "利用者番号,氏名,フリガナ,学年,組,出席番号,備考\n"
    "0501,森 春子,もり はるこ,5,1,3,\n"
    "0502,林 夏男,ハヤシ ナツオ,5,2,4,\n"
    "0503,木村,,5,3,1,x\n"
)
MY_NUMBER = "123456789018"


async def taken(database: Database, text: str, into: str = "school") -> patrons.Report:
    async with database.transaction() as session:
        target = await patrons.target(session, into)
        content = patrons.content_of(io.BytesIO(text.encode("cp932")), school=target.school)
        return await patrons.apply(session, content, target, by=None, today=TODAY)


async def rehearsed(database: Database, text: str, into: str = "school") -> patrons.Report:
    async with database.reading() as session:
        target = await patrons.target(session, into)
        content = patrons.content_of(io.BytesIO(text.encode("cp932")), school=target.school)
        return await patrons.rehearse(session, content, target, today=TODAY)


def counts(report: patrons.Report) -> tuple[int, int, int, int, int]:
    return report.content.read, report.new, report.changed, report.unchanged, report.rejected


async def known(database: Database) -> dict[str, Any]:
    async with database.reading() as session:
        rows = await session.execute(
            select(Patron.sender_key, Patron, Person, SchoolClass)
            .join(Person, Person.id == Patron.person_id)
            .outerjoin(SchoolClass, SchoolClass.id == Patron.class_id)
            .where(Patron.sender_key.is_not(None))
        )
        return {key: (patron, person, school_class) for key, patron, person, school_class in rows}


async def test_a_schools_list_comes_in_with_classes_and_cards(world: World, database: Database) -> None:
    assert counts(await rehearsed(database, FIRST)) == (3, 3, 0, 0, 0)
    assert await known(database) == {}
    assert counts(await taken(database, FIRST)) == (3, 3, 0, 0, 0)
    found = await known(database)
    patron, person, school_class = found["0501"]
    assert (person.family_name, person.given_name, person.family_reading, person.sort_key) == ("森", "春子", "モリ", "もりはるこ")
    assert (patron.category, patron.roll_number) == ("pupil", 3)
    assert school_class.id == world.class_id, "1 and 1組 are the class that is there"
    assert (found["0502"][2].grade, found["0502"][2].name, found["0502"][2].school_year) == ("P5", "2組", 2026)
    async with database.reading() as session:
        assert await session.scalar(select(Card.person_id).where(Card.number == "0501")) == person.id
        event = (await session.scalars(select(AuditEvent))).one()
    assert (event.act, event.details) == ("patrons.imported", {"read": 3, "new": 3, "changed": 0, "rejected": 0})


async def test_the_same_file_again_changes_nothing(world: World, database: Database) -> None:
    await taken(database, FIRST)
    before = await known(database)
    assert counts(await taken(database, FIRST)) == (3, 0, 0, 3, 0)
    assert (await known(database)).keys() == before.keys()


async def test_a_later_file_changes_what_it_says_and_leaves_the_rest(world: World, database: Database) -> None:
    await taken(database, FIRST)
    later = "利用者番号,氏名,学年,組,電話,備考\n0501,森 ハル,6,1,03-1234-5678,\n0502,,,,,\n0504,新田 秋,5,1,,\n"
    assert counts(await rehearsed(database, later)) == (3, 1, 1, 1, 0)
    assert counts(await taken(database, later)) == (3, 1, 1, 1, 0)
    found = await known(database)
    patron, person, school_class = found["0501"]
    assert (person.given_name, person.phone, person.family_reading) == ("ハル", "03-1234-5678", "モリ")
    assert (school_class.grade, school_class.name) == ("P6", "1組")
    assert patron.roll_number == 3
    assert found["0503"][0].note == "x"


async def test_each_organisation_has_numbers_of_its_own(world: World, database: Database) -> None:
    await taken(database, FIRST)
    report = await taken(database, "利用者番号,氏名\n0501,別の人\n", into="other_school")
    assert counts(report) == (1, 1, 0, 0, 0)
    assert [(one.row, one.code, one.rejects) for one in report.findings] == [(2, "card_taken", False)]
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Patron).where(Patron.sender_key == "0501")) == 2
        assert await session.scalar(select(func.count()).select_from(Card).where(Card.number == "0501")) == 1


async def test_a_reader_who_is_here_already_is_known_by_the_card(world: World, database: Database) -> None:
    report = await taken(database, f"カード番号,電話\n{world.cards['reader']},03-0000-0000\n", into="ward")
    assert counts(report) == (1, 0, 1, 0, 0)
    _, person, _ = (await known(database))[world.cards["reader"]]
    assert (person.id, person.phone, person.family_name) == (world.persons["reader"], "03-0000-0000", "森")
    assert counts(await taken(database, f"カード番号,電話\n{world.cards['reader']},03-0000-0000\n", into="ward")) == (1, 0, 0, 1, 0)


async def test_a_new_card_of_a_known_reader_is_issued(world: World, database: Database) -> None:
    await taken(database, FIRST)
    report = await taken(database, "利用者番号,カード番号\n0501,77001\n0502,77001\n")
    assert counts(report) == (2, 0, 1, 1, 0)
    assert [(one.row, one.code) for one in report.findings] == [(3, "card_taken")]


async def test_a_card_number_that_a_member_of_the_staff_signs_in_by_is_not_issued(world: World, database: Database) -> None:
    async with database.transaction() as session:
        (await session.get_one(Account, world.accounts["desk"])).login = "d77001"
    report = await taken(database, "利用者番号,氏名,カード番号\n0501,森 春子,D77001\n0502,林 夏男,77002\n")
    assert counts(report) == (2, 2, 0, 0, 0)
    assert [(one.row, one.code, one.rejects) for one in report.findings] == [(2, "card_is_login", False)]
    async with database.reading() as session:
        issued = set(await session.scalars(select(Card.number).where(Card.number.not_in(world.cards.values()))))
    assert issued == {"77002"}


async def test_every_row_that_stays_out_is_named_and_the_others_come_in(world: World, database: Database) -> None:
    text = (
        "利用者番号,氏名,電話,住所,備考,パスワード,血液型\n"
        "1,森,,,,geheim,A\n"
        "2,,,,,,\n"
        f"3,林,{MY_NUMBER},,,,\n"
        f"4,木村,,,メモ {MY_NUMBER},,\n"
        "1,二人目,,,,,\n"
        ",名無し,,,,,\n"
    )
    report = await taken(database, text, into="ward")
    assert counts(report) == (6, 2, 0, 0, 4)
    assert [(one.row, one.column, one.code) for one in report.findings] == [
        (3, "name", "name_missing"),
        (4, "phone", "my_number"),
        (5, "note", "my_number_in_note"),
        (6, "number", "number_twice"),
        (7, "number", "number_missing"),
    ]
    assert report.ignored == ("パスワード", "血液型")
    assert MY_NUMBER not in repr(report)
    assert set(await known(database)) == {"1", "4"}


async def test_nothing_of_an_individual_number_reaches_the_database(world: World, database: Database) -> None:
    await taken(database, f"利用者番号,氏名,備考,住所\n1,森,{MY_NUMBER},\n2,林,,1234-5678-9018\n", into="ward")
    async with database.reading() as session:
        for table in (Person, Patron, Card, AuditEvent):
            for row in await session.execute(select(table.__table__)):
                assert not [said for said in (MY_NUMBER, "1234-5678", "5678-9018", "56789018") if said in repr(row)]


async def test_a_file_without_numbers_or_with_a_forbidden_column_is_refused(world: World, database: Database) -> None:
    with pytest.raises(Invalid, match="利用者番号") as refused:
        await taken(database, "氏名\n森\n")
    assert refused.value.code == "column_missing"
    with pytest.raises(Invalid) as refused:
        await taken(database, f"利用者番号,氏名,個人番号\n1,森,{MY_NUMBER}\n")
    assert refused.value.code == "my_number_column"
    assert MY_NUMBER not in str(refused.value)


async def test_an_import_that_fails_leaves_nothing(world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(patrons, "_add_cards", broken)
    with pytest.raises(RuntimeError):
        await taken(database, FIRST)
    assert await known(database) == {}


async def test_two_imports_at_once_make_no_double(world: World, database: Database) -> None:
    reports = await asyncio.gather(*(taken(database, FIRST) for _ in range(4)))
    assert sorted(report.new for report in reports) == [0, 0, 0, 3]
    assert len(await known(database)) == 3


async def test_ten_thousand_residents_come_in_and_again(world: World, database: Database) -> None:
    text = "利用者番号,氏名,フリガナ,生年月日\n" + "".join(f"{n},姓{n} 名,セイ メイ,1980/1/1\n" for n in range(10_000, 20_000))
    assert counts(await taken(database, text, into="ward")) == (10_000, 10_000, 0, 0, 0)
    changed = text.replace("1980/1/1", "1981/1/1", 4_000)
    assert counts(await taken(database, changed, into="ward")) == (10_000, 0, 4_000, 6_000, 0)


@pytest.mark.skipif(not DATA.exists(), reason="the folder of real inputs is not here")
async def test_the_files_of_another_system_are_told_row_by_row(world: World, database: Database) -> None:
    text = (DATA / "japan/legacy_tsv/user_import_file_sample.tsv").read_text(encoding="utf-8")
    report = await rehearsed(database, text, into="ward")
    assert counts(report) == (9, 1, 0, 0, 8)
    said = {(one.row, one.column, one.code) for one in report.findings if one.rejects}
    assert {
        (3, "name", "name_missing"),
        (7, "number", "number_missing"),
        (9, "number", "number_form"),
        (10, "number", "number_twice"),
    } <= said
    assert "password" in report.ignored
    assert "4NsxXPLy" not in repr(report)
    await taken(database, text, into="ward")
    assert (await known(database))["001001"][1].family_reading == "タナベ"
    later = (DATA / "japan/legacy_tsv/user_update_file.tsv").read_text(encoding="utf-8")
    assert counts(await rehearsed(database, later, into="ward")) == (3, 1, 0, 0, 2)


async def upload(client: Client, content: bytes, organisation: str = "school") -> Any:
    return await client.post("/staff/import/patrons", {"organisation": organisation}, files={"file": ("名簿.csv", content, "text/csv")})


async def test_on_the_page_one_looks_first_and_then_takes_in(client: Client, world: World, database: Database, settings: Settings) -> None:
    await client.sign_in("school_librarian")
    shown = await upload(client, FIRST.encode("cp932"))
    assert shown.status_code == 200
    assert "取り込む前の確認" in shown.text
    assert await known(database) == {}
    key = re.search(r'name="key" value="([^"]+)"', shown.text)
    assert key is not None
    assert len(list((settings.data / "uploads").iterdir())) == 1
    done = await client.post("/staff/import/patrons/apply", {"key": key[1], "organisation": "school", "file_name": "名簿.csv"})
    assert "取り込みました" in done.text
    assert len(await known(database)) == 3
    assert list((settings.data / "uploads").iterdir()) == [], "the file does not stay"
    async with database.reading() as session:
        event = (await session.scalars(select(AuditEvent).where(AuditEvent.act == "patrons.imported"))).one()
    assert event.account_id == world.accounts["school_librarian"]
    again = await client.post("/staff/import/patrons/apply", {"key": key[1], "organisation": "school", "file_name": "名簿.csv"})
    assert again.status_code == 422
    assert "もう残っていません" in again.text


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xx", b"PK\x03\x04xx", "氏名\n森\n".encode()])
async def test_what_is_no_list_is_said_on_the_page(client: Client, world: World, content: bytes) -> None:
    await client.sign_in("school_librarian")
    answer = await upload(client, content)
    assert 'role="alert"' in answer.text
    assert 'name="key"' not in answer.text


async def test_a_school_takes_in_its_own_pupils_only(client: Client, world: World, database: Database) -> None:
    await client.sign_in("school_librarian")
    page = (await client.get("/staff/import/patrons")).text
    assert 'value="school"' in page
    assert 'value="ward"' not in page
    for organisation in ("ward", "other_school"):
        assert (await upload(client, FIRST.encode(), organisation)).status_code == 403
    assert await known(database) == {}


async def test_a_file_belongs_to_who_sent_it_and_is_forgotten(settings: Settings) -> None:
    now = clock.now()
    key = uploads.keep(settings, 1, io.BytesIO(b"x"), now=now)
    path = uploads.kept(settings, 1, key, now=now)
    assert path.stat().st_mode & 0o777 == 0o600
    assert key not in path.name
    for account, other in ((2, key), (1, "x" * 22), (1, "../../etc/passwd"), (1, "")):
        with pytest.raises(Exception, match="残っていません"):
            uploads.kept(settings, account, other, now=now)
    assert uploads.forget(settings, now=now) == 0
    assert uploads.forget(settings, now=now + timedelta(hours=2)) == 1


def test_the_command_line_says_what_it_would_do_and_does_it(
    world: World, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIBRARY_DATABASE_URL", database_url)
    monkeypatch.setenv("LIBRARY_DATA", str(settings.data))
    file = tmp_path / "list.csv"
    file.write_bytes(FIRST.encode("utf-8-sig"))
    runner = CliRunner()
    for arguments, new, unchanged in ((["--dry-run"], 3, 0), ([], 3, 0), ([], 0, 3)):
        done = runner.invoke(import_patrons, [str(file), "--organisation", "school", "--json", *arguments])
        report = json.loads(done.stdout.splitlines()[-1])
        assert (done.exit_code, report["new"], report["unchanged"], report["form"]) == (0, new, unchanged, "csv/utf-8-sig")
    assert runner.invoke(import_patrons, [str(file), "--organisation", "nowhere", "--json"]).exit_code == 1
