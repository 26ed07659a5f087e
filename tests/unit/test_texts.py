"""Every text the service can say has its translation, with the same placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from jinja2.ext import babel_extract

from library import i18n

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("library", "catalog", "circulation", "school_sync", "search")
OPTIONS = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trim_blocks": "true", "lstrip_blocks": "true"}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"\{(\w+)\}|%\((\w+)\)")


def said() -> Iterator[tuple[str, str]]:
    """Every msgid with the file that says it."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            with path.open("rb") as file:
                for _, messages, _, _ in extract("python", file, keywords=KEYWORDS):
                    yield first(messages), str(path.relative_to(ROOT))
        for path in sorted((ROOT / room).rglob("*.html")):
            with path.open("rb") as file:
                for _, _, messages, _ in babel_extract(file, list(KEYWORDS), [], OPTIONS):
                    if text := first(messages):
                        yield text, str(path.relative_to(ROOT))


def first(messages: object) -> str:
    """The msgid among a call's arguments; of a plural, the singular."""
    if isinstance(messages, tuple | list):
        return next((one for one in messages if isinstance(one, str)), "")
    return messages if isinstance(messages, str) else ""


TRANSLATED = [code for code, _ in i18n.LANGUAGES if code != i18n.SOURCE]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_has_a_translation(language: str) -> None:
    known = i18n.texts(language).texts
    missing = sorted({f"{path}: {text}" for text, path in said() if text not in known})
    assert missing == [], f"{len(missing)} texts without {language}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_placeholders(language: str) -> None:
    def names(text: str) -> set[str]:
        return {one or other for one, other in PLACEHOLDER.findall(text)}

    wrong = []
    for text, translation in i18n.texts(language).texts.items():
        forms = [translation] if isinstance(translation, str) else list(translation)
        wrong += [text for form in forms if not names(form) <= names(text)]
    assert wrong == []


def test_the_extraction_finds_texts_of_every_kind() -> None:
    found = dict(said())
    assert found["ページの有効期限が切れました。前のページを開き直して、もう一度お試しください。"].endswith("csrf.py")
    assert any(path.endswith(".html") for path in found.values())


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_has_a_percent_sign_that_a_template_would_take_for_a_placeholder(language: str) -> None:
    forms = {form for one in i18n.texts(language).texts.values() for form in ([one] if isinstance(one, str) else one)}
    assert [form for form in forms if re.search(r"%(?![(%])", form.replace("%%", ""))] == []
