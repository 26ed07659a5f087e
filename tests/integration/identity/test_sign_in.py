"""Signing in and out: by login or card, the lock on guessing, sessions that end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from library import app as application
from library import clock
from library.db import Database
from library.identity.models import Account, AuditEvent, Card, SignedIn, SignInFailure
from library.identity.signing_in import passwords, sessions
from library.settings import Settings
from library.wiring import Parts
from tests.world import PASSWORD, Client, World


async def counted(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(select(SignInFailure.failures)))


@pytest.mark.parametrize("login", ["desk", "ＤＥＳＫ", " desk "])
async def test_staff_sign_in_by_login_and_arrive_at_their_own_page(client: Client, world: World, database: Database, login: str) -> None:
    answer = await client.sign_in(login)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.casefold()
    assert "Max-Age" not in cookie
    async with database.reading() as session:
        assert list(await session.scalars(select(AuditEvent.act))) == ["account.signed_in"]
        assert await session.scalar(select(SignedIn.digest)) == sessions.digest(client.http.cookies["session"])


@pytest.mark.parametrize("number", ["1000000001", "1000 0000 01", "１０００００００01", "a1000000001b"])
async def test_a_reader_signs_in_by_card_number_however_it_is_typed_or_scanned(client: Client, world: World, number: str) -> None:
    assert (await client.sign_in(number)).headers["location"] == "/"
    assert "森 reader" in (await client.get("/account")).text


async def test_a_revoked_card_opens_nothing(client: Client, world: World, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(update(Card).values(revoked_at=clock.now()))
    assert (await client.sign_in(world.cards["reader"])).status_code == 401


@pytest.mark.parametrize(
    ("login", "password"), [("desk", "wrong-password"), ("nobody", PASSWORD), ("", ""), ("desk", ""), ("d\0esk", "wrong-password")]
)
async def test_a_refusal_never_says_which_of_the_two_was_wrong(client: Client, world: World, login: str, password: str) -> None:
    answer = await client.sign_in(login, password)
    assert answer.status_code == 401
    assert "ログイン名（カード番号）かパスワードが違います。" in answer.text
    assert "session" not in client.http.cookies
    assert password == "" or password not in answer.text


@pytest.mark.parametrize(
    ("following", "location"),
    [
        ("/account", "/account"),
        ("/search?q=%E6%9C%AC", "/search?q=%E6%9C%AC"),
        ("/search?q=本", "/search?q=" + quote("本")),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/sign-in?next=/sign-in", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
    ],
)
async def test_after_signing_in_one_goes_on_within_this_site_only(client: Client, world: World, following: str, location: str) -> None:
    answer = await client.post("/sign-in", {"login": "reader", "password": PASSWORD, "next": following})
    assert answer.headers["location"] == location


async def test_a_stranger_is_sent_to_sign_in_and_back(client: Client, world: World) -> None:
    answer = await client.get("/account?x=1")
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%3Fx%3D1"
    assert 'name="next" value="/account?x=1"' in (await client.get(answer.headers["location"])).text


async def test_five_wrong_passwords_lock_the_account_for_this_address_only(
    client: Client, world: World, settings: Settings, parts: Parts
) -> None:
    for _ in range(sessions.FREE_FAILURES):
        assert (await client.sign_in("desk", "wrong")).status_code == 401
    locked = await client.sign_in("desk")
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= sessions.LOCK.total_seconds()
    assert "15分ほど待って" in locked.text
    assert (await client.sign_in("reader")).status_code == 303, "another account from the same address"
    transport = httpx.ASGITransport(app=application.create(settings, parts), client=("198.51.100.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as elsewhere:
        assert (await Client(elsewhere).sign_in("desk")).status_code == 303, "the same account from another address"


async def test_a_lock_ends_by_itself_and_a_right_password_clears_the_count(client: Client, world: World, database: Database) -> None:
    for _ in range(sessions.FREE_FAILURES):
        await client.sign_in("desk", "wrong")
    with clock.stopped(clock.now() + sessions.LOCK + timedelta(seconds=1)):
        assert (await client.sign_in("desk")).status_code == 303
    assert await counted(database) == []


async def test_after_a_lock_one_more_wrong_password_locks_again(client: Client, world: World) -> None:
    for _ in range(sessions.FREE_FAILURES):
        await client.sign_in("desk", "wrong")
    with clock.stopped(clock.now() + sessions.LOCK + timedelta(seconds=1)):
        assert (await client.sign_in("desk", "wrong")).status_code == 401
        assert (await client.sign_in("desk")).status_code == 429


async def test_twenty_guesses_at_once_count_twenty_and_only_five_are_looked_at(client: Client, world: World, database: Database) -> None:
    await client.csrf()
    answers = await asyncio.gather(*(client.sign_in("desk", f"guess-{number}") for number in range(20)))
    assert await counted(database) == [20]
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15


async def test_twenty_guesses_at_once_would_all_be_looked_at_without_the_count_before(
    client: Client, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def uncounted(*_: object, **__: object) -> sessions.Attempt:
        return sessions.Attempt()

    await client.csrf()
    monkeypatch.setattr(sessions, "claim_attempt", uncounted)
    answers = await asyncio.gather(*(client.sign_in("desk", f"guess-{number}") for number in range(20)))
    assert [answer.status_code for answer in answers] == [401] * 20


async def test_a_busy_address_is_slowed_and_never_locked(database: Database, settings: Settings) -> None:
    now = clock.now()
    async with database.transaction() as session:
        for number in range(sessions.ADDRESS_SLOW_AFTER + 10):
            attempt = await sessions.claim_attempt(session, settings, login=f"pupil{number}", address="203.0.113.9", now=now)
            assert attempt.locked_for is None
        elsewhere = await sessions.claim_attempt(session, settings, login="pupil", address="203.0.113.10", now=now)
    assert attempt.pause == pytest.approx(1.0)
    assert elsewhere.pause == 0


async def test_an_outdated_hash_is_renewed_when_its_owner_signs_in(client: Client, world: World, database: Database) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    async with database.transaction() as session:
        await session.execute(update(Account).where(Account.login == "desk").values(password_hash=old))
    await client.sign_in("desk")
    async with database.reading() as session:
        stored = await session.scalar(select(Account.password_hash).where(Account.login == "desk"))
    assert stored is not None
    assert stored != old
    assert not passwords.is_outdated(stored)


async def test_a_session_cannot_be_planted(client: Client, world: World, database: Database) -> None:
    client.http.cookies.set("session", "planted-by-somebody-else", domain="library.test", path="/")
    assert (await client.get("/account")).status_code == 303
    await client.sign_in("desk")
    first = client.http.cookies["session"]
    assert first != "planted-by-somebody-else"
    await client.sign_in("reader")
    assert client.http.cookies["session"] != first
    async with database.reading() as session:
        assert await session.get(SignedIn, sessions.digest(first)) is None, "the session before is over"


@pytest.mark.parametrize(
    "later", [timedelta(minutes=121), timedelta(hours=12, seconds=1)], ids=["left alone for too long", "older than a working day"]
)
async def test_a_session_ends_by_itself(client: Client, world: World, later: timedelta) -> None:
    await client.sign_in("desk")
    with clock.stopped(clock.now() + later):
        assert (await client.get("/account")).status_code == 303


async def test_using_a_session_keeps_it_alive_within_its_day(client: Client, world: World) -> None:
    await client.sign_in("desk")
    start = clock.now()
    for minutes in range(0, 700, 100):
        with clock.stopped(start + timedelta(minutes=minutes)):
            assert (await client.get("/account")).status_code == 200
    with clock.stopped(start + timedelta(minutes=721)):
        assert (await client.get("/account")).status_code == 303


async def test_a_disabled_account_is_out_at_once_and_stays_out(client: Client, world: World, database: Database) -> None:
    await client.sign_in("desk")
    async with database.transaction() as session:
        await session.execute(update(Account).where(Account.login == "desk").values(disabled_at=clock.now()))
    assert (await client.get("/account")).status_code == 303
    assert (await client.sign_in("desk")).status_code == 401


async def test_signing_out_ends_the_session_on_the_server_too(client: Client, world: World) -> None:
    await client.sign_in("desk")
    secret = client.http.cookies["session"]
    assert (await client.post("/sign-out")).headers["location"] == "/"
    client.http.cookies.set("session", secret)
    assert (await client.get("/account")).status_code == 303


async def test_signing_in_needs_the_token_against_forgery(client: Client, world: World) -> None:
    answer = await client.http.post("/sign-in", data={"login": "desk", "password": PASSWORD})
    assert answer.status_code == 403


async def test_the_page_keeps_what_was_typed_but_never_a_password(client: Client, world: World) -> None:
    answer = await client.post("/sign-in", {"login": "<desk>", "password": "geheim-geheim", "next": "/account"})
    assert 'value="&lt;desk&gt;"' in answer.text
    assert 'value="/account"' in answer.text
    assert "geheim" not in answer.text
