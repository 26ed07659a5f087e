"""Readings: the forms under which they are indexed."""

from __future__ import annotations

_PARTICLES = {"ワ": "ハ", "エ": "ヘ", "ヲ": "オ", "わ": "は", "え": "へ", "を": "お"}


def reading_forms(reading: str) -> tuple[str, ...]:
    """A catalogued reading and, where it parts words, its form with particles as they are written.

    Catalogues write 「ワガハイ ワ ネコ デ アル」 (NDL rules for readings), readers type わがはいはねこである.
    """
    words = reading.split()
    if not words:
        return ()
    written = [_PARTICLES.get(word, word) if at else word for at, word in enumerate(words)]
    return (reading,) if written == words else (reading, " ".join(written))
