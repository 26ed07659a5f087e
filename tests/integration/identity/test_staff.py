"""The staff's own pages: where to go, who works here, the record of acts."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from library import clock
from library.db import Database
from library.errors import Conflict, Invalid
from library.identity.models import Account, AccountRole, AuditEvent
from library.identity.roles import Role
from library.identity.signing_in import passwords
from library.identity.staff import members
from tests.world import STAFF, Client, World

PAGES = ("/staff/people", "/staff/audit", "/staff/import/patrons")
OPEN_TO = {"/staff/people": {"ward_admin"}, "/staff/audit": {"ward_admin"}, "/staff/import/patrons": {"ward_admin", "school_librarian"}}


@pytest.mark.parametrize("login", [*STAFF, "reader", "pupil", "guardian"])
async def test_each_page_opens_to_those_who_may_and_is_listed_for_them_only(client: Client, world: World, login: str) -> None:
    await client.sign_in(login)
    start = await client.get("/staff")
    assert start.status_code == (200 if login in STAFF else 403)
    for path in PAGES:
        may = login in OPEN_TO[path]
        assert (await client.get(path)).status_code == (200 if may else 403), path
        assert (f'href="{path}"' in start.text) == may


@pytest.mark.parametrize("path", ["/staff", *PAGES])
async def test_a_stranger_is_asked_to_sign_in(client: Client, world: World, path: str) -> None:
    assert (await client.get(path)).headers["location"].startswith("/sign-in")


async def test_an_administrator_adds_somebody_who_can_sign_in_at_once(client: Client, world: World, database: Database) -> None:
    await client.sign_in("ward_admin")
    wanted = {"login": "Hanako", "name": "花子", "role": "desk", "scope": "branch:nishi"}
    answer = await client.post("/staff/people", wanted)
    assert answer.status_code == 201
    found = re.search(r'id="first-password">([^<]+)<', answer.text)
    assert found is not None
    assert "西図書館" in answer.text
    async with database.reading() as session:
        event = (await session.scalars(select(AuditEvent).where(AuditEvent.act == "account.created"))).one()
        stored = await session.scalar(select(Account.password_hash).where(Account.login == "hanako"))
    assert event.account_id == world.accounts["ward_admin"]
    assert event.details == {"role": "desk", "scope": "branch:nishi"}
    assert stored is not None
    assert found[1] not in stored
    await client.post("/sign-out")
    assert (await client.sign_in("hanako", found[1])).headers["location"] == "/staff"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"login": ""}, "login"),
        ({"login": "desk"}, "login"),
        ({"login": "x" * 61}, "login"),
        ({"login": "1000 000001"}, "login"),  # a reader's card
        ({"role": "reader"}, "role"),
        ({"role": "king"}, "role"),
        ({"role": "desk", "scope": "everywhere"}, "scope"),
        ({"role": "ward_admin", "scope": "organisation:ward"}, "scope"),
        ({"role": "teacher", "scope": "branch:school"}, "scope"),
        ({"scope": "branch:nowhere"}, "scope"),
        ({"scope": "planet:earth"}, "scope"),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field(client: Client, world: World, changed: dict[str, str], field: str) -> None:
    await client.sign_in("ward_admin")
    wanted = {"login": "hanako", "name": "花子", "role": "desk", "scope": "branch:nishi"} | changed
    answer = await client.post("/staff/people", wanted)
    assert answer.status_code == 422
    assert f'id="f-{field}-wrong"' in answer.text


async def test_roles_are_given_and_taken_and_the_last_one_stays(client: Client, world: World, database: Database) -> None:
    await client.sign_in("ward_admin")
    path = f"/staff/people/{world.accounts['desk']}"
    for _ in range(2):
        given = await client.post(path, {"act": "give", "role": "cataloguer", "scope": "everywhere"})
        assert given.headers["location"] == f"{path}?done=role"
    async with database.reading() as session:
        roles = list(await session.scalars(select(AccountRole).where(AccountRole.account_id == world.accounts["desk"]).order_by("id")))
    assert [row.role for row in roles] == ["desk", "cataloguer"]
    assert (await client.post(path, {"act": "take", "held": str(roles[0].id)})).status_code == 303
    assert (await client.post(path, {"act": "take", "held": str(roles[1].id)})).status_code == 409


async def test_a_stopped_account_is_out_and_can_be_let_in_again(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    path = f"/staff/people/{world.accounts['desk']}"
    assert (await client.post(path, {"act": "disabled"})).status_code == 303
    assert "停止中" in (await client.get("/staff/people")).text
    await client.post(path, {"act": "enabled"})
    await client.post("/sign-out")
    assert (await client.sign_in("desk")).status_code == 303


async def test_a_renewed_password_is_shown_once_and_ends_the_sessions(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    path = f"/staff/people/{world.accounts['desk']}"
    found = re.search(r'id="first-password">([^<]+)<', (await client.post(path, {"act": "password"})).text)
    assert found is not None
    assert found[1] not in (await client.get(path)).text
    await client.post("/sign-out")
    assert (await client.sign_in("desk")).status_code == 401
    assert (await client.sign_in("desk", found[1])).status_code == 303


async def test_readers_are_nobodys_staff(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    assert (await client.get(f"/staff/people/{world.accounts['reader']}")).status_code == 404
    assert (await client.post(f"/staff/people/{world.accounts['reader']}", {"act": "password"})).status_code == 404


async def test_the_last_administrator_cannot_be_stopped(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    answer = await client.post(f"/staff/people/{world.accounts['ward_admin']}", {"act": "disabled"})
    assert answer.status_code == 409
    assert (await client.get("/staff/people")).status_code == 200


async def test_two_administrators_who_stop_each_other_at_once_do_not_both_succeed(world: World, database: Database) -> None:
    async with database.transaction() as session:
        other = await members.add(
            session, by=None, login="second", name="", role=Role.WARD_ADMIN, scope=members.Scope(), password_hash=None
        )

    async def stop(account: int) -> str:
        try:
            async with database.transaction() as session:
                await members.disable(session, account, by=None, now=clock.now())
                await asyncio.sleep(0.05)
        except Conflict as exc:
            return exc.code
        return "stopped"

    answers = await asyncio.gather(stop(world.accounts["ward_admin"]), stop(other))
    assert sorted(answers) == ["last_administrator", "stopped"]


async def test_the_list_goes_on_and_can_be_searched(world: World, database: Database) -> None:
    async with database.transaction() as session:
        for number in range(7):
            scope = members.Scope("organisation", "school")
            await members.add(
                session, by=None, login=f"t{number}", name=f"先生{number}", role=Role.TEACHER, scope=scope, password_hash=None
            )
    async with database.reading() as session:
        found = await members.people(session, words="先生", limit=5)
        rest = await members.people(session, words="先生", limit=5, after=found[-1].login)
        assert await members.people(session, words="100%") == ()
    assert [one.login for one in (*found, *rest)] == [f"t{number}" for number in range(7)]
    assert str(found[0].roles[0].scope) == "organisation:school"


async def test_a_school_administrators_reach_is_not_the_ward(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        session.add(
            AccountRole(account_id=world.accounts["school_librarian"], role="ward_admin", organisation_id=world.organisations["school"])
        )
    await client.sign_in("school_librarian")
    for path in ("/staff/people", "/staff/audit"):
        assert (await client.get(path)).status_code == 403


def test_first_passwords_are_strong_and_never_the_same() -> None:
    made = {passwords.generated() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        passwords.check_strength(password, login="desk")
    with pytest.raises(Invalid):
        passwords.check_strength("tosyokan123")


async def test_the_record_of_acts_is_filtered_and_paged(client: Client, world: World, database: Database) -> None:
    now = clock.now()
    async with database.transaction() as session:
        for number in range(60):
            session.add(AuditEvent(at=now, account_id=world.accounts["desk"], act="patrons.searched", details={"count": number}))
        session.add(AuditEvent(at=now - timedelta(days=10), account_id=world.accounts["courier"], act="account.signed_in", details={}))
    await client.sign_in("ward_admin")
    first = await client.get("/staff/audit?act=patrons.searched")
    assert first.text.count("利用者をさがした</td>") == 50
    following = re.search(r'href="(/staff/audit\?[^"]*before=\d+)"', first.text)
    assert following is not None
    assert (await client.get(following[1].replace("&amp;", "&"))).text.count("利用者をさがした</td>") == 10
    assert (await client.get("/staff/audit?login=courier")).text.count("ログインした</td>") == 1
    day = (now - timedelta(days=10)).astimezone(ZoneInfo("Asia/Tokyo")).date().isoformat()
    assert "courier" in (await client.get(f"/staff/audit?first={day}&last={day}")).text
    assert "記録はありません" in (await client.get("/staff/audit?login=nobody&before=x")).text
    async with database.reading() as session:
        assert (await session.scalars(select(AuditEvent.act).where(AuditEvent.act == "audit.seen"))).first() == "audit.seen"
