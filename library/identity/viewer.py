"""Who is asking: an account with its roles, memberships and preferences, or a stranger. A plain value, one a request."""

from __future__ import annotations

from dataclasses import dataclass, field

from library.errors import N_, NotAllowed, NotSignedIn
from library.identity.roles import STAFF, Grant, Permission, Place, Role, permits

EVERYONE = 0  # the index's number for "everyone may see it"
ANY_SCHOOL = 1  # … "members of any school"
FIRST_ORGANISATION = 100  # … one organisation: this plus its id


@dataclass(frozen=True)
class Viewer:
    """`organisation_ids`: where the viewer is a member or works. `scopes`: what a token was limited to, None for a session."""

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

    @property
    def is_signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF)

    @property
    def is_pupil(self) -> bool:
        return Role.PUPIL in self.roles

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
        """The index's visibility numbers this viewer may see; None = all (the ward's cataloguers and admins)."""
        everywhere = {grant.role for grant in self.grants if grant.everywhere}
        if everywhere & {Role.CATALOGUER, Role.WARD_ADMIN}:
            return None
        seen = {EVERYONE} | {FIRST_ORGANISATION + number for number in self.organisation_ids}
        if self.school_ids:
            seen.add(ANY_SCHOOL)
        return frozenset(seen)


STRANGER = Viewer()
