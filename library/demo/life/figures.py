"""Statistics of the last ninety days: of the loans and holds that are stored, and of visits that nobody remembers any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from random import Random
from typing import NamedTuple

from circulation.rules.refusals import age_band
from library.demo.life.loans import LoanRow
from library.demo.life.stock import Copy, Reader, Stock
from library.demo.life.waiting import HoldRow

DAYS = 90
A_DAY = {"chuo": 24, "s01": 10, "j01": 7}
A_WARD_DAY, A_SCHOOL_DAY = 8, 2
WEEKEND = 1.6
RENEWED, HELD = 0.14, 0.1


class Figure(NamedTuple):
    """A row as the statistics keep it: what kind of book and of reader, never which."""

    day: date
    act: str
    number: int
    branch_id: int
    owner_id: int
    category: str
    age_band: str
    grade: str
    material: str
    ndc: str


class Seen(NamedTuple):
    """A reader at a branch on a day."""

    day: date
    branch: str
    reader: Reader


def _figure(stock: Stock, act: str, seen: Seen, copy: Copy | None) -> Figure:
    reader = seen.reader
    owner, material, ndc = (copy.owner_id, copy.material, copy.ndc) if copy else (reader.organisation_id, "book", "")
    band = age_band(reader.birth_date, seen.day)
    return Figure(seen.day, act, 1, stock.places[seen.branch].id, owner, reader.category, band, reader.grade, material, ndc)


def of_rows(stock: Stock, loans: Iterable[LoanRow], holds: Iterable[HoldRow]) -> Iterator[Figure]:
    """What the stored loans, renewals and holds count for."""
    for one in loans:
        here = stock.places[one.branch]
        yield _figure(stock, "loan", Seen(here.today(one.lent_at), one.branch, one.reader), one.copy)
        if one.renewed_at is not None:
            yield _figure(stock, "renewal", Seen(here.today(one.renewed_at), one.branch, one.reader), one.copy)
    for hold in holds:
        day = stock.places[hold.pickup].today(hold.requested_at)
        yield _figure(stock, "hold", Seen(day, hold.pickup, hold.reader), None)


def of_the_forgotten(stock: Stock, random: Random) -> Iterator[Figure]:
    """Visits of the days before today at every library with shelves: more at weekends, some of them renewed or held for."""
    readers: dict[str, list[Reader]] = defaultdict(list)
    for one in stock.readers:
        readers[one.branch].append(one)
    for branch, copies in stock.at_branches().items():
        own = {copy.owner: [one for one in readers[branch] if one.organisation == copy.owner] for copy in copies}
        public = stock.places[branch].organisation_ids - stock.places[branch].school_ids
        usual = A_DAY.get(branch, A_WARD_DAY if public else A_SCHOOL_DAY)
        for day in stock.open_days(branch):
            if (stock.today(branch) - day).days > DAYS:
                break
            busy = usual * (WEEKEND if day.weekday() >= 5 else 1)
            for _ in range(round(random.uniform(0.6, 1.3) * busy)):
                copy = random.choice(copies)
                if own[copy.owner]:
                    yield from _forgotten(stock, random, Seen(day, branch, random.choice(own[copy.owner])), copy)


def _forgotten(stock: Stock, random: Random, seen: Seen, copy: Copy) -> Iterator[Figure]:
    yield _figure(stock, "loan", seen, copy)
    if random.random() < RENEWED:
        yield _figure(stock, "renewal", seen, copy)
    if random.random() < HELD:
        yield _figure(stock, "hold", seen, None)
