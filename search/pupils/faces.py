"""Books as pupils see them: cover, title and writer with their readings, and one state in easy words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from catalog.description import Agent, Audience
from catalog.records.composing import spoken_name
from circulation.availability import AtBranch
from library import furigana
from library.errors import N_
from library.i18n import Texts, in_language
from library.identity.viewer import Viewer
from library.kana import hiragana
from search.directory import Directory, Where
from search.finding import Shown
from search.pages.books import first_author, heading, language_tag
from search.pages.face import Run, face
from search.pages.nearness import Standpoint
from search.text import ruby

# The main classes in words for pupils, as the shelves of a school are labelled.
CLASSES: dict[str, str] = {
    "0": N_("しらべる本《ほん》"),
    "1": N_("こころと 考《かんが》えかた"),
    "2": N_("れきしと 地《ち》いき"),
    "3": N_("くらしと 社会《しゃかい》"),
    "4": N_("しぜんと かがく"),
    "5": N_("ぎじゅつと ものづくり"),
    "6": N_("しごとと さんぎょう"),
    "7": N_("げいじゅつと スポーツ"),
    "8": N_("ことば"),
    "9": N_("ものがたり"),
}

Pairs = tuple[tuple[str, str], ...]


class State(NamedTuple):
    """`kind` is one of here, near, wait, away, none; `words` carry readings."""

    kind: str
    words: Markup


class Face(NamedTuple):
    """One book on a shelf. `title`, `author` and `ndc` draw the cover."""

    href: str
    title: str
    author: str
    ndc: str
    juvenile: bool
    runs: list[Run]
    volume: str
    writer: Pairs
    state: State
    lang: str | None


class Place(NamedTuple):
    """Where copies of a book stand. `label`: the lines of the label on its spine; `shelf`: its main class in easy words."""

    name: Pairs
    is_own: bool
    state: State
    label: tuple[str, ...]
    digit: str
    shelf: str


class Eyes:
    """How one viewer sees books: from where, in which language, with or without readings over the page's own words."""

    def __init__(self, directory: Directory, viewer: Viewer, texts: Texts, *, with_ruby: bool) -> None:
        self._standpoint = Standpoint(directory, viewer, texts)
        self._own_schools = frozenset(place.number for place in directory.places if place.is_own_school)
        self._texts = texts
        self._with_ruby = with_ruby
        self.is_at_school = bool(self._own_schools)

    def easy(self, words: str) -> Markup:
        """Words of the page, already in its language."""
        return furigana.drawn(words, with_readings=self._with_ruby)

    def face(self, shown: Shown) -> Face:
        title = heading(shown, self._texts)
        return Face(
            href=f"/kids/books/{shown.id}",
            title=title,
            author=first_author(shown),
            ndc=shown.ndc,
            juvenile=shown.audience == Audience.CHILDREN,
            runs=title_runs(shown, title),
            volume=shown.volume,
            writer=writer(shown),
            state=self.state(shown),
            lang=language_tag(shown),
        )

    def state(self, shown: Shown) -> State:
        """Of the nearest place where it can be had; where it can be had nowhere now, why."""
        if shown.electronic:
            return self._state("here", N_("タブレットで よめる"))
        groups = self._standpoint.grouped(shown.at)
        for where, rows in groups.items():
            if any(at.available and self._standpoint.is_lent(at) for at in rows):
                return self._there(where, rows)
        for where, rows in groups.items():
            if any(at.in_library_only for at in rows):
                words = (
                    N_("学校《がっこう》の中《なか》で よめる")
                    if self._is_school(where, rows)
                    else N_("図書館《としょかん》の中《なか》で よめる")
                )
                return self._state("here" if where is Where.OWN else "near", words)
        if not any(self._standpoint.is_lent(at) for at in shown.at):
            return self._state("away", N_("ほかの学校《がっこう》の本《ほん》")) if shown.at else self._state("none", N_("いまは ない"))
        return self._out(shown.at)

    def places(self, shown: Shown, names: Mapping[int, tuple[Mapping[str, str], str]]) -> list[Place]:
        """The own school first, then libraries that have it now, then the others; `names`: branch number → names and reading."""
        found = []
        for where, rows in self._standpoint.grouped(shown.at).items():
            for at in rows:
                if where is Where.SCHOOLS and not self._standpoint.is_lent(at):
                    continue
                state = self._there(where, [at]) if at.available else self._out([at])
                found.append(self._place(at, state, names, is_own=where is Where.OWN))
        return found

    def hold(self, shown: Shown) -> tuple[str, str] | None:
        """Where to ask for it, and what the button says."""
        way = self._standpoint.way_to_hold(shown.id, shown.at)
        if way is None:
            return None
        return way.href, self._texts.gettext(N_("学校《がっこう》で うけとる") if self.is_at_school else N_("よやくする"))

    def _place(self, at: AtBranch, state: State, names: Mapping[int, tuple[Mapping[str, str], str]], *, is_own: bool) -> Place:
        name, reading = names.get(at.number, (at.name, ""))
        said = in_language(name, self._texts.language)
        digit = next((letter for letter in at.call_number if letter.isdigit()), "")
        return Place(
            name=ruby(said, reading) if self._texts.language == "ja" else ((said, ""),),
            is_own=is_own,
            state=state,
            label=tuple(at.call_number.split())[:3],
            digit=digit,
            shelf=self._texts.gettext(CLASSES[digit]) if digit else "",
        )

    def _there(self, where: Where, rows: Sequence[AtBranch]) -> State:
        if self._is_school(where, rows):
            return self._state("here", N_("学校《がっこう》に ある"))
        if where is Where.SCHOOLS:
            return self._state("away", N_("ほかの学校《がっこう》に ある"))
        is_nearest = where is Where.OWN or not self._standpoint.has_own
        return self._state("here" if is_nearest else "near", N_("図書館《としょかん》に ある"))

    def _is_school(self, where: Where, rows: Sequence[AtBranch]) -> bool:
        return where is Where.OWN and any(at.number in self._own_schools for at in rows)

    def _out(self, rows: Sequence[AtBranch]) -> State:
        if any(at.on_loan for at in rows):
            return self._state("wait", N_("かしだし中《ちゅう》"))
        if any(at.set_aside or at.on_its_way for at in rows):
            return self._state("wait", N_("よやくの人《ひと》が いる"))
        return self._state("none", N_("いまは ない"))

    def _state(self, kind: str, words: str) -> State:
        return State(kind, self.easy(self._texts.gettext(words)))


def title_runs(shown: Shown, title: str) -> list[Run]:
    return face(title, shown.description.title.reading if shown.title else "", None, with_reading=True)


def writer(shown: Shown) -> Pairs:
    """The first name with its reading; where none is catalogued as a name, what is known of it."""
    agents = shown.description.agents
    if agents:
        return spoken(agents[0])
    return ((shown.author, ""),) if shown.author else ()


def spoken(agent: Agent) -> Pairs:
    """「宮沢, 賢治」, 「ミヤザワ, ケンジ」 → 宮沢 みやざわ, 賢治 けんじ: family and given name are read each by itself."""
    said = spoken_name(agent)
    names, readings = ([part.strip() for part in text.split(",")] for text in (agent.name, agent.reading))
    if len(names) == len(readings) and "".join(names) == said:
        return tuple(pair for name, reading in zip(names, readings, strict=True) for pair in _read(name, reading))
    return ((said, ""),)


def _read(name: str, reading: str) -> Pairs:
    return ruby(name, reading) if reading and hiragana(reading) != name else ((name, ""),)
