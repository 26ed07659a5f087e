"""The conversation as a page, and as a panel over any other: a form that works without scripts, its memory in a hidden field."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from library import clock, i18n, idempotency
from library.db import Database
from library.errors import N_, LibraryError, TooMany
from library.http import forms, requests
from library.http.pages import page
from library.http.problems import filled
from library.i18n import Texts
from library.identity.viewer import Viewer
from library.places import store
from library.places.store import BranchFacts
from library.settings import Settings
from search.chat import carried
from search.chat.answering.reply import Button
from search.chat.api import NOT_KEPT, client_of, count, listener_of
from search.chat.conversation import LONGEST, Answered, Speaker, answer
from search.chat.handing import Wish, hand_over, transcript
from search.chat.plan import Intent
from search.chat.tongues import LANGUAGES
from search.pages.books import Book, book_of
from search.pages.nearness import Standpoint

TAGS = {"ja": "ja", "en": "en", "zh": "zh-Hans", "ko": "ko"}
GREETING = N_("本さがしや図書館のことを、ふだんのことばで聞いてください。日本語・English・中文・한국어で答えます。")
EXAMPLES = {
    "ja": (
        "夏休みの自由研究で虫の本、小学3年",
        "近くの図書館にあるアインシュタインの伝記",
        "カードをなくした",
        "今日は何時まであいていますか",
    ),
    "en": ("books about insects for third graders", "biography of Einstein at a library near me", "I lost my library card", "what's due?"),
    "zh": ("有没有适合三年级看的昆虫书", "借书证丢了怎么办"),
    "ko": ("초등학교 3학년 곤충 책", "카드를 잃어버렸어요"),
}


@dataclass(frozen=True)
class Shown:
    """One turn as it is drawn. `books` are drawn with it; `offer`: the form for the staff, with what would be sent."""

    said: str
    lines: list[str]
    language: str
    books: list[Book]
    buttons: tuple[Button, ...] = ()
    offer: str | None = None
    handed_over: bool = False
    failed: bool = False


@get("/chat", include_in_schema=False)
async def chat_page(request: Request[Viewer, Any, Any]) -> Response[str]:
    panel = request.query_params.get("panel") == "1"
    typed = " ".join(request.query_params.get("text", "")[:LONGEST].split())
    return _page(request, (), None, "", panel=panel, typed=typed)


@post("/chat", status_code=200, include_in_schema=False)
async def say(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    form = await forms.read(request)
    said, context = form.text("say") or form.text("text"), form.text("context")
    speaker = _speaker(request, viewer, context, form.text("language"))
    before = carried.opened(context, settings.key)
    try:
        await count(request, database, settings)
        found = await answer(await listener_of(request, database, settings), said, speaker)
    except LibraryError as exc:
        return _page(
            request, before.turns, _failed(said, exc, requests.texts(request)), context, status=429 if isinstance(exc, TooMany) else 422
        )
    branches = await _branches(database, settings) if found.plan.intent is Intent.HUMAN else ()
    return _page(request, before.turns, _shown(found, viewer), found.context, branches=branches)


@post("/chat/staff", status_code=200, include_in_schema=False)
async def tell_staff(
    request: Request[Viewer, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
) -> Response[str]:
    form = await forms.read(request)
    said, context = form.text("said"), form.text("context")
    wish = Wish(form.text("contact"), form.text("name"), form.text("branch"), form.ticked("show_account"))
    before = carried.opened(context, settings.key)
    try:
        await count(request, database, settings)
        found = await hand_over(
            await listener_of(request, database, settings),
            said,
            wish,
            _speaker(request, viewer, context, form.text("language")),
            client=client_of(request, settings),
            whole=True,
            nonce=_nonce(form),
        )
    except LibraryError as exc:
        shown = _failed("", exc, requests.texts(request), offer=said)
        branches = await _branches(database, settings)
        return _page(request, before.turns, shown, context, status=429 if isinstance(exc, TooMany) else 422, branches=branches)
    return _page(request, before.turns, _shown(found, viewer), found.context)


def _nonce(form: forms.Form) -> uuid.UUID | None:
    """Whoever goes back and sends other words asks something else."""
    given = idempotency.parse(form.text("key") or None)
    words = [form.text(name) for name in ("said", "contact", "name", "branch", "show_account")]
    return uuid.uuid5(given, "\n".join(words)) if given else None


def _speaker(request: Request[Viewer, Any, Any], viewer: Viewer, context: str, wished: str) -> Speaker:
    return Speaker(viewer, wished if wished in LANGUAGES else None, context, requests.spoken(request))


async def _branches(database: Database, settings: Settings) -> tuple[BranchFacts, ...]:
    async with database.reading() as session:
        return tuple(one for one in await store.branches(session, on=clock.today(settings.zone)) if one.is_ward_library)


def _shown(found: Answered, viewer: Viewer) -> Shown:
    texts = i18n.texts(found.language)
    standpoint = Standpoint(found.directory, viewer, texts)
    books = [book_of(one, query=None, viewer=viewer, standpoint=standpoint, texts=texts) for one in found.reply.records]
    asks_for_staff = found.plan.intent is Intent.HUMAN and not found.handed_over
    return Shown(
        said="" if found.handed_over else found.said,
        lines=found.reply.text.split("\n"),
        language=found.language,
        books=books,
        buttons=() if asks_for_staff else found.reply.buttons,
        offer=transcript(found.before) if asks_for_staff else None,
        handed_over=found.handed_over,
    )


def _failed(said: str, exc: LibraryError, texts: Texts, offer: str | None = None) -> Shown:
    return Shown(
        said=said[:1000], lines=[filled(texts, exc.sentence, exc.fields)], language=texts.language, books=[], offer=offer, failed=True
    )


def _page(
    request: Request[Any, Any, Any],
    earlier: Any,
    turn: Shown | None,
    context: str,
    *,
    status: int = 200,
    branches: tuple[BranchFacts, ...] = (),
    panel: bool = False,
    typed: str = "",
) -> Response[str]:
    """A turn alone for a script that puts it below the others, else the whole page with what was said before."""
    fragment = request.headers.get("hx-request") == "true"
    spoken = requests.spoken(request)
    name = "search/chat/turn.html" if fragment and turn else "search/chat/panel.html" if panel else "search/chat/chat.html"
    return page(
        request,
        name,
        status_code=200 if fragment else status,
        headers=NOT_KEPT,
        section="chat",
        earlier=earlier,
        turn=turn,
        context=context,
        typed=typed,
        nonce=uuid.uuid4(),
        branches=branches,
        tags=TAGS,
        greeting=i18n.texts(spoken).gettext(GREETING),
        spoken=spoken,
        examples=EXAMPLES[spoken],
        more_examples=[(TAGS[code], words) for code in ("en", "zh", "ko") if code != spoken for words in EXAMPLES[code][:1]],
    )


handlers: list[Any] = [chat_page, say, tell_staff]
