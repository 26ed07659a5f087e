"""Facts that a text names and that are worked out when it is shown: lending rules from policies, hours and addresses from places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_skeleton, get_day_names
from sqlalchemy import text

from circulation.rules.policies import RULES, Row, Rule, Scope, explain
from library import i18n
from library.db import Reading
from library.errors import N_
from library.i18n import in_language
from library.identity.words import CATEGORIES
from library.places import store as places
from library.places.calendar import Calendar, within
from library.places.store import BranchFacts

# After the colon may stand a kind of reader, as the lending rules know them; else residents in the ward's texts, pupils in a school's.
RULED: dict[str, Rule] = {
    "loans.limit": Rule.LOANS_LIMIT,
    "loans.days": Rule.LOAN_DAYS,
    "loans.renewals": Rule.RENEWALS,
    "loans.renewal_days": Rule.RENEWAL_DAYS,
    "holds.limit": Rule.HOLDS_LIMIT,
    "holds.pickup_days": Rule.PICKUP_DAYS,
}
OF_CALENDAR = ("hours", "closed")
OF_A_BRANCH = (*OF_CALENDAR, "phone", "address")  # after the colon stands a branch's code
OF_ALL = ("branches",)
WORDS: dict[str, str] = {
    **{name: RULES[rule].words for name, rule in RULED.items()},
    "hours": N_("ふだんの開館時間"),
    "closed": N_("これからの休館日"),
    "phone": N_("電話"),
    "address": N_("住所"),
    "branches": N_("区立図書館の一覧"),
}
UNKNOWN = "－"
CLOSED_DAYS_SHOWN = 6
CLOSED_DAYS_WITHIN = 60

_POLICIES = text("SELECT id, rule, branch_id, group_id, category, material, value FROM lending_policy WHERE material IS NULL ORDER BY id")
_GROUPS = text("SELECT branch_id, group_id FROM branch_group_member")
_CLOSED = {"ja": "休館", "en": "closed", "zh": "闭馆", "ko": "휴관"}
_BETWEEN_DAYS = {"ja": "・", "en": ", ", "zh": "、", "ko": "·"}


@dataclass(frozen=True)
class Facts:
    """What can be said in the texts of one organisation."""

    policies: tuple[Row, ...]
    scopes: tuple[Scope, ...]
    branches: Mapping[str, BranchFacts]
    calendars: Mapping[int, Calendar]
    on: date

    def values(self, language: str) -> Callable[[str], str]:
        """Facts by name, in words of a language."""
        return lambda name: self._value(name, language)

    def _value(self, name: str, language: str) -> str:
        kind, _, about = name.partition(":")
        if kind in RULED:
            return self._ruled(RULED[kind], about)
        if kind in OF_ALL:
            return "\n".join(_line(one, language) for one in self.branches.values() if one.is_ward_library) or UNKNOWN
        branch = self.branches.get(about)
        if branch is None:
            return UNKNOWN
        if kind == "hours":
            return week_in_words(self.calendars[branch.id], language, on=self.on)
        if kind == "closed":
            return closed_in_words(self.calendars[branch.id], language, on=self.on)
        return (branch.phone if kind == "phone" else branch.address) or UNKNOWN

    def _ruled(self, rule: Rule, category: str) -> str:
        """One figure where all branches agree, else from the least to the most: 14–21."""
        asked = (Scope(at.branch_id, at.group_id, category or at.category) for at in self.scopes)
        figures = sorted({int(explain(self.policies, at)[rule].value) for at in asked})
        return str(figures[0]) if len(figures) == 1 else f"{figures[0]}–{figures[-1]}"


@dataclass(frozen=True)
class Gathered:
    """Everything facts are worked out from."""

    policies: tuple[Row, ...]
    branches: tuple[BranchFacts, ...]
    calendars: Mapping[int, Calendar]
    groups: Mapping[int, int]
    on: date

    def of(self, organisation_id: int) -> Facts:
        """As the texts of an organisation mean them: a school's speak of its own library."""
        own = next(
            (one for one in self.branches if not one.is_ward_library and any(owner.id == organisation_id for owner in one.organisations)),
            None,
        )
        lending = [one for one in self.branches if one.is_ward_library and one.holds_stock] if own is None else [own]
        category = "resident" if own is None else "pupil"
        scopes = tuple(Scope(one.id, self.groups.get(one.id), category) for one in lending) or (Scope(category=category),)
        return Facts(self.policies, scopes, {one.code: one for one in self.branches}, self.calendars, self.on)


async def gathered(session: Reading, *, on: date, names: Iterable[str]) -> Gathered:
    """What some facts need, in at most six queries; only the calendars of branches that are named, since those are long."""
    branches = await places.branches(session, on=on)
    kinds = [name.partition(":") for name in names]
    timed = {about for kind, _, about in kinds if kind in OF_CALENDAR}
    rows = await session.execute(_POLICIES)
    policies = tuple(Row(row.id, row.rule, Scope(row.branch_id, row.group_id, row.category, row.material), row.value) for row in rows)
    groups = {row.branch_id: row.group_id for row in await session.execute(_GROUPS)}
    calendars = await places.calendars(session, [one for one in branches if one.code in timed]) if timed else {}
    return Gathered(policies, branches, calendars, groups, on)


def examples(branch_code: str) -> dict[str, str]:
    """Every kind of fact as it is written, with its words; those of a branch for one of them."""
    return {name + (f":{branch_code}" if name in OF_A_BRANCH else ""): words for name, words in WORDS.items()}


def unknown(names: Iterable[str], branch_codes: Iterable[str]) -> tuple[str, ...]:
    """Those that cannot be worked out."""
    codes = frozenset(branch_codes)
    return tuple(name for name in names if not _is_known(name, codes))


def _is_known(name: str, codes: frozenset[str]) -> bool:
    kind, _, about = name.partition(":")
    if kind in RULED:
        return not about or about in CATEGORIES
    if kind in OF_A_BRANCH:
        return about in codes
    return kind in OF_ALL and not about


def _line(branch: BranchFacts, language: str) -> str:
    return " ".join(part for part in (in_language(branch.name, language), branch.address, branch.phone) if part)


def week_in_words(calendar: Calendar, language: str, *, on: date) -> str:
    """The ordinary week, a line for each kind of day: 火・水・木 9:00–19:00."""
    days: dict[str, list[int]] = {}
    for weekday in range(7):
        openings = sorted(
            (one.opens, one.closes) for one in calendar.hours if one.weekday == weekday and within(on, one.valid_from, one.valid_to)
        )
        said = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in openings) or _CLOSED.get(language, _CLOSED["ja"])
        days.setdefault(said, []).append(weekday)
    names = get_day_names("abbreviated", locale=i18n.locale(language))
    between = _BETWEEN_DAYS.get(language, ", ")
    return "\n".join(f"{between.join(names[day] for day in weekdays)} {said}" for said, weekdays in days.items())


def closed_in_words(calendar: Calendar, language: str, *, on: date) -> str:
    """The next closed days, at most six within two months."""
    days = [day for day in calendar.days(on, on + timedelta(days=CLOSED_DAYS_WITHIN)) if not day.is_open][:CLOSED_DAYS_SHOWN]
    locale = i18n.locale(language)
    return _BETWEEN_DAYS.get(language, ", ").join(format_skeleton("MMMEd", day.date, locale=locale) for day in days) or UNKNOWN
