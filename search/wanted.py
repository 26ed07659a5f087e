"""Whom to ask for a book that no library has, by kind of viewer; the guide's own entry where the staff have published it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from library.db import Reading
from library.errors import N_
from library.identity.roles import Role
from library.identity.viewer import Viewer
from search.procedures import store

ENTRY = "wanted-title"
GUIDE = "/guide"
_AT_SCHOOL = frozenset({Role.TEACHER, Role.SCHOOL_LIBRARIAN})


class Advice(NamedTuple):
    """`words`: a sentence, untranslated. `page`: what the guide says of it."""

    words: str
    page: str


async def advice(session: Reading, *, viewer: Viewer, on: date) -> Advice:
    published = await store.published(session, viewer.organisation_ids, on=on)
    is_told = any(one.key == ENTRY for one in published)
    return Advice(_words(viewer), f"{GUIDE}/{ENTRY}" if is_told else GUIDE)


def _words(viewer: Viewer) -> str:
    if viewer.is_pupil:
        return N_("学校図書館の先生に、読みたい本のことを話してみてください。どうすれば読めるか、いっしょに考えてくれます。")
    if viewer.roles & _AT_SCHOOL:
        return N_("学校でつかう資料は、区立図書館の窓口にご相談ください。さがしている本の書名や、授業のテーマをお伝えください。")
    if viewer.is_staff:
        return N_("利用者がさがしている本なら、リクエストとしてうかがってください。")
    return N_("読みたい本は、図書館の窓口でリクエストできます。買うか、ほかの図書館から借りるかなどを、図書館で考えます。")
