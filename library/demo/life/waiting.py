"""Who waits for what in the made-up ward: long queues, hold shelves, copies on their way, and holds that a copy on the shelf would fill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from circulation.rules import due
from library.demo.life.loans import TransitRow, Visits
from library.demo.life.stock import Copy, Reader, Stock

# The longest queues stand for titles in many copies, the short ones for titles in two or three.
LONG, SHORT = (13, 11, 9, 8, 6, 5), (5, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1)
ON_THE_WAY, TO_SCHOOLS, ON_THE_SHELF = 16, 5, 14


@dataclass(frozen=True)
class HoldRow:
    """An open hold as it is stored; `copy` is set aside for it, `waiting_since` it stands on the hold shelf."""

    reader: Reader
    record_id: int
    pickup: str
    requested_at: datetime
    copy: Copy | None = None
    captured_at: datetime | None = None
    waiting_since: datetime | None = None
    pickup_until: date | None = None


@dataclass
class Queues:
    """Holds and the journeys that belong to them."""

    stock: Stock
    random: Random
    visits: Visits
    holds: list[HoldRow] = field(default_factory=list)
    transits: list[TransitRow] = field(default_factory=list)
    _titles: set[int] = field(default_factory=set)
    _pools: dict[tuple[str | None, str | None], list[Copy]] = field(default_factory=dict)

    def long_queues(self) -> None:
        """Titles whose copies are all out, with readers in line; of every third one copy has come back for the first of them."""
        titles = self._titles_in_copies(5, 8), self._titles_in_copies(2, 3)
        for lengths, candidates in zip((LONG, SHORT), titles, strict=True):
            for number, length in enumerate(lengths):
                copies = next((found for found in candidates if found[0].record_id not in self._titles), None)
                if copies is not None:
                    self._queue(copies, length, one_is_back=number % 3 == 2)

    def _titles_in_copies(self, least: int, most: int) -> Iterator[list[Copy]]:
        """Titles of which the ward has so many copies, all of them free, the most copies first."""
        found = []
        for record_id, copies in self.stock.of_title().items():
            own = [copy for copy in copies if copy.owner == "ward"]
            free = all(copy.id not in self.stock.taken for copy in copies)
            if free and least <= len(own) <= most and record_id not in self.stock.closed_titles:
                found.append(own)
        found.sort(key=lambda copies: (-len(copies), copies[0].barcode))
        return iter(found)

    def _queue(self, copies: list[Copy], length: int, *, one_is_back: bool) -> None:
        lent = copies[:-1] if one_is_back else copies
        latest = self.stock.now - timedelta(days=16)
        for copy in copies:
            self.stock.take(copy)
        for copy in lent:
            day = self.stock.open_day(copy.branch, self.random.randint(6, 13))
            reader = self._reader(copy.branch, copy.record_id)
            row = self.visits.lend(copy, reader, copy.branch, self.stock.moment(copy.branch, day, self.random))
            latest = max(latest, row.lent_at)
        self._titles.add(copies[0].record_id)
        moments = sorted(self._between(latest, self.stock.now - timedelta(hours=30)) for _ in range(length + one_is_back))
        chosen: set[int] = set()
        for place, moment in enumerate(moments):
            reader = self._reader(None, copies[0].record_id, chosen)
            chosen.add(reader.id)
            hold = HoldRow(reader, copies[0].record_id, reader.branch, moment)
            if one_is_back and place == 0:
                hold = self._on_the_shelf_of(hold, copies[-1], since=self._after(reader.branch, moment))
            self._add(hold)

    def _add(self, hold: HoldRow) -> None:
        self.holds.append(hold)
        self.visits.waits_for(hold.reader, hold.record_id)

    def _after(self, branch: str, moment: datetime) -> datetime:
        """A minute on the last open day, or now, but never before."""
        at = self.stock.moment(branch, self.stock.open_days(branch)[0], self.random)
        return at if at > moment else self._between(moment, self.stock.now)

    def _between(self, first: datetime, last: datetime) -> datetime:
        return (first + max(last - first, timedelta(0)) * self.random.random()).replace(microsecond=0)

    def _reader(self, branch: str | None, record_id: int, but: set[int] | None = None) -> Reader:
        """A resident, of a branch if one is named, who neither has the title nor has been stopped nor waits for it already."""
        own = [one for one in self.visits.by_branch[branch] if one.organisation == "ward"] if branch else self.visits.residents
        for tries in count():
            reader = self.random.choice(own if own and tries < len(own) else self.visits.residents)
            free = self.visits.may_take(reader, reader.branch) and not self.visits.has(reader, record_id)
            if free and reader.id not in (but or ()):
                return reader
        raise AssertionError("the ward has more readers than titles wait for")

    def _on_the_shelf_of(self, hold: HoldRow, copy: Copy, *, since: datetime) -> HoldRow:
        """Ready: the copy came from its home, or stands there."""
        here = self.stock.places[hold.pickup]
        until = due.open_days_after(here.today(since), here.terms().pickup_days, here.calendar)
        ready = replace(hold, copy=copy, captured_at=since, waiting_since=since, pickup_until=until)
        if copy.branch != hold.pickup:
            sent_at = max(self._between(since - timedelta(hours=20), since - timedelta(hours=2)), hold.requested_at)
            ready = replace(ready, captured_at=sent_at)
            self.transits.append(TransitRow(copy, copy.branch, hold.pickup, sent_at, since, len(self.holds)))
        return ready

    def hold_shelves(self) -> None:
        """Two to five copies that wait at every public place, some of them for the last day."""
        for branch, place in self.stock.places.items():
            if not self.visits.by_branch[branch] or not any(one.organisation == "ward" for one in self.visits.by_branch[branch]):
                continue
            days = min(place.terms().pickup_days, len(self.stock.open_days(branch)))
            for number in range(self.random.randint(2, 5)):
                ago = days - 1 if number == 0 else self.random.randrange(days)
                since = self.stock.moment(branch, self.stock.open_days(branch)[ago], self.random)
                copy = self._some_copy(branch if self.random.random() < 0.4 else None)
                reader = self._reader(branch, copy.record_id)
                hold = HoldRow(reader, copy.record_id, branch, self._between(since - timedelta(days=6), since - timedelta(days=1)))
                self._add(self._on_the_shelf_of(hold, copy, since=since))

    def on_their_way(self) -> None:
        """Copies in totes between ward libraries, and ward books on their way to pupils at school."""
        for _ in range(ON_THE_WAY):
            copy = self._some_copy()
            reader = self._reader(None, copy.record_id)
            while reader.branch == copy.branch:
                reader = self._reader(None, copy.record_id)
            self._send(copy, reader)
        pupils = [one for one in self.visits.readers if one.category == "pupil" and one.branch != "chuo"]
        for _ in range(TO_SCHOOLS):
            pupil = self.random.choice(pupils)
            pupils.remove(pupil)
            copy = self._some_copy(mark="K")
            if copy.branch != pupil.branch:
                self._send(copy, pupil)

    def _send(self, copy: Copy, reader: Reader) -> None:
        sent_at = self.stock.moment(copy.branch, self.stock.open_days(copy.branch)[self.random.choice((0, 0, 1))], self.random)
        requested = self._between(sent_at - timedelta(days=3), sent_at - timedelta(hours=3))
        self.transits.append(TransitRow(copy, copy.branch, reader.branch, sent_at, hold=len(self.holds)))
        self._add(HoldRow(reader, copy.record_id, reader.branch, requested, copy=copy, captured_at=sent_at))

    def just_asked_for(self) -> None:
        """Holds of the last hours that a copy on a shelf would fill: what a library fetches first thing."""
        for _ in range(ON_THE_SHELF):
            copy = self._some_copy()
            self.stock.taken.discard(copy.id)  # it stays where it stands
            self.stock.closed_titles.add(copy.record_id)
            reader = self._reader(None, copy.record_id)
            asked = self._between(self.stock.now - timedelta(hours=14), self.stock.now - timedelta(minutes=20))
            self._add(HoldRow(reader, copy.record_id, reader.branch, asked))

    def _some_copy(self, branch: str | None = None, *, mark: str | None = None) -> Copy:
        """A free ward copy of a title nobody else waits for; of the branch that is named, if it has any."""
        own = self._pool(branch, mark) or self._pool(None, mark)
        while True:
            copy = self.random.choice(own)
            if copy.id not in self.stock.taken and copy.record_id not in self._titles | self.stock.closed_titles:
                self._titles.add(copy.record_id)
                return self.stock.take(copy)

    def _pool(self, branch: str | None, mark: str | None) -> list[Copy]:
        key = (branch, mark)
        if key not in self._pools:
            wanted = (one for one in self.stock.copies if one.owner == "ward")
            self._pools[key] = [one for one in wanted if branch in (None, one.branch) and mark in (None, one.mark)]
        return self._pools[key]
