"""What stands below a reader's card when something came in for a saved search: a count, no words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from library.db import Reading
from library.errors import N_
from library.identity.card.lines import Line, Words
from library.identity.viewer import Viewer
from search.saved.models import SavedSearch


async def card_lines(session: Reading, viewer: Viewer, person_id: int) -> Sequence[Line]:
    """Only below one's own card: a guardian sees none of a child's searches."""
    if person_id != viewer.person_id or viewer.account_id is None:
        return ()
    mine = (SavedSearch.account_id == viewer.account_id, SavedSearch.tells, SavedSearch.arrived > 0)
    found = await session.scalar(select(func.sum(SavedSearch.arrived)).where(*mine))
    if not found:
        return ()
    words = Words(N_("ほぞんした検索に新しい本が {count}点"), {"count": int(found)}, many=N_("ほぞんした検索に新しい本が {count}点"))
    return (Line(words, "/saved", mark=("here", Words(N_("見る")))),)
