"""A language chosen with `?lang=` is remembered for a year."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.types import Message, Scope

from library.http.requests import LANGUAGE_COOKIE
from library.http.shared import is_for_everybody
from library.i18n import known

if TYPE_CHECKING:
    from library.settings import Settings

YEAR = 365 * 24 * 60 * 60


def cookie(language: str, settings: Settings) -> Cookie:
    return Cookie(
        key=LANGUAGE_COOKIE, value=language, path="/", max_age=YEAR, secure=settings.secure_cookies, httponly=True, samesite="lax"
    )


async def remember_choice(message: Message, scope: Scope) -> None:
    """Litestar's hook before an answer is sent: sets the cookie when the address names a language we have."""
    if message["type"] != "http.response.start" or b"lang=" not in scope["query_string"]:
        return
    language = known(parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1])
    if language is not None and not is_for_everybody(message):
        settings: Settings = scope["litestar_app"].state.settings
        MutableScopeHeaders.from_message(message).add("set-cookie", cookie(language, settings).to_header(header=""))
