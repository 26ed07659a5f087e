"""Renews variants.tsv: adds the links of Unihan's lists of name kanji and names the ground of every pair.

Usage: python search/data/derive_variants.py /usr/share/unicode   (Debian's package unicode-data)
"""

from __future__ import annotations

import argparse
import bz2
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TABLE = Path(__file__).with_name("variants.tsv")
HEADER = "# old or variant form, form kept in the index, ground (a Unihan field, or own); Unihan 15.0: Unicode License v3"
DISTINCT = "亙"  # listed as a form of another character, yet a different name today
LINKS = ("kJinmeiyoKanji", "kJoyoKanji")
VARIANTS = ("kSemanticVariant", "kSpecializedSemanticVariant", "kZVariant", "kTraditionalVariant", "kSimplifiedVariant")


def rows(file: Path) -> Iterator[tuple[str, str, str]]:
    with bz2.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("U+"):
                code, field, value = line.rstrip("\n").split("\t")
                yield chr(int(code[2:], 16)), field, value


def grounds(folder: Path) -> dict[tuple[str, str], str]:
    """Which Unihan field says that two characters are forms of one; the lists of name kanji win."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in ("Unihan_OtherMappings.txt.bz2", "Unihan_Variants.txt.bz2"):
        for character, field, value in rows(folder / file):
            if field in LINKS or field in VARIANTS:
                for code in re.findall(r"U\+([0-9A-F]{4,6})", value):
                    other = chr(int(code, 16))
                    found[character, other].append(field)
                    found[other, character].append(field)
    order = {field: at for at, field in enumerate(LINKS + VARIANTS)}
    return {pair: min(fields, key=order.__getitem__) for pair, fields in found.items()}


def links(folder: Path) -> dict[str, str]:
    """Old forms that the list of name kanji ties to a kanji of daily use."""
    found = {}
    for character, field, value in rows(folder / "Unihan_OtherMappings.txt.bz2"):
        match = re.search(r":U\+([0-9A-F]{4,6})", value)
        if field == "kJinmeiyoKanji" and match:
            found[character] = chr(int(match[1], 16))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unicode", type=Path)
    folder: Path = parser.parse_args().unicode
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    pairs = {old: new for old, new, *_ in (line.split("\t") for line in lines if line and not line.startswith("#"))}
    for old, new in links(folder).items():
        folded = {unicodedata.normalize("NFKC", old), unicodedata.normalize("NFKC", new)} != {old, new}
        if not folded and new not in pairs and old not in DISTINCT:  # compatibility forms are folded before this table is asked
            pairs.setdefault(old, new)
    ground = grounds(folder)
    table = [f"{old}\t{new}\t{ground.get((old, new), 'own')}" for old, new in sorted(pairs.items(), key=lambda pair: (pair[1], pair[0]))]
    TABLE.write_text("\n".join([HEADER, *table]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
