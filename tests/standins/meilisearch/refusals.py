"""Errors as the server words them: message, code, type and a link."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


class ApiError(Exception):
    """An answer that is an error, or the error of a failed task."""

    def __init__(self, status: int, code: str, message: str, *, kind: str = "invalid_request") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.kind = kind

    def body(self) -> dict[str, str]:
        return {
            "message": str(self),
            "code": self.code,
            "type": self.kind,
            "link": f"https://docs.meilisearch.com/errors#{self.code}",
        }


def no_index(uid: str, *, status: int = 404, inside: str = "") -> ApiError:
    return ApiError(status, "index_not_found", f"{inside}Index `{uid}` not found.")


def bad_key() -> ApiError:
    return ApiError(403, "invalid_api_key", "The provided API key is invalid.", kind="auth")


def unknown_field(name: str, known: Sequence[str]) -> ApiError:
    alike = difflib.get_close_matches(name, known, n=1)
    said = f"did you mean `{alike[0]}`? " if alike else ""
    return ApiError(400, "bad_request", f"Unknown field `{name}`: {said}expected one of {', '.join(f'`{one}`' for one in known)}")
