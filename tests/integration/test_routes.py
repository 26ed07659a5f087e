"""The table of routes and roles, held against the routes that are registered and against what they answer."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import text

from catalog.description import Description, Title
from catalog.incoming.imports import source_named
from catalog.incoming.intake import Incoming, take_in
from catalog.models import ImportRun, Item
from library import app as application
from library.db import Database
from library.identity.models import Patron, Person
from library.settings import Settings
from library.wiring import Parts
from search.lists.models import BookList
from tests.routes import ROLES, ROUTES, letter
from tests.world import STAFF, Client, World

HOME = {"school": "school", "chuo": "chuo", "": "chuo"}
ELSEWHERE = {"school": "other_school", "chuo": "nishi", "": "nishi"}


def test_the_table_names_every_route_and_no_other(settings: Settings, parts: Parts) -> None:
    made = application.litestar(settings, parts)
    registered = {
        (str(method), route.path_format if route.path_format else "/")
        for route in made.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }
    assert registered - ROUTES.keys() == set()
    assert ROUTES.keys() - registered == set()


def test_every_row_has_a_letter_for_every_role() -> None:
    assert {len(row[0].replace(" ", "")) for row in ROUTES.values()} == {len(ROLES)}


@pytest.fixture
async def things(database: Database, world: World) -> dict[str, str]:
    """One record with one item at every branch; ids as the table names them."""
    async with database.transaction() as session:
        source = await source_named(session, "local")
        described = Description(title=Title(main="ためしの本", reading="タメシ ノ ホン"))
        turned, _ = await take_in(session, source, [Incoming(1, 0, "x 1", "marc21", b"raw", described)])
        found = {"record": str(turned[0].record_id), "staff": str(world.accounts["desk"]), "ward": str(world.organisations["ward"])}
        found["source_record"] = str(await session.scalar(text("SELECT id FROM source_record")))
        for branch, owners in world.organisations_of_branches.items():
            item = Item(
                record_id=turned[0].record_id,
                organisation_id=world.organisations[owners[0]],
                branch_id=world.branches[branch],
                barcode=f"b-{branch}",
            )
            session.add(item)
            await session.flush()
            found[f"item at {branch}"] = str(item.id)
            run = ImportRun(
                kind="items", organisation_id=item.organisation_id, branch_id=item.branch_id, file_name="x", file_digest=b"", file_size=0
            )
            session.add(run)
            await session.flush()
            found[f"run at {branch}"] = str(run.id)
            person = Person(family_name="林", sort_key="はやし")
            session.add(person)
            await session.flush()
            shown = BookList(
                organisation_id=item.organisation_id,
                branch_id=item.branch_id,
                kind="theme",
                title={"ja": "x"},
                words={"ja": ""},
                place={"ja": ""},
                state="published",
                shown_from=date(2026, 4, 1),
            )
            session.add(shown)
            await session.flush()
            found[f"list at {branch}"] = found["list"] = str(shown.id)
            patron = Patron(person_id=person.id, organisation_id=item.organisation_id, category="resident")
            session.add(patron)
            await session.flush()
            found[f"patron at {branch}"] = str(patron.id)
        records = ImportRun(kind="marc", source_id=source.id, file_name="x", file_digest=b"", file_size=0)
        session.add(records)
        await session.flush()
        found["records_run"] = str(records.id)
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_goes_where_the_table_says(role: str, client: Client, things: dict[str, str]) -> None:
    if role != "stranger":
        await client.sign_in(role)
    scope = STAFF[role][1] if role in STAFF else ""
    wrong = []
    for (method, path), row in ROUTES.items():
        if path in {"/sign-in", "/sign-out", "/account/sessions"}:
            continue  # open to all, but they change the session this test needs; they have tests of their own
        rounds = (("own", HOME[scope]), ("other", ELSEWHERE[scope]))
        for place, branch in rounds if any(value.startswith("{own") for value in row[1].values()) else rounds[:1]:
            expected = letter(row, role)
            allowed = expected == "+" or (expected == "o" and place == "own")
            values = {
                key: value.format(
                    **things,
                    own=things[f"item at {branch}"],
                    own_run=things[f"run at {branch}"],
                    own_patron=things[f"patron at {branch}"],
                    own_list=things[f"list at {branch}"],
                    own_branch=branch.replace("_", "-"),
                )
                for key, value in row[1].items()
            }
            answer = await ask(client, method, path.format(**values), form=not path.startswith("/api/"))
            if went_through(answer) != allowed:
                wrong.append(f"{method} {path} at the {place} place: {answer.status_code}, the table says {expected}")
            if answer.status_code == 500:
                wrong.append(f"{method} {path}: 500")
    assert not wrong, "\n".join(wrong)


async def ask(client: Client, method: str, path: str, *, form: bool) -> httpx.Response:
    """A plausible but empty request: what matters is whether the door opens, not what is said behind it."""
    if method in {"GET", "HEAD"}:
        return await client.send(method, path, headers={"Accept": "text/html" if form else "application/json"})
    content: dict[str, Any] = {"data": {"x": "y"}} if form else {"json": {}}
    return await client.send(method, path, headers={"Accept": "text/html" if form else "application/json"}, **content)


def went_through(answer: httpx.Response) -> bool:
    sent_to_sign_in = answer.status_code == 303 and answer.headers.get("location", "").startswith("/sign-in")
    return answer.status_code not in {401, 403} and not sent_to_sign_in
