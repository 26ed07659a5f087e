"""One turn of a conversation: heard, planned, looked up, said. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import msgspec
from prometheus_client import Counter

from library import clock, i18n
from library.db import Database
from library.errors import N_, Invalid
from library.identity.viewer import Viewer
from library.places import store
from library.places.store import BranchFacts
from library.settings import Settings
from search import finding
from search.chat import carried
from search.chat.answering import books, guidance, houses, mine
from search.chat.answering.reply import Asking, Reply
from search.chat.plan import ABOUT_BOOKS, OWN_HOUSE, Before, Intent, PlaceName, Plan, Planner, Said
from search.chat.rules import Rules
from search.chat.tongues import LANGUAGES, detect
from search.directory import Directory, directory_for
from search.index.engine import Engine
from search.procedures import answers

LONGEST = 1000  # letters that are taken at all; the first 400 are listened to
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)], " ")

_ANSWERS = Counter("library_chat_answers", "Answers of the conversation by what was wanted and who understood it", ["intent", "planner"])


@dataclass(frozen=True)
class Listener:
    """What a conversation is held with. `planner`: who understands it; what concerns a person is always understood here."""

    database: Database
    engine: Engine
    settings: Settings
    planner: Planner


@dataclass(frozen=True)
class Answered:
    """`context`: the conversation's memory, for the next turn. `language`: in which it is answered."""

    said: str
    reply: Reply
    plan: Plan
    language: str
    context: str
    before: Before
    directory: Directory
    handed_over: bool = False


@dataclass(frozen=True)
class Speaker:
    """Who speaks. `language`: the one they wish for, if any; `page`: that of the page they are on; `context`: what they carry along."""

    viewer: Viewer
    language: str | None = None
    context: str = ""
    page: str = "ja"

    def speaks(self, text: str) -> str:
        """The language wished for, else the one spoken; what could be any is taken for the page's."""
        return self.language if self.language in LANGUAGES else detect(text, self.page)


def cleaned(text: str) -> str:
    """Raises Invalid for nothing and for too much."""
    found = " ".join(text.translate(_CONTROL).split())
    if not found:
        raise Invalid("nothing_said", N_("聞きたいことを書いてください。"), where="text")
    if len(text) > LONGEST:
        raise Invalid("said_too_much", N_("{limit}文字までで書いてください。"), where="text", limit=LONGEST)
    return found


async def answer(listener: Listener, text: str, speaker: Speaker) -> Answered:
    """Raises Invalid for what cannot be heard, Busy while there is no index."""
    words, now = cleaned(text), clock.now()
    before = carried.opened(speaker.context, listener.settings.key)
    spoken, today = speaker.speaks(words), clock.today(listener.settings.zone)
    async with listener.database.reading() as session:
        branches = await store.branches(session, on=today)
        entries = await answers.all_for(session, viewer=speaker.viewer, language=spoken, on=today)
    matched = {one.entry.key: one.score for one in answers.match(entries, words, spoken)}
    said = Said(text=words, language=spoken, today=today, places=places_of(branches), before=before, procedures=matched)
    plan = await _planned(listener, said)
    async with listener.database.reading() as session:
        directory = await directory_for(session, speaker.viewer)
        texts = i18n.texts(spoken)
        asking = Asking(session, listener.engine, speaker.viewer, texts, now, today, directory.where_one_borrows(), branches, entries)
        reply = await carried_out(asking, plan, stuck=before.stuck)
        reply = await _in_other_words(asking, plan, reply) if plan.told else reply
    _ANSWERS.labels(plan.intent.value, plan.planner).inc()
    memory = carried.grown(
        before,
        said=words,
        answered=reply.kept or reply.text,
        plan=reply.plan,
        records=tuple(one.id for one in reply.records),
        stuck=reply.stuck,
    )
    return Answered(words, reply, plan, spoken, carried.sealed(memory, listener.settings.key), memory, directory)


async def _planned(listener: Listener, said: Said) -> Plan:
    """One's own affairs and calls for help are never put to a planner elsewhere."""
    plan = await Rules().plan(said)
    return plan if plan.intent in OWN_HOUSE or isinstance(listener.planner, Rules) else await listener.planner.plan(said)


def places_of(branches: tuple[BranchFacts, ...]) -> tuple[PlaceName, ...]:
    return tuple(PlaceName(code, names) for code, names in houses.names_of(branches, houses.KOREAN))


async def carried_out(asking: Asking, plan: Plan, *, stuck: int = 0) -> Reply:
    """Each intent has one function that answers it."""
    if plan.intent is Intent.UNKNOWN:
        return guidance.unknown(asking, plan, stuck=stuck)
    if plan.intent is Intent.WHERE_IS and not plan.slots.names_books:
        return await houses.where(asking, plan)
    if (look_up := _LOOKED_UP.get(plan.intent)) is not None:
        return await look_up(asking, plan)
    return _LEADING_ON[plan.intent](asking, plan)


_LOOKED_UP: Mapping[Intent, Callable[[Asking, Plan], Awaitable[Reply]]] = {
    **dict.fromkeys(ABOUT_BOOKS, books.found),
    Intent.RECOMMEND_LIKE: books.like,
    Intent.OPENING_HOURS: houses.hours,
    Intent.IS_OPEN: houses.hours,
    Intent.MY_LOANS: mine.loans,
    Intent.MY_HOLDS: mine.holds,
    Intent.RENEW_HOW: mine.renewing,
}
_LEADING_ON = {
    Intent.PROCEDURE: guidance.procedure,
    Intent.HUMAN: guidance.human,
    Intent.GREETING: guidance.greeting,
    Intent.THANKS: guidance.thanks,
    Intent.OFF_TOPIC: guidance.off_topic,
    Intent.UNSAFE: guidance.unsafe,
}


async def _in_other_words(asking: Asking, plan: Plan, reply: Reply) -> Reply:
    """The words of the other planner above our own cards: those of the records it named, as this viewer may see them."""
    cited = await finding.shown(asking.session, plan.cited, viewer=asking.viewer)
    if len(cited) < len(plan.cited):
        return reply
    sources = tuple(dict.fromkeys([*(f"record:{one.id}" for one in cited), *reply.sources]))
    return replace(reply, text=plan.told, speech=plan.told, records=cited, sources=sources)


def slots_shown(plan: Plan) -> Mapping[str, object]:
    """What was understood, for whoever wants to see it."""
    shown: dict[str, object] = msgspec.to_builtins(plan.slots)
    shown.pop("typed", None)
    return shown
