"""How figures are summed up and printed."""

from __future__ import annotations

import pytest

from bench.report import Line, Report, percentile, shown, spread
from bench.web import needs


@pytest.mark.parametrize(
    ("times", "share", "found"),
    [([7.0], 0.5, 7), ([1, 2, 3, 4], 0.5, 2), (list(range(1, 101)), 0.95, 95), (list(range(1, 21)), 0.95, 19), ([1, 9], 0.95, 9)],
)
def test_a_percentile_is_a_time_that_was_measured(times: list[float], share: float, found: float) -> None:
    assert percentile(times, share) == found


def test_times_are_summed_up_whatever_their_order() -> None:
    lines = spread("search", "HTTP", [3.0, 1.0, 2.0], "warm")
    assert [(line.what, line.value, line.n, line.note) for line in lines] == [
        ("HTTP p50", 2.0, 3, "warm"),
        ("HTTP p95", 3.0, 3, ""),
        ("HTTP max", 3.0, 3, ""),
    ]


def test_what_could_not_be_measured_says_so() -> None:
    (line,) = spread("pages", "/", [], "404")
    assert (line.value, line.n, line.note) == (None, 0, "404")
    assert shown(line.value) == "-"


def test_the_table_is_aligned_under_a_heading_for_each_section() -> None:
    report = Report(
        {"cores": 2}, {"fsync": "on"}, [Line("import", "file", 1234.5, "records/s", 10_000), Line("pages", "/", 3.25, "ms", 9, "warm")]
    )
    assert report.as_text().splitlines() == [
        "cores: 2",
        "fsync: on",
        "",
        "import",
        "  file  1,234 records/s  n 10,000",
        "",
        "pages",
        "  /      3.25 ms         n      9  warm",
    ]


def test_a_page_needs_its_style_sheets_and_scripts_but_not_its_icons() -> None:
    html = (
        '<link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.css"><script src="/b.js"></script>'
        '<script src="/b.js"></script><script>1</script><script src="https://elsewhere.example/c.js"></script>'
    )
    assert needs(html) == ["/a.css", "/b.js"]
