"""Books for the made-up world: titles and copies in a line each, and desks that act as the staff of a branch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, update

from catalog.models import Item, Record
from circulation import desk, holds, jobs, renewals
from circulation.models import Hold, LendingPolicy, Loan, Transit
from circulation.rules.refusals import Override, Refusal
from circulation.rules.states import Whereabouts
from circulation.scans import undoing
from circulation.store import copies
from library import clock
from library.db import Database
from library.identity.accounts import viewer_of
from library.identity.models import Card, Patron, Person
from library.identity.viewer import Viewer
from library.places.models import ClosedDay, OpeningHours
from tests.world import World

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Tuesday, 12:00 in Tokyo
_barcodes = count(500_001)


@dataclass
class Stock:
    """What a test needs of a library with a few books. All times are given; nothing looks at a clock."""

    database: Database
    world: World
    now: datetime = NOON

    async def title(self, title: str = "ごんぎつね", *, material: str = "book") -> int:
        async with self.database.transaction() as session:
            row = Record(title=title, material=material, ndc="913.6", description={"title": {"main": title}})
            session.add(row)
            await session.flush()
            return row.id

    async def copy(
        self, record_id: int, branch: str = "chuo", *, owner: str | None = None, barcode: str | None = None, **values: Any
    ) -> str:
        """A copy at a branch; returns its barcode."""
        number = barcode or str(next(_barcodes))
        owner = owner or self.world.organisations_of_branches[branch][0]
        async with self.database.transaction() as session:
            session.add(
                Item(
                    record_id=record_id,
                    organisation_id=self.world.organisations[owner],
                    branch_id=self.world.branches[branch],
                    barcode=number,
                    **values,
                )
            )
        return number

    async def book(self, title: str = "ごんぎつね", branch: str = "chuo", **values: Any) -> tuple[int, str]:
        record = await self.title(title)
        return record, await self.copy(record, branch, **values)

    async def reader(self, organisation: str = "ward", category: str = "resident", **values: Any) -> str:
        """Somebody with a card; returns its number."""
        number = str(next(_barcodes)).rjust(10, "7")
        async with self.database.transaction() as session:
            person = Person(family_name="川", given_name="よむ")
            session.add(person)
            await session.flush()
            session.add(Patron(person_id=person.id, organisation_id=self.world.organisations[organisation], category=category, **values))
            session.add(Card(person_id=person.id, number=number))
        return number

    async def staff(self, login: str = "ward_admin") -> Viewer:
        async with self.database.reading() as session:
            found = await viewer_of(session, self.world.accounts[login], today=self.now.date())
        assert found is not None
        return found

    async def policy(self, rule: str, value: int | bool, *, branch: str | None = None, **scope: Any) -> None:
        async with self.database.transaction() as session:
            session.add(LendingPolicy(rule=rule, value=value, branch_id=self.world.branches[branch] if branch else None, **scope))

    async def opens_daily_but(self, branch: str, *closed: str) -> None:
        """Open from nine to five every day but some (ISO dates)."""
        async with self.database.transaction() as session:
            number = self.world.branches[branch]
            session.add_all(OpeningHours(branch_id=number, weekday=day, opens=time(9), closes=time(17)) for day in range(7))
            for day in closed:
                on = datetime.fromisoformat(day).date()
                session.add(ClosedDay(branch_id=number, first_day=on, last_day=on, reason={"ja": "休館"}))

    async def lend(
        self, card: str, barcode: str, branch: str = "chuo", *, override: dict[Refusal, Override] | None = None, by: str = "ward_admin"
    ) -> desk.Lent:
        viewer = await self.staff(by)
        async with self.database.transaction() as session:
            return await desk.check_out(
                session, card=card, barcode=barcode, branch=branch.replace("_", "-"), by=viewer, now=self.now, overrides=override
            )

    async def take_back(self, barcode: str, branch: str = "chuo", *, by: str = "ward_admin", from_box: bool = False) -> desk.CheckedIn:
        viewer = await self.staff(by)
        async with self.database.transaction() as session:
            return await desk.check_in(
                session, barcode=barcode, branch=branch.replace("_", "-"), by=viewer, now=self.now, from_box=from_box
            )

    async def wait_for(self, card: str, record_id: int, pickup: str = "chuo", **more: Any) -> int:
        """Places a hold; returns its number. Each comes a second after the one before."""
        self.now += timedelta(seconds=1)
        viewer = await self.staff()
        async with self.database.transaction() as session:
            placed = await holds.place(
                session, card=card, record_id=record_id, pickup=pickup.replace("_", "-"), by=viewer, now=self.now, **more
            )
        return placed.hold_id

    async def renew(self, card: str, barcode: str | None = None, *, by: str = "ward_admin", **more: Any) -> renewals.Outcome:
        viewer = await self.staff(by)
        async with self.database.transaction() as session:
            return await renewals.renew(session, card=card, barcode=barcode, by=viewer, now=self.now, **more)

    async def undo(self, act_id: int) -> undoing.Undone:
        viewer = await self.staff()
        async with self.database.transaction() as session:
            return await undoing.undo(session, act_id, by=viewer, now=self.now)

    async def expire(self) -> int:
        """What the hourly job does at this moment; how many holds ended."""
        with clock.stopped(self.now):
            return await jobs.expire_all(self.database)

    async def cancel(self, hold_id: int) -> None:
        viewer = await self.staff()
        async with self.database.transaction() as session:
            await holds.cancel(session, hold_id, by=viewer, now=self.now)

    async def item(self, barcode: str) -> int:
        async with self.database.reading() as session:
            return (await session.execute(select(Item.id).where(Item.barcode == barcode))).scalar_one()

    async def change(self, barcode: str, **values: Any) -> None:
        """What somebody wrote on the copy's own page, without asking lending."""
        async with self.database.transaction() as session:
            await session.execute(update(Item).where(Item.barcode == barcode).values(values))

    async def look(self, barcode: str) -> copies.Copy:
        number = await self.item(barcode)
        async with self.database.reading() as session:
            return await copies.facts(session, number)

    async def where(self, barcode: str) -> Whereabouts:
        return (await self.look(barcode)).whereabouts

    async def hold(self, hold_id: int) -> Hold:
        async with self.database.reading() as session:
            return await session.get_one(Hold, hold_id)

    async def loans(self) -> list[Loan]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Loan).order_by(Loan.id)))

    async def at(self, barcode: str) -> tuple[str, str | None]:
        """Where a copy is, in one word, and the branch it travels to."""
        copy = await self.look(barcode)
        to = next((code for code, number in self.world.branches.items() if number == copy.to_branch_id), None)
        return copy.whereabouts.value, to

    async def transits(self) -> list[Transit]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Transit).order_by(Transit.id)))
