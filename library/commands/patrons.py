"""`library import patrons`: members of one organisation from a file, looked at first with --dry-run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from library.cli_base import Terminal, json_option
from library.commands.database import opened

if TYPE_CHECKING:
    from library.identity.patrons.file import Finding
    from library.identity.patrons.intake import Report


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
    from library.identity.patrons import intake as patrons

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
