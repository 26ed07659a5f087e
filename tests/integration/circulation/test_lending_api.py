"""JSON of lending: repeated requests, wrong ones, who may, and barcodes of several owners."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from circulation.models import Hold, Loan
from library import clock
from library.identity.signing_in import sessions
from tests.integration.circulation.stock import Stock
from tests.world import Client


@pytest.fixture
async def desk(client: Client, stock: Stock) -> Client:
    """The desk of the central library."""
    assert stock.world.accounts["desk"]
    await client.sign_in("desk")
    return client


async def post(client: Client, path: str, body: Any, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.send("POST", f"/api/v1/{path}", json=body, headers=headers)


async def counted(stock: Stock, what: type[Loan] | type[Hold]) -> int:
    async with stock.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(what)) or 0


async def test_a_loan_is_told_with_its_date_and_what_comes_next(desk: Client, stock: Stock) -> None:
    card, (record, barcode) = await stock.reader(), await stock.book()
    lent = (await post(desk, "loans", {"card": card, "barcode": f"a{barcode}a", "branch": "chuo"})).json()
    assert (lent["item"]["barcode"], lent["item"]["record_id"], lent["lent"], lent["limit"]) == (barcode, str(record), 1, 30)
    back = (await post(desk, "returns", {"barcode": barcode, "branch": "chuo"})).json()
    assert (back["next"], back["to"], back["loan"]) == ("shelf", None, lent["id"])


async def test_what_is_sent_twice_with_one_key_is_done_once(desk: Client, stock: Stock) -> None:
    card, (record, barcode) = await stock.reader(), await stock.book()
    other, _ = await stock.book("手袋を買いに")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("loans", {"card": card, "barcode": barcode, "branch": "chuo"}),
        ("holds", {"card": card, "record_id": str(other), "pickup": "chuo"}),
        ("returns", {"barcode": barcode, "branch": "chuo"}),
        ("renewals", {"card": card}),
    ]
    for path, body in asked:
        key = str(uuid.uuid4())
        first, second = await post(desk, path, body, key), await post(desk, path, body, key)
        assert first.status_code < 300, first.text
        assert (second.status_code, second.json()) == (first.status_code, first.json())
        changed = await post(desk, path, body | {"branch" if path != "holds" else "pickup": "nishi"}, key)
        assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")
    assert (await counted(stock, Loan), await counted(stock, Hold)) == (1, 1)
    assert record


async def test_a_refused_request_keeps_no_key(desk: Client, stock: Stock) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book()
    await stock.lend(first, barcode)
    key, body = str(uuid.uuid4()), {"card": second, "barcode": barcode, "branch": "chuo"}
    assert (await post(desk, "loans", body, key)).status_code == 409
    await stock.take_back(barcode)
    assert (await post(desk, "loans", body, key)).status_code == 201


async def test_a_key_belongs_to_who_sent_it(desk: Client, stock: Stock) -> None:
    key, (record, _) = str(uuid.uuid4()), await stock.book()
    assert (await post(desk, "holds", {"card": await stock.reader(), "record_id": str(record), "pickup": "chuo"}, key)).status_code == 201
    await desk.post("/sign-out")
    await desk.sign_in("reader")
    body = {"card": stock.world.cards["reader"], "record_id": str(record), "pickup": "chuo"}
    assert (await post(desk, "holds", body, key)).json()["position"] == 2


async def test_every_reason_is_told_with_whether_it_can_be_decided_against(desk: Client, stock: Stock) -> None:
    first, second, (_, barcode) = await stock.reader(), await stock.reader(), await stock.book(in_library_only=True)
    await stock.change(barcode, in_library_only=False)
    await stock.lend(first, barcode)
    await stock.change(barcode, in_library_only=True)
    await stock.policy("loans_limit", 0)
    body: dict[str, Any] = {"card": second, "barcode": barcode, "branch": "chuo"}
    refused = await post(desk, "loans", body)
    assert refused.status_code == 409
    reasons = {reason["code"]: reason["overridable"] for reason in refused.json()["reasons"]}
    assert reasons == {"lent_to_another": True, "in_library_only": True, "loans_limit": True}
    body["override"] = {"codes": ["lent_to_another", "loans_limit"], "reason": "librarian"}
    assert len((await post(desk, "loans", body)).json()["reasons"]) == 3  # one was not named: nothing is done
    body["override"]["codes"].append("in_library_only")
    assert sorted((await post(desk, "loans", body)).json()["overridden"]) == sorted(reasons)


LOAN: dict[str, Any] = {"card": "CARD", "barcode": "BARCODE", "branch": "chuo"}
HOLD: dict[str, Any] = {"card": "CARD", "record_id": "RECORD", "pickup": "chuo"}
WRONG: list[tuple[str, Any, int, str | None]] = [
    ("loans", {}, 400, None),
    ("loans", [], 400, None),
    ("loans", None, 400, None),
    ("loans", LOAN | {"colour": "red"}, 400, None),
    ("loans", LOAN | {"card": 1000000001}, 400, None),
    ("loans", LOAN | {"card": ""}, 400, None),
    ("loans", LOAN | {"card": "9" * 101}, 400, None),
    ("loans", LOAN | {"card": "\x00\x01"}, 400, "card_form"),
    ("loans", LOAN | {"card": "9784101092058"}, 400, "card_is_isbn"),
    ("loans", LOAN | {"card": "7777777777"}, 404, None),
    ("loans", LOAN | {"barcode": "9784101092058"}, 400, "barcode_is_isbn"),
    ("loans", LOAN | {"barcode": "no such"}, 404, "barcode_not_found"),
    ("loans", LOAN | {"barcode": "a\nb\x00"}, 400, "barcode_form"),
    ("loans", LOAN | {"branch": "atlantis"}, 404, "branch_not_found"),
    ("loans", LOAN | {"branch": "\x00"}, 400, None),
    ("loans", LOAN | {"branch": "chuo'; --"}, 404, "branch_not_found"),
    ("loans", LOAN | {"override": {"codes": [], "reason": "librarian"}}, 400, None),
    ("loans", LOAN | {"override": {"codes": ["bad_weather"], "reason": "librarian"}}, 400, "refusal_unknown"),
    ("loans", LOAN | {"override": {"codes": ["wanted"], "reason": "because"}}, 400, None),
    ("returns", {"barcode": "BARCODE", "branch": "chuo", "from_box": "yes"}, 400, None),
    ("returns", {"barcode": "no such", "branch": "chuo"}, 404, "barcode_not_found"),
    ("renewals", {"card": "CARD", "barcode": "BARCODE"}, 404, "loan_not_found"),
    ("renewals", {"card": "CARD", "barcode": "\x07"}, 400, "barcode_form"),
    ("holds", HOLD | {"record_id": "9" * 30}, 404, "record_not_found"),
    ("holds", HOLD | {"record_id": "-1"}, 404, "record_not_found"),
    ("holds", HOLD | {"record_id": "１"}, 404, "record_not_found"),
    ("holds", HOLD | {"record_id": "999999"}, 404, "record_not_found"),
    ("holds", HOLD | {"item": "9" * 18}, 409, "hold_refused"),
    ("holds", HOLD | {"item": "\x00"}, 404, None),
    ("holds", HOLD | {"pickup": "school"}, 409, "hold_refused"),
]


@pytest.mark.parametrize("path", ["loans", "returns", "renewals", "holds"])
async def test_a_wrong_request_is_answered_with_what_is_wrong(desk: Client, stock: Stock, path: str) -> None:
    record, barcode = await stock.book()
    given = {"CARD": await stock.reader(), "BARCODE": barcode, "RECORD": str(record)}
    failed = []
    for _, body, status, code in (row for row in WRONG if row[0] == path):
        filled = {name: given.get(value, value) if isinstance(value, str) else value for name, value in body.items()} if body else body
        answer = await post(desk, path, filled)
        said = (answer.status_code, answer.json().get("code"), answer.headers["Content-Type"].split(";")[0])
        if said != (status, code or said[1], "application/problem+json"):
            failed.append(f"{body!a}: {said}")
    assert failed == []
    assert (await counted(stock, Loan), await counted(stock, Hold)) == (0, 0)


async def test_what_is_no_json_is_refused(desk: Client) -> None:
    headers = {"Content-Type": "application/json", "X-CSRF-Token": await desk.csrf(), "Accept": "application/json"}
    lone = rb'{"card": "\ud800", "barcode": "1", "branch": "chuo", "record_id": "1", "pickup": "chuo"}'
    for written in (b"", b"{", b"\xff\xfe", b'{"card": NaN}', b"[" * 20_000, b'"text"', lone):
        for path in ("loans", "holds"):
            answer = await desk.http.post(f"/api/v1/{path}", content=written, headers=headers)
            assert answer.status_code == 400, (path, written[:40])


async def test_a_key_that_is_none_is_refused(desk: Client) -> None:
    for key in ("", "1", "not-a-uuid", "x" * 3000):
        headers = {"Idempotency-Key": key}
        answer = await desk.send("POST", "/api/v1/returns", json={"barcode": "1", "branch": "chuo"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_form")


async def test_a_hold_or_act_that_is_not_there_is_not_found(desk: Client) -> None:
    for number in ("0", "-1", "9" * 18, "9" * 25):
        assert (await desk.send("DELETE", f"/api/v1/holds/{number}")).status_code == 404
        assert (await desk.send("POST", f"/api/v1/acts/{number}/undo")).status_code == 404


async def test_a_reader_lends_nothing_and_waits_only_for_themselves_and_their_children(client: Client, stock: Stock) -> None:
    record, barcode = await stock.book()
    cards = stock.world.cards
    await client.sign_in("guardian")
    assert (await post(client, "loans", {"card": cards["guardian"], "barcode": barcode, "branch": "chuo"})).status_code == 403
    assert (await post(client, "returns", {"barcode": barcode, "branch": "chuo"})).status_code == 403
    school_book, _ = await stock.book("手袋を買いに", "school")
    for card, title, pickup, status in (
        (cards["guardian"], record, "chuo", 201),
        (cards["pupil"], school_book, "school", 201),
        (cards["reader"], record, "chuo", 404),  # as if the number were no card
    ):
        answer = await post(client, "holds", {"card": card, "record_id": str(title), "pickup": pickup})
        assert answer.status_code == status, answer.text
    decided = {"codes": ["already_on_hold", "holds_limit"], "reason": "librarian"}
    body = {"card": cards["guardian"], "record_id": str(record), "pickup": "chuo", "override": decided}
    assert (await post(client, "holds", body)).status_code == 403


async def test_nobody_learns_of_another_s_card_or_hold(client: Client, stock: Stock) -> None:
    record, barcode = await stock.book()
    cards = stock.world.cards
    await stock.lend(cards["reader"], barcode)
    hold = await stock.wait_for(cards["guardian"], record)
    own = await stock.wait_for(cards["pupil"], (await stock.book("手袋を買いに", "school"))[0], "school")
    for login, card, seen in (
        *(("reader", "reader", 200), ("reader", "guardian", 404), ("reader", "pupil", 404)),
        *(("guardian", "pupil", 200), ("guardian", "reader", 404)),
        *(("school_librarian", "pupil", 200), ("school_librarian", "reader", 404)),
        *(("desk", "reader", 200), ("desk", "pupil", 404), ("kiosk", "reader", 404), ("teacher", "pupil", 404)),
    ):
        await client.sign_in(login)
        answer = await client.json(f"/api/v1/patrons/{cards[card]}")
        assert answer.status_code == seen, (login, card)
        assert (await client.json("/api/v1/patrons/7777777777")).status_code == 404
        if seen == 404 and login != "guardian":
            other = own if card == "pupil" else hold
            assert (await client.send("DELETE", f"/api/v1/holds/{other}")).status_code == 404, (login, card)
    assert {(await stock.hold(number)).closed_at for number in (hold, own)} == {None}
    await client.sign_in("guardian")
    for number in (hold, own):
        assert (await client.send("DELETE", f"/api/v1/holds/{number}")).status_code == 204
        assert (await client.send("DELETE", f"/api/v1/holds/{number}")).json()["code"] == "hold_over"


async def test_a_librarian_renews_for_the_readers_of_their_library_whatever_branch_lent_it(client: Client, stock: Stock) -> None:
    (_, barcode), (_, school_book) = await stock.book(), await stock.book("手袋を買いに", "school")
    card, pupil = stock.world.cards["reader"], stock.world.cards["pupil"]
    await stock.lend(card, barcode, "nishi")
    await stock.lend(pupil, school_book, "school")
    await client.sign_in("desk")
    assert [one["id"] for one in (await post(client, "renewals", {"card": card})).json()["refused"]] == ["1"]  # due the same day still
    assert (await post(client, "renewals", {"card": card, "barcode": barcode})).json()["code"] == "renewal_refused"
    assert (await post(client, "renewals", {"card": pupil})).status_code == 404
    assert (await post(client, "renewals", {"card": pupil, "barcode": school_book})).status_code == 404


async def test_a_barcode_of_several_owners_means_the_nearest(client: Client, stock: Stock) -> None:
    titles = {branch: await stock.title(branch) for branch in ("chuo", "school", "other_school", "joint")}
    for branch in ("chuo", "school", "other_school"):
        await stock.copy(titles[branch], branch, barcode="00000042")
    await client.sign_in("ward_admin")

    async def meant(branch: str) -> str:
        answer = (await post(client, "returns", {"barcode": "00000042", "branch": branch})).json()
        return str(answer["item"]["title"]) if "item" in answer else f"{answer['code']}: {answer['detail']}"

    assert await meant("chuo") == "chuo"
    assert await meant("school") == "school"
    assert await meant("other-school") == "other_school"
    assert await meant("nishi") == "chuo"  # of the ward, whose branch it is
    several = await meant("joint")  # of the ward and of the other school, who run it together
    assert several.startswith("barcode_of_several_owners")
    assert "こもれび区" in several
    assert "きた小学校" in several
    assert "みなみ小学校" not in several


async def test_a_token_does_only_what_it_was_made_for(client: Client, stock: Stock) -> None:
    card, (_, barcode) = await stock.reader(), await stock.book()
    allowed = ("loans:lend", "items:see")
    async with stock.database.transaction() as session:
        secrets = [
            (
                await sessions.create_token(
                    session,
                    account_id=stock.world.accounts["desk"],
                    name="t",
                    scopes=(scope,),
                    allowed=allowed,
                    expires_at=clock.now() + timedelta(hours=1),
                )
            )[1]
            for scope in allowed
        ]
    body = {"card": card, "barcode": barcode, "branch": "chuo"}
    lending, looking = [{"Authorization": f"Bearer {secret}", "Accept": "application/json"} for secret in secrets]
    assert (await client.http.post("/api/v1/loans", json=body, headers=looking)).status_code == 403
    assert (await client.http.post("/api/v1/loans", json=body, headers=lending)).status_code == 201
    decided = body | {"override": {"codes": ["lent_to_another"], "reason": "librarian"}}
    assert (await client.http.post("/api/v1/loans", json=decided, headers=lending)).status_code == 403
