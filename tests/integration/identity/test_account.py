"""One's own account: settings, password, sessions elsewhere, tokens."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import select, update

from library import app as application
from library import clock
from library.db import Database
from library.identity.models import Account, ApiToken, AuditEvent
from library.settings import Settings
from library.wiring import Parts
from tests.world import PASSWORD, Client, World

NEW = "natsu-no-umi-ga-suki-7"


@pytest.fixture
async def elsewhere(settings: Settings, parts: Parts) -> Client:
    """A second browser."""
    transport = httpx.ASGITransport(app=application.create(settings, parts))
    return Client(httpx.AsyncClient(transport=transport, base_url="http://library.test"))


async def test_settings_are_kept_and_the_language_speaks_at_once(client: Client, world: World, database: Database) -> None:
    await client.sign_in("reader")
    wanted = {"display_name": "もり", "language": "en", "show_ruby": "1", "home_branch": str(world.branches["nishi"])}
    answer = await client.post("/account/preferences", wanted)
    assert answer.status_code == 303
    async with database.reading() as session:
        row = await session.get_one(Account, world.accounts["reader"])
    assert (row.display_name, row.language, row.show_ruby, row.home_branch_id) == ("もり", "en", True, world.branches["nishi"])
    page = (await client.get(answer.headers["location"])).text
    assert '<html lang="en"' in page
    assert "もり" in page


@pytest.mark.parametrize(
    ("field", "value"), [("language", "tlh"), ("home_branch", "999999"), ("display_name", "あ" * 101)], ids=["language", "branch", "name"]
)
async def test_a_setting_that_cannot_be_is_refused_beside_its_field(client: Client, world: World, field: str, value: str) -> None:
    await client.sign_in("reader")
    answer = await client.post("/account/preferences", {"display_name": "", "language": "ja", "home_branch": ""} | {field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-wrong"' in answer.text


async def test_a_language_chosen_by_a_link_is_remembered(client: Client, world: World) -> None:
    answer = await client.get("/sign-in?lang=en")
    assert "language=en" in answer.headers["set-cookie"]
    assert '<html lang="en"' in (await client.get("/sign-in")).text
    assert "language" not in (await client.get("/sign-in?lang=xx")).headers.get("set-cookie", "")


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    client: Client, elsewhere: Client, world: World, database: Database
) -> None:
    await client.sign_in("desk")
    await elsewhere.sign_in("desk")
    answer = await client.post("/account/password", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert answer.headers["location"] == "/account?done=password"
    assert (await client.get("/account")).status_code == 200
    assert (await elsewhere.get("/account")).status_code == 303
    assert (await elsewhere.sign_in("desk")).status_code == 401
    assert (await elsewhere.sign_in("desk", NEW)).status_code == 303
    async with database.reading() as session:
        assert "account.password_changed" in list(await session.scalars(select(AuditEvent.act)))


@pytest.mark.parametrize(
    ("current", "new", "again", "field"),
    [
        ("wrong", NEW, NEW, "current"),
        (PASSWORD, NEW, NEW + "x", "again"),
        (PASSWORD, "short", "short", "password"),
        (PASSWORD, "the-desk-again", "the-desk-again", "password"),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "password"),
    ],
    ids=["wrong", "not the same twice", "short", "holds the login", "one letter"],
)
async def test_a_weak_or_mistyped_password_is_refused_beside_its_field(
    client: Client, world: World, current: str, new: str, again: str, field: str
) -> None:
    await client.sign_in("desk")
    answer = await client.post("/account/password", {"current": current, "password": new, "again": again})
    assert answer.status_code == 422
    assert f'id="f-{field}-wrong"' in answer.text
    assert new not in answer.text


async def test_guessing_the_current_password_is_locked_like_signing_in(client: Client, world: World) -> None:
    await client.sign_in("desk")
    for _ in range(5):
        await client.post("/account/password", {"current": "wrong", "password": NEW, "again": NEW})
    answer = await client.post("/account/password", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 429


async def test_sessions_elsewhere_can_be_seen_and_ended(client: Client, elsewhere: Client, world: World) -> None:
    elsewhere.http.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
    await client.sign_in("desk")
    await elsewhere.sign_in("desk")
    page = (await client.get("/account")).text
    assert "Chrome / Android" in page
    assert "この端末" in page
    other = re.search(r'name="session" value="([0-9a-f]{64})"', page)
    assert other is not None
    await client.post("/account/sessions", {"session": other[1]})
    assert (await elsewhere.get("/account")).status_code == 303
    assert (await client.get("/account")).status_code == 200


async def test_nobody_ends_the_session_of_somebody_else(client: Client, elsewhere: Client, world: World) -> None:
    await elsewhere.sign_in("desk")
    await elsewhere.http.get("/account")
    await client.sign_in("reader")
    from library.identity.signing_in import sessions

    await client.post("/account/sessions", {"session": sessions.digest(elsewhere.http.cookies["session"]).hex()})
    assert (await elsewhere.get("/account")).status_code == 200


async def test_all_other_sessions_end_with_one_button(client: Client, elsewhere: Client, world: World) -> None:
    await elsewhere.sign_in("desk")
    await client.sign_in("desk")
    await client.post("/account/sessions", {})
    assert (await elsewhere.get("/account")).status_code == 303
    assert (await client.get("/account")).status_code == 200


async def test_a_token_is_shown_once_works_and_can_be_revoked(client: Client, elsewhere: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    answer = await client.post("/account/tokens", {"name": "帳票", "scopes": ["patrons:see"], "days": "30"})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"wl_[\w-]+", answer.text)
    assert found is not None
    page = (await client.get("/account")).text
    assert found[0] not in page
    assert found[0][-4:] in page
    async with database.reading() as session:
        token = (await session.scalars(select(ApiToken))).one()
    assert token.scopes == ["patrons:see"]
    assert token.expires_at is not None
    bearer = {"Authorization": f"Bearer {found[0]}"}
    assert (await elsewhere.json("/api/v1/me", headers=bearer)).json()["login"] == "desk"
    await client.post(f"/account/tokens/{token.id}/revoke")
    assert (await elsewhere.json("/api/v1/me", headers=bearer)).status_code == 401


async def token_of(client: Client) -> dict[str, str]:
    """A token just made by whoever is signed in, as a header."""
    answer = await client.post("/account/tokens", {"name": "x", "scopes": ["patrons:see"]})
    found = re.search(r"wl_[\w-]+", answer.text)
    assert found is not None
    return {"Authorization": f"Bearer {found[0]}"}


async def test_a_new_password_revokes_the_tokens_and_says_so_before_and_after(client: Client, elsewhere: Client, world: World) -> None:
    await client.sign_in("desk")
    assert "APIトークンはすべて取り消されます" not in (await client.get("/account")).text
    bearer = await token_of(client)
    assert (await elsewhere.json("/api/v1/me", headers=bearer)).status_code == 200
    assert "APIトークンはすべて取り消されます" in (await client.get("/account")).text
    answer = await client.post("/account/password", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert "APIトークンは取り消しました" in (await client.get(answer.headers["location"])).text
    assert (await elsewhere.json("/api/v1/me", headers=bearer)).status_code == 401


async def test_a_mistyped_new_password_leaves_the_tokens(client: Client, elsewhere: Client, world: World) -> None:
    await client.sign_in("desk")
    bearer = await token_of(client)
    await client.post("/account/password", {"current": "wrong", "password": NEW, "again": NEW})
    assert (await elsewhere.json("/api/v1/me", headers=bearer)).status_code == 200


async def test_a_password_given_by_an_administrator_revokes_the_tokens(client: Client, elsewhere: Client, world: World) -> None:
    await client.sign_in("desk")
    bearer = await token_of(client)
    await client.sign_in("ward_admin")
    path = f"/staff/people/{world.accounts['desk']}"
    assert "再発行しても、止めても" in (await client.get(path)).text
    assert "APIトークンは取り消されました" in (await client.post(path, {"act": "password"})).text
    assert (await elsewhere.json("/api/v1/me", headers=bearer)).status_code == 401


@pytest.mark.parametrize("scope", ["staff:manage", "no:such", ""])
async def test_a_token_never_holds_more_than_its_owner(client: Client, world: World, scope: str) -> None:
    await client.sign_in("desk")
    answer = await client.post("/account/tokens", {"name": "x", "scopes": [scope] if scope else []})
    assert answer.status_code == 422
    assert "wl_" not in answer.text


async def test_a_reader_is_not_offered_tokens(client: Client, world: World) -> None:
    await client.sign_in("reader")
    assert "APIトークン" not in (await client.get("/account")).text


async def test_nobody_revokes_the_token_of_somebody_else(client: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    await client.post("/account/tokens", {"name": "mine", "scopes": ["patrons:see"]})
    async with database.reading() as session:
        token = (await session.scalars(select(ApiToken))).one()
    await client.sign_in("ward_admin")
    assert (await client.post(f"/account/tokens/{token.id}/revoke")).status_code == 404


async def test_a_token_cannot_change_the_account_it_belongs_to(client: Client, elsewhere: Client, world: World) -> None:
    await client.sign_in("desk")
    answer = await client.post("/account/tokens", {"name": "x", "scopes": ["patrons:see"]})
    found = re.search(r"wl_[\w-]+", answer.text)
    assert found is not None
    refused = await elsewhere.http.post("/account/password", headers={"Authorization": f"Bearer {found[0]}"}, data={"current": PASSWORD})
    assert refused.status_code == 403


async def test_a_disabled_accounts_token_opens_nothing(client: Client, elsewhere: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    answer = await client.post("/account/tokens", {"name": "x", "scopes": ["patrons:see"]})
    found = re.search(r"wl_[\w-]+", answer.text)
    assert found is not None
    async with database.transaction() as session:
        await session.execute(update(Account).values(disabled_at=clock.now()))
    assert (await elsewhere.json("/api/v1/me", headers={"Authorization": f"Bearer {found[0]}"})).status_code == 401
