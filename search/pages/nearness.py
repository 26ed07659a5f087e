"""Where a book is, in few words and in order of nearness: the pills of results, shelves and record pages. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from babel.dates import format_skeleton

from circulation.availability import AtBranch, may_borrow
from library.errors import N_
from library.i18n import Texts, in_language, locale
from library.identity.viewer import Viewer
from search.directory import Directory, Where


class Pill(NamedTuple):
    """`kind` is one of here, near, wait, away, none: its shape and colour."""

    kind: str
    text: str


class Way(NamedTuple):
    """A button: where it leads and what it says."""

    href: str
    text: str


def why_not(rows: Collection[AtBranch], texts: Texts) -> str:
    """Why none of these copies can be had now: lent and until when, set aside, on its way; never for whom."""
    if any(at.on_loan for at in rows):
        days = [at.due_on for at in rows if at.due_on is not None]
        if not days:
            return texts.gettext(N_("貸出中"))
        day = format_skeleton("Md", min(days), locale=locale(texts.language))
        return texts.gettext(N_("貸出中（{day}まで）")).format(day=day)
    if any(at.set_aside for at in rows):
        return texts.gettext(N_("取り置き中"))
    if any(at.on_its_way for at in rows):
        return texts.gettext(N_("移送中"))
    return texts.gettext(N_("いま借りられない"))


class Standpoint:
    """From where somebody looks: which branches are theirs, which the ward's, which of other schools."""

    def __init__(self, directory: Directory, viewer: Viewer, texts: Texts) -> None:
        self._where: Mapping[int, frozenset[Where]] = {place.number: place.where for place in directory.places}
        self._own_schools = frozenset(place.number for place in directory.places if place.is_own_school)
        self._of_a_child = directory.of_a_child
        self._viewer = viewer
        self._texts = texts
        self.has_own = any(Where.OWN in where for where in self._where.values())

    def group(self, at: AtBranch) -> Where:
        """The nearest group that the copies belong to. At a joint-use branch a school's own copies stay the school's
        for those to whom it does not lend."""
        where = self._where.get(at.number, frozenset())
        is_reached = self.is_lent(at) or at.organisation_id in self._viewer.organisation_ids
        if Where.OWN in where and is_reached:
            return Where.OWN
        if at.organisation_kind == "ward" or (Where.WARD in where and is_reached):
            return Where.WARD
        return Where.SCHOOLS

    def grouped(self, copies: Iterable[AtBranch]) -> dict[Where, list[AtBranch]]:
        """Copies by group, nearest group first; in a group the branches where it can be had come first."""
        found: dict[Where, list[AtBranch]] = {where: [] for where in (Where.OWN, Where.WARD, Where.SCHOOLS)}
        for at in copies:
            found[self.group(at)].append(at)
        return {where: sorted(rows, key=lambda at: (not at.available, at.number)) for where, rows in found.items() if rows}

    def is_lent(self, at: AtBranch) -> bool:
        return may_borrow(at, organisation_ids=self._viewer.organisation_ids, school_ids=self._viewer.school_ids)

    def pills(self, copies: Collection[AtBranch], *, electronic: bool) -> list[Pill]:
        """Nearest first; one pill for each group, and one that says so where nobody has it."""
        found = [Pill("here", self._say(N_("オンラインで読める")))] if electronic else []
        for where, rows in self.grouped(copies).items():
            found.append({Where.OWN: self._own, Where.WARD: self._ward, Where.SCHOOLS: self._schools}[where](rows))
        waiting = max((at.waiting for at in copies), default=0)
        if waiting:
            found.append(Pill("wait", self._say(N_("予約 {number}人"), number=waiting)))
        return found or [Pill("none", self._say(N_("所蔵なし")))]

    def in_short(self, copies: Collection[AtBranch], *, electronic: bool) -> Pill:
        """One pill of a few characters, for a shelf."""
        if electronic:
            return Pill("here", self._say(N_("オンライン")))
        for where, rows in self.grouped(copies).items():
            there = {at.branch_id for at in rows if at.available}
            if there:
                kind = {Where.OWN: "here", Where.WARD: "near" if self.has_own else "here", Where.SCHOOLS: "away"}[where]
                return Pill(kind, self._say(N_("学校") if where is Where.SCHOOLS else N_("{number}館にあり"), number=len(there)))
        if any(at.on_loan for at in copies):
            return Pill("wait", self._say(N_("貸出中")))
        return Pill("wait", self._say(N_("利用中"))) if copies else Pill("none", self._say(N_("所蔵なし")))

    def _own(self, rows: list[AtBranch]) -> Pill:
        name = self._name(rows[0])
        if rows[0].available:
            return Pill("here", self._say(N_("{branch}にあり"), branch=name))
        if any(at.in_library_only for at in rows):
            return Pill("here", self._say(N_("{branch}の中で読める"), branch=name))
        return self._out(rows, name)

    def _ward(self, rows: list[AtBranch]) -> Pill:
        kind = "near" if self.has_own else "here"
        there = {at.branch_id for at in rows if at.available}
        if len(there) > 1:
            return Pill(kind, self._say(N_("区立図書館 {number}館にあり"), number=len(there)))
        if there:
            return Pill(kind, self._say(N_("{branch}にあり"), branch=self._name(rows[0])))
        only = next((at for at in rows if at.in_library_only), None)
        if only is not None:
            return Pill(kind, self._say(N_("{branch}の中で読める"), branch=self._name(only)))
        return self._out(rows, self._say(N_("区立図書館")))

    def _schools(self, rows: list[AtBranch]) -> Pill:
        there = {at.branch_id for at in rows if at.available}
        if not any(self.is_lent(at) for at in rows):
            number = len(there or {at.branch_id for at in rows})
            return Pill("away", self._say(N_("学校 {number}校（その学校の人だけ）"), number=number))
        if not there:
            return self._out(rows, self._say(N_("学校")))
        words = N_("ほかの学校 {number}校") if self._viewer.school_ids else N_("学校 {number}校")
        return Pill("away", self._say(words, number=len(there)))

    def _out(self, rows: Iterable[AtBranch], place: str) -> Pill:
        """Nothing to be had there now: whether it is lent and until when, or why else not."""
        return Pill("wait", self._say(N_("{place}では{why}"), place=place, why=why_not(list(rows), self._texts)))

    def way_to_hold(self, record_id: int, copies: Iterable[AtBranch]) -> Way | None:
        """None where nothing could ever be lent to the viewer, and for staff who are no readers."""
        if self._viewer.is_staff and self._viewer.person_id is None:
            return None
        if not any(at.lendable and self.is_lent(at) for at in copies):
            return None
        words = N_("学校でうけとる") if self._viewer.is_pupil else N_("予約する")
        return Way(f"/holds/new?record={record_id}", self._say(words))

    def _name(self, at: AtBranch) -> str:
        if at.number in self._own_schools:
            return self._say(N_("こどもの学校") if self._of_a_child else N_("自分の学校"))
        return in_language(at.name, self._texts.language)

    def _say(self, sentence: str, **fields: object) -> str:
        return self._texts.gettext(sentence).format(**fields)
