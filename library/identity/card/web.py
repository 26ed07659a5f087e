"""The card's page, and the service worker that keeps it for places without a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from library import clock
from library.db import Database, Reading
from library.errors import N_, NotFound
from library.http.pages import DIST, Assets, page
from library.http.requests import texts
from library.i18n import Texts
from library.identity.card import picture
from library.identity.card.holders import Holder, Standing, holders
from library.identity.card.lines import Lines, Said, said
from library.identity.guards import in_person, session_secret
from library.identity.signing_in import sessions
from library.identity.viewer import Viewer
from library.settings import Settings

WORKER = "service-worker.js"
KEEP_UNTIL = "X-Keep-Until"  # milliseconds since 1970: how long the page may be kept on the phone
KEPT_FOR = "X-Kept-For"  # the account's number: a page drawn for anybody else forgets what is kept

_assets = Assets(DIST)


@dataclass(frozen=True)
class Shown:
    """A holder with the pictures of a card that is good; `bars` is "" where NW-7 cannot write the number."""

    holder: Holder
    lines: tuple[Said, ...]
    code: str = ""
    bars: str = ""
    printed: str = ""


@get("/card", guards=[in_person], include_in_schema=False)
async def card(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    assert viewer.account_id is not None  # the guard let nobody else in
    now, spoken = clock.now(), texts(request)
    async with database.reading() as session:
        held = await holders(session, viewer.account_id, today=clock.today(settings.zone))
        lines = {one.person_id: await _lines(session, request, viewer, one) for one in held}
        until = await _end_of_session(session, settings, request, viewer, now=now)
    shown = [_shown(one, lines[one.person_id], spoken, settings) for one in held]
    headers = {"Cache-Control": "no-store"}
    if any(one.code for one in shown):
        headers |= {KEEP_UNTIL: str(int(until.timestamp() * 1000)), KEPT_FOR: str(viewer.account_id)}
    return page(request, "identity/card/card.html", headers=headers, cards=shown, now=now, Standing=Standing)


async def _lines(session: Reading, request: Request[Viewer, Any, Any], viewer: Viewer, holder: Holder) -> tuple[Said, ...]:
    given: tuple[Lines, ...] = request.app.state.card_lines
    return tuple([said(line, texts(request)) for source in given for line in await source(session, viewer, holder.person_id)])


async def _end_of_session(
    session: Reading, settings: Settings, request: Request[Viewer, Any, Any], viewer: Viewer, *, now: datetime
) -> datetime:
    """A kept page lives no longer than the sign-in it was drawn for."""
    assert viewer.account_id is not None
    every = await sessions.open_sessions(session, settings, viewer.account_id, this=session_secret(request), now=now)
    started = next((one.started_at for one in every if one.this), None)
    return started + timedelta(hours=settings.session_hours) if started is not None else now


def _shown(holder: Holder, lines: tuple[Said, ...], spoken: Texts, settings: Settings) -> Shown:
    if holder.number is None:
        return Shown(holder, lines)
    code = picture.qr_svg(holder.number, title=spoken.gettext(N_("利用者番号のQRコード")))
    bars, letter = "", settings.card_letter
    if picture.is_codable(holder.number):  # an earlier system's card may have letters in its number: the QR code is enough
        bars = picture.nw7_svg(holder.number, title=spoken.gettext(N_("利用者番号のバーコード")), letter=letter)
    return Shown(holder, lines, code, bars, picture.printed(holder.number, letter))


@get("/service-worker.js", include_in_schema=False)
async def service_worker() -> Response[bytes]:
    """At the root, since a worker reaches no higher than where it lies; checked for news at every visit."""
    try:
        script = (DIST / _assets.url(WORKER).removeprefix("/static/")).read_bytes()
    except FileNotFoundError as exc:
        raise NotFound("page_not_found", N_("お探しのページはありません。")) from exc
    return Response(script, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


handlers = (card, service_worker)
