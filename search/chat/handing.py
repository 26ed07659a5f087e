"""Handing a conversation over to the staff: what the person said, and nothing that was answered."""

from __future__ import annotations

import uuid
from dataclasses import astuple, dataclass

from library import clock, i18n, idempotency
from library.errors import N_
from library.places.web import Today
from search.chat import carried
from search.chat.answering.reply import Button, Reply
from search.chat.conversation import Answered, Listener, Speaker, cleaned
from search.chat.elsewhere.translating import in_japanese
from search.chat.plan import Before, Intent, Plan
from search.chat.planning import endpoint_of, names_of
from search.directory import directory_for
from search.questions import worklist

ROUTE = "/chat/staff"
_MOST_NAMED = 3  # libraries to turn to meanwhile


@dataclass(frozen=True)
class Wish:
    """How somebody wishes to be answered. `show_account`: the staff may see whose account it is."""

    contact: str = ""
    name: str = ""
    branch: str = ""
    show_account: bool = False


def transcript(before: Before, more: str = "") -> str:
    """What was said, a line each, without what only asked for the staff; the last of it, where all would be too much."""
    lines = list(dict.fromkeys([*(turn.said for turn in before.turns), *([more] if more else [])]))
    while len(lines) > 1 and len("\n".join(lines)) > worklist.LONGEST_SAID:
        del lines[0]
    return "\n".join(lines)


async def hand_over(
    listener: Listener,
    text: str,
    wish: Wish,
    speaker: Speaker,
    *,
    client: bytes,
    whole: bool = False,
    nonce: uuid.UUID | None = None,
) -> Answered:
    """Raises Invalid for what the list of the staff does not take, TooMany. `whole`: `text` is all that is to be handed over.

    With the same `nonce` it is handed over once.
    """
    before = carried.opened(speaker.context, listener.settings.key)
    spoken, viewer = speaker.speaks(text), speaker.viewer
    said = text.strip() if whole else transcript(before, cleaned(text))
    worklist.checked(said, wish.name, wish.contact)  # before any of it leaves to be translated
    now = clock.now()
    endpoint = endpoint_of(listener.settings)
    translation = ""
    if endpoint is not None and spoken != i18n.SOURCE:
        names = await names_of(listener.database, viewer)
        translation = await in_japanese(endpoint, said, (*names, wish.name))
    async with listener.database.transaction() as session:
        words = "\n".join((said, *map(str, astuple(wish)))).encode("utf-8", "replace")
        digest = idempotency.digest(listener.settings.key, words)
        # The client is nobody, so that no row says who asked; that nobody guesses a nonce is enough.
        again = await idempotency.begin(session, client=ROUTE, key=nonce, route=ROUTE, body_digest=digest, now=now)
        if again is not None:
            number = int(again.result["question"])
        else:
            number = await worklist.hand_over(
                session,
                said=said,
                language=spoken,
                contact=wish.contact,
                branch=wish.branch or None,
                viewer=viewer,
                key=client,
                name=wish.name,
                translation=translation,
                show_account=wish.show_account and viewer.is_signed_in,
            )
            await idempotency.finish(session, client=ROUTE, key=nonce, status=200, result={"question": str(number)})
    async with listener.database.reading() as session:
        directory = await directory_for(session, viewer)
        meanwhile = await worklist.meanwhile(session, branch=wish.branch or None, now=now)
    plan = Plan(intent=Intent.HUMAN)
    texts, nearby = i18n.texts(spoken), meanwhile[:_MOST_NAMED]
    reply = Reply(text=_told(number, bool(wish.contact), nearby, texts), intent=Intent.HUMAN, plan=plan, buttons=_pages(nearby, texts))
    memory = _told_already(before)
    return Answered(said, reply, plan, spoken, carried.sealed(memory, listener.settings.key), memory, directory, handed_over=True)


def _told_already(before: Before) -> Before:
    """What was handed over is not handed over twice."""
    return Before(plan=before.plan, records=before.records)


def _told(number: int, has_contact: bool, nearby: tuple[Today, ...], texts: i18n.Texts) -> str:
    say = texts.gettext
    lines = [say(N_("職員に伝えました。受付番号は{number}です。")).format(number=number)]
    can_call = any(one.branch.phone for one in nearby)
    ask = say(N_("窓口か電話で、この番号をお伝えください。")) if can_call else say(N_("窓口で、この番号をお伝えください。"))
    lines.append(say(N_("書いていただいた連絡先に返事をします。")) if has_contact else ask)
    if nearby:
        lines.append(say(N_("お急ぎのときはこちらへ。")))
    for one in nearby:
        name = i18n.in_language(one.branch.name, texts.language)
        until = say(N_("{time}まで開いています")).format(time=f"{one.open_until:%H:%M}") if one.open_until else ""
        lines.append("・" + "　".join(part for part in (name, one.branch.phone or one.branch.address, until) if part))
    return "\n".join(lines)


def _pages(nearby: tuple[Today, ...], texts: i18n.Texts) -> tuple[Button, ...]:
    """Of each library its own page, and all of them."""
    own = (Button(i18n.in_language(one.branch.name, texts.language), f"/places/{one.branch.code}") for one in nearby)
    return (*own, Button(texts.gettext(N_("開館日と時間を見る")), "/places"))
