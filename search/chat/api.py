"""The conversation for programs: LINE, a voice agent, a page of somebody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import JSONBody

from catalog.records.composing import spoken_name
from library import clock, i18n, idempotency
from library.db import Database
from library.http import requests
from library.http.csrf import OPEN_TO_PROGRAMS
from library.i18n import in_language
from library.identity.viewer import Viewer
from library.settings import Settings
from search import limits
from search.api import CopiesAt
from search.chat.conversation import Answered, Listener, Speaker, answer, slots_shown
from search.chat.handing import Wish, hand_over
from search.chat.planning import planner_of
from search.edges import engine_of
from search.finding import Access, Shown
from search.pages.nearness import Standpoint

MOST = 40  # turns of one client in a minute
NOT_KEPT = {"Cache-Control": "private, no-store"}


class ChatHandOver(msgspec.Struct, forbid_unknown_fields=True):
    """To the staff. All may be empty: then the answer waits under the number that is given."""

    contact: Annotated[str, msgspec.Meta(max_length=200)] = ""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    branch: str | None = None


class ChatQuestion(msgspec.Struct, forbid_unknown_fields=True):
    """`text`: what somebody says. `language`: ja, en, zh or ko, heard from the text when absent. `context`: as the last answer gave it.

    `hand_over`: puts what was said so far, and `text`, on the list of the staff.
    """

    text: Annotated[str, msgspec.Meta(max_length=1000)]
    language: str | None = None
    context: Annotated[str, msgspec.Meta(max_length=8000)] = ""
    hand_over: ChatHandOver | None = None


class ChatCard(msgspec.Struct, kw_only=True):
    """A record that answers. `words`: where it is, in words of the answer's language; `hold`: the page where it can be held."""

    record: str
    url: str
    title: str
    authors: list[str]
    year: int | None
    words: list[str]
    availability: list[CopiesAt]
    electronic: list[Access]
    hold: str | None


class ChatButton(msgspec.Struct, kw_only=True):
    """A way on: `url` opens, `says` is to be said next; one of both."""

    label: str
    url: str | None
    says: str | None


class ChatAnswer(msgspec.Struct, kw_only=True):
    """`speech`: the same for the ear, never with titles that somebody has borrowed. `sources`: what the answer rests on.

    `planner`: who understood it. `context`: to be sent with the next question; the service keeps none of it.
    """

    text: str
    speech: str
    language: str
    intent: str
    slots: dict[str, Any]
    cards: list[ChatCard]
    buttons: list[ChatButton]
    sources: list[str]
    backend: str
    planner: str
    handed_over: bool
    context: str


EXAMPLE = ChatAnswer(
    text="「恐竜」で12点見つかりました。",
    speech="「恐竜」で12点見つかりました。『恐竜のふしぎ』",
    language="ja",
    intent="find_books",
    slots={"topics": ["dinosaurs"], "subject": "恐竜", "ndc": ["457"]},
    cards=[],
    buttons=[ChatButton(label="もっと見る", url=None, says="もっと")],
    sources=["record:1204"],
    backend="embedded",
    planner="rules",
    handed_over=False,
    context="3q2-7w…",
)


@post(
    "/api/v1/chat",
    status_code=200,
    tags=["finding"],
    operation_id="chat",
    summary="Ask in everyday words",
    responses={
        200: ResponseSpec(
            ChatAnswer, description="An answer from the catalogue and the guide", examples=[Example("恐竜の本", value=EXAMPLE)]
        )
    },
    opt={OPEN_TO_PROGRAMS: True},
)
async def chat(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    data: JSONBody[ChatQuestion],
) -> Response[ChatAnswer]:
    """Understands ja, en, zh and ko, and answers from the catalogue, the opening hours and the guide alone; changes nothing.

    Own loans and holds are answered to whoever is signed in on a page, to nobody else. At most forty questions a minute;
    more are a 429 with `Retry-After`. What is handed over with the same Idempotency-Key is handed over once.
    """
    await count(request, database, settings)
    listener = await listener_of(request, database, settings)
    speaker = Speaker(viewer, data.language, data.context, requests.language(request))
    if data.hand_over is not None:
        wish = Wish(contact=data.hand_over.contact, name=data.hand_over.name, branch=data.hand_over.branch or "")
        nonce = idempotency.parse(request.headers.get("Idempotency-Key"))
        found = await hand_over(listener, data.text, wish, speaker, client=client_of(request, settings), nonce=nonce)
    else:
        found = await answer(listener, data.text, speaker)
    return Response(view(found, viewer), headers=NOT_KEPT)


async def listener_of(request: Request[Viewer, Any, Any], database: Database, settings: Settings) -> Listener:
    """With the planner that the settings name."""
    engine = engine_of(request)
    return Listener(database, engine, settings, await planner_of(database, engine, settings, request.user))


def client_of(request: Request[Any, Any, Any], settings: Settings) -> bytes:
    """Who is counted: an account by itself, since a whole school may come from one address; a stranger by the address."""
    if request.user.account_id is not None:
        who = f"account:{request.user.account_id}"
    else:
        who = requests.neighbourhood(requests.client_address(request.scope, settings.trusted_proxies))
    return limits.client_digest(settings, who, clock.now())


async def count(request: Request[Any, Any, Any], database: Database, settings: Settings) -> None:
    """Raises TooMany."""
    async with database.transaction() as session:
        await limits.count(session, "chat", client_of(request, settings), now=clock.now(), most=MOST, per=timedelta(minutes=1))


def view(found: Answered, viewer: Viewer) -> ChatAnswer:
    reply = found.reply
    standpoint = Standpoint(found.directory, viewer, i18n.texts(found.language))
    return ChatAnswer(
        text=reply.text,
        speech=reply.speech or reply.text,
        language=found.language,
        intent=found.plan.intent.value,
        slots=dict(slots_shown(found.plan)),
        cards=[_card(one, standpoint, found.language) for one in reply.records],
        buttons=[ChatButton(label=one.label, url=one.path or None, says=one.says or None) for one in reply.buttons],
        sources=list(reply.sources),
        backend=reply.backend,
        planner=found.plan.planner,
        handed_over=found.handed_over,
        context=found.context,
    )


def _card(one: Shown, standpoint: Standpoint, language: str) -> ChatCard:
    way = standpoint.way_to_hold(one.id, one.at)
    return ChatCard(
        record=str(one.id),
        url=f"/records/{one.id}",
        title=f"{one.title} {one.volume}".strip(),
        authors=[spoken_name(agent) for agent in one.description.agents] or [name for name in [one.author] if name],
        year=one.year,
        words=[pill.text for pill in standpoint.pills(one.at, electronic=bool(one.electronic))],
        availability=[
            CopiesAt(branch=at.code, name=in_language(at.name, language), items=at.items, available=at.available) for at in one.at
        ],
        electronic=list(one.electronic),
        hold=way.href if way else None,
    )


handlers = [chat]
