"""Answers about the libraries themselves: when they are open, whether they are on a day, where they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from library.errors import N_
from library.places import store
from library.places.calendar import Calendar, Day
from library.places.store import BranchFacts
from library.places.web import today_at
from search.chat.answering.reply import Asking, Button, Reply
from search.chat.hangul import hangul
from search.chat.plan import Plan
from search.directory import Where

MOST = 12  # branches in one answer; how many more there are is said
MOST_TO_CHOOSE = 12


async def hours(asking: Asking, plan: Plan) -> Reply:
    """The hours of a day, today's where none is named; of one branch, else of every ward library."""
    branches = meant(asking, plan)
    if not branches:
        return Reply(
            text=asking.say(N_("その館は見つかりませんでした。")), intent=plan.intent, buttons=(_all(asking),), plan=plan, stuck=True
        )
    calendars = await store.calendars(asking.session, branches)
    day = plan.slots.day or asking.today
    head = asking.say(N_("{day}の開館時間です。"), day=asking.day(day))
    lines = [f"・{asking.name(one.name)}：{_of_day(asking, calendars[one.id].day(day))}" for one in branches[:MOST]]
    lines += _and_more(asking, branches)
    text = _of_one(asking, branches[0], calendars[branches[0].id], day) if len(branches) == 1 else "\n".join([head, *lines])
    return Reply(
        text=text,
        speech=text.replace("・", "").replace("\n", " "),
        intent=plan.intent,
        buttons=_buttons(asking, branches),
        sources=tuple(f"branch:{one.code}" for one in branches),
        plan=plan,
    )


def meant(asking: Asking, plan: Plan) -> tuple[BranchFacts, ...]:
    """The branch that was named, one's own for "near", else the ward's."""
    if plan.slots.branch:
        return tuple(one for one in asking.branches if one.code == plan.slots.branch)
    if plan.slots.near and (own := _own(asking)):
        return own
    return tuple(one for one in asking.branches if one.is_ward_library)


def _and_more(asking: Asking, branches: Sequence[BranchFacts]) -> list[str]:
    left = len(branches) - MOST
    return [asking.count(N_("ほかに{count}館あります。"), N_("ほかに{count}館あります。"), left)] if left > 0 else []


def _own(asking: Asking) -> tuple[BranchFacts, ...]:
    """The branch somebody usually goes to, else those of their school."""
    home = [one for one in asking.branches if one.id == asking.viewer.home_branch_id]
    own = {place.code for place in asking.directory.places if Where.OWN in place.where}
    return tuple(home or [one for one in asking.branches if one.code in own])


def which(asking: Asking, plan: Plan) -> tuple[Button, ...]:
    """The ward's libraries to choose from, where nobody can know which one is near; nothing where it is clear which is meant."""
    if not plan.slots.near or plan.slots.branch or _own(asking):
        return ()
    wards = [one for one in asking.branches if one.is_ward_library][:MOST_TO_CHOOSE]
    return tuple(Button(name, says=name) for name in (asking.name(one.name) for one in wards))


def _of_day(asking: Asking, day: Day) -> str:
    if not day.is_open:
        reason = _reason(asking, day)
        return asking.say(N_("休館（{reason}）"), reason=reason) if reason else asking.say(N_("休館"))
    return asking.listed.join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in day.openings)


def _reason(asking: Asking, day: Day) -> str:
    """Why it is closed, where the staff wrote it in the language that is spoken."""
    return (day.reason or {}).get(asking.texts.language, "")


def _of_one(asking: Asking, branch: BranchFacts, calendar: Calendar, day: date) -> str:
    at, name = calendar.day(day), asking.name(branch.name)
    if at.is_open:
        parts = [asking.say(N_("{branch}は、{day}は{hours}に開いています。"), branch=name, day=asking.day(day), hours=_of_day(asking, at))]
        if day == asking.today and (now := _now(asking, branch, calendar)):
            parts.append(now)
        return "\n".join(parts)
    text = asking.say(N_("{branch}は、{day}は休みです。"), branch=name, day=asking.day(day))
    if reason := _reason(asking, at):
        text += asking.say(N_("（{reason}）"), reason=reason)
    again = calendar.next_open_day(day)
    if again is not None and again != day:
        hours = _of_day(asking, calendar.day(again))
        text += "\n" + asking.say(N_("次に開くのは{day}（{hours}）です。"), day=asking.day(again), hours=hours)
    return text


def _now(asking: Asking, branch: BranchFacts, calendar: Calendar) -> str:
    now = today_at(branch, calendar, asking.now)
    if now.open_until is not None:
        return asking.say(N_("いま開いています（{time}まで）。"), time=f"{now.open_until:%H:%M}")
    if now.opens_at is not None:
        return asking.say(N_("いまは閉まっています。{time}に開きます。"), time=f"{now.opens_at:%H:%M}")
    return asking.say(N_("今日の開館は終わりました。"))


async def where(asking: Asking, plan: Plan) -> Reply:
    """Where the library is: what is entered for it, and nothing else."""
    branches = meant(asking, plan)
    lines = [f"・{asking.name(one.name)}：{_address(asking, one)}" for one in branches[:MOST]] + _and_more(asking, branches)
    if choices := which(asking, plan):
        return Reply(text=asking.say(N_("どの図書館ですか。えらんでください。")), intent=plan.intent, buttons=choices, plan=plan)
    return Reply(
        text="\n".join([asking.say(N_("図書館の場所です。")), *lines]) if lines else asking.say(N_("その館は見つかりませんでした。")),
        intent=plan.intent,
        buttons=_buttons(asking, branches),
        sources=tuple(f"branch:{one.code}" for one in branches),
        plan=plan,
        stuck=not lines,
    )


def _address(asking: Asking, branch: BranchFacts) -> str:
    known = [part for part in (branch.address, branch.phone) if part]
    return asking.listed.join(known) if known else asking.say(N_("住所は登録されていません"))


def _all(asking: Asking) -> Button:
    return Button(asking.say(N_("開館日と時間を見る")), "/places")


def _buttons(asking: Asking, branches: Sequence[BranchFacts]) -> tuple[Button, ...]:
    if len(branches) == 1:
        return (Button(asking.say(N_("開館カレンダー")), f"/places/{branches[0].code}"), _all(asking))
    return (_all(asking),)


def names_of(branches: Sequence[BranchFacts], aliases: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every name that a branch goes by in what people say: in all languages, by its reading, by its code."""
    return tuple(
        (one.code, tuple(dict.fromkeys([*one.name.values(), *([one.reading] if one.reading else []), *_spoken(one, aliases)])))
        for one in branches
    )


def _spoken(branch: BranchFacts, aliases: Mapping[str, str]) -> list[str]:
    """Names that hold a word everybody translates: 中央図書館 is 중앙도서관."""
    name = branch.name.get("ja", "")
    spoken = [name.replace(word, other) for word, other in aliases.items() if word in name]
    if (short := _LIBRARY.sub("", branch.reading or "")) and (korean := hangul(short)):
        spoken.append(f"{korean} 도서관")
    return spoken


_LIBRARY = re.compile(r"\s*(?:としょかん|トショカン)$")


KOREAN = {"中央図書館": "중앙도서관"}
