"""Finding patrons over the API: by what, by whom, how many, and that it is on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from library import clock
from library.db import Database
from library.identity.models import ApiToken, AuditEvent, Card, Patron, Person
from library.identity.signing_in import sessions
from tests.world import Client, World


async def bearer(database: Database, world: World, login: str, *scopes: str) -> dict[str, str]:
    async with database.transaction() as session:
        _, secret = await sessions.create_token(
            session, account_id=world.accounts[login], name="t", scopes=scopes, allowed=scopes, expires_at=clock.now() + timedelta(hours=1)
        )
    return {"Authorization": f"Bearer {secret}"}


async def patrons(client: Client, headers: dict[str, str], **query: Any) -> httpx.Response:
    return await client.json("/api/v1/patrons", headers=headers, params=query)


@pytest.fixture
async def desk(database: Database, world: World) -> dict[str, str]:
    async with database.transaction() as session:
        await session.execute(
            update(Person)
            .where(Person.id == world.persons["reader"])
            .values(
                family_name="髙橋",
                given_name="春子",
                family_reading="タカハシ",
                given_reading="ハルコ",
                sort_key="たかはしはるこ",
                phone="03-1234-5678",
            )
        )
    return await bearer(database, world, "desk", "patrons:see")


@pytest.mark.parametrize(
    "words",
    [
        "1000000001",
        "1000 0000 01",
        "a1000000001a",
        "髙橋",
        "髙橋春子",
        "髙橋　春子",
        "春子 髙橋",
        "たかはし",
        "タカハシ",
        "ﾀｶﾊｼ",
        "はるこ",
        "たかばし",
        "03-1234-5678",
        "5678",
    ],
)
async def test_a_patron_is_found_by_card_name_reading_or_phone(client: Client, desk: dict[str, str], words: str) -> None:
    answer = await patrons(client, desk, q=words)
    assert answer.json() == {
        "patrons": [
            {"card": "1000000001", "name": "髙橋 春子", "reading": "タカハシ ハルコ", "category": "resident", "organisation": "ward"}
        ],
        "next": None,
    }


@pytest.mark.parametrize("words", ["10000000", "田中", "もりの", "1234", "%", "_", "たかはしx", "678", "'; --"])
async def test_nobody_else_is_found(client: Client, desk: dict[str, str], words: str) -> None:
    assert (await patrons(client, desk, q=words)).json() == {"patrons": [], "next": None}


async def test_a_reading_that_begins_as_asked_comes_before_one_where_it_merely_occurs(
    client: Client, world: World, database: Database, desk: dict[str, str]
) -> None:
    async with database.transaction() as session:
        for family, key in (
            ("小山", "こやまたくみ\tこやまたくみ"),
            ("山田", "やまたあさひ\tやまだあさひ"),
            ("横山", "よこやまたいき\tよこやまだいき"),
        ):
            person = Person(family_name=family, sort_key=key)
            session.add(person)
            await session.flush()
            session.add(Patron(person_id=person.id, organisation_id=world.organisations["ward"], category="resident"))
    names: list[str] = []
    after = None
    for _ in range(3):
        page = (await patrons(client, desk, limit=1, q="やまだ", **({"after": after} if after else {}))).json()
        names += [one["name"] for one in page["patrons"]]
        after = page["next"]
    assert names == ["山田", "小山", "横山"]


@pytest.mark.parametrize(
    ("login", "organisations"), [("desk", {"ward"}), ("school_librarian", {"school"}), ("ward_admin", {"ward", "school"})]
)
async def test_everybody_sees_their_own_readers_only(
    client: Client, world: World, database: Database, login: str, organisations: set[str]
) -> None:
    found = (await patrons(client, await bearer(database, world, login, "patrons:see"))).json()["patrons"]
    assert {one["organisation"] for one in found} == organisations


async def test_at_a_joint_branch_both_communities_are_seen(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        from library.identity.models import AccountRole

        await session.execute(update(AccountRole).where(AccountRole.role == "desk").values(branch_id=world.branches["joint"]))
        await session.execute(
            update(Patron)
            .where(Patron.person_id == world.persons["pupil"])
            .values(organisation_id=world.organisations["other_school"], class_id=None)
        )
    found = (await patrons(client, await bearer(database, world, "desk", "patrons:see"))).json()["patrons"]
    assert {one["organisation"] for one in found} == {"ward", "other_school"}


@pytest.mark.parametrize(("login", "scope", "status"), [("desk", "items:see", 403), ("cataloguer", "items:see", 403)])
async def test_without_the_permission_or_the_tokens_scope_nobody_is_seen(
    client: Client, world: World, database: Database, login: str, scope: str, status: int
) -> None:
    assert (await patrons(client, await bearer(database, world, login, scope))).status_code == status
    assert (await client.json("/api/v1/patrons")).status_code == 401


async def test_a_session_will_do_as_well(client: Client, world: World) -> None:
    await client.sign_in("desk")
    assert (await client.json("/api/v1/patrons?q=もり")).status_code == 200


async def test_pages_follow_each_other_without_gap_or_repetition(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        for number in range(23):
            person = Person(family_name=f"林{number}", sort_key=f"はやし{number % 3}")
            session.add(person)
            await session.flush()
            session.add(Patron(person_id=person.id, organisation_id=world.organisations["ward"], category="resident"))
    headers = await bearer(database, world, "desk", "patrons:see")
    names: list[str] = []
    after: str | None = None
    for _ in range(9):
        page = (await patrons(client, headers, limit=5, q="林", **({"after": after} if after else {}))).json()
        names += [one["name"] for one in page["patrons"]]
        after = page["next"]
        if after is None:
            break
    assert len(names) == len(set(names)) == 23


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 201}, {"limit": -1}, {"limit": "x"}, {"after": "nonsense"}, {"after": "cGF0cm9uOng"}, {"q": "あ" * 201}],
)
async def test_what_cannot_be_asked_is_refused(client: Client, desk: dict[str, str], query: dict[str, Any]) -> None:
    answer = await patrons(client, desk, **query)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_the_record_says_who_looked_and_how_many_never_what_for(
    client: Client, desk: dict[str, str], world: World, database: Database
) -> None:
    await patrons(client, desk, q="たかはし")
    async with database.reading() as session:
        event = (await session.scalars(select(AuditEvent).where(AuditEvent.act == "patrons.searched"))).one()
    assert (event.account_id, event.details) == (world.accounts["desk"], {"count": 1})


async def test_a_lost_card_is_not_shown(client: Client, desk: dict[str, str], world: World, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(update(Card).where(Card.number == "1000000001").values(revoked_at=clock.now()))
        session.add(Card(person_id=world.persons["reader"], number="1000000099"))
    assert (await patrons(client, desk, q="1000000001")).json()["patrons"] == []
    assert (await patrons(client, desk, q="たかはし")).json()["patrons"][0]["card"] == "1000000099"


async def test_who_am_i(client: Client, world: World, database: Database) -> None:
    answer = (await client.json("/api/v1/me", headers=await bearer(database, world, "desk", "patrons:see"))).json()
    assert answer["login"] == "desk"
    assert answer["roles"] == ["desk", "reader"] or answer["roles"] == ["desk"]
    assert answer["permissions"] == ["patrons:see"]
    assert answer["organisations"] == ["ward"]
    assert (await client.json("/api/v1/me")).status_code == 401


async def test_tokens_are_made_listed_and_revoked(client: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    key = {"Idempotency-Key": "6a6b8f0e-1111-4222-8333-000000000001"}
    body = {"name": "帳票", "scopes": ["patrons:see"]}
    made = await client.send("POST", "/api/v1/tokens", json=body, headers=key)
    assert made.status_code == 201
    again = await client.send("POST", "/api/v1/tokens", json=body, headers=key)
    assert (again.status_code, again.json()) == (201, {"id": made.json()["id"], "token": None})
    listed = (await client.json("/api/v1/tokens")).json()["tokens"]
    assert [(one["id"], one["last_four"]) for one in listed] == [(made.json()["id"], made.json()["token"][-4:])]
    assert (await client.send("DELETE", f"/api/v1/tokens/{made.json()['id']}")).status_code == 204
    assert (await client.json("/api/v1/tokens")).json() == {"tokens": []}
    assert (await client.send("DELETE", f"/api/v1/tokens/{made.json()['id']}")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": ["staff:manage"]},
        {"name": "x", "scopes": ["no:such"]},
        {"name": "x", "scopes": []},
        {"name": "", "scopes": ["patrons:see"]},
        {"name": "x", "scopes": ["patrons:see"], "days": 0},
        {"name": "x", "scopes": ["patrons:see"], "surprise": 1},
        {"scopes": ["patrons:see"]},
    ],
)
async def test_a_token_that_cannot_be_is_refused(client: Client, world: World, body: dict[str, Any]) -> None:
    await client.sign_in("desk")
    assert (await client.send("POST", "/api/v1/tokens", json=body)).status_code == 400


async def test_the_last_use_of_a_token_is_noted(client: Client, desk: dict[str, str], database: Database) -> None:
    await patrons(client, desk)
    async with database.reading() as session:
        assert await session.scalar(select(ApiToken.used_at)) is not None
