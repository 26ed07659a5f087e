"""Scanned, pasted or imported lines come into a list: those that mean a record, and no line is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from library.db import Writing
from library.errors import Problem
from library.identity.roles import Permission
from library.identity.viewer import Viewer
from search.lists import editing, store, wanted
from search.lists.editing import Added, Entry
from search.lists.wanted import Wanted


@dataclass(frozen=True)
class Brought:
    """What came in; and lines that did not, each with its problem, as a text to mend and bring again."""

    added: Added
    problems: tuple[Problem, ...]
    left: str
    first: int | None  # the record of the first line that came in


async def bring(session: Writing, list_id: int, lines: Sequence[Wanted], *, by: Viewer) -> Brought:
    """Adds what the lines mean; a note that is given replaces one that is there."""
    facts = await store.one(session, list_id)
    by.must(Permission.EDIT_LISTS, facts.where)
    found = await wanted.meant(session, lines, viewer=by, organisation_id=facts.organisation_id)
    entries = [Entry(record, _note(line)) for line, record in found.records.items()]
    added = await editing.add(session, list_id, entries, by=by) if entries else Added(0, 0)
    left = "\n".join(f"{line.written}\t{line.note}".rstrip() for line in found.problems)
    return Brought(added, tuple(found.problems.values()), left, next(iter(found.records.values()), None))


def _note(line: Wanted) -> dict[str, str] | None:
    return {"ja": line.note, "en": line.note_en} if line.note or line.note_en else None
