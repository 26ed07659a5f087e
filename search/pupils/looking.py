"""Who looks at the shelves and what is within reach: the own school first, then the ward's libraries and what is online."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.description import Audience
from library.identity.viewer import Viewer
from search.directory import Directory, Where
from search.index.engine import Filters


@dataclass(frozen=True)
class Looking:
    """`own_shelves`: libraries of the viewer's own school, where everything is for pupils. `own_mixed`: the viewer's other own
    branches (a joint-use place, a usual library), where it depends on the book."""

    seen_by: frozenset[int] | None
    audience: frozenset[str]
    own_shelves: frozenset[int]
    own_mixed: frozenset[int]
    near: frozenset[int]  # the ward's libraries, and what is online
    is_junior: bool = False

    @property
    def has_own(self) -> bool:
        return bool(self.own_shelves or self.own_mixed)

    def key(self) -> tuple[object, ...]:
        """Equal for all who find the same."""
        return (self.seen_by, self.audience, self.own_shelves, self.own_mixed, self.near)

    def own(self, *, available: bool) -> list[Filters]:
        """What the own school or usual library holds for pupils."""
        found = []
        if self.own_shelves:
            found.append(Filters(seen_by=self.seen_by, branches=self.own_shelves, available=available))
        if self.own_mixed:
            found.append(Filters(seen_by=self.seen_by, branches=self.own_mixed, available=available, audience=self.audience))
        return found

    def elsewhere(self, *, available: bool) -> list[Filters]:
        """What the ward's libraries hold for pupils, the own ones among them."""
        reach = self.near | self.own_mixed
        return [Filters(seen_by=self.seen_by, branches=reach, available=available, audience=self.audience)] if reach else []

    def all(self) -> list[Filters]:
        """Together everything within reach."""
        return [*self.own(available=False), *self.elsewhere(available=False)]

    def nearest_first(self, *, available: bool) -> list[Filters]:
        """The same in order of nearness: own and there, own, the ward's and there, the ward's."""
        if available:
            return [*self.own(available=True), *self.elsewhere(available=True)]
        return [*self.own(available=True), *self.own(available=False), *self.elsewhere(available=True), *self.elsewhere(available=False)]


def looking(viewer: Viewer, directory: Directory) -> Looking:
    own = [place for place in directory.places if Where.OWN in place.where]
    only_school = frozenset(place.number for place in own if place.is_own_school and Where.WARD not in place.where)
    is_junior = viewer.is_in_junior_high
    audience = {Audience.CHILDREN.value} | ({Audience.YOUNG_ADULT.value} if is_junior else set())
    return Looking(
        seen_by=viewer.sees,
        audience=frozenset(audience),
        own_shelves=only_school,
        own_mixed=frozenset(place.number for place in own) - only_school,
        near=directory.group(Where.WARD) | directory.group(Where.ONLINE),
        is_junior=is_junior,
    )
