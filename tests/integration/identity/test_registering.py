"""Registering at the desk and over the API: cards, look-alikes, numbers that are refused, double clicks and races."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from library import clock
from library.db import Database
from library.identity.card.number import has_true_check_digit
from library.identity.models import Account, AccountPerson, AuditEvent, Card, Patron, Person, SetUpCode
from library.identity.patrons import cards
from library.identity.signing_in import sessions
from library.settings import Settings
from tests.world import PASSWORD, Client, World

MY_NUMBER = "123456789018"
NEW = {
    "family_name": "高橋",
    "given_name": "一郎",
    "family_reading": "たかはし",
    "given_reading": "イチロウ",
    "birth_date": "S45.3.2",
    "category": "resident",
    "address": "こもれび区神宮前1-4-1",
    "phone": "03-1234-5678",
    "proof": "licence",
}
NONCE = re.compile(r'name="nonce" value="([^"]+)"')
CODE = re.compile(r'<p class="code"><b>([a-z0-9-]{14})</b>')


async def count(database: Database, table: Any) -> int:
    async with database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def at_the_desk(client: Client, login: str = "desk") -> str:
    """Signed in, with the form open; its nonce."""
    await client.sign_in(login)
    form = await client.get("/staff/patrons/new")
    assert form.status_code == 200
    return str(NONCE.findall(form.text)[0])


async def post(client: Client, typed: Mapping[str, object], **options: Any) -> httpx.Response:
    return await client.send("POST", "/api/v1/patrons", json=typed, **options)


async def test_somebody_registered_on_one_screen_gets_a_card_a_term_and_a_code(client: Client, world: World, database: Database) -> None:
    nonce = await at_the_desk(client)
    answer = await client.post("/staff/patrons/new", NEW | {"nonce": nonce, "account": "1", "home_branch": "chuo"})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    code = CODE.findall(answer.text)[0]
    async with database.reading() as session:
        person = (await session.scalars(select(Person).where(Person.family_name == "高橋"))).one()
        patron = (await session.scalars(select(Patron).where(Patron.person_id == person.id))).one()
        card = (await session.scalars(select(Card).where(Card.person_id == person.id))).one()
        account = (await session.scalars(select(Account).where(Account.login == card.number))).one()
        kept = await session.get_one(SetUpCode, account.id)
        event = (await session.scalars(select(AuditEvent).where(AuditEvent.act == "patron.registered"))).one()
    assert (person.family_reading, person.given_reading, person.phone) == ("タカハシ", "イチロウ", "03-1234-5678")
    assert (patron.category, patron.proof, patron.contact_by) == ("resident", "licence", "none")
    assert patron.home_branch_id == world.branches["chuo"]
    assert patron.organisation_id == world.organisations["ward"]
    assert has_true_check_digit(card.number)
    assert account.password_hash is None
    assert code.encode() not in kept.digest
    assert (event.subject_id, event.details) == (patron.id, {"category": "resident", "proof": "licence", "known": False})


async def test_a_double_click_registers_once_and_shows_the_same_slip(client: Client, world: World, database: Database) -> None:
    nonce = await at_the_desk(client)
    form = NEW | {"nonce": nonce, "account": "1"}
    before = await count(database, Patron)
    first, second = await asyncio.gather(*(client.post("/staff/patrons/new", form) for _ in range(2)))
    assert (first.status_code, second.status_code) == (201, 201)
    assert CODE.findall(first.text) == CODE.findall(second.text) != []
    assert await count(database, Patron) == before + 1


async def test_going_back_and_typing_the_next_person_asks_before_it_registers(client: Client, world: World, database: Database) -> None:
    nonce = await at_the_desk(client)
    await client.post("/staff/patrons/new", NEW | {"nonce": nonce})
    before = await count(database, Patron)
    other = NEW | {"given_name": "次郎", "given_reading": "ジロウ", "birth_date": "S50.1.1", "phone": "", "nonce": nonce}
    asked = await client.post("/staff/patrons/new", other)
    assert asked.status_code == 409
    assert "次郎" in asked.text
    assert await count(database, Patron) == before
    again = await client.post("/staff/patrons/new", other | {"nonce": NONCE.findall(asked.text)[0]})
    assert again.status_code == 201


async def test_all_problems_are_shown_at_once_and_what_was_typed_stays(client: Client, world: World, database: Database) -> None:
    nonce = await at_the_desk(client)
    before = await count(database, Person)
    wrong = NEW | {
        "family_reading": "",
        "birth_date": "昭和70年1月1日",
        "guardian_card": "4999999999",
        "card": world.cards["reader"],
        "nonce": nonce,
    }
    answer = await client.post("/staff/patrons/new", wrong)
    assert answer.status_code == 422
    for field in ("family_reading", "birth_date", "guardian_card", "card"):
        assert f'id="f-{field}-wrong"' in answer.text
    assert 'value="高橋"' in answer.text
    assert 'value="昭和70年1月1日"' in answer.text
    assert NONCE.findall(answer.text) == [nonce]
    assert await count(database, Person) == before


@pytest.mark.parametrize("field", ["address", "phone", "given_name", "affiliation", "guardian_name"])
async def test_an_individual_number_is_refused_and_not_shown_again(
    client: Client, world: World, field: str, capfd: pytest.CaptureFixture[str], database: Database
) -> None:
    nonce = await at_the_desk(client)
    before = await count(database, Person)
    answer = await client.post("/staff/patrons/new", NEW | {field: MY_NUMBER, "nonce": nonce})
    assert answer.status_code == 422
    assert "個人番号" in answer.text
    refused = await post(client, NEW | {field: f"{MY_NUMBER[:4]}-{MY_NUMBER[4:8]}-{MY_NUMBER[8:]}"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0] | {"detail": ""} == {"where": field, "code": "my_number", "detail": ""}
    said = "".join(capfd.readouterr()) + answer.text + refused.text
    assert MY_NUMBER not in said.replace("-", "")
    assert await count(database, Person) == before


async def test_twelve_digits_in_the_note_are_asked_about(client: Client, world: World) -> None:
    nonce = await at_the_desk(client)
    noted = NEW | {"note": f"他館番号 {MY_NUMBER}", "nonce": nonce}
    asked = await client.post("/staff/patrons/new", noted)
    assert asked.status_code == 422
    assert 'name="note_confirmed"' in asked.text
    assert (await client.post("/staff/patrons/new", noted | {"note_confirmed": "1"})).status_code == 201


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"phone": "", "address": "よそ"}, "フリガナと生年月日が同じ"),
        ({"birth_date": "S50.1.1", "phone": "0312345678", "family_name": "別"}, "電話番号が同じ"),
        ({"birth_date": "S50.1.1", "phone": "", "address": "こもれび区神宮前１丁目４番１号"}, "氏名と住所が同じ"),
    ],
)
async def test_who_looks_alike_is_shown_before_anything_is_stored(
    client: Client, world: World, database: Database, changed: dict[str, str], reason: str
) -> None:
    nonce = await at_the_desk(client)
    assert (await client.post("/staff/patrons/new", NEW | {"nonce": nonce})).status_code == 201
    before = await count(database, Person)
    other = NEW | changed | {"nonce": str(uuid.uuid4())}
    asked = await client.post("/staff/patrons/new", other)
    assert asked.status_code == 409
    assert reason in asked.text
    assert await count(database, Person) == before
    programs = await post(client, NEW | changed)
    assert (programs.status_code, programs.json()["code"]) == (409, "maybe_registered")
    async with database.reading() as session:
        newest = await session.scalar(select(func.max(Patron.id)))
    assert programs.json()["fields"] == {"patrons": str(newest)}
    assert f"/staff/patrons/{newest}" in asked.text
    assert (await client.post("/staff/patrons/new", other | {"different": "1"})).status_code == 201


async def test_the_age_and_look_alikes_are_said_while_it_is_typed(client: Client, world: World, database: Database) -> None:
    await at_the_desk(client)
    assert (await post(client, NEW)).status_code == 201
    before = await count(database, Person)
    young = await client.post("/staff/patrons/new/look", {"birth_date": "H30.5.5"})
    assert "8歳" in young.text
    assert "児童として登録します" in young.text
    known = await client.post("/staff/patrons/new/look", {"phone": "03-1234-5678", "address": MY_NUMBER})
    assert "電話番号が同じ" in known.text
    assert MY_NUMBER not in known.text
    assert "notice" not in (await client.post("/staff/patrons/new/look", {"family_name": "だれ", "birth_date": "まだ"})).text
    assert await count(database, Person) == before


async def test_who_is_registered_at_another_school_is_not_told(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(update(Person).where(Person.id == world.persons["pupil"]).values(phone="03-1234-5678"))
    await client.sign_in("desk")
    assert (await post(client, NEW)).status_code == 201


async def test_the_same_card_scanned_at_two_desks_at_once_is_issued_once(client: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    people = [
        NEW | {"card": "a4512345678a"},
        NEW | {"card": "4512345678", "given_name": "次郎", "birth_date": "S50.1.1", "phone": "", "address": ""},
    ]
    await client.csrf()
    answers = await asyncio.gather(*(post(client, one) for one in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert next(answer for answer in answers if answer.status_code == 409).json()["code"] == "card_number_taken"
    async with database.reading() as session:
        assert (await session.scalars(select(Card.number).where(Card.number == "4512345678"))).all() == ["4512345678"]
        assert await session.scalar(select(func.count()).where(Person.family_name == "高橋")) == 1


PUPIL = {"family_name": "森", "given_name": "pupil", "family_reading": "もり", "birth_date": "H27.6.1", "guardian_name": "森 太郎"}


async def test_a_pupil_registers_at_the_ward_with_the_card_of_the_school(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(update(Person).where(Person.id == world.persons["pupil"]).values(birth_date=date(2015, 6, 1)))
    await client.sign_in("desk")
    await client.csrf()
    card, before = world.cards["pupil"], await count(database, Person)
    stranger = await post(client, PUPIL | {"card": card, "birth_date": "H27.6.2"})
    assert (stranger.status_code, stranger.json()["code"]) == (409, "card_number_taken")
    answers = await asyncio.gather(*(post(client, PUPIL | {"card": card, "phone": "03-2222-3333"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    made = next(answer for answer in answers if answer.status_code == 201).json()
    assert (made["card"], made["set_up_code"]) == (card, None)  # the school's sign-in goes on
    assert await count(database, Person) == before
    async with database.reading() as session:
        patron = await session.get_one(Patron, int(made["id"]))
        person = await session.get_one(Person, world.persons["pupil"])
    assert (patron.person_id, patron.organisation_id, patron.category) == (person.id, world.organisations["ward"], "child")
    assert person.phone == "03-2222-3333"


async def test_registrations_at_once_get_different_numbers(client: Client, world: World) -> None:
    await client.sign_in("desk")
    await client.csrf()
    people = [NEW | {"given_name": f"{number}郎", "phone": "", "birth_date": f"S45.3.{number}", "address": ""} for number in range(1, 7)]
    answers = await asyncio.gather(*(post(client, one) for one in people))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["card"] for answer in answers}) == 6


async def test_numbers_that_came_in_with_a_file_are_stepped_over(
    client: Client, world: World, database: Database, settings: Settings
) -> None:
    async with database.transaction() as session:
        session.add_all([Card(person_id=world.persons["reader"], number=cards.numbered("10", serial)) for serial in range(1, 41)])
    await client.sign_in("desk")
    made = (await post(client, NEW)).json()
    assert made["card"] not in {cards.numbered("10", serial) for serial in range(1, 41)}
    assert made["card"].startswith(settings.card_prefix)


async def test_a_number_the_staff_sign_in_by_is_no_card(client: Client, world: World) -> None:
    await client.sign_in("desk")
    refused = await post(client, NEW | {"card": "ward_admin"})
    assert (refused.status_code, refused.json()["code"]) == (409, "card_is_login")


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(client: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = await post(client, NEW, headers=key)
    second = await post(client, NEW, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert (await post(client, NEW | {"given_name": "二"}, headers=key)).status_code == 422
    assert await count(database, SetUpCode) == 1


async def test_a_child_is_linked_to_the_guardian_whose_card_was_read(client: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    child = NEW | {"birth_date": "H30.5.5", "guardian_card": world.cards["guardian"], "proof": ""}
    answer = await post(client, child)
    assert answer.status_code == 201, answer.text
    async with database.reading() as session:
        patron = await session.get_one(Patron, int(answer.json()["id"]))
        link = await session.get(AccountPerson, (world.accounts["guardian"], patron.person_id))
    assert patron.category == "child"
    assert link is not None
    assert link.role == "guardian"


async def test_a_guardian_without_an_account_gets_one_that_nobody_can_sign_in_with_yet(
    client: Client, world: World, database: Database
) -> None:
    await client.sign_in("desk")
    guardian = (await post(client, NEW | {"account": False})).json()
    assert guardian["set_up_code"] is None
    child = NEW | {"given_name": "小花", "birth_date": "H30.5.5", "guardian_card": guardian["card"], "proof": "", "different": True}
    assert (await post(client, child)).status_code == 201
    async with database.reading() as session:
        account = (await session.scalars(select(Account).where(Account.login == guardian["card"]))).one()
        roles = await session.scalars(select(AccountPerson.role).where(AccountPerson.account_id == account.id).order_by(AccountPerson.role))
    assert account.password_hash is None
    assert list(roles) == ["guardian", "self"]


@pytest.mark.parametrize(
    ("login", "organisation", "status"),
    [
        ("desk", "ward", 201),
        ("desk", "school", 403),
        ("school_librarian", "ward", 403),
        ("ward_admin", "ward", 201),
        ("desk", "nowhere", 404),
    ],
)
async def test_everybody_registers_for_their_own_organisation(
    client: Client, world: World, login: str, organisation: str, status: int
) -> None:
    await client.sign_in(login)
    assert (await post(client, NEW | {"organisation": organisation})).status_code == status


async def test_a_school_registers_pupils_and_offers_no_other_categories(client: Client, world: World, database: Database) -> None:
    nonce = await at_the_desk(client, "school_librarian")
    form = await client.get("/staff/patrons/new")
    assert 'value="pupil"' in form.text
    assert 'value="resident"' not in form.text
    pupil = NEW | {"category": "pupil", "birth_date": "H27.6.1", "proof": "", "nonce": nonce}
    assert (await client.post("/staff/patrons/new", pupil)).status_code == 201
    async with database.reading() as session:
        row = (await session.scalars(select(Patron).order_by(Patron.id.desc()).limit(1))).one()
    assert (row.organisation_id, row.category, row.valid_to) == (world.organisations["school"], "pupil", None)


async def code_for(client: Client, world: World) -> tuple[str, str]:
    """A fresh registration's card and code; nobody is signed in afterwards."""
    await client.sign_in("desk")
    made = (await post(client, NEW)).json()
    await client.post("/sign-out")
    return made["card"], made["set_up_code"]


async def first(client: Client, login: str, code: str, password: str = PASSWORD, again: str | None = None) -> httpx.Response:
    return await client.post("/sign-in/first", {"login": login, "code": code, "password": password, "again": again or password})


async def test_the_code_opens_the_account_once(client: Client, world: World, database: Database) -> None:
    card, code = await code_for(client, world)
    answer = await first(client, card, code.upper().replace("-", " "))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await client.json("/api/v1/me")).json()["login"] == card
    await client.post("/sign-out")
    assert (await first(client, card, code, "another-long-one-7")).status_code == 422
    assert (await client.sign_in(card)).status_code == 303
    assert await count(database, SetUpCode) == 0


async def test_a_code_works_for_two_weeks(client: Client, world: World, database: Database) -> None:
    card, code = await code_for(client, world)
    async with database.transaction() as session:
        until = await session.scalar(select(SetUpCode.expires_at))
        assert until is not None
        assert timedelta(days=13) < until - clock.now() <= timedelta(days=14)
        await session.execute(update(SetUpCode).values(expires_at=clock.now()))
    assert (await first(client, card, code)).status_code == 422


async def test_a_weak_password_costs_no_try_and_a_wrong_code_does(client: Client, world: World, database: Database) -> None:
    card, code = await code_for(client, world)
    for _ in range(6):
        assert (await first(client, card, code, "short")).status_code == 422
        assert (await first(client, card, code, again="something-else-1")).status_code == 422
    for _ in range(5):
        assert (await first(client, card, "aaaa-bbbb-cccc")).status_code == 422
    locked = await first(client, card, code)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0
    assert (await client.sign_in(card)).status_code == 429


async def test_two_who_use_one_code_at_once_do_not_both_get_in(client: Client, world: World) -> None:
    card, code = await code_for(client, world)
    await client.csrf()
    answers = await asyncio.gather(first(client, card, code, "the-first-one-1"), first(client, card, code, "the-second-one-2"))
    assert sorted(answer.status_code for answer in answers) == [303, 422]


async def test_a_desk_cannot_take_over_an_account_of_the_staff(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        session.add(AccountPerson(account_id=world.accounts["ward_admin"], person_id=world.persons["reader"], role="self"))
        await session.execute(
            AccountPerson.__table__.delete().where(AccountPerson.account_id == world.accounts["reader"])  # type: ignore[attr-defined]
        )
        patron = await session.scalar(select(Patron.id).where(Patron.person_id == world.persons["reader"]))
    await client.sign_in("desk")
    refused = await client.post(f"/staff/patrons/{patron}", {"act": "code"})
    assert refused.status_code == 409
    assert await count(database, SetUpCode) == 0


async def test_tokens_of_programs_register_too(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        _, secret = await sessions.create_token(
            session, account_id=world.accounts["desk"], name="t", scopes=["patrons:edit"], allowed=["patrons:edit"]
        )
    answer = await client.http.post("/api/v1/patrons", json=NEW, headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 201
