"""Imports from the staff's pages and from programs: files sent, carried out by a worker, looked at, mended, sent again."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from catalog.incoming import files as import_files
from catalog.incoming import imports
from catalog.incoming.dossier import _harmless
from catalog.incoming.rejects import told
from catalog.marc import Reject, read
from catalog.models import ImportReject, ImportRun, Item
from library import app as application
from library import clock
from library.db import Database
from library.i18n import texts
from library.identity.signing_in import sessions
from library.settings import Settings
from library.wiring import Parts
from tests.integration.catalog.import_samples import book, count, rejects, words
from tests.integration.catalog.test_holdings import line, table
from tests.world import Client, World

BAD = b"00042 bad record\x1e\x1d"
HALF_XML = b"""<?xml version="1.0"?><collection xmlns="http://www.loc.gov/MARC21/slim"><record><leader>00000nam a2200000 a 4500</leader>
<controlfield tag="001">x1</controlfield></record></collection>"""


@pytest.fixture
async def signed_in(client: Client, world: World) -> Client:
    await client.sign_in("cataloguer")
    return client


async def work(parts: Parts) -> None:
    """All jobs that wait are done, as a worker would do them."""
    extra = {"database": parts.database, "settings": parts.settings, "parts": parts}
    await parts.queue.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False, additional_context=extra)


async def send(client: Client, content: bytes, *, name: str = "books.mrc", **fields: str) -> httpx.Response:
    fields = {"source": "", "new_source": "vendor"} | fields
    return await client.post("/staff/imports/new", data=fields, files={"file": (name, content, "application/octet-stream")})


async def send_list(client: Client, content: bytes, place: str = "school/school", name: str = "list.csv") -> httpx.Response:
    return await client.post("/staff/imports/items", data={"place": place}, files={"file": (name, content, "text/csv")})


def number_in(answer: httpx.Response) -> int:
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/staff/imports/(\d+)", answer.headers["location"])
    assert found is not None, answer.headers["location"]
    return int(found[1])


async def run_of(database: Database, number: int) -> ImportRun:
    async with database.reading() as session:
        return await imports.run_by_id(session, number)


def left_in(settings: Settings) -> list[str]:
    return [path.name for path in (settings.data / "uploads").glob("run-*")]


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_a_file_sent_from_the_page_comes_in_and_the_page_says_what_came_of_it(
    signed_in: Client, parts: Parts, database: Database
) -> None:
    number = number_in(await send(signed_in, book(1) + BAD + book(2)))
    waiting = (await signed_in.get(f"/staff/imports/{number}")).text
    assert 'hx-trigger="every 2s"' in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert len(left_in(parts.settings)) == 1
    await work(parts)
    run = await run_of(database, number)
    assert (run.status, run.counts["created"], run.counts["rejected"]) == ("finished", 2, 1)
    assert left_in(parts.settings) == []
    done = (await signed_in.get(f"/staff/imports/{number}")).text
    assert "hx-trigger" not in done
    assert 'http-equiv="refresh"' not in done
    over = await signed_in.get(f"/staff/imports/{number}", headers={"HX-Request": "true"})
    assert over.headers["hx-refresh"] == "true"  # what stayed out stands below the part that the bar asks for
    assert "新しい書誌 2" in plain(done)
    assert "取り込めなかったもの" in done
    assert "books.mrc" in (await signed_in.get("/staff/imports")).text
    assert await count(database, "audit_event", "act = 'import.begun'") == 1


async def test_why_a_record_did_not_come_in_is_told_in_the_readers_language_and_downloaded_in_japanese(
    signed_in: Client, parts: Parts, database: Database
) -> None:
    title = words(2).encode()
    number = number_in(await send(signed_in, book(1) + book(2).replace(title, b"\xe6\xb2\x28" + title[3:])))
    await work(parts)
    japanese, english = "245の5文字目に、読めない文字があります。", "Character 5 of 245 cannot be read."
    (kept,) = await rejects(database, number)
    assert (kept.code, kept.message) == ("bad_encoding", japanese)
    assert japanese in (await signed_in.get(f"/staff/imports/{number}")).text
    await signed_in.get("/staff?lang=en")
    assert english in (await signed_in.get(f"/staff/imports/{number}")).text
    rows = list(csv.reader(io.StringIO((await signed_in.get(f"/staff/imports/{number}/rejects.csv")).content.decode("utf-8-sig"))))
    assert rows[1] == ["2", "245", "bad_encoding", japanese]


@pytest.mark.parametrize(
    ("message", "fields", "shown"),
    [
        ("レコードが長すぎます。", None, "The record is too long."),
        ("245の2文字目に、読めない文字があります。", None, "245の2文字目に、読めない文字があります。"),
        ("ことば", {"sentence": "{tag}の途中で切れています。", "tag": "245"}, "The record is cut off within 245."),
        ("ことば", {"sentence": "{tag}の途中で切れています。"}, "ことば"),
        ("ことば", {"sentence": "もうない文 {x}", "x": 1}, "もうない文 1"),
    ],
    ids=["kept whole, nothing varies", "kept whole, something varies", "in parts", "a part is missing", "no longer translated"],
)
def test_a_reason_is_told_in_english_as_far_as_its_parts_were_kept(message: str, fields: dict[str, Any] | None, shown: str) -> None:
    assert told(ImportReject(code="x", message=message, fields=fields), texts("en").gettext) == shown


async def test_what_did_not_come_in_can_be_taken_home_mended_and_sent_again(signed_in: Client, parts: Parts) -> None:
    number = number_in(await send(signed_in, book(1) + BAD + book(2)))
    await work(parts)
    table_of_reasons = await signed_in.get(f"/staff/imports/{number}/rejects.csv")
    assert table_of_reasons.headers["content-disposition"] == f'attachment; filename="import-{number}-rejects.csv"'
    rows = list(csv.reader(io.StringIO(table_of_reasons.content.decode("utf-8-sig"))))
    assert rows[0] == ["番目", "タグ", "符号", "理由"]
    assert rows[1][0] == "2"
    assert (await signed_in.get(f"/staff/imports/{number}/rejects.mrc")).content == BAD
    other = number_in(await send(signed_in, HALF_XML, name="books.xml"))
    await work(parts)
    as_xml = (await signed_in.get(f"/staff/imports/{other}/rejects.xml")).content
    (found,) = read(io.BytesIO(as_xml))
    assert isinstance(found, Reject)
    assert found.code == "no_title"
    mended = as_xml.replace(b"</record>", b'<datafield tag="245" ind1="0" ind2="0"><subfield code="a">T</subfield></datafield></record>')
    again = number_in(await send(signed_in, mended, name="mended.xml"))
    await work(parts)
    assert "新しい書誌 1" in plain((await signed_in.get(f"/staff/imports/{again}")).text)


async def test_the_same_file_sent_twice_is_one_run_and_one_job(signed_in: Client, parts: Parts, database: Database) -> None:
    content = b"".join(book(number) for number in range(1, 30))
    first, second = await asyncio.gather(send(signed_in, content), send(signed_in, content))
    assert number_in(first) == number_in(second)
    assert await count(database, "procrastinate_jobs", "task_name LIKE '%import_run'") == 1
    assert len(left_in(parts.settings)) == 1
    await work(parts)
    assert await count(database, "record") == 29
    third = number_in(await send(signed_in, content))
    assert third != number_in(first)
    await work(parts)
    assert (await run_of(database, third)).counts["unchanged"] == 29


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"new_source": ""}, "送り手を選ぶか、名前を付けてください。"),
        ({"new_source": "だれか"}, "送り手の名前は半角英数字"),
        ({"new_source": "hand"}, "目録担当を表す名前"),
    ],
)
async def test_a_sender_that_will_not_do_is_said_beside_its_field(
    signed_in: Client, parts: Parts, fields: dict[str, str], says: str
) -> None:
    answer = await send(signed_in, book(1), **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert left_in(parts.settings) == []


async def test_no_file_is_said_beside_its_field(signed_in: Client) -> None:
    answer = await signed_in.post("/staff/imports/new", data={"new_source": "vendor"})
    assert (answer.status_code, "ファイルを選んでください。" in answer.text) == (422, True)


async def test_a_run_is_cancelled_and_its_file_goes(signed_in: Client, parts: Parts, database: Database) -> None:
    number = number_in(await send(signed_in, book(1)))
    answer = await signed_in.post(f"/staff/imports/{number}/cancel")
    assert number_in(answer) == number
    assert left_in(parts.settings) == []
    await work(parts)
    assert (await run_of(database, number)).status == "cancelled"
    assert await count(database, "record") == 0
    assert (await signed_in.post(f"/staff/imports/{number}/cancel")).status_code == 409


async def test_a_run_whose_file_is_gone_stops_with_a_sentence_and_goes_on_when_it_is_sent_again(
    signed_in: Client, parts: Parts, database: Database
) -> None:
    number = number_in(await send(signed_in, book(1)))
    for name in left_in(parts.settings):
        import_files.discard(parts.settings, name)
    await work(parts)
    run = await run_of(database, number)
    assert (run.status, run.message) == ("failed", "送ったファイルはもう残っていません。もういちど選んでください。")
    page = await signed_in.post(f"/staff/imports/{number}/go-on")
    assert (page.status_code, "もう残っていません" in page.text) == (404, True)
    assert number_in(await send(signed_in, book(1))) == number
    await work(parts)
    assert (await run_of(database, number)).status == "finished"


async def test_a_run_that_stopped_goes_on_from_where_it_stood(
    signed_in: Client, parts: Parts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"".join(book(number) for number in range(1, 1001))
    number = number_in(await send(signed_in, content))
    whole = imports.take_in
    batches = 0

    async def breaks_down(*arguments: object) -> object:
        nonlocal batches
        batches += 1
        if batches == 2:
            raise RuntimeError("out of order")
        return await whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "take_in", breaks_down)
    await work(parts)
    run = await run_of(database, number)
    assert (run.status, run.position) == ("failed", imports.BATCH)
    assert "続ける" in (await signed_in.get(f"/staff/imports/{number}")).text
    assert number_in(await signed_in.post(f"/staff/imports/{number}/go-on")) == number
    await work(parts)
    run = await run_of(database, number)
    assert (run.status, run.counts["created"]) == ("finished", 1000)
    assert left_in(parts.settings) == []


async def test_a_run_whose_job_was_given_up_can_be_gone_on_with(signed_in: Client, parts: Parts, database: Database) -> None:
    number = number_in(await send(signed_in, book(1)))
    async with database.transaction() as session:
        await session.execute(text("UPDATE import_run SET status = 'running'"))
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    assert "続ける" in (await signed_in.get(f"/staff/imports/{number}")).text
    await signed_in.post(f"/staff/imports/{number}/go-on")
    await work(parts)
    assert (await run_of(database, number)).status == "finished"


async def test_a_list_is_shown_before_it_changes_anything_and_comes_in_on_yes(
    client: Client, world: World, parts: Parts, database: Database, tmp_path: Path
) -> None:
    await client.sign_in("school_librarian")
    rows = [line("001", 1, 配架場所="新しい棚"), line("002", 2), line("002", 3)]
    content = table(tmp_path / "a.csv", rows, (*table_header(), "謎の列"), encoding="cp932").read_bytes()
    number = number_in(await send_list(client, content))
    await work(parts)
    seen = (await client.get(f"/staff/imports/{number}")).text
    assert "取り込む前の確認" in seen
    assert "謎の列" in seen
    assert "新しい棚" in seen
    assert "2 行目" not in seen
    assert "新しい資料 2" in plain(seen)
    assert await count(database, "item") == 0
    assert number_in(await client.post(f"/staff/imports/{number}/apply")) == number
    assert number_in(await client.post(f"/staff/imports/{number}/apply")) == number
    await work(parts)
    assert await count(database, "item") == 2
    assert left_in(parts.settings) == []
    run = await run_of(database, number)
    assert (run.status, run.counts["new"], run.counts["rejected"]) == ("finished", 2, 1)
    await client.get("/staff?lang=en")
    assert "Barcode 002 is the same as in line 3." in (await client.get(f"/staff/imports/{number}")).text
    await client.get("/staff?lang=ja")
    mended = (await client.get(f"/staff/imports/{number}/rejects.csv")).content.decode("utf-8-sig")
    header, wrong = csv.reader(io.StringIO(mended))
    assert (header[0], header[-2], header[-1]) == ("資料番号", "符号", "理由")
    assert wrong[-2] == "barcode_twice"
    assert wrong[header.index("書名")] == words(3)
    assert "3 行目と同じ" in wrong[-1]
    again = number_in(await send_list(client, mended.replace("002", "003").encode()))
    await work(parts)
    assert "新しい資料 1" in plain((await client.get(f"/staff/imports/{again}")).text)


def table_header() -> tuple[str, ...]:
    return ("資料番号", "ISBN", "書名", "著者", "配架場所")


async def test_strictly_nothing_comes_in_and_the_page_says_so(
    client: Client, world: World, parts: Parts, database: Database, tmp_path: Path
) -> None:
    await client.sign_in("school_librarian")
    number = number_in(await send_list(client, table(tmp_path / "a.csv", [line("001", 1), line("", 2)]).read_bytes()))
    await work(parts)
    await client.post(f"/staff/imports/{number}/apply", data={"strict": "1"})
    await work(parts)
    page = (await client.get(f"/staff/imports/{number}")).text
    assert "問題のある行があるため、取り込みませんでした" in page
    assert await count(database, "item") == 0
    await client.post(f"/staff/imports/{number}/apply")
    await work(parts)
    assert await count(database, "item") == 1


async def test_the_list_brought_in_must_be_the_one_that_was_looked_at(
    client: Client, world: World, parts: Parts, database: Database, tmp_path: Path
) -> None:
    await client.sign_in("school_librarian")
    number = number_in(await send_list(client, table(tmp_path / "a.csv", [line("001", 1)]).read_bytes()))
    await work(parts)
    (name,) = left_in(parts.settings)
    import_files.path_of(parts.settings, name).write_bytes(table(tmp_path / "b.csv", [line("666", 1)]).read_bytes())
    await client.post(f"/staff/imports/{number}/apply")
    await work(parts)
    run = await run_of(database, number)
    assert run.status == "failed"
    assert "確かめたものと違っています" in run.message
    assert await count(database, "item") == 0


async def test_a_file_that_is_no_list_stops_with_a_sentence(client: Client, world: World, parts: Parts, database: Database) -> None:
    await client.sign_in("school_librarian")
    number = number_in(await send_list(client, "題,値段\n本,100\n".encode()))
    await work(parts)
    run = await run_of(database, number)
    assert run.status == "failed"
    assert run.message
    assert run.message in (await client.get(f"/staff/imports/{number}")).text


async def test_a_school_brings_in_its_own_books_only(client: Client, world: World, tmp_path: Path) -> None:
    await client.sign_in("school_librarian")
    page = (await client.get("/staff/imports/items")).text
    assert "みなみ小学校" in page
    assert "中央図書館" not in page
    content = table(tmp_path / "a.csv", [line("001", 1)]).read_bytes()
    assert (await send_list(client, content, "chuo/ward")).status_code == 403
    assert (await send_list(client, content, "nowhere/ward")).status_code == 422
    assert (await send(client, book(1))).status_code == 403


async def test_runs_out_of_reach_are_neither_listed_nor_shown(
    client: Client, world: World, parts: Parts, database: Database, tmp_path: Path
) -> None:
    await client.sign_in("cataloguer")
    ward = number_in(await send_list(client, table(tmp_path / "a.csv", [line("001", 1)]).read_bytes(), "chuo/ward", "of-the-ward.csv"))
    records = number_in(await send(client, book(1)))
    await client.post("/sign-out")
    await client.sign_in("school_librarian")
    assert "of-the-ward.csv" not in (await client.get("/staff/imports")).text
    for number in (ward, records):
        assert (await client.get(f"/staff/imports/{number}")).status_code == 403
    assert (await client.get("/staff/imports/999999")).status_code == 404


async def test_a_joint_use_branch_is_offered_once_for_each_owner(
    signed_in: Client, parts: Parts, database: Database, tmp_path: Path
) -> None:
    page = (await signed_in.get("/staff/imports/items")).text
    assert 'value="joint/ward"' in page
    assert 'value="joint/other_school"' in page
    number = number_in(await send_list(signed_in, table(tmp_path / "a.csv", [line("001", 1)]).read_bytes(), "joint/other_school"))
    await work(parts)
    await signed_in.post(f"/staff/imports/{number}/apply")
    await work(parts)
    async with database.reading() as session:
        item = (await session.scalars(select(Item))).one()
    run = await run_of(database, number)
    assert (item.organisation_id, item.branch_id) == (run.organisation_id, run.branch_id)


async def test_the_pages_speak_english(signed_in: Client, parts: Parts, tmp_path: Path) -> None:
    number = number_in(await send_list(signed_in, table(tmp_path / "a.csv", [line("001", 1), line("", 2)]).read_bytes()))
    await work(parts)
    for path, says in (
        ("/staff/imports", "Imports so far"),
        ("/staff/imports/new", "Import records"),
        ("/staff/imports/items", "Import a list of holdings"),
        (f"/staff/imports/{number}", "Before importing"),
    ):
        assert says in (await signed_in.get(f"{path}?lang=en")).text, path


@pytest.fixture
async def token(database: Database, world: World) -> str:
    async with database.transaction() as session:
        _, secret = await sessions.create_token(
            session,
            account_id=world.accounts["cataloguer"],
            name="loader",
            scopes=("records:import",),
            allowed={"records:import"},
            expires_at=clock.now() + timedelta(days=1),
        )
    return str(secret)


async def test_a_program_sends_a_file_and_asks_how_far_it_is(client: Client, token: str, parts: Parts) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    files = {"file": ("ndl.mrc", book(1) + BAD, "application/marc")}
    answer = await client.http.post("/api/v1/imports/marc?source=ndl", files=files, headers=headers)
    assert answer.status_code == 202
    run = answer.json()["run"]
    assert answer.headers["location"] == f"/api/v1/imports/{run}"
    assert (await client.http.get(f"/api/v1/imports/{run}", headers=headers)).json()["status"] == "waiting"
    await work(parts)
    seen = (await client.http.get(f"/api/v1/imports/{run}", headers=headers)).json()
    assert (seen["id"], seen["kind"], seen["status"], seen["source"], seen["rejects"]) == (run, "marc", "finished", "ndl", 1)
    assert seen["counts"] == {"read": 2, "created": 1, "matched": 0, "updated": 0, "unchanged": 0, "rejected": 1}
    assert seen["offset"] == seen["size"]


async def test_a_program_that_repeats_itself_gets_the_same_answer(client: Client, token: str, parts: Parts, database: Database) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "3f0c1b1e-8a3d-4c4f-9b57-0d8a2f1c9a11"}
    answers = []
    for _ in range(2):
        files = {"file": ("ndl.mrc", book(1), "application/marc")}
        answers.append(await client.http.post("/api/v1/imports/marc?source=ndl", files=files, headers=headers))
        await work(parts)
    assert [answer.json() for answer in answers] == [answers[0].json()] * 2
    assert await count(database, "import_run") == 1
    assert len(left_in(parts.settings)) == 0
    files = {"file": ("ndl.mrc", book(2), "application/marc")}
    other = await client.http.post("/api/v1/imports/marc?source=other", files=files, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("path", "files", "status"),
    [
        ("/api/v1/imports/marc?source=ndl", None, 400),
        ("/api/v1/imports/marc", {"file": ("a.mrc", b"x", "application/marc")}, 400),
        ("/api/v1/imports/marc?source=%20", {"file": ("a.mrc", b"x", "application/marc")}, 400),
    ],
)
async def test_a_program_is_told_what_is_missing(
    client: Client, token: str, path: str, files: dict[str, object] | None, status: int
) -> None:
    answer = await client.http.post(path, files=files, headers={"Authorization": f"Bearer {token}"})  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.fixture
async def narrow(settings: Settings, database: Database, world: World) -> AsyncIterator[Client]:
    """A browser before a service that takes no more than a megabyte."""
    small = settings.model_copy(update={"upload_limit_mb": 1})
    assert small.database_url
    async with Parts.made(small, small.database_url).open() as parts:
        transport = httpx.ASGITransport(app=application.create(small, parts), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as http:
            client = Client(http)
            await client.sign_in("cataloguer")
            yield client


async def test_a_file_that_is_too_large_is_refused_in_words(narrow: Client, settings: Settings) -> None:
    assert "1MBまで" in (await narrow.get("/staff/imports/new")).text
    answer = await send(narrow, b"x" * 2_000_000)
    assert (answer.status_code, "送れる大きさを超えています。" in answer.text) == (413, True)
    assert left_in(settings) == []


async def test_files_that_no_run_needs_are_forgotten(parts: Parts, signed_in: Client, database: Database) -> None:
    number = number_in(await send(signed_in, book(1)))
    orphan = import_files.keep(parts.settings, io.BytesIO(b"left"))
    fresh = import_files.keep(parts.settings, io.BytesIO(b"fresh"))
    needed = (await run_of(database, number)).stored_at
    for name in (orphan, needed):
        os.utime(import_files.path_of(parts.settings, name), (time.time() - 90_000,) * 2)
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await parts.queue.configure_task("catalog:forget_uploads").defer_async(timestamp=0)
    await work(parts)
    assert sorted(left_in(parts.settings)) == sorted([needed, fresh])


@pytest.mark.parametrize(
    ("cell", "written"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "-5"), ("+81", "+81"), ("-x", "'-x"), ("本", "本"), ("", ""), ("-", "-")]
)
def test_a_spreadsheet_runs_nothing_of_what_was_sent(cell: str, written: str) -> None:
    assert _harmless(cell) == written
