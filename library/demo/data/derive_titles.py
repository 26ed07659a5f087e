"""Derives `titles.tsv.gz`, some 6,000 works of all classes, from the catalogue of Aozora Bunko."""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

WANTED = 6000
_ROLES = {"著者": "a", "翻訳者": "t", "編者": "e", "校訂者": "r"}

Row = dict[str, str]


def _rows(path: Path) -> Iterator[Row]:
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))


def _author(work: list[Row]) -> str:
    return work[0]["姓"] + work[0]["名"]


def _modern_spelling_first(work: list[Row]) -> tuple[bool, str]:
    return work[0]["文字遣い種別"] != "新字新仮名", work[0]["作品ID"]


def _free_works(rows: Iterator[Row]) -> list[list[Row]]:
    """One entry for each title of an author whose rights have ended; who still has rights is left out as a contributor."""
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["人物著作権フラグ"] == "なし" and row["役割フラグ"] in _ROLES:
            by_id[row["作品ID"]].append(row)
    chosen: dict[tuple[str, str, str], list[Row]] = {}
    for work in by_id.values():
        work.sort(key=lambda row: (row["役割フラグ"] != "著者", row["人物ID"]))
        if work[0]["役割フラグ"] == "著者" and work[0]["作品名読み"]:
            key = (work[0]["作品名"], work[0]["副題"], _author(work))
            chosen[key] = min(chosen.get(key, work), work, key=_modern_spelling_first)
    return list(chosen.values())


def _order(work: list[Row]) -> str:
    """A fixed shuffle, so that a cut takes from every author's whole list and the same input gives the same choice."""
    return hashlib.sha256(work[0]["作品ID"].encode()).hexdigest()


def _turn(work: list[Row], popular: frozenset[str]) -> int:
    """How many works of one author may come before others have had their turn (lower classes come first)."""
    classes = work[0]["分類番号"].removeprefix("NDC ").split()
    if any(number.startswith("K") for number in classes):
        return 120
    if any(not number.startswith("9") for number in classes):
        return 60
    return 90 if _author(work) in popular else 10


def choose(works: list[list[Row]], famous: frozenset[tuple[str, str]], wanted: int = WANTED) -> list[list[Row]]:
    """The famous works, then each author's turn of juvenile works, of other classes than literature, of popular authors, of the rest."""
    popular = frozenset(author for _, author in famous)
    taken: Counter[tuple[str, int]] = Counter()
    groups: dict[int, list[list[Row]]] = defaultdict(list)
    for work in sorted(works, key=_order):
        if (work[0]["作品名"], _author(work)) in famous:
            groups[0].append(work)
            continue
        turn = _turn(work, popular)
        taken[_author(work), turn] += 1
        if taken[_author(work), turn] <= turn:
            groups[turn].append(work)
    ordered = [work for turn in (0, 120, 60, 90, 10) for work in groups[turn]]
    return sorted(ordered[:wanted], key=lambda work: work[0]["作品ID"])


def _agent(row: Row) -> str:
    years = "-".join(row[column][:4] if row[column][:4].isdigit() else "" for column in ("生年月日", "没年月日"))
    names = ("姓", "名", "姓読み", "名読み", "姓ローマ字", "名ローマ字")
    return "|".join((_ROLES[row["役割フラグ"]], *(row[name] for name in names), years.strip("-") and years))


def _line(work: list[Row]) -> str:
    row = work[0]
    book = (row["底本名1"], row["底本出版社名1"], row["底本初版発行年1"][:4])
    words = (row["作品名"], row["作品名読み"], row["副題"], row["副題読み"], row["分類番号"].removeprefix("NDC "))
    return "\t".join(value.replace("\t", " ").strip() for value in (row["作品ID"], *words, ";".join(map(_agent, work)), *book))


def lines(catalogue: Path) -> list[str]:
    """The table, one line a work, in the order of the works' numbers."""
    listed = Path(__file__).with_name("famous.tsv").read_text(encoding="utf-8").splitlines()
    famous = frozenset((title, author) for title, _, author in (line.partition("\t") for line in listed))
    return [_line(work) for work in choose(_free_works(_rows(catalogue)), famous)]


def main() -> None:
    """Writes the table; the same input gives the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path, help="zip with list_person_all_extended_utf8.csv")
    parser.add_argument("output", type=Path, help="titles.tsv.gz")
    arguments = parser.parse_args()
    table = lines(arguments.catalogue)
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(("\n".join(table) + "\n").encode("utf-8"))
    arguments.output.write_bytes(buffer.getvalue())
    sys.stdout.write(f"{len(table)} works, {len(buffer.getvalue())} bytes\n")


if __name__ == "__main__":
    main()
