"""Pages as a browser gets them: the time to the first byte, and the bytes before the first view can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.report import Line, percentile, spread
from bench.web import Client, get_all, needs

SECTION = "pages"
HTML = "text/html"
WARMING = 5


def first_bytes(port: int, pages: Mapping[str, Sequence[str]]) -> list[Line]:
    """`pages`: the page's name → the addresses to ask for."""
    lines: list[Line] = []
    for name, paths in pages.items():
        get_all(port, paths[:WARMING], at_once=1, accept=HTML)
        answers, _ = get_all(port, paths, at_once=1, accept=HTML)
        other = sorted({answer.status for answer in answers if answer.status != 200})
        times = [answer.first_byte for answer in answers if answer.status == 200]
        note = f"also answered: {', '.join(map(str, other))}" if other else "to the first byte, kept connection"
        lines += spread(SECTION, name, times, note)
        if times:
            whole = sorted(answer.whole for answer in answers if answer.status == 200)
            lines.append(Line(SECTION, f"{name} whole p50", percentile(whole, 0.5), "ms", len(whole), "to the last byte"))
            lines.append(_first_view(port, name, paths[0]))
    return lines


def _first_view(port: int, name: str, path: str) -> Line:
    client = Client(port)
    try:
        packed = client.get(path, accept=HTML, packed=True)
        html = client.get(path, accept=HTML).body.decode(errors="replace")
        parts = {"html": len(packed.body), "css": 0, "js": 0}
        for address in needs(html):
            answer = client.get(address, accept="*/*", packed=True)
            parts["css" if "css" in answer.content_type else "js"] += len(answer.body)
    finally:
        client.close()
    told = ", ".join(f"{part} {size / 1000:.1f}" for part, size in parts.items())
    how = packed.encoding or "not packed"
    return Line(SECTION, f"{name} first view", sum(parts.values()) / 1000, "kB", 1, f"html, css and js as sent ({how}): {told}")
