"""What words find for a list: the copies of its own house with their call numbers, and what the house has before what it has not."""

from __future__ import annotations

from dataclasses import dataclass

from circulation.availability import AtBranch
from library.db import Reading
from library.errors import LibraryError
from library.identity.viewer import Viewer
from search.asking.asked import Asked
from search.finding import Shown, find
from search.index.engine import Engine
from search.lists.store import ListFacts

MOST = 10
_BRANCHES = 3  # named of a house with many


@dataclass(frozen=True)
class Hit:
    """A record with the branches of the list's own house that have it; `more` is how many other branches do."""

    record: Shown
    own: tuple[AtBranch, ...]
    more: int


async def hits(session: Reading, engine: Engine, q: str, facts: ListFacts, *, viewer: Viewer) -> tuple[Hit, ...]:
    """Of the first page of answers; nothing while there is no index, since scanning and pasting go on without."""
    try:
        found = (await find(session, engine, Asked(text=q), viewer=viewer)).hits
    except LibraryError:
        return ()
    return tuple(sorted((_hit(one, facts) for one in found), key=lambda hit: not hit.own)[:MOST])


def _hit(record: Shown, facts: ListFacts) -> Hit:
    own = [at for at in record.at if _is_own(at, facts)]
    named = sorted(own, key=lambda at: (at.branch_id != facts.branch_id, at.number))[:_BRANCHES]
    more = {at.branch_id for at in record.at} - {at.branch_id for at in named}
    return Hit(record, tuple(named), len(more))


def _is_own(at: AtBranch, facts: ListFacts) -> bool:
    return at.branch_id == facts.branch_id if facts.branch_id is not None else at.organisation_id == facts.organisation_id
