"""The staff and their tokens from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from library.commands.staff import staff, token
from library.settings import Settings
from tests.world import Client, World


class Shell:
    """Runs a command as an operator would, with --json."""

    def __call__(self, group: Any, *arguments: str, typed: str | None = None) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(group, [*arguments, "--json"], input=typed)
        lines = done.stdout.strip().splitlines()
        return done.exit_code, json.loads(lines[-1]) if lines else {}


@pytest.fixture
def shell(database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("LIBRARY_DATABASE_URL", database_url)
    monkeypatch.setenv("LIBRARY_DATA", str(settings.data))
    return Shell()


def test_the_first_administrator_is_made_and_listed(shell: Shell) -> None:
    assert shell(staff, "list") == (0, {"staff": []})
    status, made = shell(staff, "add", "admin", "--role", "ward_admin", "--name", "管理 花子")
    assert status == 0
    assert made["scope"] == "everywhere"
    assert len(made["password"]) == 19
    listed = shell(staff, "list")[1]["staff"]
    assert [(one["login"], one["name"], one["roles"]) for one in listed] == [
        ("admin", "管理 花子", [{"role": "ward_admin", "scope": "everywhere"}])
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("desk", "--role", "desk", "--branch", "chuo"), 1, "login_taken"),
        (("Ａ1000000001A", "--role", "ward_admin"), 1, "login_is_card"),  # a reader's card as a scanner reads it
        (("new", "--role", "desk"), 1, "scope_unfit"),
        (("new", "--role", "desk", "--branch", "nowhere"), 1, "place_unknown"),
        (("new", "--role", "king"), 2, None),
        (("new", "--role", "desk", "--branch", "chuo", "--organisation", "ward"), 2, None),
    ],
)
def test_what_cannot_be_is_said(shell: Shell, world: World, arguments: tuple[str, ...], status: int, code: str | None) -> None:
    exit_code, said = shell(staff, "add", *arguments)
    assert exit_code == status
    assert said.get("error", {}).get("code") == code


async def test_a_token_from_the_command_line_works_until_it_is_revoked(client: Client, shell: Shell, world: World) -> None:
    import asyncio

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        return shell(token, *arguments)

    status, made = await asyncio.to_thread(run, "create", "--staff", "desk", "--scope", "patrons:see", "--days", "7")
    assert status == 0
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await client.json("/api/v1/patrons", headers=headers)).status_code == 200
    listed = (await asyncio.to_thread(run, "list", "--staff", "desk"))[1]["tokens"]
    assert [(one["id"], one["scopes"], one["last_four"]) for one in listed] == [(made["id"], ["patrons:see"], made["token"][-4:])]
    assert (await asyncio.to_thread(run, "revoke", made["id"], "--staff", "desk"))[0] == 0
    assert (await client.json("/api/v1/patrons", headers=headers)).status_code == 401
    assert (await asyncio.to_thread(run, "revoke", made["id"], "--staff", "desk"))[0] == 1


def test_a_token_has_at_most_what_its_owner_may(shell: Shell, world: World) -> None:
    assert shell(token, "create", "--staff", "desk", "--scope", "staff:manage")[1]["error"]["code"] == "scope_not_held"
    assert shell(token, "create", "--staff", "courier")[1]["error"]["code"] == "scopes_missing"
    assert shell(token, "create", "--staff", "nobody")[1]["error"]["code"] == "staff_not_found"
    held = ["patrons:see", "patrons:edit", "items:see", "loans:lend", "loans:override", "questions:answer", "lists:edit"]
    assert shell(token, "create", "--staff", "desk")[1]["scopes"] == held


async def test_passwords_and_stopping_from_the_command_line(client: Client, shell: Shell, world: World) -> None:
    import asyncio

    made = (await asyncio.to_thread(shell, staff, "password", "desk", "--generate"))[1]
    assert (await client.sign_in("desk", made["password"])).status_code == 303
    status, _ = await asyncio.to_thread(lambda: shell(staff, "password", "desk", typed="fuyu-no-hoshi-wo-miru-3\n"))
    assert status == 0
    assert (await client.get("/account")).status_code == 303, "the session before is over"
    assert (await client.sign_in("desk", "fuyu-no-hoshi-wo-miru-3")).status_code == 303
    assert (await asyncio.to_thread(lambda: shell(staff, "password", "desk", typed="short\n")))[1]["error"]["code"] == "password_short"
    assert (await asyncio.to_thread(shell, staff, "disable", "desk"))[0] == 0
    assert (await client.sign_in("desk", "fuyu-no-hoshi-wo-miru-3")).status_code == 401
    assert (await asyncio.to_thread(shell, staff, "disable", "desk", "--undo"))[0] == 0
    assert (await client.sign_in("desk", "fuyu-no-hoshi-wo-miru-3")).status_code == 303
    assert (await asyncio.to_thread(shell, staff, "disable", "ward_admin"))[1]["error"]["code"] == "last_administrator"
