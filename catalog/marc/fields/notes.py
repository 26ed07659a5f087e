"""Notes (5xx) and links (856) of a MARC21 record."""

from __future__ import annotations

import re

from catalog.description import Link, Note
from catalog.marc.fields.punctuation import bare
from catalog.marc.linkage import in_order
from catalog.marc.outcome import ReadWarning, WarningCode
from catalog.marc.record import NOTE_TAGS, Field

_KINDS = {
    "500": "general",
    "504": "bibliography",
    "505": "contents",
    "520": "abstract",
    "521": "audience",
    "546": "language",
    "586": "award",
}
# Only what a browser may open from a page of ours; `javascript:` and the like are words, not links.
_WEB = re.compile(r"(?:https?|ftp)://[^\s<>\"]+", re.IGNORECASE)
_BETWEEN_CONTENTS = " -- "


def notes(by_tag: dict[str, list[Field]]) -> tuple[Note, ...]:
    found: dict[Note, None] = {}
    for field in in_order(by_tag, NOTE_TAGS):
        text = _contents(field) if field.tag == "505" else _sentence(" ".join(_shown(field)))
        if text:
            found[Note(text, _KINDS.get(field.tag, "other"))] = None
    return tuple(found)


def _shown(field: Field) -> list[str]:
    return [value for code, value in field.subfields if code.isalpha() and code not in "uw" and value]


def _sentence(text: str) -> str:
    # Japanese notes end in a full stop of ISBD's, not of the sentence's; a sentence of its own ends in 「。」.
    text = text.strip()
    return text if text.isascii() else bare(text)


def _contents(field: Field) -> str:
    """505: each $t begins an item, its $r follows behind a slash; an unstructured $a stays as it is."""
    if not field.first("t"):
        return _sentence(" ".join(_shown(field)))
    items: list[str] = []
    for code, value in field.subfields:
        text = bare(value.strip("- ") if code in "tagr" else value)
        if not text or code not in "atgr":
            continue
        if code == "r" and items:
            items[-1] += f" / {text}"
        else:
            items.append(text)
    return _BETWEEN_CONTENTS.join(items)


def links(by_tag: dict[str, list[Field]], warnings: list[ReadWarning]) -> tuple[Link, ...]:
    found: dict[str, Link] = {}
    for field in by_tag["856"]:
        label = bare(field.first("y") or field.first("3") or field.first("z"))
        for address in field.every("u"):
            if _WEB.fullmatch(address):
                found.setdefault(address, Link(address, label))
            else:
                warnings.append(ReadWarning("856", WarningCode.BAD_LINK, f"リンク「{address[:80]}」は開けません。"))
    return tuple(found.values())
