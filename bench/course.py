"""What one run of the benchmarks goes by: how much of each, where, what has been said so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.asking import Ask, workload
from bench.books import Books
from bench.generate import Encoding
from bench.host import Host
from bench.importing import Taken
from bench.report import Report

SEED = 20260401
LARGE = 300_000  # records from which on a catalogue is put straight into its tables
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much of each: records of the catalogue and of a mixed file, searches, calls of a page, returns that are looked for."""

    records: int
    mixed: int
    searches: int
    calls: int
    returns: int

    @classmethod
    def of(cls, records: int, *, quick: bool) -> Size:
        return cls(records, min(10_000, records // 10), *((60, 15, 12) if quick else (400, 100, 60)))


@dataclass
class Course:
    host: Host
    size: Size
    tell: Tell
    report: Report
    books: Books = field(default_factory=lambda: Books(SEED))
    fill: Taken | None = None
    mixed: dict[Encoding, Taken] = field(default_factory=dict)

    @property
    def is_large(self) -> bool:
        return self.size.records >= LARGE

    @property
    def asks(self) -> list[Ask]:
        return workload(self.books, self.size.records, self.size.searches, SEED)
