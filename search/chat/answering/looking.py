"""Looking for books as a plan says, and what to give up first where nothing has everything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from catalog import ndc
from catalog.description import Audience, Material
from library.errors import Invalid
from search.asking.asked import Asked
from search.asking.query import parse
from search.chat.answering.reply import Asking
from search.chat.plan import Slots
from search.chat.topics import Kind, by_key, rows
from search.directory import Where
from search.finding import filters_of, not_ready
from search.index.engine import EngineUnavailable, Filters, Found, Sort

A_PAGE = 5
DEEPEST = 20  # pages of an answer: whoever wants more goes to the page of results
MOST_FORMS = 3


class Given(StrEnum):
    """What was given up to find anything; said with the answer."""

    UP_AVAILABLE = "available"
    UP_PLACE = "place"
    UP_AUDIENCE = "audience"
    UP_FORM = "form"
    NEAR_WORDS = "words"  # not these words, but some that come near


@dataclass(frozen=True)
class Looked:
    """`asked`: the same search as the page of results takes it."""

    asked: Asked
    ids: tuple[int, ...] = ()
    total: int = 0
    is_exact: bool = True
    backend: str = ""
    given_up: tuple[Given, ...] = ()


async def look(asking: Asking, slots: Slots, page: int = 1) -> Looked:
    """What all the words find; else what the same wish finds put otherwise; only then what comes near."""
    best = await _climbed(asking, slots, page)
    for other in _put_otherwise(slots):
        if _is_meant(best):
            break
        found = await _climbed(asking, other, page)
        if _is_meant(found) or not best.total:
            best = found
    return best if _is_meant(best) else await _of_one_topic(asking, slots, page) or best


async def _of_one_topic(asking: Asking, slots: Slots, page: int) -> Looked | None:
    """Of 「平安時代の暮らし」, which nothing is about, what there is on one of both: that comes near, and is told so."""
    if slots.words or len(slots.topics) < 2:
        return None
    topics = [by_key()[key] for key in slots.topics if key in by_key()][:_MOST_ALONE]
    names = {topic.key: "" if topic.kind is Kind.GENRE else topic.ja for topic in topics}
    shelves = [(topic, names[topic.key], topic.ndc) for topic in topics]
    for topic, subject, classes in (*shelves, *((topic, topic.ja, ()) for topic in topics if topic.kind is Kind.TOPIC)):
        alone = msgspec.structs.replace(slots, topics=(topic.key,), subject=subject, ndc=classes, typed=topic.ja)
        found = await _climbed(asking, alone, page)
        if _is_meant(found):
            return replace(found, given_up=(*found.given_up, Given.NEAR_WORDS))
    return None


def _is_meant(looked: Looked) -> bool:
    return looked.total > 0 and Given.NEAR_WORDS not in looked.given_up


async def _climbed(asking: Asking, slots: Slots, page: int) -> Looked:
    """The first step of the ladder that finds anything; all wishes first, then with one after another given up."""
    last = Looked(asked_for(asking, slots))
    for given_up, narrowed in _ladder(asking, slots):
        last = await _step(asking, narrowed, page)
        if last.total:
            return replace(last, given_up=(*given_up, *last.given_up))
    return last


# 「太宰の走れメロス」, "Kokoro by Soseki": what stands between a name and a title is in neither.
_MOST_ALONE = 2  # topics looked at one by one; each costs several searches
_BETWEEN = re.compile(r"(?<=[一-鿿々ァ-ヶー])の(?=\S)|\s+by\s+")


def _put_otherwise(slots: Slots) -> Iterator[Slots]:
    parted = _BETWEEN.sub(" ", slots.words)
    if parted != slots.words:
        yield msgspec.structs.replace(slots, words=parted)
    if slots.ndc and slots.subject and not slots.words and not _genre(slots):
        yield msgspec.structs.replace(slots, ndc=())
        if not any(number.startswith("9") for number in slots.ndc):  # of literature a whole class is about nothing
            yield msgspec.structs.replace(slots, topics=(), subject="")


def _ladder(asking: Asking, slots: Slots) -> Iterator[tuple[tuple[Given, ...], Slots]]:
    yield (), slots
    given: list[Given] = []
    at_a_place = bool(slots.branch) or (slots.near and has_own(asking))
    for loss, is_set, changed in (
        (Given.UP_AVAILABLE, slots.available, {"available": False}),
        (Given.UP_PLACE, at_a_place, {"branch": "", "near": False}),
        (Given.UP_AUDIENCE, bool(slots.audience), {"audience": ""}),
        (Given.UP_FORM, bool(slots.material or slots.language), {"material": "", "language": ""}),
    ):
        if not is_set:
            continue
        given.append(loss)
        slots = msgspec.structs.replace(slots, **changed)
        if not _says_anything(slots):  # every book there is answers nothing
            return
        yield tuple(given), slots


def _says_anything(slots: Slots) -> bool:
    return slots.names_books or bool(slots.audience or slots.material or slots.language or slots.branch or slots.near)


def has_own(asking: Asking) -> bool:
    return any(Where.OWN in place.where for place in asking.directory.places)


def asked_for(asking: Asking, slots: Slots) -> Asked:
    """The plan as an address of the page of results."""
    words = slots.words or (slots.subject if not slots.ndc or _genre(slots) else "")
    return Asked(
        text=f"{words} {slots.volume}".strip() if slots.volume else words,
        where=(Where.OWN,) if slots.near and has_own(asking) and not slots.branch else (),
        branch=(slots.branch,) if slots.branch else (),
        available=slots.available,
        material=(Material(slots.material),) if slots.material in {one.value for one in Material} else (),
        ndc=slots.ndc,
        audience=(Audience(slots.audience),) if slots.audience in {one.value for one in Audience} else (),
        language=(slots.language,) if slots.language else (),
        sort=Sort(slots.sort) if slots.sort in {one.value for one in Sort} else Sort.RELEVANCE,
    )


def _genre(slots: Slots) -> bool:
    return any(by_key()[key].kind is Kind.GENRE for key in slots.topics if key in by_key())


async def _step(asking: Asking, slots: Slots, page: int) -> Looked:
    asked = asked_for(asking, slots)
    try:
        filters = filters_of(asked, asking.directory, asking.viewer)
    except Invalid:  # a branch that this viewer does not see holds nothing for them
        return Looked(asked)
    try:
        found, near = await asyncio.to_thread(_ask, asking, asked, filters, slots, page)
    except EngineUnavailable as exc:
        raise not_ready() from exc
    return Looked(asked, found.ids, found.total, found.total_is_exact, found.backend, (Given.NEAR_WORDS,) if near else ())


def _ask(asking: Asking, asked: Asked, filters: Filters, slots: Slots, page: int) -> tuple[Found, bool]:
    if asked.text or not slots.topics or _genre(slots):
        found = _by_any_name(asking, asked, filters, slots, page)
        return found, found.relaxed and found.total > 0
    return _of_topics(asking, asked, filters, slots, page), False


def _by_any_name(asking: Asking, asked: Asked, filters: Filters, slots: Slots, page: int) -> Found:
    """By the words, else by what the thing is called in Japanese, else as it was written; only then what comes near the words."""
    near: Found | None = None
    forms = _forms(slots) if len(slots.topics) == 1 else []
    others = () if slots.ndc else (slots.subject, slots.typed, *forms)
    for words in dict.fromkeys([asked.text, *(name for name in others if name)]):
        found = asking.engine.search(parse(words), filters=filters, page=page, per_page=A_PAGE, sort=asked.sort, facets=False)
        if found.total and not found.relaxed:
            return found
        near = near or found
    return near or Found(ids=(), total=0)


def _of_topics(asking: Asking, asked: Asked, filters: Filters, slots: Slots, page: int) -> Found:
    """Books that say the topic's word first, then what else stands in its class where the class is about nothing else."""
    most = A_PAGE * min(page, DEEPEST)
    merged: dict[int, None] = {}
    total, backend = 0, ""
    searches = [*_forms(slots), *([""] if is_the_class(slots) else [])] or [""]
    for words in (slots.typed, *searches) if slots.typed not in searches and len(slots.topics) > 1 else searches:
        found = asking.engine.search(parse(words), filters=filters, page=1, per_page=max(most, 20), sort=asked.sort, facets=False)
        if found.relaxed:
            continue
        backend = backend or found.backend
        merged.update(dict.fromkeys(found.ids))
        total = max(total, found.total, len(merged))
    if not merged and not is_the_class(slots) and (slots.subject or len(slots.topics) > 1):
        return Found(ids=(), total=0)
    if not merged:
        return asking.engine.search(parse(""), filters=filters, page=page, per_page=A_PAGE, sort=asked.sort, facets=False)
    ids = tuple(merged)[most - A_PAGE : most]
    return Found(ids=ids, total=total, total_is_exact=total == len(merged), backend=backend)


def _forms(slots: Slots) -> list[str]:
    return [form for key in slots.topics if key in by_key() for form in by_key()[key].forms["ja"][:MOST_FORMS]]


def is_the_class(slots: Slots) -> bool:
    """Whether the classes are about the topic and nothing else: 486 is insects, 489 more than cats."""
    found = [by_key()[key] for key in slots.topics if key in by_key()]
    shared = {number for row in rows() if row not in found for number in row.ndc}
    labels = " ".join(ndc.label(number) for number in slots.ndc)
    return any(form in labels for row in found for form in row.forms["ja"] if len(form) > 1) or not shared & set(slots.ndc)
