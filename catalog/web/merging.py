"""Pages on which people decide whether two records are one: side by side, with what differs marked and the reasons in words."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from catalog import store
from catalog.matching.score import score
from catalog.records import dossier, merging, wording
from catalog.records.lookup import look_up
from catalog.web.words import chosen, form_values, in_words, numbers
from library.db import Database
from library.errors import N_, Invalid
from library.http import requests
from library.http.pages import page, url
from library.identity.guards import requires
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer

A_PAGE = 10


@get("/staff/reviews", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def reviews(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    number: FromQuery[int] = 1,
    done: FromQuery[str] = "",
) -> Response[Any]:
    number = min(max(number, 1), 100_000)
    async with database.reading() as session:
        found, total = await merging.open_reviews(session, limit=A_PAGE, after=(number - 1) * A_PAGE)
    translate = requests.texts(request).gettext
    return page(
        request,
        "catalog/reviews.html",
        reviews=[(one, wording.compared(one.left.description, one.right.description, translate)) for one in found],
        total=total,
        number=number,
        pages=-(-total // A_PAGE),
        may_decide=viewer.can(Permission.EDIT_RECORDS, EVERYWHERE),
        done=done,
    )


@post("/staff/reviews/{review_id:int}", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def decide(
    request: Request[Viewer, Any, Any], review_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    account_id = viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    values = await form_values(request)
    decision = values.get("decision", "")
    async with database.transaction() as session:
        await merging.decide(session, review_id, decision, account_id=account_id)
    page_number = values.get("number", "") if values.get("number", "").isdecimal() else ""
    return Redirect(url("/staff/reviews", number=page_number, done=decision), status_code=303)


@get("/staff/records/{record_id:int}/merge", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def merge_page(
    request: Request[Viewer, Any, Any],
    record_id: FromPath[int],
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    other: FromQuery[str] = "",
) -> Response[Any]:
    """Finds the other record by number, ISBN, barcode or title, then shows both."""
    viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    async with database.reading() as session:
        head = await store.head(session, await store.current_id(session, record_id))
        hits = [hit for hit in await look_up(session, other, viewer=viewer) if hit.id != head.id]
        right = await store.head(session, hits[0].id) if len(hits) == 1 else None
        counts = [len(await dossier.items_of(session, one.id, viewer=viewer)) for one in (head, right) if one]
    translate = requests.texts(request).gettext
    return page(
        request,
        "catalog/merge.html",
        head=head,
        right=right,
        hits=hits if right is None else [],
        other=other.strip()[:300],
        fields=wording.compared(head.description, right.description, translate) if right else [],
        match=score(head.description, right.description) if right else None,
        counts=counts,
        # What most copies and the oldest links lead to is offered first.
        older_stays=right is not None and (-counts[1], right.id) < (-counts[0], head.id),
    )


@post("/staff/records/{record_id:int}/merge", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def merge(
    request: Request[Viewer, Any, Any], record_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    """`into` stays, `from` becomes a redirect; one of the two is the record of the address."""
    account_id = viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    values = await form_values(request)
    ends = numbers([values.get("from", ""), values.get("into", "")])
    if len(ends) != 2 or record_id not in ends:
        raise Invalid("records_missing", N_("まとめる2つの書誌を選んでください。"), where="into")
    async with database.transaction() as session:
        number = await merging.merge(session, ends[0], ends[1], account_id=account_id)
    return Redirect(f"/staff/records/{number}?done=merged", status_code=303)


@post("/staff/records/{record_id:int}/split", include_in_schema=False, guards=[requires(Permission.EDIT_RECORDS)])
async def split(
    request: Request[Viewer, Any, Any], record_id: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    account_id = viewer.must(Permission.EDIT_RECORDS, EVERYWHERE)
    sources, items = numbers(await chosen(request, "sources")), numbers(await chosen(request, "items"))
    try:
        async with database.transaction() as session:
            number = await merging.split(session, record_id, sources, item_ids=items, account_id=account_id)
    except Invalid as exc:
        return Redirect(url(f"/staff/records/{record_id}/sources", wrong=in_words(request, exc)), status_code=303)
    return Redirect(f"/staff/records/{number}?done=split", status_code=303)


handlers = [reviews, decide, merge_page, merge, split]
