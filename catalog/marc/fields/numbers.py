"""Numbers that identify or class a book: ISBN, ISSN, national bibliography numbers, NDC, NDLC, DDC and LCC."""

from __future__ import annotations

import re
import unicodedata

from catalog.description import ClassNumber, Isbn
from catalog.marc.fields.punctuation import bare
from catalog.marc.linkage import in_order
from catalog.marc.outcome import ReadWarning, WarningCode
from catalog.marc.record import Field
from catalog.matching.normal import isbn13

_START = re.compile(r"[^0-9(]{0,8}?((?:97[89][-\s]?)?\d[\d\-\s]{7,15}[\dXx])(?![\dXx])")
_QUALIFIER = re.compile(r"[(\uff08]([^()\uff08\uff09]*)[)\uff09]")
_UNWRAPPED = re.compile(r"^[(\uff08]|[)\uff09]$")
_WHOLE_SET = re.compile(r"\bset\b|セット|ｾｯﾄ|全\s*[\d一二三四五六七八九十]+\s*[巻冊]|揃", re.IGNORECASE)
_ISSN = re.compile(r"(\d{4})[-\s]?(\d{3}[\dXx])")
_SCHEMES = {"kktb": "ndlc", "ndlc": "ndlc", "ndc": "ndc"}
_NJB = re.compile(r"(?:njb/|ndc)0?(\d{1,2})$", re.IGNORECASE)


def isbns(fields: list[Field], warnings: list[ReadWarning]) -> tuple[Isbn, ...]:
    found: dict[str, Isbn] = {}
    for field in fields:
        for value in field.every("a"):
            number = _isbn(value)
            if not number:
                if any(character.isdigit() for character in value):
                    message = f"ISBN「{bare(value)[:40]}」の桁数か検査数字が正しくありません。"
                    warnings.append(ReadWarning("020", WarningCode.BAD_ISBN, message))
                continue
            qualifier = " ".join(_UNWRAPPED.sub("", bare(given)) for given in (*_QUALIFIER.findall(value), *field.every("q")))
            qualifier = bare(qualifier)
            found.setdefault(number, Isbn(number, qualifier, names_whole_set(qualifier)))
    return tuple(found.values())


def names_whole_set(qualifier: str) -> bool:
    return bool(qualifier) and _WHOLE_SET.search(qualifier) is not None


def _isbn(value: str) -> str:
    match = _START.match(value)
    if match is None:
        match = _START.match(unicodedata.normalize("NFKC", value))
    return isbn13(match[1]) if match else ""


def issns(fields: list[Field], warnings: list[ReadWarning]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for field in fields:
        for value in field.every("a"):
            match = _ISSN.search(value)
            if match and issn_holds(match[1] + match[2]):
                found[f"{match[1]}-{match[2].upper()}"] = None
            else:
                warnings.append(ReadWarning("022", WarningCode.BAD_ISSN, f"ISSN「{value[:40]}」が正しくありません。"))
    return tuple(found)


def issn_holds(digits: str) -> bool:
    total = sum((8 - place) * int(digit) for place, digit in enumerate(digits[:7]))
    return "0123456789X"[(11 - total % 11) % 11] == digits[7].upper()


def national_number(fields: list[Field]) -> str:
    """015: the JPNO bare; a number of another country behind its source code, so that equal digits do not meet."""
    others = ""
    for field in fields:
        number = bare(_QUALIFIER.sub("", field.first("a")))
        source = field.first("2")
        if not any(character.isdigit() for character in number):
            continue  # Old imports carry place holders such as "USSR***".
        if source == "jnb":
            return number
        others = others or (f"{source}:{number}" if source else number)
    return others


def control_number(fields: list[Field]) -> str:
    """010 $a, as the Library of Congress normalises it: without spaces, and nothing from a slash on."""
    return next((number for field in fields if (number := field.first("a").replace(" ", "").partition("/")[0])), "")


def classes(by_tag: dict[str, list[Field]]) -> tuple[ClassNumber, ...]:
    found: dict[ClassNumber, None] = {}
    for field in in_order(by_tag, ("050", "082", "084")):
        if field.tag == "084":
            source = field.first("2").strip()
            edition = _NJB.match(source)
            scheme = "ndc" if edition else _SCHEMES.get(source.lower(), "")
            for number in field.every("a") if scheme else []:
                found[ClassNumber(scheme, bare(number), edition[1] if edition else "")] = None
        elif field.tag == "082":
            for number in field.every("a"):
                found[ClassNumber("ddc", number.replace("/", "").replace("'", "").strip())] = None
        elif number := " ".join([*field.every("a")[:1], *field.every("b")[:1]]):
            found[ClassNumber("lcc", number)] = None
    return tuple(found)
