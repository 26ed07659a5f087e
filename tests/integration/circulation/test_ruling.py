"""Lending rules as the ward sets them: rows, groups, which row decides; on pages, in JSON and from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from circulation.policies import ruling
from circulation.policies.ruling import At
from circulation.rules.policies import Rule
from library.commands.policies import group as policies
from library.db import Database
from library.errors import Conflict, Invalid, LibraryError, NotAllowed, NotFound
from library.identity.models import AuditEvent
from library.settings import Settings
from tests.integration.circulation.stock import Stock
from tests.world import Client, World


async def grouped(database: Database, code: str = "schools", *branches: str) -> None:
    async with database.transaction() as session:
        await ruling.make_group(session, code=code, name={"ja": "学校"}, by=None)
        await ruling.set_group(session, code, name={"ja": "学校", "en": "Schools"}, members=branches, by=None)


async def added(database: Database, rule: str, value: object, at: At, note: str = "") -> int:
    async with database.transaction() as session:
        return await ruling.add(session, rule=rule, value=value, at=at, note=note, by=None)


async def test_the_row_of_a_branch_wins_over_that_of_its_group_and_both_are_told(database: Database, world: World) -> None:
    await grouped(database, "schools", "school", "other-school")
    everywhere = await added(database, "loan_days", 14, At())
    at_schools = await added(database, "loan_days", 10, At(group="schools", category="pupil"))
    at_one = await added(database, "loan_days", 7, At(branch="school"))
    async with database.reading() as session:
        reasons = await ruling.explained(session, branch="school", category="pupil")
        elsewhere = await ruling.explained(session, branch="other-school", category="pupil")
    days = next(one for one in reasons.rules if one.rule is Rule.LOAN_DAYS)
    assert (days.value, [row.id for row in days.rows]) == (7, [at_one, at_schools, everywhere])
    assert next(one for one in elsewhere.rules if one.rule is Rule.LOAN_DAYS).value == 10
    renewals = next(one for one in reasons.rules if one.rule is Rule.RENEWALS)
    assert (renewals.value, renewals.rows) == (1, ())


async def test_a_loan_follows_the_row_that_decides(database: Database, stock: Stock) -> None:
    await grouped(database, "central", "chuo")
    await added(database, "material_limit", 1, At(group="central", material="video"))
    card = await stock.reader()
    first, second = [await stock.copy(await stock.title(material="video")) for _ in range(2)]
    await stock.lend(card, first)
    with pytest.raises(Conflict):
        await stock.lend(card, second)


@pytest.mark.parametrize(
    ("rule", "value", "at", "kind", "code"),
    [
        ("nothing", 1, At(), Invalid, "rule_unknown"),
        ("loan_days", "many", At(), Invalid, "rule_wants_a_number"),
        ("loan_days", 0, At(), Invalid, "loan_days_zero"),
        ("loan_days", True, At(), Invalid, "rule_wants_a_number"),
        ("lendable", 1, At(), Invalid, "rule_wants_yes_or_no"),
        ("holds_limit", 5, At(material="book"), Invalid, "rule_not_by_material"),
        ("loan_days", 5, At(category="nobody"), Invalid, "category_unknown"),
        ("loan_days", 5, At(material="stone"), Invalid, "material_unknown"),
        ("loan_days", 5, At(branch="nowhere"), NotFound, "branch_not_found"),
        ("loan_days", 5, At(group="nothing"), NotFound, "group_not_found"),
        ("loan_days", 5, At(branch="chuo", group="schools"), Invalid, "branch_or_group"),
        ("loan_days", 5, At(category="pupil"), Conflict, "policy_exists"),
    ],
)
async def test_a_row_that_cannot_be_is_refused_in_words(
    database: Database, world: World, rule: str, value: object, at: At, kind: type[LibraryError], code: str
) -> None:
    await grouped(database)
    await added(database, "loan_days", 7, At(category="pupil"))
    with pytest.raises(kind) as refused:
        await added(database, rule, value, at)
    assert refused.value.code == code


async def test_a_branch_leaves_its_group_for_another(database: Database, world: World) -> None:
    await grouped(database, "one", "chuo", "nishi")
    await grouped(database, "two", "nishi", "joint")
    async with database.reading() as session:
        assert {one.code: one.branches for one in await ruling.groups(session)} == {"one": ("chuo",), "two": ("nishi", "joint")}


async def test_every_change_is_audited_with_before_and_after(database: Database, stock: Stock) -> None:
    admin = await stock.staff()
    async with database.transaction() as session:
        number = await ruling.add(session, rule="renewals", value=2, at=At(category="teacher"), note="要綱第3条", by=admin)
        await ruling.change(session, number, value=1, note="要綱第3条", by=admin)
        await ruling.remove(session, number, by=admin)
    async with database.reading() as session:
        events = list(await session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "lending_policy").order_by(AuditEvent.id)))
    assert [one.act for one in events] == ["policy.added", "policy.changed", "policy.removed"]
    assert (events[1].details["before"]["value"], events[1].details["after"]["value"]) == (2, 1)
    assert {one.account_id for one in events} == {admin.account_id}


async def test_only_the_ward_changes_rules(database: Database, stock: Stock) -> None:
    with pytest.raises(NotAllowed):
        async with database.transaction() as session:
            await ruling.add(session, rule="renewals", value=2, at=At(), by=await stock.staff("school_librarian"))


async def test_a_row_is_added_changed_and_removed_on_the_pages(client: Client, database: Database, world: World) -> None:
    await grouped(database, "schools", "school")
    await client.sign_in("ward_admin")
    form = {"rule": "loan_days", "place": "@schools", "category": "pupil", "material": "", "value": "10", "note": "学校の決まり"}
    assert (await client.post("/staff/policies", form)).status_code == 303
    listed = (await client.get("/staff/policies")).text
    assert "学校 × 児童・生徒" in listed
    assert "10日" in listed
    again = await client.post("/staff/policies", form)
    assert (again.status_code, "この範囲の規則はすでにあります。" in again.text) == (409, True)
    wrong = await client.post("/staff/policies", form | {"value": "たくさん", "category": ""})
    assert (wrong.status_code, "0から10000までの数" in wrong.text) == (422, True)
    async with database.reading() as session:
        number = (await ruling.lines(session))[0].id
    assert (await client.post(f"/staff/policies/{number}", {"value": "12", "note": ""})).status_code == 303
    why = (await client.get("/staff/policies/explain?branch=school&category=pupil")).text
    assert "「学校 × 児童・生徒」の行が決めました。" in why
    assert "12日" in why
    english = (await client.get("/staff/policies/explain?branch=school&category=pupil&lang=en")).text
    assert "12 days" in english
    assert (await client.post(f"/staff/policies/{number}/remove")).status_code == 303
    async with database.reading() as session:
        assert await ruling.lines(session) == ()


async def test_a_desk_looks_and_finds_nothing_to_change(client: Client, database: Database, world: World) -> None:
    number = await added(database, "loan_days", 10, At())
    await client.sign_in("desk")
    listed = await client.get("/staff/policies")
    assert listed.status_code == 200
    assert f"/staff/policies/{number}" not in listed.text
    assert (await client.post("/staff/policies", {"rule": "loan_days", "value": "9"})).status_code == 403


async def test_groups_are_made_and_filled_on_their_page(client: Client, database: Database, world: World) -> None:
    await client.sign_in("ward_admin")
    assert (await client.post("/staff/policies/groups", {"code": "Ward!", "name_ja": "区"})).status_code == 422
    assert (await client.post("/staff/policies/groups", {"code": "ward-libraries", "name_ja": "区の館"})).status_code == 303
    filled = {"name_ja": "区の館", "name_en": "Ward", "branch": ["chuo", "nishi"]}
    assert (await client.post("/staff/policies/groups/ward-libraries", filled)).status_code == 303
    async with database.reading() as session:
        group = (await ruling.groups(session))[0]
    assert (group.name, group.branches) == ({"ja": "区の館", "en": "Ward"}, ("chuo", "nishi"))


async def test_the_answer_in_json_names_the_row_and_what_it_beat(client: Client, database: Database, world: World) -> None:
    general, special = await added(database, "renewals", 1, At()), await added(database, "renewals", 0, At(material="video"), "視聴覚")
    await client.sign_in("desk")
    answer = (await client.json("/api/v1/policies/explain?branch=chuo&material=video")).json()
    found = next(one for one in answer["rules"] if one["rule"] == "renewals")
    assert (found["value"], found["decided_by"], [row["id"] for row in found["weighed"]]) == (0, str(special), [str(special), str(general)])
    unknown = await client.json("/api/v1/policies/explain?branch=nowhere")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "branch_not_found")


def test_rules_are_set_listed_and_explained_from_the_command_line(
    database_url: str, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRARY_DATABASE_URL", database_url)
    monkeypatch.setenv("LIBRARY_DATA", str(settings.data))

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(policies, [*arguments, "--json"])
        return done.exit_code, json.loads(done.stdout.strip().splitlines()[-1])

    assert run("set", "loan_days", "7", "--material", "video", "--note", "視聴覚")[1]["added"] is True
    assert run("set", "loan_days", "10", "--material", "video")[1]["added"] is False
    assert run("set", "lendable", "no", "--branch", "nishi")[0] == 0
    listed = run("list")[1]["policies"]
    assert [(one["rule"], one["value"], one["note"]) for one in listed] == [("lendable", False, ""), ("loan_days", 10, "視聴覚")]
    explained = run("explain", "--branch", "nishi", "--material", "video")[1]["rules"]
    assert {one["rule"]: one["value"] for one in explained if one["decided_by"]} == {"lendable": False, "loan_days": 10}
    status, refused = run("set", "loan_days", "soon")
    assert (status, refused["error"]["code"]) == (1, "rule_wants_a_number")
