"""What the cataloguers' pages share: errors in the reader's words, forms as plain values, and the words for codes."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request

from catalog.records import labels
from library.errors import N_, Invalid, LibraryError
from library.http import problems, requests
from library.identity.viewer import Viewer

Asked = Request[Viewer, Any, Any]

OPTIONS: dict[str, Any] = {
    "materials": labels.MATERIALS,
    "audiences": labels.AUDIENCES,
    "text_languages": labels.LANGUAGES,
    "note_kinds": labels.NOTE_KINDS,
    "agent_kinds": labels.AGENT_KINDS,
    "subject_schemes": labels.SUBJECT_SCHEMES,
    "class_schemes": labels.CLASS_SCHEMES,
    "field_groups": labels.FIELD_GROUPS,
    "formats": labels.FORMATS,
    "match_rules": labels.MATCH_RULES,
    "acts": labels.ACTS,
    "reaches": labels.REACHES,
    "item_fields": labels.ITEM_FIELDS,
    "fields": labels.FIELDS,
}


def in_words(request: Asked, exc: LibraryError) -> str:
    """An error's sentence in the reader's language."""
    return problems.said(exc, requests.texts(request)).detail


def status_of(exc: LibraryError) -> int:
    return next(status for kind, status in problems.STATUS if isinstance(exc, kind))


async def form_values(request: Asked) -> dict[str, str]:
    """The posted form as text by name; of a name given twice the first."""
    form = await request.form()
    return {name: value for name in form if isinstance(value := form.getall(name)[0], str)}


async def chosen(request: Asked, name: str) -> list[str]:
    """Every value of a name, as ticked boxes send them."""
    form = await request.form()
    return [value for value in form.getall(name, []) if isinstance(value, str)]


def numbers(values: list[str]) -> list[int]:
    """Ids among posted values; what is none is left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


def whole(text: str, where: str) -> int | None:
    """A number somebody typed, None where the field is empty."""
    text = text.strip().replace(",", "").removesuffix("円")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Invalid("number_form", N_("数字だけで入れてください。"), where=where)
    return int(text)


def day(text: str, where: str) -> date | None:
    """A date as date fields send it, None where empty."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as exc:
        raise Invalid("date_form", N_("日付は 2027-04-01 の形で入れてください。"), where=where) from exc
