"""`library bench`: measures import, search, rebuilding, pages, lending, following and memory on this machine, in a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from library.cli_base import Terminal, json_option
from library.errors import Misconfigured

RECORDS, QUICK = 100_000, 2_000
PARTS = ("import", "search", "rebuild", "quality", "suggest", "pages", "lending", "following", "memory")
CHECKOUT = Path(__file__).resolve().parent.parent.parent


@click.command("bench")
@click.option("--records", type=click.IntRange(min=1_000), help=f"Size of the catalogue.  [default: {RECORDS:,}]")
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="Only this part; may be repeated.")
@click.option("--quick", is_flag=True, help=f"A tiny run ({QUICK:,} records) that shows the benchmarks work; its figures mean little.")
@json_option
def bench(terminal: Terminal, records: int | None, only: tuple[str, ...], quick: bool) -> None:
    """Measure import, search, rebuilding, pages, lending, following and memory; some minutes.

    Everything happens in a temporary folder with a PostgreSQL of its own, removed afterwards; no other database is touched.
    How to read the figures: docs/bench.md.
    """
    if not (CHECKOUT / "bench" / "__init__.py").exists():
        raise Misconfigured("the benchmarks are not part of an installed library; run them in a checkout of the project: make bench")
    if str(CHECKOUT) not in sys.path:
        sys.path.append(str(CHECKOUT))
    from bench import course, run
    from library import logs, settings

    logs.configure(settings.Settings(demo=True, log_level="ERROR"))
    size = course.Size.of(records or (QUICK if quick else RECORDS), quick=quick)
    report = run.run(size, only or run.PARTS, lambda words: click.echo(f"  {words} …", err=True))
    terminal.done(report.as_dict(), report.as_text())
