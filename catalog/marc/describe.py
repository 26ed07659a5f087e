"""A Description from a MARC21 record: title, publication, physical form; headings, numbers and notes from their modules."""

from __future__ import annotations

from catalog.description import Description, Title
from catalog.marc.fields import headings, material, notes, numbers
from catalog.marc.fields.dates import year_of, year_of_008
from catalog.marc.fields.punctuation import bare, is_latin, katakana
from catalog.marc.linkage import follows_japan_marc, forms, link
from catalog.marc.outcome import ReadWarning, RejectCode, UnreadableRecordError, WarningCode
from catalog.marc.record import Field, MarcRecord
from library.errors import N_

_PUBLICATION_ORDER = {"1": 0, " ": 1, "#": 1, "0": 2, "2": 3, "3": 4}
_UNIMARC_TITLE, _UNIMARC_DATES = "200", "100"


def describe(record: MarcRecord, warnings: list[ReadWarning]) -> Description:
    """Raises UnreadableRecordError where there is no title, or where the record is UNIMARC."""
    by_tag = link(record, warnings)
    _refuse_unimarc(by_tag)
    japanese = follows_japan_marc(record, by_tag)
    title = _main_title(by_tag, warnings, japanese=japanese)
    place, publisher, publisher_reading, published = _publication(by_tag, japanese=japanese)
    language, original = material.language(record, by_tag)
    extent, size, accompanying = _physical(by_tag)
    agents, contained = headings.agents(by_tag, japanese=japanese)
    return Description(
        title=title,
        other_titles=_other_titles(by_tag, title, contained, japanese=japanese),
        agents=agents,
        edition=next((bare(" ".join(field.every("ab"))) for field in by_tag.get("250", [])), ""),
        place=place,
        publisher=publisher,
        publisher_reading=publisher_reading,
        published=published,
        year=year_of_008(record.control.get("008", "")) or year_of(published),
        extent=extent,
        size=size,
        material=material.material(record, by_tag),
        language=language,
        audience=material.audience(record),
        series=headings.series(by_tag, japanese=japanese),
        subjects=headings.subjects(by_tag, japanese=japanese),
        classes=numbers.classes(by_tag) if "084" in by_tag or "082" in by_tag or "050" in by_tag else (),
        isbns=numbers.isbns(by_tag["020"], warnings) if "020" in by_tag else (),
        issns=numbers.issns(by_tag["022"], warnings) if "022" in by_tag else (),
        nbn=numbers.national_number(by_tag["015"]) if "015" in by_tag else "",
        lccn=numbers.control_number(by_tag["010"]) if "010" in by_tag else "",
        notes=notes.notes(by_tag),
        links=notes.links(by_tag, warnings) if "856" in by_tag else (),
        accompanying=accompanying,
        original_language=original,
    )


def _refuse_unimarc(by_tag: dict[str, list[Field]]) -> None:
    if "245" in by_tag or _UNIMARC_TITLE not in by_tag:
        return
    dated = any(field.first("a")[:8].isdigit() and len(field.first("a")) > 20 for field in by_tag.get(_UNIMARC_DATES, []))
    if dated or any(field.first("a") for field in by_tag[_UNIMARC_TITLE]):
        sentence = N_("UNIMARCのレコードです（200に書名があり、245がありません）。MARC21に変換してから取り込んでください。")
        raise UnreadableRecordError(RejectCode.UNIMARC, sentence, tag=_UNIMARC_TITLE)


def _main_title(by_tag: dict[str, list[Field]], warnings: list[ReadWarning], *, japanese: bool) -> Title:
    fields = by_tag.get("245", [])
    if len(fields) > 1:
        warnings.append(ReadWarning("245", WarningCode.SEVERAL_TITLES, "245が二つ以上あります。初めのものを書名にしました。"))
    for field in fields:
        title = title_of(field, japanese=japanese)
        if title.main:
            return title
    raise UnreadableRecordError(RejectCode.NO_TITLE, N_("書名（245 $a）がありません。"), tag="245")


def title_of(field: Field, *, japanese: bool) -> Title:
    shown, kana, latin = forms(field, japanese=japanese)
    main = bare(shown.first("a"))
    rest = bare(" ".join(shown.every("b")))
    if not main:
        # Archives name a form ($k) where there is no title proper; a part may stand for the whole.
        main, rest = bare(shown.first("k")) or rest or bare(" ".join(shown.every("np"))), ""
    title = Title(
        main=main,
        rest=rest,
        volume=". ".join(bare(part) for part in shown.every("np")),
        responsibility=bare(" ".join(shown.every("c"))) if field.tag == "245" else "",
    )
    if kana is None and latin is None:
        return title
    return Title(
        main=title.main,
        rest=title.rest,
        volume=title.volume,
        responsibility=title.responsibility,
        reading=katakana(bare(kana.first("a"))) if kana else "",
        rest_reading=katakana(bare(" ".join(kana.every("b")))) if kana else "",
        romaji=" : ".join(part for part in (bare(latin.first("a")), bare(" ".join(latin.every("b")))) if part) if latin else "",
    )


def _other_titles(by_tag: dict[str, list[Field]], main: Title, contained: list[Title], *, japanese: bool) -> tuple[Title, ...]:
    found: dict[str, Title] = {}
    for tag in ("240", "130", "242", "246", "247", "730", "740"):
        for field in by_tag.get(tag, ()):
            title = title_of(field, japanese=japanese)
            if title.main and (title.main, title.rest) != (main.main, main.rest):
                found.setdefault(f"{title.main}\x1f{title.rest}\x1f{title.volume}", title)
    for title in contained:
        found.setdefault(f"{title.main}\x1f\x1f{title.volume}", title)
    return tuple(found.values())


def _publication(by_tag: dict[str, list[Field]], *, japanese: bool) -> tuple[str, str, str, str]:
    """Place, publisher, its reading, and the date as written."""
    candidates = [field for field in by_tag.get("264", []) if field.ind2 in _PUBLICATION_ORDER]
    candidates.sort(key=lambda field: _PUBLICATION_ORDER[field.ind2])
    if not candidates or candidates[0].ind2 != "1":
        candidates = by_tag.get("260", []) + candidates
    place = publisher = reading = published = ""
    for field in candidates:
        shown, kana, _ = forms(field, japanese=japanese)
        place = place or bare(shown.first("a"))
        if not publisher:
            publisher = bare(shown.first("b"))
            reading = katakana(bare(kana.first("b"))) if kana and publisher and not is_latin(kana.first("b")) else ""
        published = published or bare(shown.first("c") or field.first("c"))
    if not published:
        # Only a copyright date is known.
        published = next((bare(field.first("c")) for field in by_tag.get("264", []) if field.ind2 == "4"), "")
    return place, publisher, reading, published


def _physical(by_tag: dict[str, list[Field]]) -> tuple[str, str, str]:
    for field in by_tag.get("300", ()):
        extent = bare(" ; ".join(bare(part) for part in field.every("a")))
        return extent, bare(field.first("c")), bare(" ".join(field.every("e")))
    return "", "", ""
