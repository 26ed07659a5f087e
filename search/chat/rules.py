"""The planner that is always there: rules, the table of topics, the classification's index, names of places. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from search.chat import cues, noticed, subject
from search.chat.noticed import Reader, Wish
from search.chat.plan import ABOUT_BOOKS, Intent, Plan, Said, Slots
from search.chat.subject import Wanted
from search.chat.tongues import fold
from search.chat.topics import Kind, Topic, by_key, lexicon

SURE = 0.85  # from this score on an entry of the guide answers, whatever else was heard
LIKELY = 0.6  # from this one on where nothing else was
NEWSPAPERS = "newspapers"  # the topic, and the entry of the guide that a new ward begins with
PICTURE_BOOKS = "726.6"
_EDGE = re.compile(r"^[\s?!。.,、~〜・]+|[\s?!。.,、~〜]+$")
_LONGEST = 400


class Heard(msgspec.Struct, frozen=True):
    """An utterance taken apart."""

    text: str
    title: str  # in quotation marks
    branch: str
    slots: Slots
    wanted: Wanted


class Rules:
    """Understands without asking anybody."""

    async def plan(self, said: Said) -> Plan:
        return understood(said)


def understood(said: Said) -> Plan:
    """The same words always make the same plan."""
    text = _EDGE.sub("", fold(said.text[:_LONGEST], said.language))
    for intent, cue in cues.ORDERED:
        if cue.search(text):
            return Plan(intent=intent)
    heard = _heard(text, said)
    if not heard.title and (found := _house(heard, said)) is not None:
        return found
    if (followed := _followed(heard, said)) is not None:
        return followed
    if _is_only_a_place(heard):
        return Plan(intent=Intent.OPENING_HOURS if heard.branch else Intent.WHERE_IS, slots=heard.slots)
    return _about_books(heard, said) or _from_the_guide(said, LIKELY) or Plan(intent=Intent.UNKNOWN, slots=heard.slots)


def _heard(text: str, said: Said) -> Heard:
    title, rest = noticed.quoted(text)
    branch, rest = noticed.place(rest, said.places, said.language)
    reader, rest = noticed.reader(rest)
    wish, rest = noticed.wish(rest)
    slots = _narrowed(branch, reader, wish)
    known = lexicon(said.language).get(title) if title else None
    if known is not None and known.kind is Kind.NAME:
        slots = msgspec.structs.replace(slots, subject=known.ja)
    return Heard(
        text, title, branch, slots, Wanted(words=title, asked_for_books=True, typed=title) if title else subject.wanted(rest, said.language)
    )


def _narrowed(branch: str, reader: Reader | None, wish: Wish) -> Slots:
    return Slots(
        branch=branch,
        grade=reader.grade if reader else "",
        audience=reader.audience if reader else "",
        near=wish.near,
        available=wish.available,
        material=wish.material,
        language=wish.language,
        sort=wish.sort,
        volume=wish.volume,
    )


def _house(heard: Heard, said: Said) -> Plan | None:
    """A person's own affairs, rules and opening hours; nothing where books on something are asked for."""
    asks_for_books = cues.ABOUT_BOOKS.search(heard.text) is not None
    for intent, cue in cues.HOUSE:
        if asks_for_books and intent is Intent.PROCEDURE:
            continue
        if cue.search(heard.text):
            return Plan(intent=intent, slots=Slots(procedure=_best(said)) if intent is Intent.PROCEDURE else Slots())
    if asks_for_books:
        return None
    if cues.NEWSPAPERS.search(heard.text):
        slots = Slots(procedure=NEWSPAPERS, subject=by_key()[NEWSPAPERS].ja)
        return _from_the_guide(said, LIKELY) or Plan(intent=Intent.PROCEDURE, slots=slots)
    if cues.HOURS.search(heard.text):
        return _hours(heard, said)
    if _is_about_a_place(heard):
        return Plan(intent=Intent.WHERE_IS, slots=Slots(branch=heard.branch, near=heard.slots.near))
    return _from_the_guide(said, SURE)


def _hours(heard: Heard, said: Said) -> Plan:
    day, _ = noticed.day(heard.text, said.today)
    asks_when = cues.WHAT_TIME.search(heard.text) is not None
    slots = Slots(branch=heard.branch or _still_meant(heard, said), near=heard.slots.near, day=day)
    return Plan(intent=Intent.IS_OPEN if day is not None and not asks_when else Intent.OPENING_HOURS, slots=slots)


_ABOUT_PLACES = frozenset({Intent.OPENING_HOURS, Intent.IS_OPEN, Intent.WHERE_IS})
_OTHERS = re.compile(
    r"(?<![そこ]の)図書館|(?:ほか|他|別)の|どこ|どの|全|すべ|みんな"
    r"|\b(?:(?<!the )(?<!that )(?<!this )library|libraries|branches|any|all|which|other)\b"
    r"|(?<![这那]个)(?<![这那]家)图书馆|哪|都|(?<!그 )(?<!이 )도서관|어디|다른|모든"
)


def _still_meant(heard: Heard, said: Said) -> str:
    """The branch that was spoken of last: "Is it open tomorrow?" after it. Libraries at large are every one of them again."""
    before = said.before.plan
    if before is None or before.intent not in _ABOUT_PLACES or heard.slots.near or _OTHERS.search(heard.text):
        return ""
    return before.slots.branch


_LIBRARY = re.compile(r"図書館|\b(?:the |a )?librar(?:y|ies)\b|图书馆|도서관")


def _is_about_a_place(heard: Heard) -> bool:
    """「中央図書館はどこですか」: the place itself, and no book in it."""
    if not cues.WHERE.search(heard.text):
        return False
    rest = _LIBRARY.sub("", heard.wanted.words).strip()
    return (
        not rest
        and not heard.wanted.found
        and not heard.title
        and (bool(heard.branch) or heard.slots.near or _LIBRARY.search(heard.text) is not None)
    )


def _is_only_a_place(heard: Heard) -> bool:
    """「中央図書館」「近くの」, and nothing else."""
    named = Slots(branch=heard.branch, near=heard.slots.near)
    if heard.title or heard.slots != named or named == Slots():
        return False
    left = _LIBRARY.sub("", heard.wanted.typed).replace(noticed.CUT.strip(), "").strip()
    return not left and not heard.wanted.asked_for_books


def _best(said: Said) -> str:
    return max(said.procedures, key=lambda key: said.procedures[key]) if said.procedures else ""


def _from_the_guide(said: Said, least: float) -> Plan | None:
    key = _best(said)
    return Plan(intent=Intent.PROCEDURE, slots=Slots(procedure=key)) if key and said.procedures[key] >= least else None


def _followed(heard: Heard, said: Said) -> Plan | None:
    """What only makes sense after what was said before: 「もっと」「小学生向けは？」「中央図書館には？」「明日は？」."""
    before = said.before.plan
    if before is None:
        return Plan(intent=Intent.UNKNOWN) if cues.MORE.search(heard.text) else None  # more of what?
    if cues.MORE.search(heard.text) and before.intent in ABOUT_BOOKS:
        return msgspec.structs.replace(before, page=before.page + 1)
    if said.before.records and cues.THAT_ONE.search(heard.text):
        intent = Intent.WHERE_IS if cues.WHERE.search(heard.text) else Intent.IS_AVAILABLE
        return Plan(intent=intent, slots=Slots(record=said.before.records[0], branch=heard.branch))
    if heard.wanted.found or len(heard.wanted.words) > _SCRAP:
        return None
    return _another_day(before, heard, said) or _narrower(before, heard)


_SCRAP = 3  # letters left over that say nothing


def _another_day(before: Plan, heard: Heard, said: Said) -> Plan | None:
    if before.intent not in (Intent.OPENING_HOURS, Intent.IS_OPEN):
        return None
    day, _ = noticed.day(heard.text, said.today)
    if day is None and not heard.branch:
        return None
    slots = msgspec.structs.replace(before.slots, day=day or before.slots.day, branch=heard.branch or before.slots.branch)
    return Plan(intent=Intent.IS_OPEN if day else before.intent, slots=slots)


def _narrower(before: Plan, heard: Heard) -> Plan | None:
    if before.intent not in ABOUT_BOOKS or heard.slots == Slots() or heard.wanted.words:
        return None
    return Plan(intent=before.intent, slots=_merged(before.slots, heard.slots))


def _merged(before: Slots, added: Slots) -> Slots:
    changed = {name: getattr(added, name) for name in Slots.__struct_fields__ if getattr(added, name) != getattr(Slots(), name)}
    if "audience" in changed:
        changed.setdefault("grade", "")
    return msgspec.structs.replace(before, **changed)


def _about_books(heard: Heard, said: Said) -> Plan | None:
    slots = _with_subject(heard.slots, heard.wanted)
    if cues.NEW_ARRIVALS.search(heard.text):
        return Plan(intent=Intent.NEW_ARRIVALS, slots=_new_of(heard, said) if slots.names_books else slots)
    if not slots.names_books:
        return Plan(intent=Intent.FIND_BOOKS, slots=slots) if _narrows(heard) else None
    return _like(heard, said, slots) or Plan(intent=_what_for(heard, slots), slots=slots)


def _narrows(heard: Heard) -> bool:
    """Whether "books for third graders" or "an e-book" is enough to go by."""
    slots = heard.slots
    if slots.audience or slots.material or slots.language or slots.sort:
        return True
    return heard.wanted.asked_for_books and (slots.available or slots.near or bool(slots.branch))


def _what_for(heard: Heard, slots: Slots) -> Intent:
    if slots.topics or slots.ndc:
        return Intent.FIND_BOOKS
    if cues.WHERE.search(heard.text):
        return Intent.WHERE_IS
    return Intent.IS_AVAILABLE if cues.CAN_BE_HAD.search(heard.text) or slots.available else Intent.KNOWN_ITEM


def _new_of(heard: Heard, said: Said) -> Slots:
    """New arrivals of a topic keep it; what is left of 「新しく入った」 is none."""
    rest = noticed.wish(noticed.reader(cues.NEW_ARRIVALS.sub(noticed.CUT, heard.text))[1])[1]
    wanted = subject.wanted(noticed.place(rest, said.places, said.language)[1], said.language)
    slots = _with_subject(heard.slots, wanted)
    return (
        slots
        if slots.topics or any(one.kind is Kind.NAME for one in wanted.found)
        else msgspec.structs.replace(slots, words="", subject="", ndc=())
    )


def _like(heard: Heard, said: Said, slots: Slots) -> Plan | None:
    if not cues.LIKE.search(heard.text):
        return None
    words = heard.title or slots.words
    stripped = subject.wanted(noticed.wish(cues.LIKE.sub(noticed.CUT, heard.text))[1], said.language) if not heard.title else None
    if stripped is not None and not stripped.is_empty:
        named = _with_subject(Slots(), stripped)
        words = named.words or named.subject or words
    return Plan(
        intent=Intent.RECOMMEND_LIKE, slots=Slots(words=words, audience=slots.audience, grade=slots.grade, available=slots.available)
    )


def _with_subject(slots: Slots, wanted: Wanted) -> Slots:
    """Topics with their classes. A kind of writing beside a topic or a name keeps its own class, and the other is searched as words."""
    found = _lived(wanted.found)
    names = [one for one in found if one.kind is Kind.NAME]
    topics = [one for one in found if one.kind is Kind.TOPIC]
    genres = [one for one in found if one.kind is Kind.GENRE]
    purposes = [one for one in found if one.kind is Kind.PURPOSE]
    words = " ".join([*(one.ja for one in names), *([wanted.words] if wanted.words else [])])
    about = topics or (genres if not words else [])
    classes = genres or topics or ([] if words else purposes)
    children = any(one.key in _CHILDRENS for one in purposes) and not slots.audience
    return msgspec.structs.replace(
        slots,
        words=words,
        typed=wanted.typed[:100],
        topics=tuple(one.key for one in (*topics, *genres, *(purposes if not topics and not words else ()))),
        subject=_subject(about, genres) or slots.subject,
        ndc=tuple(dict.fromkeys([number for one in classes for number in one.ndc] + list(wanted.ndc))),
        audience="children" if children else slots.audience,
    )


def _lived(found: Sequence[Topic]) -> list[Topic]:
    """How people lived at a time or in a country stands with its customs, and not with how a house is kept."""
    tells_of_people = any(number.startswith("2") for one in found if one.kind is Kind.TOPIC for number in one.ndc)
    return [by_key()["old-life"] if tells_of_people and one.key == "housework" else one for one in found]


_CHILDRENS = frozenset({"free-study", "research", "bedtime"})


def _subject(about: list[Topic], genres: list[Topic]) -> str:
    """What is searched as a word beside the classes: of 「犬の絵本」 the dog."""
    return (
        " ".join(one.ja.removesuffix("時代") for one in about if one not in genres) if genres else (about[0].ja if len(about) == 1 else "")
    )
