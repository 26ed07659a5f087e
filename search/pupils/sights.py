"""What every page of the pupils' view knows: who looks, from where, and how its words are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from sqlalchemy import text

from library import furigana
from library.db import Reading
from library.http import requests
from library.http.pages import page, url
from library.i18n import Texts
from library.identity.viewer import Viewer
from search.asking import asked
from search.directory import directory_for
from search.finding import Shown, shown
from search.pupils.faces import Eyes, Face
from search.pupils.looking import Looking, looking
from search.pupils.picking import Picked

_NAMES = text("SELECT number, name, reading FROM branch WHERE number = ANY(:numbers)")


@dataclass(frozen=True)
class Sight:
    """One request in the pupils' view. `now`: only what is there now was asked for."""

    request: Request[Viewer, Any, Any]
    viewer: Viewer
    looking: Looking
    eyes: Eyes
    texts: Texts
    now: bool
    number: int

    def page(self, name: str, *, headers: Mapping[str, str] | None = None, **context: Any) -> Response[str]:
        shared: dict[str, Any] = {
            "section": "",
            "easy": self.eyes.easy,
            "plainly": furigana.plain,
            "junior": self.looking.is_junior,
            "now": self.now,
        }
        return page(self.request, f"search/kids/{name}", headers=headers, **(shared | context))

    def address(self, kept: Mapping[str, str], *, now: bool, number: int = 1) -> str:
        """This page with another choice, or further on."""
        return url(self.request.scope["path"], **kept, now="1" if now else None, page=number if number > 1 else None)

    async def faces(self, session: Reading, ids: tuple[int, ...]) -> list[Face]:
        return [self.eyes.face(one) for one in await shown(session, ids, viewer=self.viewer)]

    def listed(self, picked: Picked, books: list[Face], **kept: str) -> dict[str, Any]:
        """What the list of books takes: the books of this page, how many there are, the ways to other pages and choices.

        `kept`: what else the address says.
        """
        return {
            "books": books,
            "total": len(picked.ids),
            "is_whole": picked.is_whole,
            "page_number": self.number,
            "pages": picked.pages,
            "page_address": lambda number: self.address(kept, now=self.now, number=number),
            "all_address": self.address(kept, now=False),
            "now_address": self.address(kept, now=True),
        }


async def sight(session: Reading, request: Request[Viewer, Any, Any], viewer: Viewer) -> Sight:
    """Raises Invalid for a page that is no number."""
    texts = requests.texts(request)
    directory = await directory_for(session, viewer)
    looks = looking(viewer, directory)
    eyes = Eyes(directory, viewer, texts, with_ruby=texts.language == "ja" and not looks.is_junior)
    number = asked.read({"page": request.query_params.getall("page", [])}).page
    return Sight(request, viewer, looks, eyes, texts, now=request.query_params.get("now") == "1", number=number)


async def branch_names(session: Reading, record: Shown) -> dict[int, tuple[Mapping[str, str], str]]:
    """Branch number → its names and the reading of the Japanese one, of the branches that hold a record."""
    rows = await session.execute(_NAMES, {"numbers": sorted({at.number for at in record.at})})
    return {row.number: (row.name, row.reading) for row in rows}
