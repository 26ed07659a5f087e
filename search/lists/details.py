"""The details of a book list as a form or a program gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import select

from library.db import Reading
from library.errors import N_, Invalid
from library.http.forms import Form
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from library.places.models import Branch, Organisation
from search.lists import store
from search.lists.rules import LANGUAGES, Circle, Details, Grade, Kind

Option = TypeVar("Option", bound=StrEnum)


def details_of(form: Form) -> Details:
    """Raises Invalid naming the field that cannot be read."""
    return Details(
        kind=option(Kind, form.text("kind"), "kind"),
        title=_by_language(form, "title"),
        words=_by_language(form, "words"),
        audience=option(Circle, form.text("audience") or Circle.EVERYONE.value, "audience"),
        grade=option(Grade, form.text("grade"), "grade") if form.text("grade") else None,
        place=_by_language(form, "place"),
        shown_from=_day(form.text("shown_from"), "shown_from"),
        shown_to=_day(form.text("shown_to"), "shown_to"),
    )


def option(kind: type[Option], value: str, where: str) -> Option:
    try:
        return kind(value)
    except ValueError as exc:
        known = ", ".join(one.value for one in kind)
        sentence = N_("「{value}」は選べません。選べるのは {known} です。")
        raise Invalid("option_unknown", sentence, where=where, value=value[:60], known=known) from exc


def _by_language(form: Form, name: str) -> dict[str, str]:
    return {language: form.text(f"{name}_{language}") for language in LANGUAGES}


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise Invalid("date_form", N_("日付は 2027-04-01 の形で入れてください。"), where=where) from exc


async def chosen_place(session: Reading, written: str) -> tuple[int, int | None]:
    """An organisation by its code, and behind a colon one of its branches. Raises Invalid for codes that are not there."""
    organisation, _, branch = written.partition(":")
    organisation_id = await session.scalar(select(Organisation.id).where(Organisation.code == organisation))
    if organisation_id is None:
        raise Invalid("organisation_unknown", N_("この機関は選べません。"), where="place_of")
    if not branch:
        return organisation_id, None
    branch_id = await session.scalar(select(Branch.id).where(Branch.code == branch))
    if branch_id is None:
        raise Invalid("branch_unknown", N_("この館は選べません。"), where="place_of")
    return organisation_id, branch_id


async def places_for(session: Reading, viewer: Viewer) -> list[tuple[str, Mapping[str, str]]]:
    """Where the viewer can make a list, as `chosen_place` reads it: organisations as a whole, where one may, and their branches."""
    made: list[tuple[str, Mapping[str, str]]] = []
    for organisation, branches in await store.organisations_edited_by(session, viewer):
        if whole := viewer.can(Permission.EDIT_LISTS, store.place_of(organisation.id, None)):
            made.append((organisation.code, organisation.name))
        if len(branches) > 1 or not whole:
            made += [(f"{organisation.code}:{branch.code}", branch.name) for branch in branches]
    return made
