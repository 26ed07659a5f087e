"""`library policies …`: the rules of lending, listed, set and explained from the command line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import Terminal, json_option
from library.commands.database import opened

if TYPE_CHECKING:
    from circulation.policies.ruling import At, Group, Line, Reasons

FLAGS = {"yes": True, "true": True, "no": False, "false": False}


@click.group("policies")
def group() -> None:
    """Rules of lending: which rows there are, setting one, and which row decides."""


@group.command("list")
@json_option
def list_rows(terminal: Terminal) -> None:
    """List every row, by rule, and the groups of branches."""
    found, groups = asyncio.run(_list())
    lines = [f"{one.id}\t{one.rule.value}\t{_shown(one.value)}\t{_scope(one.at)}\t{one.note}".rstrip() for one in found]
    lines += [f"group {one.code}: {' '.join(one.branches) or 'no branches'}" for one in groups]
    result = {"policies": [_row(one) for one in found], "groups": [{"code": one.code, "branches": list(one.branches)} for one in groups]}
    terminal.done(result, "\n".join(lines) or "no rows: every rule has the value the service comes with")


async def _list() -> tuple[tuple[Line, ...], tuple[Group, ...]]:
    from circulation.policies import ruling

    async with opened() as (database, _), database.reading() as session:
        return await ruling.lines(session), await ruling.groups(session)


@group.command("set")
@click.argument("rule")
@click.argument("value")
@click.option("--branch", metavar="CODE", help="Only at this branch.")
@click.option("--group", "group_code", metavar="CODE", help="Only at the branches of this group.")
@click.option("--category", metavar="CODE", help="Only for these readers: resident, pupil, teacher …")
@click.option("--material", metavar="CODE", help="Only for this material: book, video, sound …")
@click.option("--note", default=None, help="What it rests on; the old note stays when absent.")
@json_option
def set_row(
    terminal: Terminal,
    *,
    rule: str,
    value: str,
    branch: str | None,
    group_code: str | None,
    category: str | None,
    material: str | None,
    note: str | None,
) -> None:
    """Set a rule at a scope: adds its row, or changes the one there. VALUE is a number, yes or no."""
    from circulation.policies.ruling import At

    at = At(branch, group_code, category, material)
    number, added = asyncio.run(_set(rule, _typed(value), at, note))
    terminal.done({"id": str(number), "added": added}, f"{rule} = {value} ({_scope(at)})")


def _typed(value: str) -> object:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else FLAGS.get(value.lower(), value)


async def _set(rule: str, value: object, at: At, note: str | None) -> tuple[int, bool]:
    from circulation.policies import ruling

    async with opened() as (database, _), database.transaction() as session:
        return await ruling.put(session, rule=rule, value=value, at=at, note=note, by=None)


@group.command("remove")
@click.argument("number", type=int)
@json_option
def remove(terminal: Terminal, number: int) -> None:
    """Take the row with this number away."""
    asyncio.run(_remove(number))
    terminal.done({"id": str(number), "removed": True}, "removed")


async def _remove(number: int) -> None:
    from circulation.policies import ruling

    async with opened() as (database, _), database.transaction() as session:
        await ruling.remove(session, number, by=None)


@group.command("explain")
@click.option("--branch", required=True, metavar="CODE")
@click.option("--category", metavar="CODE", help="Any kind of reader when absent.")
@click.option("--material", metavar="CODE", help="Any material when absent.")
@json_option
def explain(terminal: Terminal, *, branch: str, category: str | None, material: str | None) -> None:
    """Say for every rule which row decides at a branch, and which rows lost."""
    reasons = asyncio.run(_explain(branch, category, material))
    rules: list[dict[str, Any]] = []
    lines = []
    for one in reasons.rules:
        won = one.rows[0] if one.rows else None
        rules.append(
            {
                "rule": one.rule.value,
                "value": one.value,
                "default": one.default,
                "decided_by": str(won.id) if won else None,
                "weighed": [_row(row) for row in one.rows],
            }
        )
        lost = "; ".join(f"{_scope(row.at)}: {_shown(row.value)}" for row in one.rows[1:])
        why = f"row {won.id}, {_scope(won.at)}" if won else "default"
        lines.append(f"{one.rule.value}\t{_shown(one.value)}\t{why}" + (f"\tlost: {lost}" if lost else ""))
    result = {"branch": branch, "category": category, "material": material, "rules": rules}
    terminal.done(result, "\n".join(lines))


async def _explain(branch: str, category: str | None, material: str | None) -> Reasons:
    from circulation.policies import ruling

    async with opened() as (database, _), database.reading() as session:
        return await ruling.explained(session, branch=branch, category=category, material=material)


def _shown(value: int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _scope(at: At) -> str:
    named = (("branch", at.branch), ("group", at.group), ("category", at.category), ("material", at.material))
    return " ".join(f"{name}={code}" for name, code in named if code) or "everywhere"


def _row(line: Line) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "rule": line.rule.value,
        "value": line.value,
        "branch": line.at.branch,
        "group": line.at.group,
        "category": line.at.category,
        "material": line.at.material,
        "note": line.note,
    }
