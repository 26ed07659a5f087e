"""Questions handed over to the staff: who may see which, what is recorded, and that they are forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from library import clock
from library.db import Database
from library.errors import Invalid, TooMany
from library.identity.roles import Grant, Role
from library.identity.viewer import STRANGER, Viewer
from search import limits
from search.questions import worklist
from tests.world import Client, World

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CLIENT = b"0123456789abcdef"


async def asked(database: Database, said: str = "この本をさがしています", **changed: Any) -> int:
    values: dict[str, Any] = {"language": "ja", "contact": "", "branch": None, "viewer": STRANGER, "key": CLIENT}
    async with database.transaction() as session:
        return await worklist.hand_over(session, said=said, **(values | changed))


def staff(role: Role, **scope: int) -> Viewer:
    return Viewer(account_id=1, grants=(Grant(role, **scope),))


async def test_the_staff_of_a_place_sees_what_was_asked_of_it(database: Database, world: World) -> None:
    pupil = Viewer(account_id=world.accounts["pupil"], organisation_ids=frozenset({world.organisations["school"]}))
    anywhere = await asked(database)
    chuo = await asked(database, branch="chuo")
    school = await asked(database, branch="school", viewer=pupil)
    joint = await asked(database, branch="joint")
    sees = {
        "desk of chuo": (staff(Role.DESK, branch_id=world.branches["chuo"]), {anywhere, chuo}),
        "desk of nishi": (staff(Role.DESK, branch_id=world.branches["nishi"]), {anywhere}),
        "school librarian": (staff(Role.SCHOOL_LIBRARIAN, organisation_id=world.organisations["school"]), {school}),
        "the other school's": (staff(Role.SCHOOL_LIBRARIAN, organisation_id=world.organisations["other_school"]), {joint}),
        "ward admin": (staff(Role.WARD_ADMIN), {anywhere, chuo, school, joint}),
        "teacher": (staff(Role.TEACHER, organisation_id=world.organisations["school"]), set()),
    }
    async with database.reading() as session:
        for who, (viewer, expected) in sees.items():
            found = await worklist.listed(session, viewer, on=NOW.date())
            assert {line.number for line in found} == expected, who


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"said": " \x00 "}, "question_empty"),
        ({"said": "あ" * 2_001}, "question_long"),
        ({"contact": "あ" * 201}, "question_contact_long"),
        ({"said": "わたしの番号は 1234 5678 9018 です"}, "individual_number"),
        ({"branch": "nowhere"}, "branch_unknown"),
        ({"branch": "school"}, "branch_unknown"),  # a stranger asks no school
    ],
)
async def test_what_cannot_be_handed_over_says_why(database: Database, world: World, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await asked(database, **changed)
    assert refused.value.code == code


async def test_the_sixth_question_of_an_hour_has_to_wait(database: Database, world: World) -> None:
    with clock.stopped(NOW):
        for _ in range(5):
            await asked(database)
        with pytest.raises(TooMany) as refused:
            await asked(database)
        await asked(database, key=b"somebody else 16")
    assert 0 < refused.value.retry_after <= 3600
    with clock.stopped(NOW + timedelta(hours=1)):
        await asked(database)


def test_a_client_counts_under_another_name_every_day(settings: Any) -> None:
    first = limits.client_digest(settings, "192.0.2.1", NOW)
    assert first == limits.client_digest(settings, "192.0.2.1", NOW + timedelta(hours=1))
    assert first != limits.client_digest(settings, "192.0.2.1", NOW + timedelta(days=1))


async def test_nobody_is_named_who_did_not_wish_it(database: Database, world: World) -> None:
    reader = Viewer(account_id=world.accounts["reader"])
    quiet = await asked(database, viewer=reader)
    open_ = await asked(database, viewer=reader, show_account=True)
    admin = staff(Role.WARD_ADMIN)
    async with database.transaction() as session:
        one = await worklist.opened(session, quiet, by=admin)
        other = await worklist.opened(session, open_, by=admin)
        assert (one.patron_id, one.person) == (None, "")
        assert other.person == "森 reader"
        await session.execute(text("DELETE FROM account_person WHERE account_id = :id"), {"id": reader.account_id})
        await session.execute(text("DELETE FROM account WHERE id = :id"), {"id": reader.account_id})
        left = set(await session.scalars(text("SELECT id FROM question")))
    assert left == {quiet}  # what names an account goes with it


async def test_a_question_is_taken_answered_closed_recorded_and_a_month_later_gone(
    client: Client, database: Database, world: World
) -> None:
    with clock.stopped(NOW):
        number = await asked(database, "わたしのカードはどこ", contact="090-0000-0000", branch="chuo")
        await client.sign_in("desk")
        listing = await client.get("/staff/questions")
        assert f"/staff/questions/{number}" in listing.text
        assert "わたしのカード" not in listing.text
        page = await client.get(f"/staff/questions/{number}")
        assert "わたしのカードはどこ" in page.text
        assert "090-0000-0000" in page.text
        path = f"/staff/questions/{number}"
        assert (await client.post(f"{path}/take")).status_code == 303
        assert (await client.post(path, {"do": "answer", "answer": ""})).status_code == 422
        assert (await client.post(path, {"do": "answer", "answer": "窓口にあります"})).status_code == 303
        assert (await client.post(path, {"do": "close", "note": "電話ずみ"})).status_code == 303
        assert (await client.post(path, {"do": "close"})).status_code == 409
        assert f"/staff/questions/{number}" in (await client.get("/staff/questions?show=closed")).text
    async with database.transaction() as session:
        acts = list(await session.scalars(text("SELECT act FROM audit_event WHERE subject_kind = 'question' ORDER BY id")))
        assert set(acts) == {"question.seen", "question.taken", "question.answered", "question.closed"}
        assert await worklist.forget(session, now=NOW + timedelta(days=29)) == 0
        assert await worklist.forget(session, now=NOW + timedelta(days=30)) == 1
        await limits.forget(session, before=NOW + timedelta(days=1))
        assert await session.scalar(text("SELECT count(*) FROM asked_often")) == 0


async def test_a_question_nobody_closes_is_gone_after_half_a_year_as_was_said_where_it_was_asked(
    client: Client, database: Database, world: World
) -> None:
    with clock.stopped(NOW):
        kept = [await asked(database, branch="chuo") for _ in range(2)]
        await client.sign_in("desk")
        await client.post(f"/staff/questions/{kept[0]}/take")
        assert "2027年5月23日に消えます" in (await client.get(f"/staff/questions/{kept[0]}")).text
        for page in ("/about/privacy", "/staff/questions"):
            assert f"{worklist.LONGEST_KEPT.days}日" in (await client.get(page)).text, page
    async with database.transaction() as session:
        assert await worklist.forget(session, now=NOW + timedelta(days=179)) == 0
        assert await worklist.forget(session, now=NOW + timedelta(days=180)) == 2


async def test_other_places_questions_stay_closed(client: Client, database: Database, world: World) -> None:
    number = await asked(database, branch="nishi")
    await client.sign_in("desk")
    assert (await client.get(f"/staff/questions/{number}")).status_code == 403
    assert (await client.post(f"/staff/questions/{number}/take")).status_code == 403


async def test_a_question_changes_hands_only_knowingly(client: Client, database: Database, world: World) -> None:
    number = await asked(database, branch="chuo")
    path = f"/staff/questions/{number}"
    await client.sign_in("ward_admin")
    assert (await client.post(f"{path}/take")).status_code == 303
    assert "引き受ける</button>" not in (await client.get(path)).text  # it is theirs already
    await client.sign_in("desk")  # whose page was opened before
    refused = await client.post(f"{path}/take")
    assert refused.status_code == 409
    assert "さんが引き受けています。代わりますか。" in refused.text
    holder = re.search(r'name="instead_of" value="(\d+)"', refused.text)
    assert holder is not None
    assert (await client.post(f"{path}/take", {"instead_of": holder[1]})).status_code == 303
    await client.sign_in("ward_admin")  # who lost it does not get it back unawares
    assert (await client.post(f"{path}/take", {"instead_of": holder[1]})).status_code == 409


async def test_what_was_typed_stays_beside_the_answer_of_a_quicker_colleague(client: Client, database: Database, world: World) -> None:
    number = await asked(database, branch="chuo")
    path = f"/staff/questions/{number}"
    await client.sign_in("desk")
    seen = re.search(r'name="seen" value="([^"]+)"', (await client.get(path)).text)
    assert seen is not None
    await client.sign_in("ward_admin")
    assert (await client.post(path, {"do": "answer", "answer": "中央にあります", "seen": seen[1]})).status_code == 303
    await client.sign_in("desk")
    refused = await client.post(path, {"do": "answer", "answer": "西の棚です", "note": "電話で", "seen": seen[1]})
    assert refused.status_code == 409
    for kept in ("さんの答えが先に入りました", "中央にあります", "西の棚です", "電話で"):
        assert kept in refused.text
    now = re.search(r'name="seen" value="([^"]+)"', refused.text)
    assert now is not None
    assert (await client.post(path, {"do": "answer", "answer": "西の棚です", "seen": now[1]})).status_code == 303


async def test_meanwhile_one_may_ask_where_it_is_open_now(database: Database, world: World) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO opening_hours (branch_id, weekday, opens, closes) VALUES (:id, 1, '09:00', '19:00')"),
            {"id": world.branches["nishi"]},
        )
        found = await worklist.meanwhile(session, branch=None, now=NOW)  # Tuesday noon
        assert [one.branch.code for one in found] == ["nishi"]
        wished = await worklist.meanwhile(session, branch="chuo", now=NOW)
        assert [one.branch.code for one in wished] == ["chuo"]
