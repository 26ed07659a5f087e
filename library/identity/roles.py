"""Who may do what: roles, permissions, and the one table that joins them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Staff roles are granted at a scope; stranger, reader, pupil and guardian follow from who somebody is."""

    STRANGER = "stranger"
    READER = "reader"
    PUPIL = "pupil"
    GUARDIAN = "guardian"
    TEACHER = "teacher"
    SCHOOL_LIBRARIAN = "school_librarian"
    DESK = "desk"
    CATALOGUER = "cataloguer"
    COURIER = "courier"
    KIOSK = "kiosk"
    WARD_ADMIN = "ward_admin"


class Permission(StrEnum):
    """An act that is guarded. Also the scopes an API token can be limited to."""

    SEE_PATRONS = "patrons:see"
    EDIT_PATRONS = "patrons:edit"
    SEE_ITEMS = "items:see"
    EDIT_ITEMS = "items:edit"
    EDIT_RECORDS = "records:edit"
    IMPORT_RECORDS = "records:import"
    IMPORT_ITEMS = "items:import"
    IMPORT_PATRONS = "patrons:import"
    MANAGE_STAFF = "staff:manage"
    SEE_AUDIT = "audit:see"
    RUN_SERVICE = "service:run"
    LEND = "loans:lend"
    OVERRIDE = "loans:override"
    EDIT_POLICIES = "policies:edit"
    EDIT_PROCEDURES = "procedures:edit"
    ANSWER_QUESTIONS = "questions:answer"
    EDIT_LISTS = "lists:edit"


STAFF = frozenset({Role.TEACHER, Role.SCHOOL_LIBRARIAN, Role.DESK, Role.CATALOGUER, Role.COURIER, Role.KIOSK, Role.WARD_ADMIN})

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.STRANGER: frozenset(),
    Role.READER: frozenset(),
    Role.PUPIL: frozenset(),
    Role.GUARDIAN: frozenset(),
    Role.TEACHER: frozenset({Permission.EDIT_LISTS}),  # of a school, where the role is for the whole school
    Role.COURIER: frozenset(),
    Role.KIOSK: frozenset(),
    Role.DESK: frozenset(
        {
            Permission.SEE_PATRONS,
            Permission.EDIT_PATRONS,
            Permission.SEE_ITEMS,
            Permission.LEND,
            Permission.OVERRIDE,
            Permission.ANSWER_QUESTIONS,
            Permission.EDIT_LISTS,
        }
    ),
    Role.SCHOOL_LIBRARIAN: frozenset(
        {
            Permission.SEE_PATRONS,
            Permission.EDIT_PATRONS,
            Permission.SEE_ITEMS,
            Permission.EDIT_ITEMS,
            Permission.IMPORT_ITEMS,
            Permission.IMPORT_PATRONS,
            Permission.LEND,
            Permission.OVERRIDE,
            Permission.EDIT_PROCEDURES,
            Permission.ANSWER_QUESTIONS,
            Permission.EDIT_LISTS,
        }
    ),
    Role.CATALOGUER: frozenset(
        {
            Permission.SEE_ITEMS,
            Permission.EDIT_ITEMS,
            Permission.EDIT_RECORDS,
            Permission.IMPORT_RECORDS,
            Permission.IMPORT_ITEMS,
            Permission.EDIT_LISTS,
        }
    ),
    Role.WARD_ADMIN: frozenset(Permission),
}


# Union records, their senders, the service and its audit belong to no one branch or school: a role there does not reach them.
WARD_WIDE = frozenset(
    {Permission.EDIT_RECORDS, Permission.IMPORT_RECORDS, Permission.SEE_AUDIT, Permission.RUN_SERVICE, Permission.EDIT_POLICIES}
)


@dataclass(frozen=True)
class Grant:
    """A role at a scope; all three None means everywhere. A class's organisation stands beside it."""

    role: Role
    organisation_id: int | None = None
    branch_id: int | None = None
    class_id: int | None = None

    @property
    def everywhere(self) -> bool:
        return self.organisation_id is None and self.branch_id is None and self.class_id is None


@dataclass(frozen=True)
class Place:
    """Where an act happens: a branch with all organisations it belongs to, or an organisation alone."""

    organisation_ids: frozenset[int] = frozenset()
    branch_id: int | None = None


EVERYWHERE = Place()  # no branch and no organisation: only a grant without a scope covers it


def permits(grant: Grant, permission: Permission, place: Place | None) -> bool:
    """Whether a grant allows an act at a place; without a place, whether it allows it anywhere at all."""
    if permission not in GRANTED[grant.role] or (permission in WARD_WIDE and not grant.everywhere):
        return False
    if place is None or grant.everywhere:
        return True
    if grant.branch_id is not None:
        return grant.branch_id == place.branch_id
    if grant.class_id is not None:
        return False  # a class is a reach over pupils, never over shelves
    return grant.organisation_id in place.organisation_ids
