"""Old and variant kanji and the one form under which they are indexed."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def one_form() -> dict[str, str]:
    """Variant → kept form, chains resolved."""
    table = resources.files("search").joinpath("data/variants.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    pairs = {row[0]: row[1] for row in rows}
    return {old: _last(pairs, old) for old in pairs}


def _last(pairs: dict[str, str], form: str) -> str:
    seen = {form}
    while form in pairs:
        form = pairs[form]
        if form in seen:
            raise ValueError(f"variants.tsv leads {form} back to itself")
        seen.add(form)
    return form
