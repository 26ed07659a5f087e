"""Answers about books: what there is, whether it can be had, where it stands, what is new, what is like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

import msgspec

from catalog import ndc
from circulation.availability import AtBranch
from library.errors import N_
from search import finding, instead, shelf
from search.asking.asked import Asked
from search.chat.answering.houses import which
from search.chat.answering.looking import A_PAGE, Given, Looked, look
from search.chat.answering.reply import Asking, Button, Reply
from search.chat.plan import Intent, Plan, Slots
from search.chat.topics import by_key
from search.finding import Shown
from search.index.engine import Sort
from search.pages import going_on
from search.pages.nearness import Standpoint, why_not

ELSEWHERE = "https://ndlsearch.ndl.go.jp/search?cs=bib&keyword="


async def found(asking: Asking, plan: Plan) -> Reply:
    """Books on a topic, or by a title, an author, a name."""
    if plan.slots.record is not None:
        return await _of_records(asking, plan, [plan.slots.record])
    looked = await look(asking, _ordered(plan), plan.page)
    records = await finding.shown(asking.session, looked.ids, viewer=asking.viewer)
    if plan.intent is Intent.FIND_BOOKS:
        records = tuple(sorted(records, key=lambda one: not (one.at or one.electronic)))  # what stands somewhere first
    if not looked.total:
        return await nothing(asking, plan, looked)
    if not records:
        return replace(_no_more(asking, looked), plan=plan)
    return Reply(
        text=_sentences(_given_up(asking, plan, looked), _told_of(asking, plan, looked, records)),
        speech=_sentences(_given_up(asking, plan, looked), _spoken(asking, plan, looked, records)),
        intent=plan.intent,
        records=records,
        buttons=_ways_on(asking, plan, looked),
        sources=_sources(records),
        backend=looked.backend,
        plan=plan,
    )


def _ordered(plan: Plan) -> Slots:
    return msgspec.structs.replace(plan.slots, sort=Sort.NEWEST.value) if plan.intent is Intent.NEW_ARRIVALS else plan.slots


async def _of_records(asking: Asking, plan: Plan, ids: Sequence[int]) -> Reply:
    records = await finding.shown(asking.session, ids, viewer=asking.viewer)
    if not records:
        return await nothing(asking, plan, Looked(Asked()))
    told = _where(asking, records[0]) if plan.intent is Intent.WHERE_IS else _whether(asking, records[0], plan.slots.branch)
    return Reply(text=told, intent=plan.intent, records=records, sources=_sources(records), plan=plan, buttons=_of_one(asking, records[0]))


def _sources(records: Sequence[Shown]) -> tuple[str, ...]:
    return tuple(f"record:{one.id}" for one in records)


def _sentences(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def called(asking: Asking, plan: Plan) -> str:
    """The wish in the asker's own words."""
    slots = plan.slots
    if len(slots.topics) == 1 and not slots.words and (topic := by_key().get(slots.topics[0])) is not None:
        forms = topic.forms[asking.texts.language]  # of 「自由研究で虫」 the insects alone are counted
        return slots.typed if slots.typed in (*forms, *topic.forms["ja"]) or not forms else forms[0]
    if slots.typed:
        return slots.typed
    return slots.words or slots.subject or asking.listed.join(by_key()[key].ja for key in slots.topics if key in by_key())


def _told_of(asking: Asking, plan: Plan, looked: Looked, records: Sequence[Shown]) -> str:
    if plan.intent is Intent.WHERE_IS:
        return _where(asking, records[0])
    if plan.intent is Intent.IS_AVAILABLE:
        return _whether(asking, records[0], plan.slots.branch)
    if plan.page > 1:
        return asking.say(N_("続きの{count}点です。"), count=len(records))
    if plan.intent is Intent.NEW_ARRIVALS:
        return asking.say(N_("新しく入った順に{count}点です。"), count=len(records))
    if plan.slots.sort == "popular" and not plan.slots.names_books and not looked.given_up:
        return asking.say(N_("よく読まれている順に{count}点です。"), count=len(records))
    return _how_many(asking, called(asking, plan), looked, len(records))


def _how_many(asking: Asking, name: str, looked: Looked, shown: int) -> str:
    if Given.NEAR_WORDS in looked.given_up:
        return asking.say(N_("「{name}」そのものは見つかりませんでした。近いものはこちらです。"), name=name)
    if not looked.is_exact and looked.total > A_PAGE:
        return asking.say(N_("たくさんあります。はじめの{count}点です。"), count=shown)
    if not name:
        return asking.count(N_("{count}点あります。"), N_("{count}点あります。"), looked.total)
    return asking.count(N_("「{name}」で{count}点見つかりました。"), N_("「{name}」で{count}点見つかりました。"), looked.total, name=name)


def _spoken(asking: Asking, plan: Plan, looked: Looked, records: Sequence[Shown]) -> str:
    """For the ear: what was found and the first three titles."""
    told = _told_of(asking, plan, looked, records)
    if plan.intent in (Intent.WHERE_IS, Intent.IS_AVAILABLE):
        return told
    titles = asking.listed.join(asking.say(N_("『{title}』"), title=one.title) for one in records[:3] if one.title)
    return f"{told} {titles}" if titles else told


def _given_up(asking: Asking, plan: Plan, looked: Looked) -> str:
    """Said first, so that nobody takes a near answer for the one that was asked for."""
    slots = plan.slots
    words = {
        Given.UP_AVAILABLE: asking.say(N_("いま借りられるものはありませんでした。予約はできます。")),
        Given.UP_PLACE: asking.say(N_("{place}にはありませんでした。ほかの館のものです。"), place=place_of(asking, slots)),
        Given.UP_AUDIENCE: asking.say(N_("その年齢に向けたものは見つからなかったので、ほかの年齢のものもならべます。")),
        Given.UP_FORM: asking.say(N_("その形やことばのものは見つからなかったので、ほかのものをならべます。")),
    }
    said = [words[one] for one in looked.given_up if one in words]
    if which(asking, plan):
        told = N_("どの図書館が近いかわからないので、すべての館からさがしました。下の館をえらぶと、そこにあるものだけになります。")
        said.insert(0, asking.say(told))
    return "\n".join(said)


def place_of(asking: Asking, slots: Slots) -> str:
    for one in asking.branches:
        if one.code == slots.branch:
            return asking.name(one.name)
    return asking.say(N_("いつも使う図書館"))


def _where(asking: Asking, record: Shown) -> str:
    """Branch, area and mark of each place, the nearest first."""
    if not record.at:
        if record.electronic:
            return asking.say(N_("『{title}』はオンラインで読めます。"), title=record.title)
        return asking.say(N_("『{title}』は、いまどの館にもありません。"), title=record.title)
    rows = [row for group in _standpoint(asking).grouped(record.at).values() for row in group][:A_PAGE]
    lines = [
        " ".join(part for part in (asking.name(row.name), asking.name(row.shelf_area) if row.shelf_area else "", row.call_number) if part)
        for row in rows
    ]
    head = asking.say(N_("『{title}』のある場所です。"), title=record.title)
    return "\n".join([head, *(f"・{line}（{_state(asking, row)}）" for line, row in zip(lines, rows, strict=True))])


def _state(asking: Asking, row: AtBranch) -> str:
    return asking.say(N_("いまある")) if row.available else why_not([row], asking.texts)


def _whether(asking: Asking, record: Shown, branch: str) -> str:
    rows = [row for row in record.at if not branch or row.code == branch]
    there = [row for row in rows if row.available and _standpoint(asking).is_lent(row)]
    if there:
        names = asking.listed.join(dict.fromkeys(asking.name(row.name) for row in there[:A_PAGE]))
        return asking.say(N_("『{title}』は、いま借りられます（{places}）。"), title=record.title, places=names)
    if record.electronic:
        return asking.say(N_("『{title}』はオンラインで読めます。"), title=record.title)
    if not rows and branch and record.at:
        return asking.say(N_("『{title}』はその館にはありません。ほかの館にはあります。"), title=record.title)
    if not rows:
        return asking.say(N_("『{title}』は、いまどの館にもありません。"), title=record.title)
    return asking.say(N_("『{title}』は、いまは借りられません（{why}）。"), title=record.title, why=why_not(rows, asking.texts))


def _standpoint(asking: Asking) -> Standpoint:
    return Standpoint(asking.directory, asking.viewer, asking.texts)


def results_page(looked: Looked) -> str:
    pairs = looked.asked.pairs()
    return f"/search?{urlencode(pairs)}" if pairs else "/search"


def _ways_on(asking: Asking, plan: Plan, looked: Looked) -> tuple[Button, ...]:
    buttons = []
    if looked.total > plan.page * A_PAGE:
        buttons.append(Button(asking.say(N_("もっと見る")), says=asking.say(N_("もっと"))))
    if not plan.slots.available and plan.intent is not Intent.WHERE_IS:
        buttons.append(Button(asking.say(N_("いま借りられるもの")), says=asking.say(N_("いま借りられるのは？"))))
    if looked.total > 1:
        buttons.append(Button(asking.say(N_("検索のページで見る")), results_page(looked)))
    return (*buttons, *which(asking, plan))


def _of_one(asking: Asking, record: Shown) -> tuple[Button, ...]:
    way = _standpoint(asking).way_to_hold(record.id, record.at)
    return (Button(way.text, way.href),) if way else ()


def _no_more(asking: Asking, looked: Looked) -> Reply:
    return Reply(
        text=asking.say(N_("これで全部です。")),
        intent=Intent.FIND_BOOKS,
        buttons=(Button(asking.say(N_("検索のページで見る")), results_page(looked)),),
        backend=looked.backend,
    )


async def nothing(asking: Asking, plan: Plan, looked: Looked) -> Reply:
    """Never a dead end: the shelf by class, the national library, the staff."""
    name = called(asking, plan)
    text = asking.say(N_("「{name}」は見つかりませんでした。"), name=name) if name else asking.say(N_("見つかりませんでした。"))
    buttons = [*(await _nearest(asking, name)), Button(asking.say(N_("たなからえらぶ")), "/browse/ndc")]
    if name:
        buttons.append(Button(asking.say(N_("国立国会図書館サーチでさがす")), f"{ELSEWHERE}{urlencode({'': name})[1:]}"))
    buttons.append(Button(asking.say(N_("職員に聞く")), says=asking.say(N_("職員に聞きたい"))))
    ways = asking.say(N_("ことばを短くしたり、ひらがなにしたりすると見つかることがあります。職員に聞くこともできます。"))
    return Reply(text=_sentences(text, ways), intent=plan.intent, buttons=tuple(buttons), backend=looked.backend, stuck=True, plan=plan)


async def _nearest(asking: Asking, name: str) -> list[Button]:
    """What a part of the wish finds, and the shelf that it names, each with how much there is."""
    if not name:
        return []
    ways = [going_on.link_of(one, asking.texts) for one in await instead.nearest(asking.engine, asking.viewer, name)]
    return [
        Button(asking.count(N_("「{words}」{count}点"), N_("「{words}」{count}点"), one.total, words=one.words[:40]), one.href)
        for one in ways
    ]


async def like(asking: Asking, plan: Plan) -> Reply:
    """Others of the same class, the much read first. What it is like must be one of ours: nothing is made up from a title alone."""
    looked = await look(asking, Slots(words=plan.slots.words, record=plan.slots.record))
    seeds = await finding.shown(asking.session, looked.ids[:1], viewer=asking.viewer)
    seed = seeds[0] if seeds and Given.NEAR_WORDS not in looked.given_up else None
    if seed is None or not seed.ndc:
        return await nothing(asking, plan, looked)
    others = await look(asking, Slots(ndc=(_class_of(seed),), audience=plan.slots.audience or seed.audience, sort="popular"), plan.page)
    records = await finding.shown(asking.session, others.ids, viewer=asking.viewer)
    alike = tuple(one for one in records if one.id != seed.id and (one.work_id is None or one.work_id != seed.work_id))
    if not alike:
        left, right = await shelf.beside(asking.session, seed, viewer=asking.viewer)
        alike = (*left, *right)[:A_PAGE]
    if not alike:
        return await nothing(asking, plan, looked)
    label = ndc.label(seed.ndc, asking.texts.language) or ndc.label(seed.ndc)
    return Reply(
        text=asking.say(
            N_("『{title}』と同じ分類（{number} {label}）の、よく読まれている本です。"), title=seed.title, number=seed.ndc, label=label
        ),
        intent=plan.intent,
        records=alike,
        buttons=_ways_on(asking, plan, others),
        sources=_sources([seed, *alike]),
        backend=others.backend,
        plan=plan,
    )


def _class_of(seed: Shown) -> str:
    return seed.ndc.split(".")[0] if seed.ndc[:1] != "9" else seed.ndc


def topics_to_choose(asking: Asking) -> tuple[Button, ...]:
    """Questions that lead on from anywhere."""
    return (
        Button(asking.say(N_("本をさがす")), "/"),
        Button(asking.say(N_("今日の開館時間")), says=asking.say(N_("今日は何時まであいていますか"))),
        Button(asking.say(N_("借りている本")), says=asking.say(N_("借りている本はいつまで？"))),
        Button(asking.say(N_("職員に聞く")), says=asking.say(N_("職員に聞きたい"))),
    )
