"""The places a viewer can look for books in: branches by code, and as near or far as they are to this viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from circulation.pickups.places import latest
from library.db import Reading
from library.errors import N_, Invalid
from library.identity.viewer import Viewer, seen_numbers
from library.places.models import BranchRole
from search.index.document import ONLINE

_BRANCHES = text(
    """
    SELECT b.id, b.number, b.code, b.name, b.holds_stock,
           array_agg(bo.organisation_id) AS organisations, array_agg(bo.role) AS roles,
           array_agg(coalesce(p.seen_by, 'all')) AS seen_by
      FROM branch b
      JOIN branch_organisation bo ON bo.branch_id = b.id
      LEFT JOIN owner_policy p ON p.organisation_id = bo.organisation_id
     GROUP BY b.id ORDER BY b.number
    """
)


class Where(StrEnum):
    """Places by nearness."""

    OWN = "own"  # the viewer's school, usual branch or workplace
    WARD = "ward"
    SCHOOLS = "schools"  # schools that are not the viewer's
    ONLINE = "online"  # electronic titles, which stand nowhere


@dataclass(frozen=True)
class Place:
    """A branch as somebody looks for books in it."""

    id: int
    number: int
    code: str
    name: Mapping[str, str]
    where: frozenset[Where]
    holds_stock: bool
    is_own_school: bool = False


@dataclass(frozen=True)
class Directory:
    """The branches of owners whom a viewer may see, by number. `of_a_child`: the own schools are those of the viewer's children."""

    places: tuple[Place, ...]
    of_a_child: bool = False

    def numbers(self, codes: Iterable[str], groups: Iterable[Where] = ()) -> frozenset[int]:
        """Branch numbers of codes and groups together. Raises Invalid for a code that is not there for this viewer."""
        by_code = {place.code: place.number for place in self.places}
        found: set[int] = set()
        for code in codes:
            if code not in by_code:
                raise Invalid("branch_unknown", N_("「{branch}」という館はありません。"), where="branch", branch=code[:60])
            found.add(by_code[code])
        for group in groups:
            found |= self.group(group)
        return frozenset(found)

    def group(self, where: Where) -> frozenset[int]:
        if where is Where.ONLINE:
            return frozenset({ONLINE})
        return frozenset(place.number for place in self.places if where in place.where)

    def where_one_borrows(self) -> Directory:
        """For a parent: their own places without the children's schools, which do not lend to them."""
        if not self.of_a_child:
            return self
        return replace(self, places=tuple(_as_of_others(one) if one.is_own_school else one for one in self.places))

    def by_number(self) -> dict[int, Place]:
        return {place.number: place for place in self.places}


async def directory_for(session: Reading, viewer: Viewer) -> Directory:
    """One query, however many branches; two for a reader who chose none."""
    rows = (await session.execute(_BRANCHES)).all()
    seen = [row for row in rows if _is_seen(row, viewer.sees)]
    own = await _own(session, viewer)
    places = tuple(
        Place(
            row.id,
            row.number,
            row.code,
            row.name,
            where=_where(row, viewer, own),
            holds_stock=row.holds_stock,
            is_own_school=bool(_schools(row) & viewer.school_ids),
        )
        for row in seen
    )
    return Directory(places, of_a_child=viewer.has_only_childrens_schools)


def _as_of_others(place: Place) -> Place:
    if place.where == {Where.OWN}:
        return replace(place, where=frozenset({Where.SCHOOLS}))
    return replace(place, where=place.where - {Where.OWN})


async def _own(session: Reading, viewer: Viewer) -> frozenset[int]:
    """Workplaces, and the usual branch; of a reader who chose none, and goes to no school, where they had a book sent last."""
    found = {grant.branch_id for grant in viewer.grants} | {viewer.home_branch_id}
    if found == {None} and viewer.person_id is not None and (not viewer.school_ids or viewer.has_only_childrens_schools):
        found.add(await latest(session, viewer.person_id))
    return frozenset(number for number in found if number is not None)


def _is_seen(row: Any, sees: frozenset[int] | None) -> bool:
    if sees is None:
        return True
    return any(sees & seen_numbers(seen_by, owner) for seen_by, owner in zip(row.seen_by, row.organisations, strict=True))


def _schools(row: Any) -> frozenset[int]:
    """The schools whose library the branch is."""
    roles = zip(row.organisations, row.roles, strict=True)
    return frozenset(owner for owner, role in roles if role == BranchRole.SCHOOL_LIBRARY.value)


def _where(row: Any, viewer: Viewer, own: frozenset[int]) -> frozenset[Where]:
    schools = _schools(row)
    found: set[Where] = set()
    if schools & viewer.school_ids or row.id in own:
        found.add(Where.OWN)
    if len(schools) < len(row.organisations):
        found.add(Where.WARD)
    elif Where.OWN not in found:
        found.add(Where.SCHOOLS)
    return frozenset(found)
