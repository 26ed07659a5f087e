"""The lines of a run, and how they are printed: what was measured, the figure, how many times, beside what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any


@dataclass(frozen=True)
class Line:
    """One figure. `n`: of how many records or requests; `value` None where it could not be measured, and `note` says why."""

    section: str
    what: str
    value: float | None
    unit: str
    n: int
    note: str = ""


@dataclass
class Report:
    """A whole run: the machine, the conditions, the lines in the order they were measured."""

    machine: dict[str, str | int | float]
    conditions: dict[str, str | int | float] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def add(self, *lines: Line) -> None:
        self.lines.extend(lines)

    def as_dict(self) -> dict[str, Any]:
        return {"machine": self.machine, "conditions": self.conditions, "lines": [asdict(line) for line in self.lines]}

    def as_text(self) -> str:
        """An aligned table, a heading for each section."""
        cells = [(line.what, shown(line.value), line.unit, f"{line.n:,}", line.note) for line in self.lines]
        widths = [max((len(row[place]) for row in cells), default=0) for place in range(4)]
        out = [_told(self.machine), _told(self.conditions)]
        rows = iter(cells)
        for section, lines in groupby(self.lines, key=lambda line: line.section):
            out += ["", section]
            for _ in lines:
                what, value, unit, n, note = next(rows)
                out.append(
                    f"  {what:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  n {n:>{widths[3]}}  {note}".rstrip(),
                )
        return "\n".join(out)


def _told(facts: dict[str, str | int | float]) -> str:
    return " · ".join(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}" for name, value in facts.items())


def shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: a value that was measured, not one between two."""
    return sorted_values[max(0, -(-int(share * 1000) * len(sorted_values) // 1000) - 1)]


def spread(section: str, what: str, milliseconds: Iterable[float], note: str = "") -> list[Line]:
    """p50, p95 and the worst of some times."""
    times = sorted(milliseconds)
    if not times:
        return [Line(section, what, None, "ms", 0, note)]
    figures = (("p50", percentile(times, 0.5)), ("p95", percentile(times, 0.95)), ("max", times[-1]))
    return [Line(section, f"{what} {name}", value, "ms", len(times), note if name == "p50" else "") for name, value in figures]
