"""The staff's worklist of questions that readers handed over."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from library import clock
from library.db import Database
from library.errors import N_, Conflict, Invalid, LibraryError
from library.http import forms, problems, requests
from library.http.menu import Entry
from library.http.pages import page, url
from library.identity.guards import requires
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.settings import Settings
from search.procedures.content import LANGUAGE_NAMES
from search.questions import worklist
from search.questions.states import NEXT, STATES, Act, State

Asked = Request[Viewer, Any, Any]
PATH = "/staff/questions"
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
MAY = [requires(Permission.ANSWER_QUESTIONS)]


@get(PATH, include_in_schema=False, guards=MAY)
async def questions_page(
    *,
    request: Asked,
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    viewer: NamedDependency[Viewer],
    branch: FromQuery[str] = "",
    show: FromQuery[str] = "",
) -> Response[Any]:
    today = clock.today(settings.zone)
    async with database.reading() as session:
        within = await worklist.reach(session, viewer, on=today)
        lines = await worklist.listed(session, viewer, on=today, branch=branch, closed=show == "closed")
    return page(
        request,
        "search/questions/list.html",
        lines=lines,
        show=show,
        branch=branch,
        branches=within.branches,
        states=STATES,
        language_names=LANGUAGE_NAMES,
        kept_days=worklist.KEPT.days,
        longest_days=worklist.LONGEST_KEPT.days,
    )


@get(PATH + "/{number:int}", include_in_schema=False, guards=MAY)
async def question_page(
    request: Asked, number: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer], done: FromQuery[str] = ""
) -> Response[Any]:
    return await _question(request, database, viewer, number, done=done)


async def _question(
    request: Asked,
    database: Database,
    viewer: Viewer,
    number: int,
    *,
    done: str = "",
    refused: LibraryError | None = None,
    typed: forms.Form | None = None,
) -> Response[Any]:
    """`typed` is what a refused form held: it stays in the fields, beside what a colleague wrote meanwhile."""
    async with database.transaction() as session:
        asked = await worklist.opened(session, number, by=viewer)
    return page(
        request,
        "search/questions/question.html",
        status_code=200 if refused is None else 409 if isinstance(refused, Conflict) else 422,
        asked=asked,
        answer=typed.text("answer") if typed else asked.answer,
        note=typed.text("note") if typed else asked.note,
        theirs=asked.answer if typed and asked.answer != typed.text("answer") else "",
        is_writing=typed is not None,
        is_mine=asked.holder is not None and asked.holder == viewer.account_id,
        may={act.value: (asked.line.state, act) in NEXT for act in Act},
        done=done,
        refused=problems.said(refused, requests.texts(request)).detail if refused else None,
        states=STATES,
        is_closed=asked.line.state is State.CLOSED,
        language_names=LANGUAGE_NAMES,
        kept_days=worklist.KEPT.days,
        longest_days=worklist.LONGEST_KEPT.days,
    )


@post(PATH + "/{number:int}/take", include_in_schema=False, guards=MAY)
async def take_question(
    request: Asked, number: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    instead_of = (await forms.read(request)).text("instead_of")
    try:
        async with database.transaction() as session:
            await worklist.take(session, number, by=viewer, instead_of=int(instead_of) if _NUMBER.fullmatch(instead_of) else None)
    except Conflict as exc:
        return await _question(request, database, viewer, number, refused=exc)
    return Redirect(url(f"{PATH}/{number}", done="taken"), status_code=303)


@post(PATH + "/{number:int}", include_in_schema=False, guards=MAY)
async def answer_question(
    request: Asked, number: FromPath[int], database: NamedDependency[Database], viewer: NamedDependency[Viewer]
) -> Response[Any]:
    form = await forms.read(request)
    note, seen = form.text("note"), form.text("seen") or None
    try:
        async with database.transaction() as session:
            if form.text("do") == "close":
                await worklist.close(session, number, note=note, by=viewer, seen=seen)
            else:
                await worklist.answer(session, number, answer=form.text("answer"), note=note, by=viewer, seen=seen)
    except (Invalid, Conflict) as exc:
        return await _question(request, database, viewer, number, refused=exc, typed=form)
    return Redirect(url(f"{PATH}/{number}", done="closed" if form.text("do") == "close" else "answered"), status_code=303)


handlers: list[Any] = [questions_page, question_page, take_question, answer_question]

MENU = (Entry(Permission.ANSWER_QUESTIONS, PATH, N_("届いた質問"), N_("会話から届いた質問に答えます")),)
