"""An answer of the conversation, and what it takes to make one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from babel.dates import format_date, format_skeleton

from library.db import Reading
from library.i18n import Texts, in_language, locale
from library.identity.viewer import Viewer
from library.places.store import BranchFacts
from search.chat.plan import Intent, Plan
from search.directory import Directory
from search.finding import Shown
from search.index.engine import Engine
from search.procedures.answers import Entry


@dataclass(frozen=True)
class Asking:
    """Who asks, in which language, and what is asked of. `in_person`: signed in through the sign-in page, not by a token."""

    session: Reading
    engine: Engine
    viewer: Viewer
    texts: Texts
    now: datetime
    today: date
    directory: Directory
    branches: tuple[BranchFacts, ...]
    entries: tuple[Entry, ...] = ()

    @property
    def in_person(self) -> bool:
        return self.viewer.is_signed_in and self.viewer.scopes is None

    def say(self, sentence: str, **fields: object) -> str:
        return self.texts.gettext(sentence).format(**fields)

    def count(self, one: str, many: str, number: int, **fields: object) -> str:
        return self.texts.ngettext(one, many, number).format(count=f"{number:,}", **fields)

    def name(self, names: Mapping[str, str]) -> str:
        return in_language(names, self.texts.language)

    def day(self, day: date) -> str:
        """A day of the coming year, with its weekday."""
        spoken = locale(self.texts.language)
        return format_skeleton("MMMEd", day, locale=spoken) if day.year == self.today.year else format_date(day, "full", locale=spoken)

    @cached_property
    def listed(self) -> str:
        """What stands between the things of a list."""
        return {"ja": "、", "zh": "、"}.get(self.texts.language, ", ")


@dataclass(frozen=True)
class Button:
    """A way on: a page, or (`says`) words to say next."""

    label: str
    path: str = ""
    says: str = ""


@dataclass(frozen=True)
class Reply:
    """`text` as it is read; `speech` as it is heard: shorter, and without what a bystander should not hear.

    `kept`: what may be carried along of it in the conversation's own memory, `text` where nothing is left out.
    """

    text: str
    intent: Intent
    records: tuple[Shown, ...] = ()
    buttons: tuple[Button, ...] = ()
    sources: tuple[str, ...] = ()
    speech: str = ""
    kept: str = ""
    backend: str = ""
    stuck: bool = False
    plan: Plan | None = None
