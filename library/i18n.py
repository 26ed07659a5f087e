"""Texts in the reader's language: gettext catalogues of every room, with Japanese as the language of the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from babel.core import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.pofile import read_po

LANGUAGES: tuple[tuple[str, str], ...] = (("ja", "日本語"), ("en", "English"))
PAGES = tuple(code for code, _ in LANGUAGES)
SPOKEN = (*PAGES, "zh", "ko")  # what the conversation and the guide answer in
SOURCE = "ja"
ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = (
    ROOT / "library" / "locale",
    ROOT / "library" / "identity" / "locale",
    ROOT / "catalog" / "locale",
    ROOT / "circulation" / "locale",
    ROOT / "school_sync" / "locale",
    ROOT / "search" / "locale",
    ROOT / "search" / "chat" / "locale",  # also in languages that no page speaks
)


class Texts:
    """The translations of one language; a text without one comes back as it is."""

    def __init__(self, language: str, texts: Mapping[str, str | Sequence[str]], plural: object = None) -> None:
        self.language = language
        self.texts = texts
        self._plural = plural

    def gettext(self, text: str) -> str:
        found = self.texts.get(text)
        if found is None:
            return text
        return found if isinstance(found, str) else found[0]

    def ngettext(self, one: str, many: str, number: int) -> str:
        found = self.texts.get(one)
        if found is None or isinstance(found, str):
            return (one if number == 1 else many) if found is None else found
        return found[0 if number == 1 or len(found) == 1 else 1]


@cache
def texts(language: str) -> Texts:
    """All catalogues of a language as one; later rooms win."""
    merged: dict[str, str | Sequence[str]] = {}
    if language != SOURCE:
        for folder in CATALOGUES:
            path = folder / f"{language}.po"
            if path.exists():
                merged.update(_read(path, language))
    return Texts(language, merged)


def _read(path: Path, language: str) -> dict[str, str | Sequence[str]]:
    with path.open("rb") as file:
        entries = read_po(file, locale=language)
    found: dict[str, str | Sequence[str]] = {}
    for entry in entries:
        if not entry.id or entry.fuzzy:
            continue
        if isinstance(entry.id, tuple | list):
            forms = tuple(entry.string or ())
            if all(forms):
                found[entry.id[0]] = forms
        elif entry.string:
            found[entry.id] = str(entry.string)
    return found


def known(language: str | None) -> str | None:
    """The language if we have it, else None."""
    return language if language in {code for code, _ in LANGUAGES} else None


def negotiated(header: str | None, among: Sequence[str] = PAGES) -> str:
    """The best of these languages for an Accept-Language header; Japanese when it says nothing we have.

    Whoever reads Chinese or Korean alone gets English where there is neither.
    """
    wanted = []
    for part in (header or "").split(",")[:20]:
        code, _, parameters = part.strip().partition(";")
        try:
            quality = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if code and code != "*" and quality > 0:
            wanted.append((quality, code.replace("-", "_")))
    ordered = [code for _, code in sorted(wanted, key=lambda pair: -pair[0])]
    found = negotiate_locale(ordered, among)
    return found or ("en" if negotiate_locale(ordered, SPOKEN) else SOURCE)


def in_language(translations: Mapping[str, str], language: str) -> str:
    """A text that is data, in the reader's language, else Japanese."""
    return translations.get(language) or translations.get(SOURCE) or next(iter(translations.values()), "")


@cache
def locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE)
