"""A small made-up world for tests: places, and one account for each kind of user, all with the same password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from catalog.models import OwnerPolicy
from library.db import Database, Writing
from library.identity.models import Account, AccountPerson, AccountRole, Card, Patron, Person
from library.identity.roles import Role
from library.identity.signing_in import passwords
from library.places.models import Branch, BranchOrganisation, Organisation, SchoolClass

PASSWORD = "konomori-no-hon-9"

# login → (role, scope): scope names a key of World.organisations or World.branches, or "" for everywhere.
STAFF: dict[str, tuple[Role, str]] = {
    "teacher": (Role.TEACHER, "school"),
    "school_librarian": (Role.SCHOOL_LIBRARIAN, "school"),
    "desk": (Role.DESK, "chuo"),
    "cataloguer": (Role.CATALOGUER, ""),
    "school_cataloguer": (Role.CATALOGUER, "school"),
    "courier": (Role.COURIER, ""),
    "kiosk": (Role.KIOSK, "chuo"),
    "ward_admin": (Role.WARD_ADMIN, ""),
}
READERS = {"reader": "resident", "pupil": "pupil", "guardian": "resident"}


@dataclass
class World:
    """Ids by short names. Organisations: ward, school, other_school. Branches: chuo, nishi, joint, school, other_school."""

    organisations: dict[str, int] = field(default_factory=dict)
    branches: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    persons: dict[str, int] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    class_id: int = 0

    @classmethod
    async def build(cls, database: Database) -> World:
        world = cls()
        digest = await passwords.hashed(PASSWORD)
        async with database.transaction() as session:
            await world._places(session)
            await world._staff(session, digest)
            await world._readers(session, digest)
        return world

    async def _places(self, session: Writing) -> None:
        for code, kind, name in (
            ("ward", "ward", "こもれび区"),
            ("school", "school", "みなみ小学校"),
            ("other_school", "school", "きた小学校"),
        ):
            row = Organisation(code=code, kind=kind, name={"ja": name}, mode="replace" if kind == "school" else None)
            session.add(row)
            await session.flush()
            self.organisations[code] = row.id
            session.add(OwnerPolicy(organisation_id=row.id, seen_by="all", lent_to="all" if kind == "ward" else "own"))
        self.organisations_of_branches = {
            "chuo": ("ward",),
            "nishi": ("ward",),
            "joint": ("ward", "other_school"),
            "school": ("school",),
            "other_school": ("other_school",),
        }
        names = {"chuo": "中央図書館", "nishi": "西図書館", "joint": "ひろば図書館", "school": "みなみ小学校", "other_school": "きた小学校"}
        for number, (code, owners) in enumerate(self.organisations_of_branches.items(), start=1):
            branch = Branch(code=code.replace("_", "-"), number=number, name={"ja": names[code]})
            session.add(branch)
            await session.flush()
            self.branches[code] = branch.id
            for owner in owners:
                role = "ward_library" if owner == "ward" else "school_library"
                session.add(BranchOrganisation(branch_id=branch.id, organisation_id=self.organisations[owner], role=role))
        school_class = SchoolClass(organisation_id=self.organisations["school"], school_year=2026, grade="P5", name="1組")
        session.add(school_class)
        await session.flush()
        self.class_id = school_class.id

    async def _staff(self, session: Writing, digest: str) -> None:
        for login, (role, scope) in STAFF.items():
            account = Account(login=login, display_name=login, password_hash=digest)
            session.add(account)
            await session.flush()
            self.accounts[login] = account.id
            session.add(
                AccountRole(
                    account_id=account.id,
                    role=role.value,
                    organisation_id=self.organisations.get(scope) if scope not in ("chuo", "nishi") else None,
                    branch_id=self.branches[scope] if scope in ("chuo", "nishi") else None,
                )
            )

    async def _readers(self, session: Writing, digest: str) -> None:
        for position, (login, category) in enumerate(READERS.items(), start=1):
            person = Person(family_name="森", given_name=login, family_reading="モリ", given_reading="", sort_key="もり")
            session.add(person)
            await session.flush()
            school = category == "pupil"
            session.add(
                Patron(
                    person_id=person.id,
                    organisation_id=self.organisations["school" if school else "ward"],
                    category=category,
                    class_id=self.class_id if school else None,
                    roll_number=1 if school else None,
                )
            )
            number = f"10000000{position:02d}"
            session.add(Card(person_id=person.id, number=number))
            account = Account(login=login, display_name="", password_hash=digest)
            session.add(account)
            await session.flush()
            session.add(AccountPerson(account_id=account.id, person_id=person.id, role="self"))
            self.persons[login], self.cards[login], self.accounts[login] = person.id, number, account.id
        session.add(AccountPerson(account_id=self.accounts["guardian"], person_id=self.persons["pupil"], role="guardian"))


class Client:
    """A browser: keeps cookies and sends the forgery token with every form."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **options: Any) -> httpx.Response:
        options.setdefault("headers", {"Accept": "text/html"})
        return await self.http.get(path, **options)

    async def json(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, headers={"Accept": "application/json"} | options.pop("headers", {}), **options)

    async def csrf(self) -> str:
        if "csrf" not in self.http.cookies:
            await self.http.get("/healthz")
        return self.http.cookies["csrf"]

    async def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        headers = {"X-CSRF-Token": await self.csrf(), "Accept": "text/html"} | options.pop("headers", {})
        return await self.http.post(path, data=data, headers=headers, **options)

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A program's request with the session and the forgery header; JSON unless told otherwise."""
        headers = {"X-CSRF-Token": await self.csrf(), "Accept": "application/json"} | options.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **options)

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/sign-in", {"login": login, "password": password})
