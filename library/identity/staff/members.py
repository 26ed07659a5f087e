"""Accounts of the staff: who works here, in which role and where; made, changed and stopped by the ward's administrators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from library.db import Reading, Writing
from library.errors import N_, Conflict, Invalid, NotFound
from library.identity import audit
from library.identity.models import Account, AccountRole, Card
from library.identity.roles import STAFF, Role
from library.identity.signing_in import sessions
from library.identity.viewer import Viewer
from library.places.models import Branch, Organisation, Translated

LOGIN_LENGTH = 60

# Where each role may be held: everywhere, in an organisation, at a branch.
HELD_AT: dict[Role, frozenset[str]] = {
    Role.TEACHER: frozenset({"organisation"}),
    Role.SCHOOL_LIBRARIAN: frozenset({"organisation", "branch"}),
    Role.DESK: frozenset({"organisation", "branch"}),
    Role.CATALOGUER: frozenset({"everywhere", "organisation"}),
    Role.COURIER: frozenset({"everywhere", "organisation"}),
    Role.KIOSK: frozenset({"branch"}),
    Role.WARD_ADMIN: frozenset({"everywhere"}),
}


@dataclass(frozen=True)
class Scope:
    """Where a role is held: `kind` is everywhere, organisation, branch or class; `code` names the place."""

    kind: str = "everywhere"
    code: str = ""
    name: Translated | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}" if self.code else self.kind

    @classmethod
    def parsed(cls, written: str) -> Scope:
        kind, _, code = written.partition(":")
        return cls(kind or "everywhere", code)


@dataclass(frozen=True)
class Held:
    """A role somebody holds; `id` is the grant's number."""

    id: int
    role: Role
    scope: Scope


@dataclass(frozen=True)
class Member:
    """One of the staff."""

    account_id: int
    login: str
    name: str
    disabled_at: datetime | None
    roles: tuple[Held, ...]


async def people(session: Reading, *, words: str = "", limit: int = 50, after: str = "") -> tuple[Member, ...]:
    """The staff by login, those whose login or name holds `words`; `after` is the last login of the page before."""
    wanted = select(Account).where(Account.id.in_(select(AccountRole.account_id)), Account.login > after)
    if words:
        wanted = wanted.where(
            or_(
                func.lower(Account.login).contains(words.casefold(), autoescape=True),
                func.lower(Account.display_name).contains(words.casefold(), autoescape=True),
            )
        )
    accounts = list(await session.scalars(wanted.order_by(Account.login).limit(limit)))
    held = await _held(session, AccountRole.account_id.in_([account.id for account in accounts]))
    return tuple(_member(account, held[account.id]) for account in accounts)


async def member(session: Reading, account_id: int) -> Member:
    """One of the staff; NotFound for anybody else."""
    account = await session.get(Account, account_id)
    held = (await _held(session, AccountRole.account_id == account_id))[account_id]
    if account is None or not held:
        raise NotFound("staff_not_found", N_("この職員は登録されていません。"))
    return _member(account, held)


async def by_login(session: Reading, login: str) -> Member:
    """One of the staff by login; NotFound for anybody else."""
    account_id = await session.scalar(select(Account.id).where(Account.login == sessions.fold(login)))
    return await member(session, account_id or 0)


async def add(session: Writing, *, by: Viewer | None, login: str, name: str, role: Role, scope: Scope, password_hash: str | None) -> int:
    """Makes an account with one role; returns its number. `by` is None on the command line.

    Raises Invalid for a login, role or scope that cannot be, Conflict for a login that is taken, be it as a card's number:
    one line of the sign-in page takes both.
    """
    folded = sessions.fold(login)
    if not folded or len(folded) > LOGIN_LENGTH:
        raise Invalid("login_form", N_("ログイン名は1文字から{limit}文字までです。"), where="login", limit=LOGIN_LENGTH)
    if await session.scalar(select(Account.id).where(Account.login == folded)) is not None:
        raise Conflict("login_taken", N_("このログイン名はすでに使われています。"), where="login")
    if await session.scalar(select(Card.id).where(Card.number == folded)) is not None:
        raise Conflict("login_is_card", N_("このログイン名は利用者のカード番号と同じです。別の名前にしてください。"), where="login")
    account = Account(login=folded, display_name=name.strip() or folded, password_hash=password_hash)
    session.add(account)
    await session.flush()
    session.add(await _grant(session, account.id, role, scope))
    await session.flush()
    audit.record(session, by, "account.created", subject_kind="account", subject_id=account.id, role=role.value, scope=str(scope))
    return account.id


async def give_role(session: Writing, account_id: int, *, by: Viewer | None, role: Role, scope: Scope) -> None:
    """Adds a role; one that is held already is no error."""
    await member(session, account_id)
    grant = await _grant(session, account_id, role, scope)
    same = select(AccountRole.id).where(
        AccountRole.account_id == account_id,
        AccountRole.role == role.value,
        AccountRole.organisation_id.is_not_distinct_from(grant.organisation_id),
        AccountRole.branch_id.is_not_distinct_from(grant.branch_id),
        AccountRole.class_id.is_(None),
    )
    if await session.scalar(same) is None:
        session.add(grant)
        await session.flush()
        _changed(session, by, account_id, "account.roles_changed", added=role.value, scope=str(scope))


async def take_role(session: Writing, account_id: int, *, by: Viewer | None, held_id: int) -> None:
    """Takes a role away; the last one stays, since an account without any is no longer staff: disable it instead."""
    who = await member(session, account_id)
    held = next((one for one in who.roles if one.id == held_id), None)
    if held is None:
        raise NotFound("role_not_found", N_("この役割は登録されていません。"))
    if len(who.roles) == 1:
        raise Conflict("last_role", N_("役割を一つは残してください。使わないアカウントは「止める」で止められます。"))
    if held.role is Role.WARD_ADMIN:
        await _must_leave_an_administrator(session, but=account_id)
    await session.execute(delete(AccountRole).where(AccountRole.id == held_id))
    _changed(session, by, account_id, "account.roles_changed", removed=held.role.value, scope=str(held.scope))


async def disable(session: Writing, account_id: int, *, by: Viewer | None, now: datetime) -> None:
    """Stops an account at once: its sessions end and its tokens are revoked. Conflict for the last administrator."""
    who = await member(session, account_id)
    if any(held.role is Role.WARD_ADMIN for held in who.roles):
        await _must_leave_an_administrator(session, but=account_id)
    await session.execute(update(Account).where(Account.id == account_id, Account.disabled_at.is_(None)).values(disabled_at=now))
    await sessions.revoke_tokens(session, account_id, now=now)
    await sessions.end_all(session, account_id)
    _changed(session, by, account_id, "account.disabled")


async def enable(session: Writing, account_id: int, *, by: Viewer | None) -> None:
    """Lets an account sign in again; its tokens stay revoked."""
    await member(session, account_id)
    await session.execute(update(Account).where(Account.id == account_id).values(disabled_at=None))
    _changed(session, by, account_id, "account.enabled")


async def set_password(session: Writing, account_id: int, *, by: Viewer | None, password_hash: str, now: datetime) -> None:
    """Gives a new first password; every session of the account ends and its tokens are revoked."""
    await member(session, account_id)
    await session.execute(update(Account).where(Account.id == account_id).values(password_hash=password_hash))
    await sessions.revoke_tokens(session, account_id, now=now)
    await sessions.end_all(session, account_id)
    _changed(session, by, account_id, "account.password_reset")


def role_named(written: str) -> Role:
    """A staff role by its name; Invalid for another."""
    if written not in {role.value for role in STAFF}:
        known = "、".join(sorted(role.value for role in STAFF))
        raise Invalid(
            "role_unknown", N_("「{role}」という役割はありません。使えるのは {known} です。"), where="role", role=written, known=known
        )
    return Role(written)


def _changed(session: Writing, by: Viewer | None, account_id: int, act: str, **details: Any) -> None:
    audit.record(session, by, act, subject_kind="account", subject_id=account_id, **details)


async def _grant(session: Reading, account_id: int, role: Role, scope: Scope) -> AccountRole:
    if scope.kind not in HELD_AT.get(role, frozenset()):
        raise Invalid(
            "scope_unfit",
            N_("役割「{role}」の担当範囲は {scopes} のどれかです。"),
            where="scope",
            role=role.value,
            scopes="、".join(sorted(HELD_AT.get(role, ()))),
        )
    grant = AccountRole(account_id=account_id, role=role.value)
    if scope.kind == "organisation":
        grant.organisation_id = await session.scalar(select(Organisation.id).where(Organisation.code == scope.code))
    elif scope.kind == "branch":
        grant.branch_id = await session.scalar(select(Branch.id).where(Branch.code == scope.code))
    if scope.kind != "everywhere" and grant.organisation_id is None and grant.branch_id is None:
        raise Invalid("place_unknown", N_("「{code}」という館・機関はありません。"), where="scope", code=scope.code)
    return grant


async def _must_leave_an_administrator(session: Writing, *, but: int) -> None:
    """Locks the administrators first: two who stop each other at the same moment must not both succeed."""
    others = await session.scalars(
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == Role.WARD_ADMIN.value)
        .order_by(Account.id)
        .with_for_update()
    )
    ids = [number for number in others if number != but]
    if await session.scalar(select(func.count()).where(Account.id.in_(ids), Account.disabled_at.is_(None))) == 0:
        raise Conflict("last_administrator", N_("区の管理者が一人もいなくなるため、できません。"))


async def _held(session: Reading, condition: ColumnElement[bool]) -> dict[int, list[Held]]:
    rows = await session.execute(
        select(AccountRole, Organisation.code, Organisation.name, Branch.code, Branch.name)
        .outerjoin(Organisation, Organisation.id == AccountRole.organisation_id)
        .outerjoin(Branch, Branch.id == AccountRole.branch_id)
        .where(condition)
        .order_by(AccountRole.id)
    )
    held: dict[int, list[Held]] = defaultdict(list)
    for row, organisation, organisation_name, branch, branch_name in rows:
        scope = Scope()
        if row.organisation_id is not None:
            scope = Scope("organisation", organisation, organisation_name)
        elif row.branch_id is not None:
            scope = Scope("branch", branch, branch_name)
        elif row.class_id is not None:
            scope = Scope("class", str(row.class_id))
        held[row.account_id].append(Held(row.id, Role(row.role), scope))
    return held


def _member(account: Account, held: Iterable[Held]) -> Member:
    return Member(account.id, account.login, account.display_name, account.disabled_at, tuple(held))
