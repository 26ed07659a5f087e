"""Requests nobody sends by mistake: they are refused in order, never with a 500, never at the cost of the memory."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from library import app as application
from library import processes
from library.db import Database
from library.http.requests import BODY_LIMIT, client_address, neighbourhood
from library.settings import Settings
from library.wiring import Parts
from tests.routes import ROUTES
from tests.world import PASSWORD, Client, World

MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
FIELD = b'--x\r\nContent-Disposition: form-data; name="login"\r\n%s\r\n\xff\xfe\r\n--x--\r\n'
JUNK = ("a%00b", "%ff%fe", "-1", "9" * 30, "9" * 5000, "a" * 3000, "9999-12-31", "0001-01-01", "%0d%0aX:1", "((", "%ED%A0%80")
ASKED = {
    "/search": ("q", "page", "ndc", "year", "branch", "material", "lang", "where", "author", "subject", "series", "sort", "group"),
    "/search.rss": ("q", "page", "branch"),
    "/browse/ndc": ("q",),
    "/browse/new": ("week", "branch", "shelf", "page"),
    "/browse/index": ("q", "kana"),
    "/api/v1/citations": ("ids", "format"),
    "/kids/writers": ("name", "page"),
    "/guide": ("q", "text"),
    "/api/v1/search": ("q", "page", "ndc", "year", "branch", "available", "language", "audience", "author", "group"),
    "/api/v1/suggest": ("q",),
    "/api/v1/patrons": ("q", "after", "limit"),
    "/api/v1/items": ("branch", "after", "limit", "available"),
    "/api/v1/branches/chuo/calendar": ("from", "to"),
    "/staff/audit": ("first", "last", "login", "act", "before"),
    "/staff/people": ("q", "after"),
    "/staff/catalogue": ("q", "page"),
    "/staff/reviews": ("after", "page"),
    "/sign-in": ("next",),
}


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: junk[:12])
async def test_no_address_makes_the_service_fail(junk: str, client: Client, world: World, parts: Parts) -> None:
    while await parts.follower.step():
        pass
    await client.sign_in("ward_admin")
    failed = []
    for path in addresses(junk):
        answer = await client.get(path)
        if answer.status_code >= 500:
            failed.append(f"{answer.status_code} {path[:80]}")
    assert not failed, "\n".join(failed)


def addresses(junk: str) -> Iterator[str]:
    """Every page with the junk for the values in its path, and what pages are asked with the junk for one of it."""
    for method, path in ROUTES:
        names = re.findall(r"{(\w+)}", path)
        if method == "GET" and names:
            yield path.format(**dict.fromkeys(names, junk))
    for path, names in ASKED.items():
        yield from (f"{path}?{name}={junk}" for name in names)


@pytest.mark.parametrize(
    "body",
    [
        FIELD % b"",
        FIELD % b"Content-Type: text/plain; charset=nonsense\r\n",
        b'--x\r\nContent-Disposition: form-data; name="_csrf_token"; filename="f"\r\n\r\nx\r\n--x--\r\n',
        b"--x\r\nfoo",
    ],
)
@pytest.mark.parametrize("with_header", [True, False])
async def test_a_form_that_is_no_form_is_refused(body: bytes, with_header: bool, client: Client, world: World) -> None:
    headers = MULTIPART | ({"X-CSRF-Token": await client.csrf()} if with_header else {})
    answer = await client.http.post("/sign-in", content=body, headers=headers)
    assert answer.status_code in {400, 401, 403}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 200_000, b'{"name":' + b"[" * 100_000, b'{"name":"\xff"}', b'{"name":"a\\u0000","scopes":["patrons:see"]}']
)
async def test_json_that_is_no_json_is_refused(body: bytes, client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    answer = await client.send("POST", "/api/v1/tokens", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("token", [b"", b"\xe9" * 96, b"a" * 96, b"planted"])
async def test_a_forgery_cookie_of_somebody_else_neither_passes_nor_stays(token: bytes, client: Client, world: World) -> None:
    form = {"login": "desk", "password": PASSWORD}
    planted = {"Cookie": b"csrf=" + token, "X-CSRF-Token": token}
    assert (await client.http.post("/sign-in", data=form, headers=planted)).status_code == 403
    page = await client.http.get("/sign-in", headers={"Cookie": b"csrf=" + token, "Accept": "text/html"})
    assert page.cookies["csrf"] in page.text
    assert (await client.sign_in("desk")).status_code == 303


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)])
async def test_a_form_sent_from_another_site_is_refused_even_with_a_known_token(
    site: str, status: int, client: Client, world: World
) -> None:
    form = {"login": "desk", "password": PASSWORD}
    assert (await client.post("/sign-in", form, headers={"Sec-Fetch-Site": site})).status_code == status


async def test_over_https_cookies_are_bound_to_this_host(settings: Settings, parts: Parts, world: World) -> None:
    secure = settings.model_copy(update={"public_url": "https://library.test"})
    transport = httpx.ASGITransport(app=application.create(secure, parts))
    async with httpx.AsyncClient(transport=transport, base_url="https://library.test") as browser:
        await browser.get("/sign-in")
        token = browser.cookies["__Host-csrf"]
        signed_in = await browser.post("/sign-in", data={"login": "desk", "password": PASSWORD, "_csrf_token": token})
        assert "__Host-session=" in signed_in.headers["set-cookie"]
        assert "Secure" in signed_in.headers["set-cookie"]
        assert (await browser.get("/account")).status_code == 200
        await browser.post("/sign-out", data={"_csrf_token": token})
        assert (await browser.get("/api/v1/me")).status_code == 401
        planted = {"Cookie": f"session={signed_in.cookies['__Host-session']}"}
        assert (await browser.get("/api/v1/me", headers=planted)).status_code == 401


async def test_a_large_body_is_refused_where_no_file_is_expected(client: Client, world: World) -> None:
    too_much = {"login": "x" * BODY_LIMIT, "password": ""}
    assert (await client.post("/sign-in", too_much)).status_code == 413


async def test_a_stranger_sends_no_files(client: Client, world: World) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50:
            sent += 1
            yield b"x" * 65536

    headers = MULTIPART | {"Cookie": f"csrf={await client.csrf()}"}
    answer = await client.http.post("/staff/import/patrons", content=endless(), headers=headers)
    assert answer.status_code == 401


def test_large_bodies_are_taken_only_where_files_are(settings: Settings, parts: Parts) -> None:
    made: Litestar = application.litestar(settings, parts)
    large = {
        route.path
        for route in made.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if (handler.resolve_request_max_body_size() or 0) > BODY_LIMIT
    }
    assert "/staff/import/patrons" in large
    assert all("import" in path for path in large), large


async def test_the_same_key_with_another_body_is_another_request(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"name": "monthly", "scopes": ["patrons:see"]}
    sent = [await client.send("POST", "/api/v1/tokens", json=one, headers=key) for one in (body, body, body | {"name": "yearly"})]
    assert [one.status_code for one in sent] == [201, 201, 422]
    assert sent[0].json()["id"] == sent[1].json()["id"]
    assert sent[2].json()["code"] == "idempotency_key_reused"


async def test_ten_requests_with_one_key_at_once_are_one(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"name": "monthly", "scopes": ["patrons:see"]}
    sent = await asyncio.gather(*(client.send("POST", "/api/v1/tokens", json=body, headers=key) for _ in range(10)))
    assert {one.status_code for one in sent} == {201}
    assert len({one.json()["id"] for one in sent}) == 1
    assert sum(one.json()["token"] is not None for one in sent) == 1


async def test_a_token_makes_no_token_that_would_outlive_it(client: Client, world: World) -> None:
    await client.sign_in("ward_admin")
    made = await client.send("POST", "/api/v1/tokens", json={"name": "short", "scopes": ["patrons:see"], "days": 1})
    bearer = {"Authorization": f"Bearer {made.json()['token']}"}
    longer = {"name": "long", "scopes": ["patrons:see"], "days": 3650}
    assert (await client.http.post("/api/v1/tokens", json=longer, headers=bearer)).status_code == 403
    assert (await client.http.delete(f"/api/v1/tokens/{made.json()['id']}", headers=bearer)).status_code == 403


@pytest.mark.parametrize("name", ["%00", "a" * 5000, "..%2f..%2fmanifest.json"])
async def test_a_file_that_cannot_be_is_not_found(name: str, client: Client) -> None:
    assert (await client.get(f"/static/{name}")).status_code == 404


TRUSTED = Settings(demo=True, trusted_proxies="10.0.0.0/8,2001:db8::/32").trusted_proxies  # type: ignore[arg-type]  # as the environment gives it


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:50123"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db9::7]:443"], "2001:db9::7"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:203.0.113.5", [], "203.0.113.5"),
    ],
)
def test_the_address_is_the_last_that_a_trusted_proxy_saw(peer: str, forwarded: list[str], found: str) -> None:
    scope: Any = {"client": (peer, 1), "headers": [(b"x-forwarded-for", line.encode()) for line in forwarded]}
    assert client_address(scope, TRUSTED) == found


def test_a_household_of_ipv6_counts_as_one_address() -> None:
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9") != neighbourhood("2001:db8:1:3::1")
    assert neighbourhood("198.51.100.1") == "198.51.100.1"


async def test_headers_without_end_are_cut_off() -> None:
    bound = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.ensure_future(processes.serve(Litestar([]), bound))
    reader, writer = await asyncio.open_connection(*bound.getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
    with contextlib.suppress(ConnectionError):
        for number in range(100):
            writer.write(b"X-%d: " % number + b"a" * 60_000 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)
    with contextlib.suppress(ConnectionError):
        assert b"400" in await reader.readline()
    assert number < 50
    writer.close()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def test_a_database_that_hangs_is_said_within_seconds(settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        made = application.create(settings, parts)
        hanging = Database(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x", pooled=False)
        monkeypatch.setattr(parts, "database", hanging)
        made = application.create(settings, parts)
        monkeypatch.setattr("library.http.health.PATIENCE", 0.3)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=made), base_url="http://library.test") as http:
            answer = await asyncio.wait_for(http.get("/readyz"), 10)
        assert answer.status_code == 503
        await hanging.close()
