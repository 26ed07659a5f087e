"""Answers from the guide that staff write, and those that lead on: greetings, what this can do, a question back, the staff."""

from __future__ import annotations

from urllib.parse import urlencode

from library.errors import N_
from search.chat.answering.books import topics_to_choose
from search.chat.answering.reply import Asking, Button, Reply
from search.chat.plan import Plan

STUCK_TWICE = 2
LONGEST = 900  # letters of an entry in an answer; its page has the rest


def procedure(asking: Asking, plan: Plan) -> Reply:
    """The entry as staff wrote it. None: the guide, and the staff; never a rule made up."""
    entry = next((one for one in asking.entries if one.key == plan.slots.procedure), None)
    if entry is None:
        return Reply(
            text=asking.say(N_("それについての案内はまだ書かれていません。利用案内を見るか、職員に聞いてください。")),
            intent=plan.intent,
            buttons=(*_search_for(asking, plan), Button(asking.say(N_("利用案内")), "/guide"), staff(asking)),
            stuck=True,
            plan=plan,
        )
    answer = entry.answer
    body = answer.body_text if len(answer.body_text) <= LONGEST else f"{answer.body_text[:LONGEST]}…"
    untold = "" if answer.is_translated else asking.say(N_("（この案内は日本語だけです）")) + "\n"
    page = Button(asking.say(N_("くわしく見る")), f"/guide/{entry.key}?text={asking.texts.language}")
    return Reply(
        text=f"{untold}{answer.title}\n{body}",
        speech=f"{answer.title}. {body[:300]}",
        intent=plan.intent,
        buttons=(*(Button(one.label, one.path) for one in answer.buttons), page),
        sources=(f"procedure:{entry.key}",),
        plan=plan,
    )


def _search_for(asking: Asking, plan: Plan) -> tuple[Button, ...]:
    words = plan.slots.subject
    return (Button(asking.say(N_("「{words}」の本をさがす"), words=words), f"/search?{urlencode({'q': words})}"),) if words else ()


def greeting(asking: Asking, plan: Plan) -> Reply:
    text = asking.say(N_("こんにちは。本さがしや図書館のことを聞いてください。"))
    return Reply(text=text, intent=plan.intent, buttons=examples(asking), plan=plan)


def thanks(asking: Asking, plan: Plan) -> Reply:
    return Reply(text=asking.say(N_("どういたしまして。ほかにもあれば聞いてください。")), intent=plan.intent, plan=plan)


def off_topic(asking: Asking, plan: Plan) -> Reply:
    text = asking.say(N_("それにはお答えできません。本をさがすこと、開館日、手続き、借りている本についてお答えします。"))
    return Reply(text=text, intent=plan.intent, buttons=topics_to_choose(asking), plan=plan)


def unsafe(asking: Asking, plan: Plan) -> Reply:
    """No advice, no search: people."""
    text = asking.say(
        N_("ここではお答えできないことです。つらいとき、こまったときは、ひとりでかかえず、身近な人や図書館の職員に話してください。")
    )
    return Reply(text=text, intent=plan.intent, buttons=(staff(asking),), plan=plan)


def human(asking: Asking, plan: Plan) -> Reply:
    text = asking.say(N_("職員に引きつぎます。ここまでに書いたことばだけを伝えます。下のボタンから送ってください。"))
    return Reply(text=text, intent=plan.intent, buttons=(Button(asking.say(N_("職員に送る")), "/chat/staff"),), plan=plan)


def unknown(asking: Asking, plan: Plan, *, stuck: int) -> Reply:
    """One question back with choices; the second time the staff."""
    if stuck + 1 >= STUCK_TWICE:
        text = asking.say(N_("うまくお答えできず、すみません。職員に引きつぐことができます。"))
        return Reply(text=text, intent=plan.intent, buttons=(staff(asking), *topics_to_choose(asking)[:1]), stuck=True, plan=plan)
    text = asking.say(N_("どんなことをお知りになりたいですか。本の題名やテーマ、または下からえらんでください。"))
    return Reply(text=text, intent=plan.intent, buttons=topics_to_choose(asking), stuck=True, plan=plan)


def staff(asking: Asking) -> Button:
    return Button(asking.say(N_("職員に聞く")), says=asking.say(N_("職員に聞きたい")))


def examples(asking: Asking) -> tuple[Button, ...]:
    """Things to say, for whoever does not know what this can do."""
    said = (
        N_("夏休みの自由研究で虫の本、小学3年"),
        N_("近くの図書館にあるアインシュタインの伝記"),
        N_("カードをなくした"),
        N_("今日は何時まであいていますか"),
    )
    return tuple(Button(asking.say(one), says=asking.say(one)) for one in said)
