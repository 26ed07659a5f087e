"""The fields of a posted form as text, so that no handler meets a file where it expects a word."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

LONGEST = 10_000  # characters of one field


class Form:
    """Absent fields are empty. Line ends are those of Unix, NUL never comes through: PostgreSQL could not store it."""

    def __init__(self, fields: dict[str, list[Any]]) -> None:
        self._fields = fields

    def texts(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be given more than once."""
        return tuple(
            value[:LONGEST].replace("\r\n", "\n").replace("\0", "") for value in self._fields.get(name, []) if isinstance(value, str)
        )

    def text(self, name: str) -> str:
        """The value without surrounding space."""
        return next(iter(self.texts(name)), "").strip()

    def secret(self, name: str) -> str:
        """The value exactly as typed, for passwords."""
        return next((value for value in self._fields.get(name, []) if isinstance(value, str)), "")

    def ticked(self, name: str) -> bool:
        return bool(self.text(name))

    def file(self, name: str) -> UploadFile | None:
        """The file somebody chose; None when the field was left empty."""
        chosen = next((value for value in self._fields.get(name, []) if isinstance(value, UploadFile)), None)
        return chosen if chosen is not None and chosen.filename else None


async def read(request: Request[Any, Any, Any]) -> Form:
    data = await request.form()
    return Form({name: data.getall(name) for name in data})
