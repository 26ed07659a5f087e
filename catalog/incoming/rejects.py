"""The sentence of a reject: kept whole in Japanese, and in parts, to be told in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalog.models import ImportReject
from library.errors import Field

_SENTENCE = "sentence"


def parts(sentence: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """A sentence as it stands in the code, and what varies in it, as JSON that the database can hold."""
    plain = {name: value if isinstance(value, int | float | None) else storable(str(value)) for name, value in fields.items()}
    return {_SENTENCE: sentence, **plain}


def storable(text: str) -> str:
    """Words from a damaged file, without what no database stores."""
    return text.replace("\0", "␀").encode(errors="replace").decode()


def told(reject: ImportReject, gettext: Callable[[str], str]) -> str:
    """The sentence in the language of `gettext`. One that was kept whole is translated where nothing varies in it."""
    fields = dict(reject.fields or {})
    sentence = fields.pop(_SENTENCE, None)
    if not isinstance(sentence, str):
        return gettext(reject.message)
    try:
        return gettext(sentence).format(**fields)
    except (LookupError, ValueError):
        return reject.message  # kept by a version whose sentence had other parts
