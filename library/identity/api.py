"""JSON about people: who am I, finding patrons, one's own tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from library import clock, idempotency
from library.db import Database
from library.identity import audit
from library.identity.guards import in_person, requires, signed_in
from library.identity.patrons import finding as patron_search
from library.identity.roles import Permission
from library.identity.signing_in import own_account, sessions
from library.identity.viewer import Viewer
from library.places import store
from library.settings import Settings


class Me(msgspec.Struct, frozen=True):
    """Who asks. `permissions`: what this session or token may do, somewhere; `organisations`: codes of where one belongs or works."""

    account: str
    login: str
    name: str
    language: str | None
    roles: list[str]
    permissions: list[str]
    organisations: list[str]


@get("/api/v1/me", guards=[signed_in], tags=["people"])
async def me(database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> Me:
    """Who I am."""
    assert viewer.account_id is not None  # the guard let nobody else in
    async with database.reading() as session:
        login = (await own_account.preferences(session, viewer.account_id)).login
        organisations = await store.codes(session, viewer.organisation_ids)
    return Me(
        account=str(viewer.account_id),
        login=login,
        name=viewer.name,
        language=viewer.language,
        roles=sorted(role.value for role in viewer.roles),
        permissions=[permission.value for permission in Permission if viewer.can(permission)],
        organisations=list(organisations),
    )


class PatronView(msgspec.Struct, frozen=True):
    """One membership: `card` is "" without a valid card, `organisation` a code."""

    card: str
    name: str
    reading: str
    category: str
    organisation: str


class PatronPage(msgspec.Struct, frozen=True):
    """`next`: give it as `after` for the following page; null on the last."""

    patrons: list[PatronView]
    next: str | None


@get("/api/v1/patrons", guards=[requires(Permission.SEE_PATRONS)], tags=["people"])
async def patrons(
    database: NamedDependency[Database],
    viewer: NamedDependency[Viewer],
    q: Annotated[
        str, QueryParameter(max_length=200, description="Card number, name, reading in any kana, or the end of a phone number")
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[str | None, QueryParameter(max_length=100)] = None,
) -> PatronPage:
    """Patrons within reach of who asks: those of one's own school, or of the organisations that run one's branch."""
    async with database.transaction() as session:
        found = await patron_search.find(session, viewer, q, limit=limit, after=after)
        audit.record(session, viewer, "patrons.searched", count=len(found.patrons))
    views = [PatronView(one.card, one.name, one.reading, one.category, one.organisation) for one in found.patrons]
    return PatronPage(views, found.next)


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """`scopes`: permissions, at most one's own; `days`: how long it works."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["monthly report"])]
    scopes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=50, examples=[["patrons:see"]])]
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90


class MadeToken(msgspec.Struct, frozen=True):
    """`token` is the secret, given once: a repeated request with the same Idempotency-Key gets null."""

    id: str
    token: str | None


class TokenView(msgspec.Struct, frozen=True):
    id: str
    name: str
    last_four: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class TokenList(msgspec.Struct, frozen=True):
    tokens: list[TokenView]


@get("/api/v1/tokens", guards=[signed_in], tags=["people"])
async def tokens(database: NamedDependency[Database], viewer: NamedDependency[Viewer]) -> TokenList:
    """My tokens that still work, without their secrets."""
    assert viewer.account_id is not None
    async with database.reading() as session:
        found = await sessions.tokens(session, viewer.account_id, now=clock.now())
    return TokenList(
        [TokenView(str(one.id), one.name, one.last_four, list(one.scopes), one.created_at, one.used_at, one.expires_at) for one in found]
    )


@post("/api/v1/tokens", guards=[in_person], tags=["people"])
async def create_token(
    request: Request[Viewer, Any, Any],
    data: JSONBody[NewToken],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[MadeToken]:
    """Makes a token that may do the named things in my name. Only a signed-in session can: a stolen token must not outlive itself."""
    assert viewer.account_id is not None
    now, client = clock.now(), f"account:{viewer.account_id}"
    key = idempotency.parse(request.headers.get("Idempotency-Key"))
    body_digest = idempotency.digest(settings.key, await request.body())
    async with database.transaction() as session:
        before = await idempotency.begin(session, client=client, key=key, route="/api/v1/tokens", body_digest=body_digest, now=now)
        if before is not None:
            return Response(MadeToken(str(before.result["id"]), None), status_code=before.status)
        number, secret = await sessions.create_token(
            session,
            account_id=viewer.account_id,
            name=data.name,
            scopes=data.scopes,
            allowed={permission.value for permission in Permission if viewer.can(permission)},
            expires_at=now + timedelta(days=data.days),
        )
        audit.record(session, viewer, "token.created", subject_kind="token", subject_id=number)
        await idempotency.finish(session, client=client, key=key, status=201, result={"id": str(number)})
    return Response(MadeToken(str(number), secret), status_code=201, headers={"Cache-Control": "no-store"})


@delete("/api/v1/tokens/{token:int}", guards=[in_person], status_code=204, tags=["people"])
async def revoke_token(database: NamedDependency[Database], viewer: NamedDependency[Viewer], token: FromPath[int]) -> None:
    """Ends one of my tokens at once."""
    assert viewer.account_id is not None
    async with database.transaction() as session:
        await sessions.revoke_token(session, account_id=viewer.account_id, token_id=token, now=clock.now())
        audit.record(session, viewer, "token.revoked", subject_kind="token", subject_id=token)


handlers = (me, patrons, tokens, create_token, revoke_token)
