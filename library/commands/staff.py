"""`library staff …` and `library token …`: accounts of the staff and their API tokens, from the command line."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import Terminal, json_option
from library.commands.database import opened

if TYPE_CHECKING:
    from library.identity.staff.members import Member

ROLES = ("teacher", "school_librarian", "desk", "cataloguer", "courier", "kiosk", "ward_admin")


@click.group("staff")
def staff() -> None:
    """Add, list and stop accounts of the staff."""


@staff.command("add")
@click.argument("login")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What they do.")
@click.option("--organisation", metavar="CODE", help="Where: an organisation (the ward, a school).")
@click.option("--branch", metavar="CODE", help="Where: one branch.")
@click.option("--name", default="", help="The name shown on pages; the login when absent.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making one.")
@json_option
def add(
    terminal: Terminal, *, login: str, role: str, organisation: str | None, branch: str | None, name: str, password_stdin: bool
) -> None:
    """Add an account with one role. The first password is printed once.

    ward_admin works everywhere; cataloguer and courier everywhere or in an organisation; teacher, school_librarian and desk
    need --organisation or (not teachers) --branch; kiosk needs --branch.
    """
    if organisation and branch:
        raise click.UsageError("--organisation and --branch exclude each other")
    password = _typed(login) if password_stdin else None
    scope = f"organisation:{organisation}" if organisation else f"branch:{branch}" if branch else "everywhere"
    account, made = asyncio.run(_add(login, role=role, scope=scope, name=name, password=password))
    result: dict[str, Any] = {"account": str(account), "login": login, "role": role, "scope": scope}
    if password is None:
        result["password"] = made
    terminal.done(result, f"{login}: {role} at {scope}" + (f"\nfirst password: {made}" if password is None else ""))


def _typed(login: str) -> str:
    from library.identity.signing_in.passwords import check_strength

    password = sys.stdin.readline().rstrip("\r\n")
    check_strength(password, login=login)
    return password


async def _add(login: str, *, role: str, scope: str, name: str, password: str | None) -> tuple[int, str]:
    from library.identity.signing_in import passwords
    from library.identity.staff import members

    made = password or passwords.generated()
    digest = await passwords.hashed(made)
    async with opened() as (database, _), database.transaction() as session:
        chosen = members.Scope.parsed(scope)
        number = await members.add(
            session, by=None, login=login, name=name, role=members.role_named(role), scope=chosen, password_hash=digest
        )
    return number, made


@staff.command("list")
@json_option
def list_staff(terminal: Terminal) -> None:
    """Say who works here, in which roles."""
    found = asyncio.run(_list())
    lines = [f"{one.login}\t{one.name}\t{_roles(one)}\t{'disabled' if one.disabled_at else ''}".rstrip() for one in found]
    rows = [
        {
            "account": str(one.account_id),
            "login": one.login,
            "name": one.name,
            "roles": [{"role": held.role.value, "scope": str(held.scope)} for held in one.roles],
            "disabled_at": one.disabled_at.isoformat() if one.disabled_at else None,
        }
        for one in found
    ]
    terminal.done({"staff": rows}, "\n".join(lines) or "nobody yet; add the first: library staff add LOGIN --role ward_admin")


def _roles(member: Member) -> str:
    return ", ".join(f"{held.role.value} at {held.scope}" for held in member.roles)


async def _list() -> list[Member]:
    from library.identity.staff import members

    found: list[Member] = []
    async with opened() as (database, _), database.reading() as session:
        while page := await members.people(session, limit=500, after=found[-1].login if found else ""):
            found.extend(page)
    return found


@staff.command("disable")
@click.argument("login")
@click.option("--undo", is_flag=True, help="Let the account sign in again.")
@json_option
def disable(terminal: Terminal, login: str, undo: bool) -> None:
    """Stop an account at once: its sessions end, its tokens are revoked."""
    asyncio.run(_disable(login, undo=undo))
    terminal.done({"login": login, "disabled": not undo}, f"{login} can sign in again" if undo else f"{login} is stopped")


async def _disable(login: str, *, undo: bool) -> None:
    from library import clock
    from library.identity.staff import members

    async with opened() as (database, _), database.transaction() as session:
        who = await members.by_login(session, login)
        if undo:
            await members.enable(session, who.account_id, by=None)
        else:
            await members.disable(session, who.account_id, by=None, now=clock.now())


@staff.command("password")
@click.argument("login")
@click.option("--generate", is_flag=True, help="Make one and print it instead of asking.")
@json_option
def password(terminal: Terminal, login: str, generate: bool) -> None:
    """Set a new password; every session of the account ends, its tokens are revoked."""
    from library.identity.signing_in import passwords

    if generate:
        chosen = passwords.generated()
    elif sys.stdin.isatty():
        chosen = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        chosen = sys.stdin.readline().rstrip("\r\n")
    passwords.check_strength(chosen, login=login)
    asyncio.run(_set_password(login, chosen))
    terminal.done({"login": login} | ({"password": chosen} if generate else {}), f"new password: {chosen}" if generate else "changed")


async def _set_password(login: str, chosen: str) -> None:
    from library import clock
    from library.identity.signing_in import passwords
    from library.identity.staff import members

    digest = await passwords.hashed(chosen)
    async with opened() as (database, _), database.transaction() as session:
        who = await members.by_login(session, login)
        await members.set_password(session, who.account_id, by=None, password_hash=digest, now=clock.now())


@click.group("token")
def token() -> None:
    """Make, list and revoke API tokens of the staff."""


@token.command("create")
@click.option("--staff", "login", required=True, metavar="LOGIN", help="Whose token.")
@click.option(
    "--scope", "scopes", multiple=True, help="What it may do, like patrons:see; may be given again. All of the owner's when absent."
)
@click.option("--name", default="command line", show_default=True, help="What it is called in lists.")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="How long it works; for ever when absent.")
@json_option
def create(terminal: Terminal, login: str, scopes: tuple[str, ...], name: str, days: int | None) -> None:
    """Make a token. It is printed once and kept nowhere."""
    number, secret, granted = asyncio.run(_create(login, scopes=scopes, name=name, days=days))
    terminal.done({"token": secret, "id": str(number), "scopes": list(granted)}, secret)


async def _create(login: str, *, scopes: tuple[str, ...], name: str, days: int | None) -> tuple[int, str, tuple[str, ...]]:
    from library import clock
    from library.errors import N_, NotFound
    from library.identity import audit
    from library.identity.accounts import viewer_of
    from library.identity.roles import Permission
    from library.identity.signing_in import sessions
    from library.identity.staff import members

    async with opened() as (database, settings), database.transaction() as session:
        who = await members.by_login(session, login)
        owner = await viewer_of(session, who.account_id, today=clock.today(settings.zone))
        if owner is None:
            raise NotFound("staff_disabled", N_("このアカウントは止められています。"))
        held = tuple(permission.value for permission in Permission if owner.can(permission))
        wanted = scopes or held
        ends = clock.now() + timedelta(days=days) if days else None
        number, secret = await sessions.create_token(
            session, account_id=who.account_id, name=name, scopes=wanted, allowed=held, expires_at=ends
        )
        audit.record(session, None, "token.created", subject_kind="token", subject_id=number)
    return number, secret, wanted


@token.command("list")
@click.option("--staff", "login", required=True, metavar="LOGIN", help="Whose tokens.")
@json_option
def list_tokens(terminal: Terminal, login: str) -> None:
    """Say which tokens of an account work, without their secrets."""
    rows = asyncio.run(_tokens(login))
    lines = [
        f"{row['id']}\t{row['name']}\t…{row['last_four']}\t{' '.join(row['scopes'])}\t{row['used_at'] or 'never used'}" for row in rows
    ]
    terminal.done({"tokens": rows}, "\n".join(lines) or "none")


async def _tokens(login: str) -> list[dict[str, Any]]:
    from library import clock
    from library.identity.signing_in import sessions
    from library.identity.staff import members

    async with opened() as (database, _), database.reading() as session:
        who = await members.by_login(session, login)
        found = await sessions.tokens(session, who.account_id, now=clock.now())
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "last_four": one.last_four,
            "scopes": list(one.scopes),
            "used_at": one.used_at.isoformat() if one.used_at else None,
            "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        }
        for one in found
    ]


@token.command("revoke")
@click.argument("number", type=int)
@click.option("--staff", "login", required=True, metavar="LOGIN", help="Whose token.")
@json_option
def revoke(terminal: Terminal, number: int, login: str) -> None:
    """End a token at once."""
    asyncio.run(_revoke(number, login))
    terminal.done({"id": str(number), "revoked": True}, "revoked")


async def _revoke(number: int, login: str) -> None:
    from library import clock
    from library.identity import audit
    from library.identity.signing_in import sessions
    from library.identity.staff import members

    async with opened() as (database, _), database.transaction() as session:
        who = await members.by_login(session, login)
        await sessions.revoke_token(session, account_id=who.account_id, token_id=number, now=clock.now())
        audit.record(session, None, "token.revoked", subject_kind="token", subject_id=number)
