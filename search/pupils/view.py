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
    is_pupils = viewer.is_in_pupils_view if viewer.is_signed_in else connection.cookies.get(COOKIE) == View.PUPILS
    return View.PUPILS if is_pupils else View.FULL


def cookie(view: View, settings: Settings) -> Cookie:
    return Cookie(key=COOKIE, value=view.value, path="/", max_age=YEAR, secure=settings.secure_cookies, httponly=True, samesite="lax")


_BOTH = re.compile(r"/(?:(?P<book>records|kids/books)|(?:kids/)?lists)/(?P<number>[1-9][0-9]{0,18})")


def twin(path: str, view: View) -> str:
    """The page of the other view that shows the same, else the first page of that view."""
    same = _BOTH.fullmatch(path)
    if same is None:
        return "/kids" if view is View.PUPILS else "/"
    rooms = ("/kids/books", "/records") if same["book"] else ("/kids/lists", "/lists")
    return f"{rooms[view is View.FULL]}/{same['number']}"
