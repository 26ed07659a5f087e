"""The made-up ward as it lives today: whatever is lent, waited for or on its way is as the desk could have left it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from markupsafe import escape
from sqlalchemy import text

from circulation import desk, ledger
from circulation.availability import AVAILABLE
from circulation.ledger import HoldState
from circulation.rules.refusals import days_late
from circulation.rules.states import Next
from circulation.store import branches
from library import app as application
from library import clock
from library.db import Database
from library.demo import load, tour
from library.demo.life import lending, stock, stories
from library.demo.people import population
from library.demo.readers import PASSWORD, sign_ins
from library.errors import Refused
from library.identity.viewer import Viewer
from library.settings import Settings
from library.wiring import Parts
from tests.conftest import TEMPLATE, copied
from tests.world import Client

EMPTY = "TRUNCATE loan, hold, transit, transit_scan, desk_act, loan_statistic CASCADE"


class PutBack(Exception):
    """Ends a transaction of which nothing is kept."""


@pytest.fixture(scope="module")
async def ward(server: str) -> AsyncIterator[Database]:
    """Loaded once for all of these tests."""
    database = Database(copied(server, "made_up_ward", template=TEMPLATE), pooled=False)
    await load.load(database)
    yield database
    await database.close()


# What must never be, each as the rows that would show it.
NEVER = {
    "a copy is with a reader and set aside": (
        "SELECT l.id FROM loan l JOIN hold h ON h.captured_item_id = l.item_id WHERE l.returned_at IS NULL AND h.closed_at IS NULL"
    ),
    "a copy is with a reader and on its way": (
        "SELECT l.id FROM loan l JOIN transit t ON t.item_id = l.item_id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL"
        " WHERE l.returned_at IS NULL"
    ),
    "a copy waits on a hold shelf and is on its way": (
        "SELECT h.id FROM hold h JOIN transit t ON t.item_id = h.captured_item_id AND t.arrived_at IS NULL AND t.cancelled_at IS NULL"
        " WHERE h.closed_at IS NULL AND h.waiting_since IS NOT NULL"
    ),
    "a copy is set aside and nowhere": (
        "SELECT h.id FROM hold h WHERE h.closed_at IS NULL AND h.captured_item_id IS NOT NULL AND h.waiting_since IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM transit t WHERE t.hold_id = h.id AND t.item_id = h.captured_item_id AND t.to_branch_id = h.pickup_branch_id"
        "  AND t.arrived_at IS NULL AND t.cancelled_at IS NULL)"
    ),
    "a copy travels for a hold that has another": (
        "SELECT t.id FROM transit t JOIN hold h ON h.id = t.hold_id"
        " WHERE t.arrived_at IS NULL AND t.cancelled_at IS NULL AND (h.closed_at IS NOT NULL OR h.captured_item_id <> t.item_id)"
    ),
    "a copy that nobody waits for travels elsewhere than home": (
        "SELECT t.id FROM transit t JOIN item i ON i.id = t.item_id"
        " WHERE t.hold_id IS NULL AND t.arrived_at IS NULL AND t.cancelled_at IS NULL AND t.to_branch_id <> i.branch_id"
    ),
    "something that is not for lending is lent or set aside": (
        "SELECT i.id FROM item i WHERE (i.in_library_only OR i.withdrawn_on IS NOT NULL OR i.missing_since IS NOT NULL) AND"
        " (EXISTS (SELECT 1 FROM loan l WHERE l.item_id = i.id) OR EXISTS (SELECT 1 FROM hold h WHERE h.captured_item_id = i.id))"
    ),
    "a reader borrows where they are no member, or what its owner does not lend them": (
        "SELECT l.id FROM loan l JOIN patron p ON p.id = l.patron_id JOIN item i ON i.id = l.item_id"
        " LEFT JOIN owner_policy o ON o.organisation_id = i.organisation_id"
        " WHERE NOT EXISTS (SELECT 1 FROM branch_organisation b WHERE b.branch_id = l.branch_id AND b.organisation_id = p.organisation_id)"
        " OR (i.organisation_id <> p.organisation_id AND coalesce(o.lent_to, 'own') <> 'all')"
    ),
    "a reader picks up where they are no member": (
        "SELECT h.id FROM hold h JOIN patron p ON p.id = h.patron_id WHERE NOT EXISTS"
        " (SELECT 1 FROM branch_organisation b WHERE b.branch_id = h.pickup_branch_id AND b.organisation_id = p.organisation_id)"
    ),
    "a reader waits for what they have": (
        "SELECT h.id FROM hold h JOIN loan l ON l.patron_id = h.patron_id AND l.returned_at IS NULL JOIN item i ON i.id = l.item_id"
        " WHERE h.closed_at IS NULL AND i.record_id = h.record_id"
    ),
    "a reader has a title twice": (
        "SELECT l.patron_id FROM loan l JOIN item i ON i.id = l.item_id WHERE l.returned_at IS NULL"
        " GROUP BY l.patron_id, i.record_id HAVING count(*) > 1"
    ),
    "somebody borrowed while something was late by a month": (
        "SELECT l.id FROM loan l JOIN (SELECT patron_id, min(due_at) AS due_at FROM loan WHERE returned_at IS NULL GROUP BY 1) late"
        " USING (patron_id) WHERE l.returned_at IS NULL AND l.lent_at > late.due_at + interval '30 days'"
    ),
    "somebody later in line was served first": (
        "SELECT late.id FROM hold late JOIN hold early USING (record_id) WHERE late.captured_item_id IS NOT NULL"
        " AND early.captured_item_id IS NULL AND late.closed_at IS NULL AND early.closed_at IS NULL"
        " AND early.requested_at < late.requested_at"
    ),
    "a hold waits for days although a copy stands on a shelf": (
        f"SELECT h.id FROM hold h JOIN item i ON i.record_id = h.record_id JOIN owner_policy o ON o.organisation_id = i.organisation_id"
        f" WHERE h.closed_at IS NULL AND h.captured_item_id IS NULL AND o.lent_to = 'all' AND h.requested_at < :now - interval '1 day'"
        f" AND {AVAILABLE}"
    ),
    "a reader is known beyond the retention, or forgotten before": (
        "SELECT id FROM loan WHERE returned_at IS NOT NULL AND (cut_at <= :now) = (patron_id IS NOT NULL)"
    ),
    "something happened that has not happened yet": (
        "SELECT id FROM loan WHERE greatest(lent_at, returned_at, renewed_at) > :now"
        " UNION ALL SELECT id FROM hold WHERE greatest(requested_at, captured_at, waiting_since) > :now"
        " UNION ALL SELECT id FROM transit WHERE greatest(sent_at, arrived_at) > :now UNION ALL SELECT id FROM desk_act WHERE at > :now"
    ),
    "something happened in the wrong order": (
        "SELECT id FROM loan WHERE returned_at < lent_at OR renewed_at < lent_at"
        " UNION ALL SELECT id FROM hold WHERE captured_at < requested_at OR waiting_since < captured_at"
        " UNION ALL SELECT id FROM transit WHERE arrived_at < sent_at"
    ),
}


@pytest.mark.parametrize("what", NEVER)
async def test_never(ward: Database, what: str) -> None:
    async with ward.reading() as session:
        found = (await session.execute(text(NEVER[what]), {"now": clock.now()} if ":now" in NEVER[what] else {})).all()
    assert found == [], what


async def test_due_dates_and_limits_are_those_of_the_rules(ward: Database) -> None:
    async with ward.reading() as session:
        places = {
            number: await branches.by_id(session, number) for number in await session.scalars(text("SELECT DISTINCT branch_id FROM loan"))
        }
        loans = (
            await session.execute(
                text(
                    "SELECT l.*, p.category, count(*) OVER (PARTITION BY l.patron_id) AS held"
                    " FROM loan l JOIN patron p ON p.id = l.patron_id"
                    " WHERE l.returned_at IS NULL"
                )
            )
        ).all()
    for one in loans:
        here = places[one.branch_id]
        terms = here.terms(category=one.category, material="book")
        due_on = one.due_at.astimezone(here.zone).date()
        assert here.calendar.is_open(due_on)
        days = (due_on - here.today(one.renewed_at or one.lent_at)).days
        assert (terms.renewal_days if one.renewals else terms.loan_days) <= days < 60
        assert one.held <= terms.loans_limit
        assert one.renewals <= terms.renewals


async def test_there_is_as_much_as_a_ward_has_on_a_day(ward: Database) -> None:
    async with ward.reading() as session:

        async def number(sql: str) -> int:
            return int((await session.execute(text(sql))).scalar_one())

        assert 1_300 < await number("SELECT count(*) FROM loan WHERE returned_at IS NULL") < 1_800
        assert 100 < await number("SELECT count(*) FROM loan WHERE returned_at IS NULL AND due_at < now() - interval '1 day'") < 350
        assert await number("SELECT count(*) FROM loan WHERE patron_id IS NOT NULL AND returned_at IS NOT NULL") > 10
        assert 120 < await number("SELECT count(*) FROM hold WHERE closed_at IS NULL") < 220
        assert await number("SELECT max(n) FROM (SELECT count(*) AS n FROM hold WHERE captured_item_id IS NULL GROUP BY record_id) q") >= 12
        assert 45 < await number("SELECT count(*) FROM transit WHERE arrived_at IS NULL AND cancelled_at IS NULL") < 90
        shelves = "SELECT count(DISTINCT pickup_branch_id) FROM hold WHERE waiting_since IS NOT NULL AND closed_at IS NULL"
        assert await number(shelves) == 11
        assert await number("SELECT max(day) - min(day) FROM loan_statistic") >= 85
        today = "(now() AT TIME ZONE 'Asia/Tokyo')::date"
        assert await number(f"SELECT sum(count) FROM loan_statistic WHERE act = 'loan' AND day = {today}") == await number(
            f"SELECT count(*) FROM loan WHERE (lent_at AT TIME ZONE 'Asia/Tokyo')::date = {today}"
        )
        assert await number("SELECT count(*) FROM desk_act a JOIN branch b ON b.id = a.branch_id AND b.code = 'chuo'") >= 30


async def test_the_readers_who_are_told_of_have_what_the_stories_say(ward: Database) -> None:
    who = stories.cast(population(load.SEED))
    now = clock.now()
    async with ward.reading() as session:

        async def person(card: str) -> int:
            return int((await session.execute(text("SELECT person_id FROM card WHERE number = :card"), {"card": card})).scalar_one())

        resident, child, guardian, pupil = [await person(card) for card in (who.resident, who.child, who.guardian, who.pupil)]
        loans = await ledger.loans_of_persons(session, [resident], now=now)
        states = {one.state for one in await ledger.holds_of_persons(session, [resident])}
        assert {one.renewals for one in loans} == {0, 1}
        assert any(one.days_late for one in loans)
        assert states == {HoldState.WAITING, HoldState.ON_ITS_WAY, HoldState.READY}
        theirs = await ledger.loans_of_persons(session, [child], now=now)
        assert {one.owner_kind for one in theirs} == {"ward", "school"}
        assert sum(one.days_late > 0 for one in theirs) == 1
        assert [one.state for one in await ledger.holds_of_persons(session, [child])] == [HoldState.READY]
        assert len(await ledger.loans_of_persons(session, [guardian], now=now)) == 3
        assert {one.owner_kind for one in await ledger.loans_of_persons(session, [pupil], now=now)} == {"school"}
        (coming,) = await ledger.holds_of_persons(session, [pupil])
        assert (coming.state, coming.pickup) == (HoldState.ON_ITS_WAY, who.pupil_school)


async def test_the_same_day_gives_the_same_ward(ward: Database) -> None:
    who, now = stories.cast(population(load.SEED)), datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    plans = []
    for _ in range(2):
        async with ward.reading() as session:
            everything = await stock.read(session, now)
        plans.append(lending.planned(everything, who, load.SEED))
    assert plans[0] == plans[1]


@pytest.mark.parametrize(
    "now",
    [
        "2026-11-23T22:00:00",
        "2026-12-31T15:00:20",
        "2027-01-03T05:00:00",
        "2027-03-31T12:00:00",
        "2027-08-20T01:00:00",
        "2027-10-31T23:30:00",
    ],
)
async def test_the_ward_lives_on_any_day_of_the_year(ward: Database, now: str) -> None:
    """Also at New Year, in the school holidays and a minute after midnight; what was there is put back afterwards."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with pytest.raises(PutBack):
        async with ward.transaction() as session:
            await session.execute(text(EMPTY))
            await lending.lend(session, load.SEED, now=moment)
            for what, sql in NEVER.items():
                assert (await session.execute(text(sql), {"now": moment} if ":now" in sql else {})).all() == [], what
            raise PutBack


async def test_a_ward_of_before_lending_gets_its_loans(ward: Database) -> None:
    async with ward.transaction() as session:
        await session.execute(text(EMPTY))
        await session.execute(text("TRUNCATE lending_policy, branch_group, branch_group_member CASCADE"))
    await load.load(ward)
    async with ward.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM loan"))).scalar_one() > 1_000
        assert (await session.execute(text("SELECT count(*) FROM branch_group_member"))).scalar_one() == 34


async def test_overdue_loans_are_late_by_one_to_sixty_days(ward: Database) -> None:
    async with ward.reading() as session:
        here = await branches.by_code(session, "chuo")
        today = here.today(clock.now())
        rows = await session.scalars(text("SELECT due_at FROM loan WHERE returned_at IS NULL"))
        late = [days_late(due_at.astimezone(here.zone).date(), today) for due_at in rows]
    assert max(late) <= 75
    assert sum(1 for days in late if days >= 30) >= 20
    assert sum(1 for days in late if 0 < days < 30) >= 60


async def test_the_tour_names_the_sign_ins_and_every_step_opens_for_its_role(ward: Database, settings: Settings) -> None:
    here = settings.model_copy(update={"database_url": ward.url})
    async with Parts.made(here, ward.url).open() as parts:
        while await parts.follower.step():
            pass
        transport = httpx.ASGITransport(app=application.create(here, parts), raise_app_exceptions=False)
        async with ward.reading() as session:
            examples = await tour.examples(session, load.SEED)
        assert tour.NOTHING_THERE not in examples.values()
        assert len(tour.visitors(load.SEED)) == 7
        wrong = []
        for visitor in tour.visitors(load.SEED):
            async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as plain:
                client = Client(plain)
                assert (await client.sign_in(visitor.login, PASSWORD)).status_code == 303
                answer = await client.get("/tour")
                assert answer.status_code == 200
                assert len(visitor.stop.steps) == 5
                for step in visitor.stop.steps:
                    path = step.path.format(**examples)
                    assert escape(path) in answer.text
                    found = await client.get(path)
                    if found.status_code not in {200, 303}:  # one barcode leads straight to its record
                        wrong.append(f"{visitor.login} {path}: {found.status_code}")
        assert wrong == []


async def test_what_the_tour_tells_the_desk_to_do_can_be_done(ward: Database) -> None:
    now = clock.now()
    async with ward.reading() as session:
        examples = await tour.examples(session, load.SEED)
    with pytest.raises(PutBack):
        async with ward.transaction() as session:
            pen = stories.Told(session, await stock.read(session, now))
            central, school = await pen.at(stories.BUSY), await pen.at(examples["school"])

            async def lend(card: str, barcode: str, branch: str, by: Viewer) -> int:
                lent = await desk.check_out(session, card=examples[card], barcode=examples[barcode], branch=branch, by=by, now=now)
                return lent.lent

            assert await lend("resident_card", "free_barcode", stories.BUSY, central) > 1
            back = await desk.check_in(session, barcode=examples["wanted_barcode"], branch=stories.BUSY, by=central, now=now)
            assert back.next in {Next.HOLD_SHELF, Next.SEND_TO_HOLD}
            with pytest.raises(Refused) as refused:
                await lend("stopped_card", "free_barcode", stories.BUSY, central)
            assert "overdue" in {reason.code for reason in refused.value.reasons}
            arrived = await desk.check_in(session, barcode=examples["coming_barcode"], branch=examples["school"], by=school, now=now)
            assert arrived.next is Next.HOLD_SHELF
            assert await lend("pupil_card", "school_barcode", examples["school"], school) == 3
            raise PutBack


async def test_there_is_no_tour_but_in_the_demo(parts: Parts, settings: Settings) -> None:
    real = settings.model_copy(update={"demo": False, "secret_key": "x" * 48, "public_url": "https://library.example"})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application.create(real, parts), raise_app_exceptions=False), base_url="http://library.test"
    ) as plain:
        client = Client(plain)
        assert (await client.get("/tour")).status_code == 404
        assert "/tour" not in (await client.get("/about")).text


def test_the_stories_are_of_those_who_can_sign_in() -> None:
    who, known = stories.cast(population(load.SEED)), {one.kind: one.login for one in sign_ins(load.SEED)}
    assert (who.resident, who.guardian, who.pupil) == (known["resident"], known["guardian"], known["pupil"])
    assert known["school librarian"] == f"school.{who.pupil_school}"
