"""Derives `ndc9.tsv.gz` from the Turtle files of NDC 9 (and index terms of NDC 8 where both editions mean the same)."""

from __future__ import annotations

import argparse
import gzip
import io
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

_BLOCK = re.compile(r"^ndc\d:(\d[\d.]*) a (.*?)\n\.\s*$", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(r'skos:prefLabel "([^"]*)"@ja(?:, "([^"]*)"@en)?')
_BROADER = re.compile(r"skos:broader ndc\d:(\d[\d.]*)")
_INSTEAD = re.compile(r"ndcv:variantOf ndc\d:(\d[\d.]*)")
_TERM = re.compile(r'xl:literalForm "([^"]*)" ;\s*ndl:transcription "([^"]*)"')
_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_ASIDE = re.compile(r"[(（［].*$")

Terms = dict[str, str]


def _blocks(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".ttl"))
        text = archive.read(name).decode("utf-8")
    yield from _BLOCK.findall(text)


def _terms(block: str) -> Terms:
    found: Terms = {}
    for text, transcription in _TERM.findall(block):
        # 「シャシン>ホウドウ シャシン」 reads the heading above the term as well; a qualifier is read in brackets.
        kana = _ASIDE.sub("", transcription.rpartition(">")[2]).replace(" ", "").replace("-", "ー")
        found.setdefault(unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", kana))
    return found


def _japanese(label: str) -> str:
    """The source writes 「書誌＠日本」 for a subject at a place, brackets a repeated subdivision and parts topics by a full stop."""
    label = unicodedata.normalize("NFC", label).replace("．", "・").replace("＜", "（").replace("＞", "）")
    if label.startswith("（") and label.endswith("）") and label.count("（") == 1:
        label = label[1:-1]
    subject, at, place = label.partition("＠")
    return f"{subject}（{place}）" if at else label


def _english(label: str) -> str:
    return re.sub(r"\.(?=\S)", ". ", label)


def _broader(number: str, block: str) -> str:
    """Main class, division, section by the notation itself (9, 91, 913); below a section as the source says."""
    if re.fullmatch(r"\d{2,3}", number):
        return number[:-1]
    match = _BROADER.search(block)
    return match[1] if match else ""


def _word(term: str) -> str:
    """「天皇（日本史）」 → 「天皇」."""
    return _ASIDE.sub("", term)


def _entry(text: str, kana: str, known: Terms) -> str:
    """`text=kana`, or `text` alone where it reads as its kana says or as a line above has said."""
    word = _word(text)
    if known.get(word, word.translate(_KATAKANA)) == kana:
        return text
    known[word] = kana
    return f"{text}={kana}"


def derive(ndc9: Path, ndc8: Path | None) -> list[str]:
    """Lines of number, label ja, label en, broader, number to use instead, index terms parted by `|`."""
    older = {number: (_LABEL.search(block), _terms(block)) for number, block in _blocks(ndc8)} if ndc8 else {}
    blocks = dict(_blocks(ndc9))
    english = {number: _english(match[2] or "") for number, block in blocks.items() if (match := _LABEL.search(block))}
    words = {_word(text) for block in blocks.values() for text in _terms(block)}
    known: Terms = {}
    lines = []
    for number, block in sorted(blocks.items()):
        match = _LABEL.search(block)
        if match is None:  # 「不使用分類」: numbers nobody assigns
            continue
        terms = _terms(block)
        old_label, old_terms = older.get(number, (None, {}))
        if old_label is not None and old_label[1] == match[1]:
            terms |= {text: kana for text, kana in old_terms.items() if _word(text) not in words}
        instead = _INSTEAD.search(block)
        # Only sections carry English labels; 9 and 91 are called as 900 and 910 are.
        name = english[number] or (english.get(number.ljust(3, "0"), "") if len(number) < 3 else "")
        index = "|".join(_entry(text, terms[text], known) for text in sorted(terms))
        lines.append("\t".join((number, _japanese(match[1]), name, _broader(number, block), instead[1] if instead else "", index)))
    return lines


def main() -> None:
    """Writes the table; the same input gives the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ndc9", type=Path, help="zip with ndc9.ttl")
    parser.add_argument("output", type=Path, help="ndc9.tsv.gz")
    parser.add_argument("--ndc8", type=Path, help="zip with ndc8.ttl, for further index terms")
    arguments = parser.parse_args()
    lines = derive(arguments.ndc9, arguments.ndc8)
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode("utf-8"))
    arguments.output.write_bytes(buffer.getvalue())
    sys.stdout.write(f"{len(lines)} classes, {len(buffer.getvalue())} bytes\n")


if __name__ == "__main__":
    main()
