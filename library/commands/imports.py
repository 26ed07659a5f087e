"""`library import …`: records, items and patrons from files, with a progress bar for people and a report for programs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from library.cli_base import WRONG, Terminal, json_option
from library.commands.database import opened

if TYPE_CHECKING:
    from catalog.holdings import Report
    from catalog.incoming.imports import Progress, RunReport


@click.group("import")
def group() -> None:
    """Bring in records, items or patrons from a file."""


@group.command("marc")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--source", default="local", show_default=True, help="Who sends these records; one name for all files of a sender.")
@json_option
def import_marc(terminal: Terminal, file: Path, source: str) -> None:
    """Bring in bibliographic records: ISO 2709 (UTF-8, MARC-8) or MARCXML, also in gz or zip.

    A file that was interrupted goes on where it stopped; a file that is known changes nothing. Records that cannot be read
    are kept with the reason: `library import rejects RUN`.
    """
    report = asyncio.run(_marc(file, source))
    from catalog.incoming.imports import as_dict

    text = (
        f"{report.read} read: {report.created} created, {report.matched} matched, {report.updated} updated,"
        f" {report.unchanged} unchanged, {report.rejected} rejected, in {report.seconds:.1f} s"
    )
    if report.rejected:
        text += f"\nsee why: library import rejects {report.run}"
    terminal.done(as_dict(report), text)


async def _marc(file: Path, source: str) -> RunReport:
    from catalog.incoming import imports

    async with opened() as (database, _):
        run = await imports.begin(database, path=file, file_name=file.name, source=source)
        with _bar(file) as tell:
            return await imports.carry_out(database, run, file, tell=tell)


@group.command("items")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--branch", required=True, metavar="CODE", help="The branch where the books stand.")
@click.option("--owner", default="", metavar="CODE", help="Whose books they are; needed where two organisations share a branch.")
@click.option("--dry-run", is_flag=True, help="Say what would change and change nothing.")
@click.option("--strict", is_flag=True, help="Bring in nothing when any row has a problem.")
@json_option
def import_items(terminal: Terminal, file: Path, *, branch: str, owner: str, dry_run: bool, strict: bool) -> None:
    """Bring in a list of holdings from CSV, TSV or XLSX, in one transaction.

    Columns are known by Japanese or English headers; a barcode is needed. A row finds its record by ISBN or national number; a
    row with a title that nobody has becomes a brief record. Rows with problems stay out and are named.
    """
    report, run = asyncio.run(_items(file, branch, owner, dry_run=dry_run, strict=strict))
    terminal.done(_items_as_dict(report, run, dry_run=dry_run), _items_in_words(report, dry_run=dry_run))
    if strict and not dry_run and not report.applied:
        sys.exit(WRONG)


async def _items(file: Path, branch: str, owner: str, *, dry_run: bool, strict: bool) -> tuple[Report, int | None]:
    from catalog.holdings import Mode, bring_in, runs, target_of
    from catalog.incoming.imports import mark_failed
    from library.errors import LibraryError

    async with opened() as (database, _):
        async with database.reading() as session:
            target = await target_of(session, branch, owner)
        if dry_run:
            async with database.transaction() as writing:
                return await bring_in(writing, file, target, mode=Mode.REHEARSE), None
        run, _ = await runs.begin(database, path=file, file_name=file.name, target=target, step=runs.BRING, strict=strict)
        try:
            return await runs.carry_out(database, run, file), run
        except LibraryError as exc:
            await mark_failed(database, run, str(exc))
            raise


def _items_as_dict(report: Report, run: int | None, *, dry_run: bool) -> dict[str, object]:
    from catalog.holdings.runs import COUNTS

    return {
        **{name: getattr(report, name) for name in COUNTS},
        "seconds": report.seconds,
        "dry_run": dry_run,
        "applied": report.applied,
        "run": run,
        "form": report.form,
        "columns": report.recognised,
        "ignored": list(report.unknown),
        "areas": list(report.areas),
        "problems": [
            {
                "row": one.row,
                "column": one.column,
                "header": report.recognised.get(one.column, one.column),
                "code": one.code,
                "rejected": one.rejects,
                "message": str(one),
            }
            for one in report.problems
        ],
    }


def _items_in_words(report: Report, *, dry_run: bool) -> str:
    lines = [
        f"{report.read} read: {report.new} new, {report.changed} changed, {report.unchanged} unchanged, {report.rejected} rejected;"
        f" {report.records_created} records created, {report.records_matched} matched, in {report.seconds:.1f} s"
        f"{'' if report.applied else ' (nothing was changed)'}"
    ]
    if report.unknown:
        lines.append("columns passed over: " + ", ".join(report.unknown))
    if report.areas:
        lines.append(f"shelf areas {'that would be made' if not report.applied else 'made'}: " + ", ".join(report.areas))
    lines += [f"row {one.row}, {one.column or 'whole row'}: {'' if one.rejects else '(note) '}{one}" for one in report.problems]
    return "\n".join(lines)


@group.command("rejects")
@click.argument("run", type=int)
@click.option("--raw", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write the rejected records to this file.")
@json_option
def rejects(terminal: Terminal, run: int, raw: Path | None) -> None:
    """Say why records of a run did not come in, and write them out to be mended and sent again."""
    found = asyncio.run(_rejects(run))
    if raw is not None:
        raw.write_bytes(b"".join(content for _, content in found))
    lines = [row for row, _ in found]
    text = "\n".join(f"{row['position']}\t{row['tag'] or '-'}\t{row['code']}\t{row['message']}" for row in lines) or "none"
    terminal.done({"run": run, "rejects": lines}, text)


async def _rejects(run: int) -> list[tuple[dict[str, object], bytes]]:
    from catalog.incoming import imports

    found: list[tuple[dict[str, object], bytes]] = []
    async with opened() as (database, _), database.reading() as session:
        await imports.run_by_id(session, run)
        after = 0
        while page := await imports.rejects_of(session, run, after=after, limit=500):
            after = page[-1].id
            for row in page:
                told: dict[str, object] = {"position": row.position, "offset": row.offset, "tag": row.tag, "code": row.code}
                found.append((told | {"message": row.message}, row.raw))
    return found


@contextmanager
def _bar(file: Path) -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on standard error, for a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as shown
    from rich.console import Console

    percent, counts_of = shown.TextColumn("{task.percentage:>3.0f}%"), shown.TextColumn("{task.fields[counts]}")
    with shown.Progress(shown.BarColumn(), percent, counts_of, shown.TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        size = file.stat().st_size
        task = bar.add_task("import", total=size, counts="")

        def tell(progress: Progress) -> None:
            counts = progress.counts
            bar.update(task, completed=min(progress.offset, size), counts=f"{counts['read']:,} read, {counts['rejected']} rejected")

        yield tell
