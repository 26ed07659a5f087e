"""880 fields beside the fields they render, in both customs: JAPAN/MARC (readings in 880) and Western (originals in 880).

JAPAN/MARC has the Japanese in 245 and two 880s to it, `/$1` in kana and `/(B` in romaji. Western files have the romanised
form in 245 and the original script in 880. Neither is declared, so the scripts of the texts decide.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from catalog.marc.fields.punctuation import has_han, has_hiragana, has_kana, is_latin
from catalog.marc.outcome import ReadWarning, WarningCode
from catalog.marc.record import Field, MarcRecord

_LINK = re.compile(r"(\d{3})-(\d{2})(?:/([^/]+))?(?:/r)?")
UNLINKED = "00"


class Forms(NamedTuple):
    """One field in its forms: as displayed, in kana and in Latin letters."""

    shown: Field
    kana: Field | None
    latin: Field | None


def link(record: MarcRecord, warnings: list[ReadWarning]) -> dict[str, list[Field]]:
    """The data fields by tag, each with its 880s in `parallels`; an 880 that renders no field stands as a field of its own."""
    by_tag: dict[str, list[Field]] = {}
    renderings: dict[tuple[str, str], list[Field]] = {}
    for place, field in enumerate(record.fields):
        field.place = place
        if field.tag != "880":
            by_tag.setdefault(field.tag, []).append(field)
            continue
        found = _LINK.match(field.first("6"))
        if found is None:
            message = f"880に対応する欄の番号($6)がありません: {field.text()[:30]}"
            warnings.append(ReadWarning("880", WarningCode.UNLINKED_880, message))
            continue
        tag, occurrence, script = found.groups()
        field.tag, field.script = tag, script or ""
        if occurrence == UNLINKED:
            by_tag.setdefault(tag, []).append(field)
        else:
            renderings.setdefault((tag, occurrence), []).append(field)
    if renderings or any(field.first("6") for fields in by_tag.values() for field in fields):
        _join(by_tag, renderings, warnings)
    return by_tag


def _join(by_tag: dict[str, list[Field]], renderings: dict[tuple[str, str], list[Field]], warnings: list[ReadWarning]) -> None:
    for tag, fields in by_tag.items():
        for field in fields:
            found = _LINK.match(field.first("6"))
            if found is None or found[2] == UNLINKED or found[1] != "880":
                continue
            field.parallels = renderings.pop((tag, found[2]), [])
            if not field.parallels:
                message = f"{tag}が指す880-{found[2]}がありません。"
                warnings.append(ReadWarning(tag, WarningCode.DANGLING_LINK, message))
    for (tag, occurrence), parallels in renderings.items():
        message = f"880が指す{tag}-{occurrence}がありません。"
        warnings.append(ReadWarning("880", WarningCode.DANGLING_LINK, message))
        alone = [field for field in by_tag.get(tag, []) if not field.parallels]
        if len(alone) == 1:
            alone[0].parallels = parallels
        else:
            by_tag.setdefault(tag, []).append(parallels[0])
            parallels[0].parallels = parallels[1:]


def in_order(by_tag: dict[str, list[Field]], tags: tuple[str, ...]) -> list[Field]:
    """The fields of these tags as the record has them; catalogues put the weightier first, whatever its tag."""
    found = [field for tag in tags if tag in by_tag for field in by_tag[tag]]
    found.sort(key=_place)
    return found


def _place(field: Field) -> int:
    return field.place


def follows_japan_marc(record: MarcRecord, by_tag: dict[str, list[Field]]) -> bool:
    if record.control.get("003", "").strip() == "JTNDL":
        return True
    for field in by_tag.get("040", []):
        if field.first("a") == "JTNDL" or field.first("b") == "jpn":
            return True
    return any({"$1", "(B"} <= {twin.script for twin in field.parallels} for fields in by_tag.values() for field in fields)


def forms(field: Field, *, japanese: bool) -> Forms:
    if not field.parallels:
        return Forms(field, None, None)
    shown, kana, latin = field, None, None
    in_latin: bool | None = None
    for twin in field.parallels:
        if japanese and twin.script == "(B":
            latin = latin or twin
            continue
        words = twin.text()
        if japanese and twin.script == "$1" and not has_han(words):
            kana = kana or twin
            continue
        if is_latin(words):
            latin = latin or twin
            continue
        if in_latin is None:
            in_latin = is_latin(field.text())
        if in_latin and not (japanese and not has_han(words) and not has_hiragana(words) and has_kana(words)):
            if shown is field:
                shown, latin = twin, field
        elif has_kana(words) and not has_han(words):
            kana = kana or twin
    return Forms(shown, kana, latin)
