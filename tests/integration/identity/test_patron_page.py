"""One patron's page and what is done there; finding patrons by page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import select, text, update

from library import clock
from library.db import Database, Reading, Writing
from library.errors import Conflict
from library.identity.models import Account, AccountPerson, AuditEvent, Card, Patron, Person, SetUpCode
from library.identity.patrons import finding
from library.identity.patrons.membership import changing
from library.identity.patrons.membership.panels import PANELS, Panel
from library.identity.viewer import Viewer
from library.settings import Settings
from tests.world import PASSWORD, Client, World

SEEN = re.compile(r'name="seen" value="([^"]+)"')
CODE = re.compile(r'<p class="code"><b>([a-z0-9-]{14})</b>')

MANY_PERSONS = """
INSERT INTO person (family_name, given_name, family_reading, given_reading, sort_key, phone, mail, address)
SELECT '番', n::text, '', '', n::text, '090-' || lpad((n / 10000)::text, 4, '0') || '-' || lpad((n % 10000)::text, 4, '0'), '', ''
FROM generate_series(1, 20000) AS n
"""
THEIR_MEMBERSHIPS = """
INSERT INTO patron (person_id, organisation_id, category, note) SELECT id, :ward, 'resident', '' FROM person WHERE family_name = '番'
"""


@pytest.fixture
async def patron(database: Database, world: World) -> int:
    """The reader's membership, with everything a desk asks for."""
    async with database.transaction() as session:
        await session.execute(
            update(Person)
            .where(Person.id == world.persons["reader"])
            .values(given_name="春子", given_reading="ハルコ", sort_key="もりはるこ", phone="03-1234-5678", birth_date=date(1970, 3, 2))
        )
        number = await session.scalar(select(Patron.id).where(Patron.person_id == world.persons["reader"]))
        assert number is not None
        return number


def form(answer: httpx.Response, **changed: str) -> dict[str, str]:
    """The edit form as it was drawn, with some fields typed anew."""
    fields = dict(re.findall(r'name="([a-z_]+)"[^>]*? value="([^"]*)"', answer.text))
    chosen = re.findall(r'<select[^>]* name="([a-z_]+)".*?</select>', answer.text, re.DOTALL)
    for name in chosen:
        block = answer.text.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
        picked = re.search(r'<option value="([^"]*)" selected', block)
        fields[name] = picked[1] if picked else ""
    return fields | changed


async def acts(database: Database, patron: int) -> list[str]:
    async with database.reading() as session:
        rows = select(AuditEvent.act).where(AuditEvent.subject_kind == "patron", AuditEvent.subject_id == patron).order_by(AuditEvent.id)
        return list(await session.scalars(rows))


async def test_the_page_says_who_somebody_is_and_that_it_was_looked_at(
    client: Client, world: World, database: Database, patron: int
) -> None:
    await client.sign_in("desk")
    page = await client.get(f"/staff/patrons/{patron}")
    assert page.status_code == 200
    for fact in ("森 春子", "ハルコ", world.cards["reader"], "1970年3月2日", "昭和45年", "56歳", "03-1234-5678", "在住"):
        assert fact in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await acts(database, patron) == ["patron.seen"]


@pytest.mark.parametrize(
    ("login", "status"), [("desk", 200), ("school_librarian", 403), ("cataloguer", 403), ("reader", 403), ("ward_admin", 200)]
)
async def test_only_who_looks_after_somebody_sees_the_page(client: Client, world: World, patron: int, login: str, status: int) -> None:
    await client.sign_in(login)
    assert (await client.get(f"/staff/patrons/{patron}")).status_code == status


async def test_a_membership_at_a_school_is_not_told_to_the_ward(client: Client, world: World, database: Database, patron: int) -> None:
    async with database.transaction() as session:
        session.add(Patron(person_id=world.persons["reader"], organisation_id=world.organisations["school"], category="teacher"))
    await client.sign_in("desk")
    assert "みなみ小学校" not in (await client.get(f"/staff/patrons/{patron}")).text
    await client.sign_in("ward_admin")
    assert "みなみ小学校" in (await client.get(f"/staff/patrons/{patron}")).text


async def test_a_guardian_and_the_children_are_on_each_others_page(client: Client, world: World, database: Database) -> None:
    async with database.reading() as session:
        pupil = await session.scalar(select(Patron.id).where(Patron.person_id == world.persons["pupil"]))
        guardian = await session.scalar(select(Patron.id).where(Patron.person_id == world.persons["guardian"]))
    await client.sign_in("ward_admin")
    assert f'<a href="/staff/patrons/{guardian}">森 guardian</a>' in (await client.get(f"/staff/patrons/{pupil}")).text
    assert f'<a href="/staff/patrons/{pupil}">森 pupil</a>' in (await client.get(f"/staff/patrons/{guardian}")).text
    await client.sign_in("desk")
    assert "森 pupil" not in (await client.get(f"/staff/patrons/{guardian}")).text
    await client.sign_in("school_librarian")
    page = await client.get(f"/staff/patrons/{pupil}")
    assert "小5 1組 1番" in page.text
    assert "森 guardian" in page.text
    assert f'<a href="/staff/patrons/{guardian}">' not in page.text


async def test_an_edit_changes_what_was_typed_and_nothing_else(client: Client, world: World, database: Database, patron: int) -> None:
    await client.sign_in("desk")
    page = await client.get(f"/staff/patrons/{patron}/edit")
    sent = form(page, family_name="山田", family_reading="やまだ", phone="０３-9999-0000", contact_by="phone", home_branch="nishi")
    answer = await client.post(f"/staff/patrons/{patron}/edit", sent)
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/staff/patrons/{patron}?done=changed"), answer.text
    async with database.reading() as session:
        row = await session.get_one(Patron, patron)
        person = await session.get_one(Person, row.person_id)
        event = (await session.scalars(select(AuditEvent).where(AuditEvent.act == "patron.changed"))).one()
    assert (person.family_name, person.given_name, person.family_reading, person.phone) == ("山田", "春子", "ヤマダ", "03-9999-0000")
    assert person.sort_key.startswith("やまた")
    assert (row.contact_by, row.home_branch_id, row.category, row.valid_to) == ("phone", world.branches["nishi"], "resident", None)
    assert event.details == {"fields": ["contact_by", "family_name", "family_reading", "home_branch", "phone"]}


async def test_two_who_edit_at_once_do_not_undo_each_other(client: Client, world: World, database: Database, patron: int) -> None:
    await client.sign_in("desk")
    page = await client.get(f"/staff/patrons/{patron}/edit")
    one, other = form(page, phone="03-1111-1111"), form(page, mail="haruko@example.jp")
    answers = await asyncio.gather(*(client.post(f"/staff/patrons/{patron}/edit", sent) for sent in (one, other)))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert "ほかの人が先に変更しました" in late.text
    assert SEEN.findall(late.text) != SEEN.findall(page.text)


async def test_an_individual_number_is_refused_at_an_edit_too(client: Client, world: World, database: Database, patron: int) -> None:
    await client.sign_in("desk")
    page = await client.get(f"/staff/patrons/{patron}/edit")
    answer = await client.post(f"/staff/patrons/{patron}/edit", form(page, address="123456789018"))
    assert answer.status_code == 422
    assert "123456789018" not in answer.text


async def test_a_term_is_renewed_for_the_time_of_the_category_or_to_a_day(
    client: Client, world: World, database: Database, patron: int, settings: Settings
) -> None:
    today = clock.today(settings.zone)
    await client.sign_in("desk")
    for typed, until in (("", today.replace(year=today.year + 2) - timedelta(days=1)), ("R10.3.31", date(2028, 3, 31))):
        answer = await client.post(f"/staff/patrons/{patron}", {"act": "renewed", "valid_to": typed})
        assert answer.status_code == 303
        async with database.reading() as session:
            assert (await session.get_one(Patron, patron)).valid_to == until
    assert (await client.post(f"/staff/patrons/{patron}", {"act": "renewed", "valid_to": "2000-01-01"})).status_code == 422


async def test_a_lost_card_and_its_number_open_nothing_any_more(client: Client, world: World, database: Database, patron: int) -> None:
    old = world.cards["reader"]
    async with database.transaction() as session:
        await session.execute(update(Account).where(Account.id == world.accounts["reader"]).values(login=old))
    await client.sign_in("desk")
    answer = await client.post(f"/staff/patrons/{patron}", {"act": "card", "reason": "lost", "card": ""})
    assert answer.status_code == 303
    async with database.reading() as session:
        rows = (await session.scalars(select(Card).where(Card.person_id == world.persons["reader"]).order_by(Card.id))).all()
    assert [(row.revoked_reason, row.revoked_at is None) for row in rows] == [("lost", False), ("", True)]
    await client.post("/sign-out")
    assert (await client.sign_in(old)).status_code == 401
    assert (await client.sign_in(rows[1].number)).status_code == 303


async def test_a_replacement_needs_a_reason_and_a_free_number(client: Client, world: World, database: Database, patron: int) -> None:
    await client.sign_in("desk")
    assert (await client.post(f"/staff/patrons/{patron}", {"act": "card", "reason": "eaten"})).status_code == 422
    taken = {"act": "card", "reason": "damaged", "card": world.cards["guardian"]}
    assert (await client.post(f"/staff/patrons/{patron}", taken)).status_code == 409
    async with database.reading() as session:
        assert await session.scalar(select(Card.revoked_at).where(Card.number == world.cards["reader"])) is None


async def test_an_ended_membership_lends_no_more_and_can_be_taken_up_again(
    client: Client, world: World, database: Database, patron: int, settings: Settings
) -> None:
    await client.sign_in("desk")
    assert (await client.post(f"/staff/patrons/{patron}", {"act": "ended"})).status_code == 303
    async with database.reading() as session:
        until = (await session.get_one(Patron, patron)).valid_to
    assert until == clock.today(settings.zone) - timedelta(days=1)
    assert "有効期限が切れています" in (await client.get(f"/staff/patrons/{patron}")).text
    assert (await client.post(f"/staff/patrons/{patron}", {"act": "ended"})).status_code == 409
    assert (await client.post(f"/staff/patrons/{patron}", {"act": "renewed"})).status_code == 303
    assert await acts(database, patron) == ["patron.ended", "patron.seen", "patron.seen", "patron.renewed"]


async def test_a_membership_with_books_still_out_does_not_end(
    client: Client, world: World, database: Database, patron: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def still_out(_session: Writing, patron_id: int) -> None:
        assert patron_id == patron
        raise Conflict("books_out", "まだ返していない本があります。")

    monkeypatch.setattr(changing, "OBJECTIONS", [still_out])
    await client.sign_in("desk")
    refused = await client.post(f"/staff/patrons/{patron}", {"act": "ended"})
    assert refused.status_code == 409
    assert "まだ返していない本があります。" in refused.text
    async with database.reading() as session:
        assert (await session.get_one(Patron, patron)).valid_to is None


async def test_a_new_code_from_the_desk_ends_the_old_password_once_it_is_used(
    client: Client, world: World, database: Database, patron: int
) -> None:
    await client.sign_in("desk")
    earlier = CODE.findall((await client.post(f"/staff/patrons/{patron}", {"act": "code"})).text)
    code = CODE.findall((await client.post(f"/staff/patrons/{patron}", {"act": "code"})).text)
    assert earlier != code
    await client.post("/sign-out")
    assert (await client.sign_in("reader")).status_code == 303
    old_session = client.http.cookies["session"]
    await client.post("/sign-out")
    number, new = world.cards["reader"], "a-password-of-mine-1"
    old = {"login": number, "code": earlier[0], "password": new, "again": new}
    assert (await client.post("/sign-in/first", old)).status_code == 422
    assert (await client.post("/sign-in/first", old | {"code": code[0]})).status_code == 303
    await client.post("/sign-out")
    assert old_session
    assert (await client.sign_in("reader", PASSWORD)).status_code == 401
    assert (await client.sign_in("reader", new)).status_code == 303


async def test_a_code_in_the_wrong_hands_is_taken_back(client: Client, world: World, database: Database, patron: int) -> None:
    await client.sign_in("desk")
    code = CODE.findall((await client.post(f"/staff/patrons/{patron}", {"act": "code"})).text)[0]
    assert "設定コードを渡してあります" in (await client.get(f"/staff/patrons/{patron}")).text
    assert (await client.post(f"/staff/patrons/{patron}", {"act": "taken-back"})).status_code == 303
    async with database.reading() as session:
        assert (await session.scalars(select(SetUpCode))).all() == []
    new = "a-password-of-mine-1"
    answer = await client.post("/sign-in/first", {"login": world.cards["reader"], "code": code, "password": new, "again": new})
    assert answer.status_code == 422


async def test_an_imported_patron_gets_an_account_on_demand(client: Client, world: World, database: Database, patron: int) -> None:
    async with database.transaction() as session:
        await session.execute(AccountPerson.__table__.delete().where(AccountPerson.person_id == world.persons["reader"]))  # type: ignore[attr-defined]
    await client.sign_in("desk")
    assert "まだ使えません" in (await client.get(f"/staff/patrons/{patron}")).text
    assert CODE.findall((await client.post(f"/staff/patrons/{patron}", {"act": "code"})).text)
    async with database.reading() as session:
        assert await session.scalar(select(Account.login).where(Account.login == world.cards["reader"]))


@pytest.fixture
def extended() -> Iterator[None]:
    async def counting(session: Reading, viewer: Viewer, patron_id: int) -> Panel | None:
        assert viewer.is_staff
        return (
            Panel("貸出中の資料", "identity/patrons/_sheet.html", {"patron": patron_id})
            if await session.scalar(text("SELECT true"))
            else None
        )

    async def silent(_session: Reading, _viewer: Viewer, _patron_id: int) -> Panel | None:
        return None

    PANELS.extend((counting, silent))
    yield
    del PANELS[-2:]


@pytest.mark.usefixtures("extended")
async def test_other_rooms_add_sections_to_the_page(client: Client, world: World, patron: int) -> None:
    await client.sign_in("desk")
    page = await client.get(f"/staff/patrons/{patron}")
    assert page.status_code == 200
    assert "貸出中の資料</h2>" in page.text


@pytest.mark.parametrize("words", ["1000000001", "a1000000001b", "もりはる", "モリ ハルコ", "春子", "5678", "0312345678"])
async def test_a_single_hit_opens_itself(client: Client, world: World, patron: int, words: str) -> None:
    await client.sign_in("desk")
    answer = await client.get("/staff/patrons", params={"q": words})
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/staff/patrons/{patron}")


async def test_several_hits_are_a_list_and_no_words_find_nobody(client: Client, world: World, database: Database, patron: int) -> None:
    await client.sign_in("desk")
    found = await client.get("/staff/patrons", params={"q": "もり"})
    assert found.status_code == 200
    assert found.text.count('<a href="/staff/patrons/') >= 2
    assert "森 pupil" not in found.text
    empty = await client.get("/staff/patrons")
    assert "森" not in empty.text
    async with database.reading() as session:
        assert (await session.scalars(select(AuditEvent.details).where(AuditEvent.act == "patrons.searched"))).all() == [{"count": 2}]


async def test_the_end_of_a_phone_number_is_found_through_its_index(database: Database, world: World, patron: int) -> None:
    async with database.transaction() as session:
        await session.execute(text(MANY_PERSONS))
        await session.execute(text(THEIR_MEMBERSHIPS), {"ward": world.organisations["ward"]})
        await session.execute(text("ANALYZE person, patron, card"))
    query = (
        select(Patron.id)
        .join(Person, Person.id == Patron.person_id)
        .where(finding.matching("12345678"))
        .order_by(Person.sort_key)
        .limit(51)
    )
    async with database.reading() as session:
        compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(await session.scalars(text("EXPLAIN " + str(compiled).replace(":", "\\:"))))
    assert "ix_person_phone_end" in plan
    assert "ix_patron_person_id" in plan
    walked = re.findall(r"Seq Scan on (\w+)", plan)
    assert not {"person", "patron"} & set(walked)


async def test_a_school_gives_no_code_to_a_pupil_who_is_the_ward_s_reader_too(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        pupil = await session.scalar(select(Patron.id).where(Patron.person_id == world.persons["pupil"]))
        session.add(Patron(person_id=world.persons["pupil"], organisation_id=world.organisations["ward"], category="child"))
    await client.sign_in("school_librarian")
    refused = await client.post(f"/staff/patrons/{pupil}", {"act": "code"})
    assert refused.status_code == 409
    assert "区立図書館のカウンターで発行します" in refused.text
