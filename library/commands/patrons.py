"""`library patrons add`: one patron; `library import patrons`: an organisation's members from a file, looked at first with --dry-run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import WRONG, Terminal, json_option
from library.commands.database import opened

if TYPE_CHECKING:
    from library.errors import Invalid
    from library.identity.patrons.incoming.file import Finding
    from library.identity.patrons.incoming.intake import Report
    from library.identity.patrons.registration.lookalikes import MaybeRegistered
    from library.identity.patrons.registration.registering import Registered


@click.group("patrons")
def group() -> None:
    """Register patrons."""


@group.command("add")
@click.option("--organisation", required=True, metavar="CODE", help="Whose member they become: the ward's or a school's code.")
@click.option("--family-name", required=True, help="Family name; a whole name with a space in it is taken apart.")
@click.option("--given-name", default="")
@click.option("--family-reading", default="", help="In any kana.")
@click.option("--given-reading", default="", help="In any kana.")
@click.option("--birth-date", default="", help="1970-03-02, S45.3.2, 昭和45年3月2日 …")
@click.option("--category", default="", help="resident, commuter, student, neighbour … in the ward; pupil, teacher, staff in a school.")
@click.option("--affiliation", default="", help="Where somebody works or studies; for commuter and student.")
@click.option("--guardian-card", default="", metavar="NUMBER", help="Of a child: the guardian's card.")
@click.option("--guardian-name", default="", help="Of a child: the guardian's name, when there is no card.")
@click.option("--address", default="")
@click.option("--phone", default="")
@click.option("--mail", default="")
@click.option("--contact-by", default="none", type=click.Choice(("mail", "line", "phone", "none")), show_default=True)
@click.option("--home-branch", default="", metavar="CODE", help="Where holds are waiting.")
@click.option("--proof", default="", help="The kind of paper shown: licence, number_card, insurance, student, employee, bill, other.")
@click.option("--valid-to", default="", help="The last day; by the category when absent.")
@click.option("--card", default="", metavar="NUMBER", help="A pre-printed card; the next number when absent.")
@click.option("--note", default="")
@click.option("--no-account", is_flag=True, help="Make no account and no set-up code.")
@click.option("--different", is_flag=True, help="Register although somebody looks alike.")
@json_option
def add(terminal: Terminal, *, no_account: bool, different: bool, **typed: str) -> None:
    """Register one patron as at the desk: person, membership, card and a code for the first sign-in, printed once."""
    from library.errors import Invalid
    from library.identity.patrons.registration.lookalikes import MaybeRegistered

    try:
        done = asyncio.run(_add(typed, account=not no_account, different=different))
    except (Invalid, MaybeRegistered) as exc:
        terminal.failed(exc.code, _refusal(exc), WRONG)
        return
    code = done.code.code if done.code else None
    until = done.valid_to.isoformat() if done.valid_to else None
    words = f"patron {done.patron_id}, card {done.card}, valid to {until or 'no end'}"
    result = {"patron": str(done.patron_id), "card": done.card, "valid_to": until, "set_up_code": code}
    terminal.done(result, words + (f"\nset-up code: {code}" if code else ""))


def _refusal(exc: Invalid | MaybeRegistered) -> str:
    """Every problem with its field, or who looks alike."""
    from library.errors import Invalid

    if isinstance(exc, Invalid):
        return "; ".join(f"{problem.where}: {problem.sentence.format(**problem.fields)}" for problem in exc.problems) or str(exc)
    known = ", ".join(f"{one.patron_id} {one.name} {one.card}".strip() for one in exc.found)
    return f"{exc} ({known}; --different registers all the same)"


async def _add(typed: dict[str, str], *, account: bool, different: bool) -> Registered:
    import uuid

    from library import clock
    from library.identity.patrons import codes
    from library.identity.patrons.registration import registering

    async with opened() as (database, settings), database.transaction() as session:
        asked = registering.Request(typed, codes.seed_of(uuid.uuid4()), different=different, account=account)
        return await registering.register(session, settings, asked, by=None, today=clock.today(settings.zone), now=clock.now())


@click.command("patrons")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--organisation", required=True, metavar="CODE", help="Whose members they are: the ward's or a school's code.")
@click.option("--dry-run", is_flag=True, help="Say what would change and change nothing.")
@json_option
def import_patrons(terminal: Terminal, file: Path, organisation: str, dry_run: bool) -> None:
    """Bring in patrons from CSV, TSV or XLSX, in one transaction.

    Columns are known by Japanese or English headers; a number (利用者番号, カード番号, user_number) is needed. A member known by
    the number is updated, and empty cells leave what is there. Rows that cannot be read stay out and are named.
    """
    report = asyncio.run(_import(file, organisation, dry_run=dry_run))
    terminal.done(as_dict(report, dry_run=dry_run), in_words(report, dry_run=dry_run))


async def _import(file: Path, organisation: str, *, dry_run: bool) -> Report:
    from library import clock
    from library.identity.patrons.incoming import intake as patrons

    async with opened() as (database, settings):
        today = clock.today(settings.zone)
        async with database.reading() as session:
            into = await patrons.target(session, organisation)
        content = patrons.content_of(file, school=into.school)
        patrons.must_be_complete(content)
        if dry_run:
            async with database.reading() as session:
                return await patrons.rehearse(session, content, into, today=today)
        async with database.transaction() as writing:
            return await patrons.apply(writing, content, into, by=None, today=today)


def as_dict(report: Report, *, dry_run: bool) -> dict[str, Any]:
    """The report for programs; `row` as a spreadsheet counts, `column` our name for it, `header` the file's."""
    headers = report.content.mapping.recognised
    return {
        "dry_run": dry_run,
        "form": report.content.form,
        "read": report.content.read,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "columns": headers,
        "ignored": list(report.ignored),
        "problems": [
            {
                "row": one.row,
                "column": one.column,
                "header": headers.get(one.column, one.column),
                "code": one.code,
                "rejected": one.rejects,
                "message": _sentence(one),
            }
            for one in report.findings
        ],
    }


def in_words(report: Report, *, dry_run: bool) -> str:
    """The report for people."""
    lines = [
        f"{report.content.read} read: {report.new} new, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.rejected} rejected{' (nothing was changed)' if dry_run else ''}"
    ]
    if report.ignored:
        lines.append("columns passed over: " + ", ".join(report.ignored))
    lines += [
        f"row {one.row}, {one.column or 'whole row'}: {'' if one.rejects else '(warning) '}{_sentence(one)}" for one in report.findings
    ]
    return "\n".join(lines)


def _sentence(finding: Finding) -> str:
    return finding.sentence.format(**finding.fields)
