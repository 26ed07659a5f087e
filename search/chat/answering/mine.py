"""Answers about one's own loans and holds, and those of the children one cares for; to nobody else, and never kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from circulation import ledger
from circulation.ledger import HoldLine, HoldState, LoanLine
from circulation.store import family
from library.errors import N_
from search.chat.answering.reply import Asking, Button, Reply
from search.chat.plan import Intent, Plan

MOST = 10  # lines of one answer; the page has all


async def loans(asking: Asking, plan: Plan) -> Reply:
    """Titles with their dates; for the ear only how many and when."""
    if (stop := _stranger(asking, plan)) is not None:
        return stop
    members = await family.of_account(asking.session, asking.viewer.account_id or 0)
    lines = await ledger.loans_of_persons(asking.session, [one.person_id for one in members], now=asking.now)
    names = _names(members)
    buttons = (Button(asking.say(N_("借りている本のページ")), "/loans"),)
    if not lines:
        return Reply(text=asking.say(N_("いま借りている本はありません。")), intent=plan.intent, buttons=buttons, plan=plan)
    head = asking.count(N_("{count}点借りています。"), N_("{count}点借りています。"), len(lines))
    late = sum(1 for one in lines if one.days_late)
    if late:
        head += asking.count(N_("返す日をすぎたものが{count}点あります。"), N_("返す日をすぎたものが{count}点あります。"), late)
    nearest = asking.say(N_("いちばん早い返却期限は{day}です。"), day=asking.day(lines[0].due_on))
    rows = [_loan(asking, one, names) for one in lines[:MOST]]
    return Reply(
        text="\n".join([head, *rows]),
        speech=f"{head}{' ' if asking.texts.language in ('en', 'ko') else ''}{nearest}",
        kept=asking.say(N_("（借りている本をお答えしました）")),
        intent=plan.intent,
        buttons=buttons,
        plan=plan,
    )


def _loan(asking: Asking, line: LoanLine, names: Mapping[int, str]) -> str:
    day = asking.say(N_("{day}まで"), day=asking.day(line.due_on))
    if line.days_late:
        day = asking.count(
            N_("{day}まで・{count}日すぎています"), N_("{day}まで・{count}日すぎています"), line.days_late, day=asking.day(line.due_on)
        )
    return f"・{line.title}{f' {line.volume}' if line.volume else ''}（{day}）{_whose(asking, names, line.person_id)}"


async def holds(asking: Asking, plan: Plan) -> Reply:
    if (stop := _stranger(asking, plan)) is not None:
        return stop
    members = await family.of_account(asking.session, asking.viewer.account_id or 0)
    lines = await ledger.holds_of_persons(asking.session, [one.person_id for one in members])
    names = _names(members)
    buttons = (Button(asking.say(N_("予約のページ")), "/loans#holds"),)
    if not lines:
        return Reply(text=asking.say(N_("いま予約している本はありません。")), intent=plan.intent, buttons=buttons, plan=plan)
    ready = sum(1 for one in lines if one.state is HoldState.READY)
    head = asking.count(N_("予約は{count}点です。"), N_("予約は{count}点です。"), len(lines))
    if ready:
        head += asking.count(N_("受け取れるものが{count}点あります。"), N_("受け取れるものが{count}点あります。"), ready)
    return Reply(
        text="\n".join([head, *(_hold(asking, one, names) for one in lines[:MOST])]),
        speech=head,
        kept=asking.say(N_("（予約の状況をお答えしました）")),
        intent=plan.intent,
        buttons=buttons,
        plan=plan,
    )


def _hold(asking: Asking, line: HoldLine, names: Mapping[int, str]) -> str:
    place = asking.name(line.pickup_name)
    if line.state is HoldState.READY and line.pickup_until is not None:
        state = asking.say(N_("{place}で{day}まで取り置いています"), place=place, day=asking.day(line.pickup_until))
    elif line.state is HoldState.ON_ITS_WAY:
        state = asking.say(N_("{place}へ運んでいます"), place=place)
    elif line.position is not None:
        state = asking.say(N_("順番は{position}番目です"), position=line.position)
    else:
        state = asking.say(N_("用意しています"))
    return f"・{line.title}{f' {line.volume}' if line.volume else ''}（{state}）{_whose(asking, names, line.person_id)}"


async def renewing(asking: Asking, plan: Plan) -> Reply:
    """The chat changes nothing: it shows the page where loans are renewed, and what the guide says of it."""
    entry = next((one for one in asking.entries if one.key == "renew"), None)
    text = asking.say(N_("貸出の延長は、借りている本のページでできます。"))
    if entry is not None:
        text = f"{text}\n{entry.answer.body_text}"
    page = Button(asking.say(N_("借りている本のページ")), "/loans") if asking.in_person else _sign_in(asking)
    return Reply(text=text, intent=plan.intent, buttons=(page,), sources=(f"procedure:{entry.key}",) if entry else (), plan=plan)


def _stranger(asking: Asking, plan: Plan) -> Reply | None:
    """Whoever is not signed in learns nothing about anybody, not even whether there is anything to learn."""
    if asking.in_person:
        return None
    words = {
        Intent.MY_LOANS: N_("借りている本をお答えするには、ログインが必要です。"),
        Intent.MY_HOLDS: N_("予約の状況をお答えするには、ログインが必要です。"),
    }
    return Reply(text=asking.say(words[plan.intent]), intent=plan.intent, buttons=(_sign_in(asking),), plan=plan)


def _sign_in(asking: Asking) -> Button:
    return Button(asking.say(N_("ログインする")), "/sign-in?next=/chat")


def _names(members: Sequence[family.Member]) -> Mapping[int, str]:
    return {one.person_id: one.name for one in members} if len(members) > 1 else {}


def _whose(asking: Asking, names: Mapping[int, str], person_id: int) -> str:
    name = names.get(person_id, "")
    return asking.say(N_(" {name}さん"), name=name) if name else ""
