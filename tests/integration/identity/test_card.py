"""The card's page and its JSON: one's own and the children's, never anybody else's."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete, update

from library import app as application
from library import clock, wiring
from library.db import Database, Reading
from library.http.outer import CONTENT_SECURITY
from library.identity.card.lines import Line, Words
from library.identity.models import AccountPerson, Card, Patron
from library.identity.viewer import Viewer
from library.settings import Settings
from library.wiring import Parts
from tests.pictures import rasterised, read
from tests.world import Client, World


def pictures(page: str, kind: str) -> list[str]:
    return re.findall(rf'<svg[^>]*class="{kind}".*?</svg>', page, re.DOTALL)


def codes(page: str) -> list[str]:
    """What the QR codes of a page say, in their order."""
    return [text for svg in pictures(page, "code") for text in read(rasterised(svg), "QRCode")]


async def test_the_card_is_shown_with_both_codes_and_its_number_in_groups(client: Client, world: World) -> None:
    await client.sign_in("reader")
    answer = await client.get("/card")
    number = world.cards["reader"]
    assert answer.status_code == 200
    assert codes(answer.text) == [number]
    assert [text for svg in pictures(answer.text, "bars") for text in read(rasterised(svg, 2), "Codabar")] == [f"A{number}A"]
    assert f"A {number[:4]} {number[4:7]} {number[7:]} A" in answer.text
    assert 'class="card on-paper"' in answer.text
    assert "画面を明るくしてください" in answer.text
    assert "<details name" not in answer.text


async def test_a_guardian_finds_the_childs_card_below_the_own_one(client: Client, world: World) -> None:
    await client.sign_in("guardian")
    page = (await client.get("/card")).text
    assert codes(page) == [world.cards["guardian"], world.cards["pupil"]]
    assert page.count('<details name="cards"') == 2
    assert page.count(" open>") == 1
    assert world.cards["reader"] not in page


async def test_nobody_sees_a_card_by_asking_for_it(client: Client, world: World) -> None:
    await client.sign_in("reader")
    for path in ("/card?person=2", f"/card?person_id={world.persons['pupil']}", f"/api/v1/card?person={world.persons['pupil']}"):
        assert world.cards["pupil"] not in (await client.get(path)).text
    assert (await client.get(f"/card/{world.cards['pupil']}.svg")).status_code == 404


async def test_a_stranger_is_sent_to_sign_in_and_back(client: Client, world: World) -> None:
    answer = await client.get("/card")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fcard"
    assert (await client.json("/api/v1/card")).status_code == 401


async def test_the_staff_without_a_membership_are_told_what_to_do(client: Client, world: World) -> None:
    await client.sign_in("desk")
    answer = await client.get("/card")
    assert answer.status_code == 200
    assert "このログインには利用者カードがありません" in answer.text
    assert "X-Keep-Until" not in answer.headers
    assert "card.js" not in answer.text


@pytest.mark.parametrize(
    ("what", "sentence", "standing"),
    [
        ("revoked", "このカードは使えなくなっています", "revoked"),
        ("ended", "登録の有効期限が切れています", "ended"),
        ("not yet", "まだ使いはじめの日になっていません", "not_yet"),
        ("no card", "カードはまだありません", "no_card"),
        ("no membership", "利用者の登録がまだありません", "not_registered"),
    ],
)
async def test_a_card_that_is_not_good_is_not_shown(
    client: Client, database: Database, world: World, what: str, sentence: str, standing: str
) -> None:
    await client.sign_in("reader")
    person, today = world.persons["reader"], clock.now().date()
    changes = {
        "revoked": update(Card).where(Card.person_id == person).values(revoked_at=clock.now(), revoked_reason="lost"),
        "ended": update(Patron).where(Patron.person_id == person).values(valid_to=today - timedelta(days=2)),
        "not yet": update(Patron).where(Patron.person_id == person).values(valid_from=today + timedelta(days=2)),
        "no card": delete(Card).where(Card.person_id == person),
        "no membership": delete(Patron).where(Patron.person_id == person),
    }
    async with database.transaction() as session:
        await session.execute(changes[what])
    answer = await client.get("/card")
    assert sentence in answer.text
    assert pictures(answer.text, "code") == []
    assert world.cards["reader"] not in answer.text
    assert "X-Keep-Until" not in answer.headers
    found = (await client.json("/api/v1/card")).json()["cards"][0]
    assert (found["standing"], found["number"], found["barcode"]) == (standing, None, None)


async def test_a_replacement_takes_the_place_of_a_lost_card(client: Client, database: Database, world: World) -> None:
    async with database.transaction() as session:
        await session.execute(update(Card).where(Card.number == world.cards["reader"]).values(revoked_at=clock.now()))
        session.add(Card(person_id=world.persons["reader"], number="1000000999"))
    await client.sign_in("reader")
    page = (await client.get("/card")).text
    assert codes(page) == ["1000000999"]
    assert world.cards["reader"] not in page


async def test_a_number_that_bars_cannot_write_is_shown_as_qr_code_alone(client: Client, database: Database, world: World) -> None:
    async with database.transaction() as session:
        await session.execute(update(Card).where(Card.number == world.cards["reader"]).values(number="kb-00412"))
    await client.sign_in("reader")
    page = (await client.get("/card")).text
    assert codes(page) == ["kb-00412"]
    assert pictures(page, "bars") == []
    found = (await client.json("/api/v1/card")).json()["cards"][0]
    assert (found["number"], found["barcode"], found["printed"]) == ("kb-00412", None, "kb-00412")


async def test_a_child_that_is_no_longer_in_the_accounts_care_is_gone(client: Client, database: Database, world: World) -> None:
    async with database.transaction() as session:
        await session.execute(delete(AccountPerson).where(AccountPerson.role == "guardian"))
    await client.sign_in("guardian")
    assert world.cards["pupil"] not in (await client.get("/card")).text


async def test_json_has_the_number_the_name_and_the_text_of_the_bars(client: Client, world: World) -> None:
    await client.sign_in("guardian")
    answer = await client.json("/api/v1/card")
    assert answer.headers["cache-control"] == "no-store"
    own, child = answer.json()["cards"]
    number = world.cards["guardian"]
    assert own == {
        "name": "森 guardian",
        "role": "self",
        "standing": "valid",
        "number": number,
        "barcode": f"A{number}A",
        "printed": f"A {number[:4]} {number[4:7]} {number[7:]} A",
        "until": None,
    }
    assert (child["role"], child["number"]) == ("guardian", world.cards["pupil"])


async def test_a_token_does_not_open_the_card(client: Client, world: World) -> None:
    await client.sign_in("school_librarian")
    made = await client.send("POST", "/api/v1/tokens", json={"name": "t", "scopes": ["patrons:see"]})
    assert made.status_code == 201
    client.http.cookies.clear()
    refused = await client.json("/api/v1/card", headers={"Authorization": f"Bearer {made.json()['token']}"})
    assert refused.status_code == 403


async def test_the_page_may_be_kept_for_this_account_until_its_sign_in_ends(client: Client, world: World, settings: Settings) -> None:
    await client.sign_in("reader")
    answer = await client.get("/card")
    hours = (int(answer.headers["x-keep-until"]) / 1000 - time.time()) / 3600
    assert settings.session_hours - 0.1 < hours <= settings.session_hours
    assert answer.headers["x-kept-for"] == str(world.accounts["reader"])
    assert f'data-reader="{world.accounts["reader"]}"' in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_every_page_says_whose_it_is_so_that_a_kept_card_of_another_is_forgotten(client: Client, world: World) -> None:
    assert 'data-reader=""' in (await client.get("/places")).text
    await client.sign_in("pupil")
    assert f'data-reader="{world.accounts["pupil"]}"' in (await client.get("/places")).text
    assert "data-reader" not in (await client.get("/nowhere")).text


async def test_the_service_worker_is_a_script_at_the_root_that_is_checked_at_every_visit(client: Client) -> None:
    answer = await client.get("/service-worker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY
    assert "import " not in answer.text  # it is registered as a classic script


async def test_tabs_lead_readers_to_card_and_loans(client: Client, world: World) -> None:
    await client.sign_in("reader")
    page = (await client.get("/card")).text
    for path in ("/", "/card", "/loans", "/account"):
        assert f'<a href="{path}"' in page
    assert '<a href="/card" aria-current="page"' in page


async def test_other_rooms_put_their_lines_below_the_card(
    settings: Settings, parts: Parts, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def due(_session: Reading, viewer: Viewer, person_id: int) -> Sequence[Line]:
        assert viewer.account_id == world.accounts["guardian"]
        if person_id == world.persons["guardian"]:
            return ()
        return (Line(Words("借りている本 {count}点", {"count": 3}), f"/loans?of={person_id}", mark=("near", Words("のばす"))),)

    monkeypatch.setattr(wiring, "card_lines", lambda: (due,))
    transport = httpx.ASGITransport(app=application.create(settings, parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://library.test") as plain:
        client = Client(plain)
        await client.sign_in("guardian")
        page = (await client.get("/card")).text
    assert page.count('class="todo"') == 1
    assert page.index("借りている本 3点") > page.index(world.cards["pupil"][:4])
    assert f'href="/loans?of={world.persons["pupil"]}"' in page


async def test_the_card_speaks_english_too(client: Client, world: World) -> None:
    await client.sign_in("guardian")
    page = (await client.get("/card?lang=en")).text
    assert "Please turn up the brightness" in page
    assert "On loan" in page
