"""What other rooms show on a patron's page, such as loans and holds: they give it here, so that this room knows none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from library.db import Reading
from library.identity.viewer import Viewer


@dataclass(frozen=True)
class Panel:
    """A section of the page. `title` is a msgid; the template, like "circulation/_loans.html", finds `context` as `panel`."""

    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


Source = Callable[[Reading, Viewer, int], Awaitable[Panel | None]]  # (session, viewer, patron) → None where there is nothing to say

PANELS: list[Source] = []  # filled where the rooms are put together, in the order of the page


async def panels(session: Reading, viewer: Viewer, patron_id: int) -> tuple[Panel, ...]:
    """The sections for one patron; the caller has made sure that the viewer may see them."""
    found = [await source(session, viewer, patron_id) for source in PANELS]
    return tuple(panel for panel in found if panel is not None)
