"""Which view somebody starts in: the pupils' or the full one."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from library.http.language import YEAR
from library.identity.viewer import Viewer
from library.settings import Settings

COOKIE = "view"


class View(StrEnum):
    PUPILS = "pupils"
    FULL = "full"


def view_of(connection: ASGIConnection[Any, Any, Any, Any], viewer: Viewer) -> View:
    """What the account chose, else the pupils' view for pupils of elementary schools; without an account, what this browser chose."""
    chosen = viewer.view if viewer.is_signed_in else connection.cookies.get(COOKIE)
    if chosen in (View.PUPILS, View.FULL):
        return View(chosen)
    return View.PUPILS if viewer.is_pupil and not viewer.is_in_junior_high else View.FULL


def cookie(view: View, settings: Settings) -> Cookie:
    return Cookie(key=COOKIE, value=view.value, path="/", max_age=YEAR, secure=settings.secure_cookies, httponly=True, samesite="lax")


_BOOK = re.compile(r"/(?:records|kids/books)/([1-9][0-9]{0,18})")


def twin(path: str, view: View) -> str:
    """The page of the other view that shows the same, else the first page of that view."""
    book = _BOOK.fullmatch(path)
    if view is View.PUPILS:
        return f"/kids/books/{book[1]}" if book else "/kids"
    return f"/records/{book[1]}" if book else "/"
