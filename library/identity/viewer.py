"""Who is asking: an account with its roles, memberships and preferences, or a stranger. A plain value, one a request."""

from __future__ import annotations

from dataclasses import dataclass, field

from library.errors import N_, NotAllowed, NotSignedIn
from library.identity.roles import STAFF, Grant, Permission, Place, Role, permits

# Visibility numbers say who may see a thing: everyone, the members of any school, or (from the last on, by id) of one organisation.
EVERYONE = 0
ANY_SCHOOL = 1
FIRST_ORGANISATION = 100


def seen_numbers(seen_by: str, organisation_id: int) -> frozenset[int]:
    """The visibility numbers of an owner's policy: who may see what it owns."""
    own = FIRST_ORGANISATION + organisation_id
    return {
        "all": frozenset({EVERYONE, ANY_SCHOOL, own}),
        "schools": frozenset({ANY_SCHOOL, own}),
        "own": frozenset({own}),
    }.get(seen_by, frozenset())


@dataclass(frozen=True)
class Schooling:
    """Where a pupil is at school: the kind of school, and the grade of the class (P1-P6, J1-J3); either may be unknown and empty."""

    kind: str = ""
    grade: str = ""


@dataclass(frozen=True)
class Viewer:
    """`organisation_ids`: where the viewer is a member or works. `scopes`: what a token was limited to, None for a session.

    `view`: pupils or full where the account chose one. `schooling`: of the account's own person, where that is a pupil.
    """

    account_id: int | None = None
    name: str = ""
    language: str | None = None
    show_ruby: bool = False
    home_branch_id: int | None = None
    home_branch_number: int | None = None
    grants: tuple[Grant, ...] = ()
    roles: frozenset[Role] = field(default_factory=lambda: frozenset({Role.STRANGER}))
    organisation_ids: frozenset[int] = frozenset()
    school_ids: frozenset[int] = frozenset()
    scopes: frozenset[str] | None = None
    person_id: int | None = None
    view: str | None = None
    schooling: Schooling | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF)

    @property
    def is_pupil(self) -> bool:
        return Role.PUPIL in self.roles

    @property
    def has_only_childrens_schools(self) -> bool:
        """A parent: the schools are those of their children, and lend to these alone."""
        return Role.GUARDIAN in self.roles and not self.is_pupil and not self.is_staff

    @property
    def is_in_junior_high(self) -> bool:
        """By the grade; where that is not known, by the kind of school."""
        at = self.schooling
        return at is not None and (at.grade.startswith("J") or (not at.grade and at.kind == "junior_high"))

    @property
    def is_in_pupils_view(self) -> bool:
        """Of somebody signed in: what the account chose, else where pupils of elementary schools start."""
        return self.view == "pupils" or (self.view is None and self.is_pupil and not self.is_in_junior_high)

    @property
    def wants_furigana(self) -> bool:
        """Over the words of a page: who wishes it, and who is in the pupils' view, but for junior high, who read those words."""
        return self.show_ruby or (self.is_in_pupils_view and not self.is_in_junior_high)

    def can(self, permission: str, place: Place | None = None) -> bool:
        """Whether some grant allows it at the place (anywhere, without a place)."""
        wanted = Permission(permission)
        if self.scopes is not None and wanted.value not in self.scopes:
            return False
        return any(permits(grant, wanted, place) for grant in self.grants)

    def must(self, permission: Permission, place: Place | None = None) -> int:
        """The account's id when it may; raises NotSignedIn or NotAllowed when not."""
        if self.account_id is None:
            raise NotSignedIn("not_signed_in", N_("ログインしてから、もう一度お試しください。"))
        if not self.can(permission, place):
            raise NotAllowed("not_allowed", N_("この操作をする権限がありません。"), permission=permission.value)
        return self.account_id

    @property
    def sees(self) -> frozenset[int] | None:
        """The visibility numbers this viewer has; None = all (the ward's cataloguers and admins)."""
        everywhere = {grant.role for grant in self.grants if grant.everywhere}
        if everywhere & {Role.CATALOGUER, Role.WARD_ADMIN}:
            return None
        seen = {EVERYONE} | {FIRST_ORGANISATION + number for number in self.organisation_ids}
        if self.school_ids:
            seen.add(ANY_SCHOOL)
        return frozenset(seen)


STRANGER = Viewer()
