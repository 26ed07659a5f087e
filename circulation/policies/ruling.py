"""Setting the rules of lending: rows at scopes and groups of branches, and which of the rows decides, with its reasons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, Select, delete, func, select

from catalog.records.labels import MATERIALS
from circulation.models import BranchGroup, BranchGroupMember, LendingPolicy
from circulation.rules import policies
from circulation.rules.policies import RULES, Explained, Rule, Scope, Value, checked
from circulation.store import branches
from circulation.store.branches import Here
from library import clock
from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound
from library.identity import audit
from library.identity.models import Account
from library.identity.roles import EVERYWHERE, Permission
from library.identity.viewer import Viewer
from library.identity.words import CATEGORIES
from library.places.models import Branch

LONGEST_NOTE = 300
LONGEST_CODE = 40
Names = Mapping[str, str]


@dataclass(frozen=True)
class At:
    """Where a row speaks, by codes; None or empty means everywhere, everybody, every material. Branch and group exclude each other."""

    branch: str | None = None
    group: str | None = None
    category: str | None = None
    material: str | None = None


@dataclass(frozen=True)
class Line:
    """A row as it is shown. `at` holds codes, the two names are those of its branch or group; `changed_by` is a display name."""

    id: int
    rule: Rule
    value: Value
    at: At
    branch_name: Names | None
    group_name: Names | None
    note: str
    changed_at: datetime
    changed_by: str | None

    @property
    def rank(self) -> tuple[int, bool, bool]:
        return policies.Row(self.id, self.rule, self.scope, self.value).rank

    @property
    def scope(self) -> Scope:
        """Only which columns are set; the numbers stand for no branch and no group."""
        return Scope(0 if self.at.branch else None, 0 if self.at.group else None, self.at.category, self.at.material)


@dataclass(frozen=True)
class Group:
    """Branches that share rules: their codes in the order of their numbers, and how many rows speak for the group."""

    id: int
    code: str
    name: Names
    branches: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Weighed:
    """What holds for one rule, and the rows that were weighed, the winner first; none means the default."""

    rule: Rule
    value: Value
    default: Value
    rows: tuple[Line, ...]


@dataclass(frozen=True)
class Reasons:
    """Every rule for one branch, kind of reader and material."""

    branch: Here
    category: str | None
    material: str | None
    rules: tuple[Weighed, ...]


_LINES = (
    select(
        LendingPolicy,
        Branch.code.label("branch"),
        Branch.name.label("branch_name"),
        BranchGroup.code.label("group"),
        BranchGroup.name.label("group_name"),
        Account.display_name.label("changed_by"),
    )
    .outerjoin(Branch, Branch.id == LendingPolicy.branch_id)
    .outerjoin(BranchGroup, BranchGroup.id == LendingPolicy.group_id)
    .outerjoin(Account, Account.id == LendingPolicy.changed_by)
)


def _line(found: RowMapping) -> Line:
    row: LendingPolicy = found["LendingPolicy"]
    at = At(found["branch"], found["group"], row.category, row.material)
    names = found["branch_name"], found["group_name"]
    return Line(row.id, Rule(row.rule), row.value, at, *names, row.note, row.changed_at, found["changed_by"])


async def lines(session: Reading) -> tuple[Line, ...]:
    """Every row, by rule as the rules are listed, the most general first."""
    order = {rule.value: place for place, rule in enumerate(RULES)}
    found = [_line(row) for row in (await session.execute(_LINES.where(LendingPolicy.rule.in_(order)))).mappings()]
    return tuple(
        sorted(
            found,
            key=lambda one: (order[one.rule], one.rank, one.at.branch or "", one.at.group or "", one.at.category or "", one.id),
        )
    )


async def line(session: Reading, policy_id: int) -> Line:
    """Raises NotFound."""
    found = (await session.execute(_LINES.where(LendingPolicy.id == policy_id))).mappings().first() if 0 < policy_id < 2**63 else None
    if found is None:
        raise NotFound("policy_not_found", N_("この規則の行はありません。"), where="policy")
    return _line(found)


async def add(session: Writing, *, rule: str, value: object, at: At, note: str = "", by: Viewer | None) -> int:
    """Adds a row; returns its number. `by` is None from the command line.

    Raises Invalid for a rule, value, category or material that is none, NotFound for an unknown branch or group, Conflict where the scope
    has a row already.
    """
    _must_edit(by)
    known, kept = checked(rule, value, material=at.material or None)
    branch_id, group_id = await _placed(session, at)
    if await session.scalar(_at(known, branch_id, group_id, at)) is not None:
        raise Conflict("policy_exists", N_("この範囲の規則はすでにあります。"), where="rule")
    row = LendingPolicy(
        rule=known.value,
        branch_id=branch_id,
        group_id=group_id,
        category=at.category or None,
        material=at.material or None,
        value=kept,
        note=_note(note),
        changed_at=clock.now(),
        changed_by=by.account_id if by else None,
    )
    session.add(row)
    await session.flush()
    audit.record(session, by, "policy.added", subject_kind="lending_policy", subject_id=row.id, after=_said(row))
    return row.id


async def change(session: Writing, policy_id: int, *, value: object, note: str, by: Viewer | None) -> None:
    """Gives a row another value and note. Raises Invalid, NotFound."""
    _must_edit(by)
    row = await session.scalar(select(LendingPolicy).where(LendingPolicy.id == policy_id).with_for_update())
    if row is None:
        raise NotFound("policy_not_found", N_("この規則の行はありません。"), where="policy")
    _, kept = checked(row.rule, value, material=row.material)
    before = _said(row)
    row.value, row.note = kept, _note(note)
    if _said(row) == before:
        return
    row.changed_at, row.changed_by = clock.now(), by.account_id if by else None
    audit.record(session, by, "policy.changed", subject_kind="lending_policy", subject_id=row.id, before=before, after=_said(row))


async def put(session: Writing, *, rule: str, value: object, at: At, note: str | None = None, by: Viewer | None) -> tuple[int, bool]:
    """Adds the row of a scope or changes the one there; returns its number and whether it is new. Without a note the old one stays."""
    known, _ = checked(rule, value, material=at.material or None)
    branch_id, group_id = await _placed(session, at)
    there = await session.scalar(_at(known, branch_id, group_id, at))
    if there is None:
        return await add(session, rule=rule, value=value, at=at, note=note or "", by=by), True
    kept = (await line(session, there)).note if note is None else note
    await change(session, there, value=value, note=kept, by=by)
    return there, False


async def remove(session: Writing, policy_id: int, *, by: Viewer | None) -> None:
    """Takes a row away; the next row that speaks decides from now on. Raises NotFound."""
    _must_edit(by)
    row = await session.scalar(select(LendingPolicy).where(LendingPolicy.id == policy_id).with_for_update())
    if row is None:
        raise NotFound("policy_not_found", N_("この規則の行はありません。"), where="policy")
    audit.record(session, by, "policy.removed", subject_kind="lending_policy", subject_id=row.id, before=_said(row))
    await session.delete(row)


async def explained(session: Reading, *, branch: str, category: str | None = None, material: str | None = None) -> Reasons:
    """Every rule for a branch (code), a kind of reader and a kind of material, with the rows weighed. Raises Invalid, NotFound."""
    at = At(branch, None, category or None, material or None)
    _must_be_known(at)
    here = await branches.by_code(session, branch)
    by_id = {one.id: one for one in await lines(session)}

    def weighed(found: Explained) -> Weighed:
        return Weighed(found.rule, found.value, RULES[found.rule].default, tuple(by_id[row.id] for row in found.rows))

    found = policies.explain(here.policies, here.scope(category=at.category, material=at.material))
    return Reasons(here, at.category, at.material, tuple(weighed(one) for one in found.values()))


async def groups(session: Reading) -> tuple[Group, ...]:
    """Every group of branches, by code."""
    members: dict[int, list[str]] = {}
    joined = select(BranchGroupMember.group_id, Branch.code).join(Branch, Branch.id == BranchGroupMember.branch_id).order_by(Branch.number)
    for group_id, code in await session.execute(joined):
        members.setdefault(group_id, []).append(code)
    counted = select(LendingPolicy.group_id, func.count()).where(LendingPolicy.group_id.is_not(None)).group_by(LendingPolicy.group_id)
    rows = {row[0]: row[1] for row in await session.execute(counted)}
    found = await session.scalars(select(BranchGroup).order_by(BranchGroup.code))
    return tuple(Group(one.id, one.code, one.name, tuple(members.get(one.id, ())), rows.get(one.id, 0)) for one in found)


async def make_group(session: Writing, *, code: str, name: Names, by: Viewer | None) -> int:
    """Raises Invalid for a code or name that will not do, Conflict for a code in use."""
    _must_edit(by)
    _must_be_code(code)
    kept = _named(name)
    if await session.scalar(select(BranchGroup.id).where(BranchGroup.code == code)) is not None:
        raise Conflict("group_exists", N_("「{code}」というグループはすでにあります。"), where="code", code=code)
    row = BranchGroup(code=code, name=kept)
    session.add(row)
    await session.flush()
    audit.record(session, by, "branch_group.made", subject_kind="branch_group", subject_id=row.id, code=code)
    return row.id


async def set_group(session: Writing, code: str, *, name: Names, members: Collection[str], by: Viewer | None) -> None:
    """Names a group and puts exactly these branches (codes) into it, out of whatever group they were in. Raises Invalid, NotFound."""
    _must_edit(by)
    row = await session.scalar(select(BranchGroup).where(BranchGroup.code == code).with_for_update())
    if row is None:
        raise NotFound("group_not_found", N_("「{code}」というグループはありません。"), where="group", code=code[:LONGEST_CODE])
    row.name = _named(name)
    wanted = await _branch_ids(session, members)
    before = list(
        await session.scalars(select(Branch.code).join(BranchGroupMember).where(BranchGroupMember.group_id == row.id).order_by(Branch.code))
    )
    leaving = (BranchGroupMember.group_id == row.id) | BranchGroupMember.branch_id.in_(wanted.values())
    await session.execute(delete(BranchGroupMember).where(leaving))
    session.add_all(BranchGroupMember(branch_id=number, group_id=row.id) for number in wanted.values())
    await session.flush()
    audit.record(
        session, by, "branch_group.changed", subject_kind="branch_group", subject_id=row.id, before=before, after=sorted(wanted), code=code
    )


def _must_edit(by: Viewer | None) -> None:
    if by is not None:
        by.must(Permission.EDIT_POLICIES, EVERYWHERE)


async def _branch_ids(session: Reading, codes: Collection[str]) -> dict[str, int]:
    found = {row.code: row.id for row in await session.execute(select(Branch.code, Branch.id).where(Branch.code.in_(codes)))}
    for code in codes:
        if code not in found:
            raise NotFound("branch_not_found", N_("「{code}」という館はありません。"), where="branch", code=code[:LONGEST_CODE])
    return found


async def _placed(session: Reading, at: At) -> tuple[int | None, int | None]:
    """The numbers of the branch or the group of a scope."""
    _must_be_known(at)
    if at.branch and at.group:
        raise Invalid("branch_or_group", N_("館とグループは、どちらか一方だけを選んでください。"), where="group")
    if at.branch:
        return (await _branch_ids(session, [at.branch]))[at.branch], None
    if at.group:
        group_id = await session.scalar(select(BranchGroup.id).where(BranchGroup.code == at.group))
        if group_id is None:
            raise NotFound("group_not_found", N_("「{code}」というグループはありません。"), where="group", code=at.group[:LONGEST_CODE])
        return None, group_id
    return None, None


def _must_be_known(at: At) -> None:
    if at.category and at.category not in CATEGORIES:
        raise Invalid("category_unknown", N_("「{category}」という利用者の区分はありません。"), where="category", category=at.category[:40])
    if at.material and at.material not in MATERIALS:
        raise Invalid("material_unknown", N_("「{material}」という資料の種類はありません。"), where="material", material=at.material[:40])


def _at(rule: Rule, branch_id: int | None, group_id: int | None, at: At) -> Select[int]:
    row = LendingPolicy
    return select(row.id).where(
        row.rule == rule.value,
        row.branch_id.is_not_distinct_from(branch_id),
        row.group_id.is_not_distinct_from(group_id),
        row.category.is_not_distinct_from(at.category or None),
        row.material.is_not_distinct_from(at.material or None),
    )


def _note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise Invalid("note_too_long", N_("メモは{most}字までです。"), where="note", most=LONGEST_NOTE)
    return note.strip()


def _must_be_code(code: str) -> None:
    if not (0 < len(code) <= LONGEST_CODE and code.isascii() and code.replace("-", "").replace("_", "").isalnum() and code.islower()):
        raise Invalid("group_code_form", N_("グループの符号は、英小文字・数字・ハイフンで40字までです。"), where="code")


def _named(name: Names) -> dict[str, str]:
    kept = {language: words.strip() for language, words in name.items() if words.strip()}
    if not kept.get("ja") or any(len(words) > LONGEST_NOTE for words in kept.values()):
        raise Invalid("group_name_missing", N_("グループの名前を入れてください。"), where="name")
    return kept


def _said(row: LendingPolicy) -> dict[str, object]:
    names = ("rule", "branch_id", "group_id", "category", "material", "value", "note")
    return {name: getattr(row, name) for name in names if getattr(row, name) not in (None, "")}
