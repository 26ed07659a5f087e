"""Readers of the made-up ward whose shelves are told one by one, and a busy day at a desk: all of it done by the desk's own functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import text

from circulation import desk, holds, renewals
from library.db import Writing
from library.demo.life.loans import LoanRow
from library.demo.life.stock import Copy, Stock
from library.demo.people import Population
from library.identity.accounts import viewer_of
from library.identity.viewer import Viewer

BUSY = "chuo"
AT_THE_DESK = timedelta(hours=3)
RENEWED = 4  # loans that are renewed there today


@dataclass(frozen=True)
class Cast:
    """Cards of those who are told of: a resident, a guardian with one child, and a pupil with a book on its way to school."""

    resident: str
    guardian: str
    child: str
    child_school: str
    pupil: str
    pupil_school: str

    @property
    def cards(self) -> frozenset[str]:
        return frozenset({self.resident, self.guardian, self.child, self.pupil})


def cast(people: Population) -> Cast:
    """Whoever the demo's sign-ins name, and the first child of the first family."""
    by_number = {one.number: one for one in people.persons}
    guardians = {family.guardian for family in people.families}
    family = people.families[0]
    schools = {one.person: one.organisation for one in people.memberships if one.category.value == "pupil"}
    resident = next(one.person for one in people.memberships if one.category.value == "resident" and one.person not in guardians)
    children = {number for one in people.families[:1] for number in one.children}
    pupil = next(one.person for one in people.memberships if one.category.value == "pupil" and one.person not in children)
    return Cast(
        by_number[resident].card,
        by_number[family.guardian].card,
        by_number[family.children[0]].card,
        schools[family.children[0]],
        by_number[pupil].card,
        schools[pupil],
    )


@dataclass
class Told:
    """A pen for stories: who stands at which desk, and which copies the stories use."""

    session: Writing
    stock: Stock
    _desks: dict[str, Viewer] = field(default_factory=dict)

    async def at(self, branch: str) -> Viewer:
        """Somebody of the staff at a branch."""
        if branch not in self._desks:
            account = (
                await self.session.execute(
                    text(
                        "SELECT a.id FROM account a JOIN account_role r ON r.account_id = a.id JOIN branch b ON b.id = r.branch_id"
                        " WHERE b.code = :branch AND r.role IN ('desk', 'school_librarian') ORDER BY r.role, a.login LIMIT 1"
                    ),
                    {"branch": branch},
                )
            ).scalar_one()
            viewer = await viewer_of(self.session, account, today=self.stock.today(branch))
            assert viewer is not None
            self._desks[branch] = viewer
        return self._desks[branch]

    async def lend(self, card: str, copy: Copy, branch: str, at: datetime) -> None:
        await desk.check_out(self.session, card=card, barcode=copy.barcode, branch=branch, by=await self.at(branch), now=at)

    async def take_back(self, copy: Copy, branch: str, at: datetime) -> None:
        await desk.check_in(self.session, barcode=copy.barcode, branch=branch, by=await self.at(branch), now=at)

    async def hold(self, card: str, record_id: int, pickup: str, at: datetime) -> None:
        await holds.place(self.session, card=card, record_id=record_id, pickup=pickup, by=await self.at(pickup), now=at)

    async def renew(self, card: str, copy: Copy, branch: str, at: datetime) -> None:
        await renewals.renew(self.session, card=card, barcode=copy.barcode, by=await self.at(branch), now=at, branch=branch)


@dataclass
class Props:
    """Copies put aside for the stories before anything else is lent; nobody else borrows or waits for their titles."""

    stock: Stock

    def copies(self, branch: str, owner: str, number: int, *, mark: str | None = None) -> list[Copy]:
        """The first free copies at a branch, each of a title of its own, with a call number of a kind."""
        found: list[Copy] = []
        for copy in self.stock.at_branches()[branch]:
            free = copy.id not in self.stock.taken and copy.record_id not in self.stock.closed_titles
            # The ward's oldest books share six digits with schools; at a joint-use branch a scan would have to ask whose is meant.
            plain = owner != "ward" or len(copy.barcode) > len("000000")
            if copy.owner == owner and free and plain and mark in (None, copy.mark) and len(found) < number:
                self.stock.closed_titles.add(copy.record_id)
                found.append(self.stock.take(copy))
        return found


def moment(stock: Stock, branch: str, days_ago: int, hour: int, minute: int = 0) -> datetime:
    """An hour of the last open day at least so many days back."""
    day = stock.open_day(branch, days_ago)
    return datetime.combine(day, time(hour, minute), stock.places[branch].zone)


@dataclass(frozen=True)
class Shelves:
    """The copies each story uses."""

    resident: list[Copy]
    resident_ready: Copy
    resident_sent: Copy
    resident_fetched: Copy
    child_ward: list[Copy]
    child_ready: Copy
    child_school: list[Copy]
    guardian: list[Copy]
    pupil_school: list[Copy]
    pupil_sent: Copy
    today: list[Copy]


HOME = {"resident": "hinata", "guardian": "suisha", "child": "hoshimi"}


def put_aside(stock: Stock, who: Cast) -> Shelves:
    """Chooses the copies; after this nothing else uses them."""
    props = Props(stock)
    return Shelves(
        resident=props.copies(HOME["resident"], "ward", 5),
        resident_ready=props.copies(HOME["resident"], "ward", 1)[0],
        resident_sent=props.copies(BUSY, "ward", 1)[0],
        resident_fetched=props.copies("suisha", "ward", 1)[0],
        child_ward=props.copies(HOME["child"], "ward", 3, mark="K"),
        child_ready=props.copies(HOME["child"], "ward", 1, mark="K")[0],
        child_school=props.copies(who.child_school, who.child_school, 2),
        guardian=props.copies(HOME["guardian"], "ward", 3),
        pupil_school=props.copies(who.pupil_school, who.pupil_school, 2),
        pupil_sent=props.copies(BUSY, "ward", 1, mark="K")[0],
        today=props.copies(BUSY, "ward", 16),
    )


async def resident(told: Told, card: str, shelves: Shelves, wanted: int) -> None:
    """Loans of every kind, and a hold in every state: in line, being fetched, on its way, ready."""
    home, stock = HOME["resident"], told.stock
    late, renewed, soon, fresh, more = shelves.resident
    await told.lend(card, late, home, moment(stock, home, 18, 17))
    await told.lend(card, renewed, home, moment(stock, home, 16, 11))
    await told.lend(card, soon, home, moment(stock, home, 12, 15))
    await told.renew(card, renewed, home, moment(stock, home, 4, 12))
    await told.hold(card, shelves.resident_ready.record_id, home, moment(stock, home, 6, 9, 40))
    await told.hold(card, wanted, home, moment(stock, home, 5, 10))
    for number, copy in enumerate((fresh, more)):
        await told.lend(card, copy, home, moment(stock, home, 3, 16, number))
    await told.hold(card, shelves.resident_sent.record_id, home, moment(stock, home, 2, 9, 50))
    await told.take_back(shelves.resident_ready, home, moment(stock, home, 2, 17, 30))
    await told.take_back(shelves.resident_sent, BUSY, moment(stock, BUSY, 1, 17, 40))
    await told.hold(card, shelves.resident_fetched.record_id, home, stock.now - timedelta(hours=5))


async def family(told: Told, who: Cast, shelves: Shelves, wanted: int) -> None:
    """A child with books of the school and of the ward, one of them late and one ready; the guardian's own beside."""
    stock, home = told.stock, HOME["child"]
    late, *others = shelves.child_ward
    await told.lend(who.child, late, home, moment(stock, home, 20, 15))
    await told.hold(who.child, shelves.child_ready.record_id, home, moment(stock, home, 7, 10))
    for copy in others:
        await told.lend(who.child, copy, home, moment(stock, home, 6, 16, 5))
    for copy in shelves.child_school:
        await told.lend(who.child, copy, who.child_school, moment(stock, who.child_school, 3, 13))
    await told.take_back(shelves.child_ready, home, moment(stock, home, 1, 17))
    for copy in shelves.guardian:
        await told.lend(who.guardian, copy, HOME["guardian"], moment(stock, HOME["guardian"], 8, 18))
    await told.hold(who.guardian, wanted, HOME["guardian"], moment(stock, HOME["guardian"], 2, 18))


async def pupil(told: Told, who: Cast, shelves: Shelves) -> None:
    """Books of the school, and a ward book asked for at school that travels there."""
    stock, school = told.stock, who.pupil_school
    for number, copy in enumerate(shelves.pupil_school):
        await told.lend(who.pupil, copy, school, moment(stock, school, 5 + number, 12, 30))
    await told.hold(who.pupil, shelves.pupil_sent.record_id, school, moment(stock, school, 3, 9))
    await told.take_back(shelves.pupil_sent, BUSY, moment(stock, BUSY, 1, 17, 20))


async def busy_day(told: Told, cards: list[str], shelves: Shelves, lent: list[LoanRow]) -> None:
    """Today at the desk of the central library: lending, taking back and renewing in turn, up to this minute."""
    moments = iter(_today(told.stock, len(shelves.today) * 2 + 6))
    renewable, coming_back = lent[:RENEWED], lent[RENEWED:]
    for number, copy in enumerate(shelves.today):
        await told.lend(cards[number // 4], copy, BUSY, next(moments))
        if number < len(coming_back):
            await told.take_back(coming_back[number].copy, BUSY, next(moments))
        if number % 4 == 3 and number // 4 < len(renewable):
            row = renewable[number // 4]
            await told.renew(row.reader.card, row.copy, BUSY, next(moments))


def _today(stock: Stock, number: int) -> Iterator[datetime]:
    """Moments from the opening to now; before it is open, or soon after, the last hours that are still today."""
    here, now = stock.places[BUSY], stock.now
    local = now.astimezone(here.zone)
    openings = here.calendar.day(local.date()).openings
    opens = datetime.combine(local.date(), openings[0][0] if openings else time(10), here.zone)
    first = opens if opens + timedelta(hours=1) < local else max(local - AT_THE_DESK, datetime.combine(local.date(), time(), here.zone))
    step = max(local - timedelta(minutes=1) - first, timedelta(0)) / number
    return ((first + step * place).replace(microsecond=0) for place in range(number))
