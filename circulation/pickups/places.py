"""Where a reader may pick up: the branches open to somebody's memberships, and the one that is meant when nobody says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from circulation.rules.pickups import Belonging, Counter, possible
from circulation.store.branches import Here
from circulation.store.readers import Reader, Shown
from library.db import Reading
from library.places.models import BranchRole
from library.places.store import BranchFacts, branches

SCHOOL = "school"

_LATEST = text(
    "SELECT h.pickup_branch_id FROM hold h JOIN patron p ON p.id = h.patron_id WHERE p.person_id = :person"
    " ORDER BY h.requested_at DESC, h.id DESC LIMIT 1"
)


@dataclass(frozen=True)
class Pickup:
    """A branch somebody may pick up at. `own_school`: the library of a school they belong to."""

    id: int
    code: str
    name: Mapping[str, str]
    own_school: bool


def _belongings(memberships: Iterable[Reader], *, today: date) -> list[Belonging]:
    """Valid memberships decide; somebody whose memberships are all over still learns that they are over, not that the place is wrong."""
    every = list(memberships)
    valid = [one for one in every if (one.valid_from or today) <= today <= (one.valid_to or today)]
    return [Belonging(one.organisation_id, one.organisation_kind == SCHOOL) for one in valid or every]


def may_pick_up(shown: Shown, here: Here, *, today: date) -> bool:
    """Whether the rule lets them wait for a book at this branch."""
    counter = Counter(here.organisation_ids - here.school_ids, here.school_ids, here.calendar.valid_from, here.calendar.valid_to)
    return possible(counter, _belongings(shown.memberships, today=today), today=today)


async def choices(session: Reading, memberships: Iterable[Reader], *, today: date) -> tuple[Pickup, ...]:
    """Every branch they may pick up at: their own school first, then the ward's libraries by number."""
    belongings = _belongings(memberships, today=today)
    schools = {one.organisation_id for one in belongings if one.school}
    found = [
        Pickup(one.id, one.code, one.name, bool(schools & _of_role(one, BranchRole.SCHOOL_LIBRARY)))
        for one in await branches(session, on=today)
        if possible(_counter(one), belongings, today=today)
    ]
    return tuple(sorted(found, key=lambda one: not one.own_school))


def preset(offered: tuple[Pickup, ...], homes: Iterable[int | None]) -> Pickup | None:
    """The one that is meant when nobody says: one's school, else the first of one's usual branches, else the first there is."""
    school = next((one for one in offered if one.own_school), None)
    by_id = {one.id: one for one in offered}
    usual = next((by_id[home] for home in homes if home in by_id), None)
    return school or usual or next(iter(offered), None)


async def latest(session: Reading, person_id: int) -> int | None:
    """The branch to which somebody had a book sent last, as long as it is known whose hold it was."""
    found: int | None = await session.scalar(_LATEST, {"person": person_id})
    return found


def _counter(branch: BranchFacts) -> Counter:
    ward, schools = _of_role(branch, BranchRole.WARD_LIBRARY), _of_role(branch, BranchRole.SCHOOL_LIBRARY)
    return Counter(ward, schools, branch.valid_from, branch.valid_to)


def _of_role(branch: BranchFacts, role: BranchRole) -> frozenset[int]:
    return frozenset(one.id for one in branch.organisations if one.branch_role == role.value)
