"""Cases that came up in use: each once went wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from catalog.copies import items
from catalog.records import merging
from circulation import desk, privacy
from circulation.counter import station
from circulation.models import Deposit
from circulation.rules.refusals import Override, Refusal
from circulation.rules.scans import Kind, Scan
from circulation.rules.states import Next
from circulation.store import branches
from circulation.web.desk_answers import kept
from library.db import Database
from library.errors import NotFound, Refused
from library.identity.card.number import check_digit
from library.identity.models import Account, AccountPerson, AccountRole, AuditEvent, Card, Patron, Person
from library.identity.signing_in import sessions
from library.wiring import Parts
from tests.integration.circulation.stock import Stock
from tests.world import Client


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [one.code for one in refused.value.reasons]


async def test_a_school_s_copy_on_its_shelf_is_no_spare_for_who_waits_at_the_ward(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.copy(record, "school")
    await stock.wait_for(await stock.reader(), record)
    with pytest.raises(Refused) as refused:
        await stock.lend(await stock.reader(), barcode)
    assert codes(refused) == [Refusal.WANTED]


async def test_many_spare_copies_for_one_reader_are_not_spare_for_another(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.copy(record, "school")
    await stock.copy(record, "school")
    await stock.wait_for(await stock.reader("school", "pupil"), record, "school")
    await stock.lend(await stock.reader(), barcode)
    await stock.take_back(barcode)
    await stock.wait_for(await stock.reader(), record)
    with pytest.raises(Refused) as refused:
        await stock.lend(await stock.reader(), await stock.copy(record))
    assert codes(refused) == [Refusal.WANTED]


async def test_who_waits_for_one_copy_is_not_served_by_another(stock: Stock) -> None:
    record, barcode = await stock.book()
    await stock.copy(record)
    await stock.wait_for(await stock.reader(), record, item_id=await stock.item(barcode))
    with pytest.raises(Refused) as refused:
        await stock.lend(await stock.reader(), barcode)
    assert codes(refused) == [Refusal.WANTED]


async def test_a_copy_lost_on_its_way_keeps_nobody_waiting(stock: Stock, parts: Parts, database: Database) -> None:
    record, lost = await stock.book()
    other = await stock.copy(record, "nishi")
    await stock.lend(await stock.reader(), other, "nishi")
    hold = await stock.wait_for(await stock.reader(), record, "nishi")
    assert (await stock.take_back(lost)).hold_id == hold
    async with database.transaction() as session:
        await items.change(session, await stock.item(lost), {"missing_since": date(2026, 11, 24)}, viewer=await stock.staff())
    assert await stock.at(lost) == ("missing", None)
    assert (await stock.take_back(other, "nishi")).hold_id == hold
    assert (await stock.take_back(lost, "nishi")).next is Next.SEND_HOME


async def test_who_waits_for_one_copy_waits_for_it_in_the_record_it_is_split_off_to(stock: Stock, parts: Parts, database: Database) -> None:
    record, barcode = await stock.book()
    card, item = await stock.reader(), await stock.item(barcode)
    await stock.lend(await stock.reader(), barcode)
    hold = await stock.wait_for(card, record, item_id=item)
    apart = await stock.title("手ぶくろを買いに")
    async with database.transaction() as session:
        await merging._move_items(session, record, apart, [item])  # the rest of a split needs source records
    assert (await stock.take_back(barcode)).hold_id == hold
    assert (await stock.lend(card, barcode)).hold_filled


async def test_a_copy_set_aside_fills_its_hold_though_a_split_gave_it_another_record(stock: Stock, database: Database) -> None:
    record, barcode = await stock.book()
    card = await stock.reader()
    hold = await stock.wait_for(card, record)
    await stock.take_back(barcode)
    apart = await stock.title("手ぶくろを買いに")
    async with database.transaction() as session:
        await merging._move_items(session, record, apart, [await stock.item(barcode)])
    assert (await stock.lend(card, barcode)).hold_filled
    assert (await stock.hold(hold)).closing == "filled"


async def test_nothing_is_sent_to_a_branch_that_is_closed_for_good(stock: Stock, database: Database) -> None:
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(), record, "nishi")
    await closed_for_good(database, "nishi")
    assert (await stock.take_back(barcode)).next is Next.SHELF


async def test_taking_back_the_scan_that_ended_a_hold_leaves_the_copy_on_its_way_to_the_next(stock: Stock, database: Database) -> None:
    record, barcode = await stock.book()
    await stock.wait_for(await stock.reader(), record)
    await stock.wait_for(await stock.reader(), record, "nishi")
    await stock.take_back(barcode)
    stock.now += timedelta(days=30)
    viewer = await stock.staff()
    async with database.transaction() as session:
        here = await branches.by_code(session, "chuo")
        asked = station.Asked(scan=Scan(Kind.NUMBER, barcode), mode=station.Mode.RETURN)
        done = await station.take(session, here, asked, by=viewer, now=stock.now)
    assert isinstance(done, desk.CheckedIn)
    await stock.undo(done.act_id)
    assert await stock.at(barcode) == ("in_transit_to_hold", "nishi")


async def test_a_pupil_of_a_joint_library_gets_what_they_hold_as_a_member_of_the_school(stock: Stock, database: Database) -> None:
    """One card, two memberships: the ward lends its own book, but the school's membership has waited for it."""
    card = await stock.reader()
    async with database.transaction() as session:
        person = await session.scalar(select(Card.person_id).where(Card.number == card))
        session.add(Patron(person_id=person, organisation_id=stock.world.organisations["other_school"], category="pupil"))
    record, barcode = await stock.book()
    await stock.wait_for(card, record, "joint")
    await stock.take_back(barcode)
    await stock.take_back(barcode, "joint")
    assert (await stock.lend(card, barcode, "joint")).hold_filled


async def test_a_copy_on_deposit_is_lent_on_no_longer_than_it_stays(stock: Stock, database: Database) -> None:
    _, barcode = await stock.book()
    school, pupil = stock.world.branches["school"], stock.world.cards["pupil"]
    organisation, item = stock.world.organisations["school"], await stock.item(barcode)
    async with database.transaction() as session:
        stays = {"began_at": stock.now, "until": date(2026, 11, 28)}
        session.add(Deposit(item_id=item, organisation_id=organisation, branch_id=school, **stays))
    assert (await stock.lend(pupil, barcode, "school")).due_on == date(2026, 11, 28)
    stock.now += timedelta(days=3)
    with pytest.raises(Refused) as refused:
        await stock.renew(pupil, barcode)
    assert codes(refused) == ["not_later"]
    await stock.take_back(barcode, "school")
    stock.now += timedelta(days=5)
    assert (await stock.lend(pupil, barcode, "school")).due_on == date(2026, 12, 2)


async def test_what_the_desk_remembers_of_a_scan_is_forgotten_with_its_loan(stock: Stock) -> None:
    lent = await stock.lend(await stock.reader(), (await stock.book())[1])
    result = kept(lent, now=stock.now)
    assert result is not None
    assert result["about"] == [f"loan:{lent.loan_id}"]


async def closed_for_good(database: Database, branch: str) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE branch SET valid_to = '2026-11-20' WHERE code = :branch"), {"branch": branch})


async def test_what_travels_to_a_branch_that_closes_for_good_is_routed_by_the_next_scan(stock: Stock, database: Database) -> None:
    record, barcode = await stock.book()
    gone = await stock.wait_for(await stock.reader(), record, "nishi")
    second = await stock.wait_for(await stock.reader(), record, "joint")
    await stock.take_back(barcode)
    assert await stock.at(barcode) == ("in_transit_to_hold", "nishi")
    await closed_for_good(database, "nishi")
    assert (await stock.take_back(barcode)).hold_id == second
    assert await stock.at(barcode) == ("in_transit_to_hold", "joint")
    assert (await stock.hold(gone)).captured_item_id is None


async def test_a_copy_whose_home_is_closed_for_good_goes_to_the_staff(stock: Stock, parts: Parts, database: Database) -> None:
    _, barcode = await stock.book(branch="nishi")
    await stock.take_back(barcode)
    assert await stock.at(barcode) == ("in_transit_home", "nishi")
    await closed_for_good(database, "nishi")
    assert (await stock.take_back(barcode)).next is Next.TO_STAFF
    async with database.transaction() as session:
        moved = {"branch_id": stock.world.branches["chuo"]}
        await items.change(session, await stock.item(barcode), moved, viewer=await stock.staff())
    assert (await stock.take_back(barcode)).next is Next.SHELF


async def test_a_branch_that_opens_today_lends_in_its_first_morning(stock: Stock, database: Database) -> None:
    _, barcode = await stock.book()
    async with database.transaction() as session:
        await session.execute(text("UPDATE branch SET valid_from = '2026-11-24' WHERE code = 'chuo'"))
    stock.now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # half past eight on the 24th in Tokyo
    await stock.lend(await stock.reader(), barcode)
    await stock.take_back(barcode)


@pytest.mark.parametrize("path", ["/api/v1/holds", "/api/v1/renewals"])
async def test_a_reader_cannot_tell_another_s_card_from_no_card(path: str, stock: Stock, client: Client) -> None:
    record, barcode = await stock.book()
    card = await stock.reader()
    await stock.lend(card, barcode)
    more = {"record_id": str(record), "pickup": "chuo"} if path.endswith("holds") else {}
    await client.sign_in("reader")
    first = card[:3]  # of a length that has check digits; the same standing for the card that is there and the one that is not
    there, missing = (f"{body}{check_digit(body)}" for body in (f"{first}400000", f"{first}999999"))
    async with stock.database.transaction() as session:
        await session.execute(update(Card).where(Card.number == card).values(number=there))
    answers = [await client.send("POST", path, json=more | {"card": number}) for number in (there, missing)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "card_not_found")] * 2


async def test_whoever_renews_all_of_a_reader_s_loans_has_looked_at_them(stock: Stock, client: Client, database: Database) -> None:
    card = await stock.reader()
    await stock.lend(card, (await stock.book())[1])
    await client.sign_in("desk")
    assert (await client.send("POST", "/api/v1/renewals", json={"card": card})).status_code == 200
    async with database.reading() as session:
        assert "patron.loans_seen" in list(await session.scalars(select(AuditEvent.act)))


async def test_at_a_joint_library_the_school_s_librarian_is_not_told_what_the_ward_s_reader_has(stock: Stock, database: Database) -> None:
    card = await stock.reader()
    _, barcode = await stock.book(branch="joint", owner="ward")
    await stock.lend(card, barcode, "joint")
    async with database.transaction() as session:
        account = Account(login="kita", display_name="")
        session.add(account)
        await session.flush()
        session.add(AccountRole(account_id=account.id, role="school_librarian", organisation_id=stock.world.organisations["other_school"]))
    stock.world.accounts["kita"] = account.id
    with pytest.raises(NotFound):
        await stock.renew(card, by="kita")
    stock.now += timedelta(days=3)
    assert len((await stock.renew(card, barcode, by="kita")).renewed) == 1


async def test_a_token_never_acts_as_the_reader_its_owner_also_is(stock: Stock, client: Client, database: Database) -> None:
    """A librarian's token for shelf lists opens neither their own loans nor their children's."""
    world, card = stock.world, "1234512345"
    async with database.transaction() as session:
        person = Person(family_name="川", given_name="つとむ")
        session.add(person)
        await session.flush()
        session.add_all(
            (
                Patron(person_id=person.id, organisation_id=world.organisations["ward"], category="staff"),
                Card(person_id=person.id, number=card),
                AccountPerson(account_id=world.accounts["desk"], person_id=person.id, role="self"),
            )
        )
        scopes = ["items:see"]
        _, secret = await sessions.create_token(session, account_id=world.accounts["desk"], name="list", scopes=scopes, allowed=scopes)
    record, _ = await stock.book()
    await stock.lend(card, (await stock.book())[1])
    hold = await stock.wait_for(card, record)
    headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
    answers = (
        await client.http.get(f"/api/v1/patrons/{card}", headers=headers),
        await client.http.post("/api/v1/renewals", json={"card": card}, headers=headers),
        await client.http.post("/api/v1/holds", json={"card": card, "record_id": str(record), "pickup": "chuo"}, headers=headers),
        await client.http.delete(f"/api/v1/holds/{hold}", headers=headers),
    )
    assert [one.status_code for one in answers] == [404] * 4


async def test_a_desk_holds_for_pick_up_at_another_branch_for_readers_of_its_own_library_only(stock: Stock, client: Client) -> None:
    card, pupil = await stock.reader(), await stock.reader("other_school", "pupil")
    record, _ = await stock.book()
    await client.sign_in("desk")
    headers = {"X-CSRF-Token": await client.csrf(), "Accept": "application/json"}
    asked = {"record_id": str(record), "pickup": "nishi"}
    placed = await client.http.post("/api/v1/holds", json=asked | {"card": card}, headers=headers)
    assert placed.status_code == 201, placed.text
    assert (await client.http.post("/api/v1/holds", json=asked | {"card": pupil}, headers=headers)).status_code == 404
    assert (await client.http.delete(f"/api/v1/holds/{placed.json()['id']}", headers=headers)).status_code == 204


async def test_the_audit_of_a_refusal_decided_against_loses_the_reader_with_the_loan(stock: Stock, database: Database) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book(in_library_only=True)
    await stock.lend(card, barcode, override={Refusal.IN_LIBRARY_ONLY: Override.LIBRARIAN})
    row = select(AuditEvent.subject_id, AuditEvent.reason, AuditEvent.details).where(AuditEvent.act == "loan.overridden")
    async with database.reading() as session:
        assert (await session.execute(row)).one().subject_id is not None
    await stock.take_back(barcode)
    async with database.transaction() as session:
        await privacy.cut(session, now=stock.now + timedelta(days=10))
    async with database.reading() as session:
        assert tuple((await session.execute(row)).one()) == (None, "librarian", {"refusals": ["in_library_only"]})
