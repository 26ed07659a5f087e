"""Pages rendered on the server with Jinja2: the environment all rooms share and what every template can use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, PrefixLoader
from litestar import MediaType, Request, Response
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from library import clock, i18n
from library.http import menu, requests
from library.settings import Settings

DateForm = Literal["full", "long", "medium", "short", "near"]  # near: 12月1日(火), a day that needs no year

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "library" / "static" / "dist"
FOLDERS = {
    "library": ROOT / "library" / "templates",
    "identity": ROOT / "library" / "identity" / "templates",
    "demo": ROOT / "library" / "demo" / "templates",
    "catalog": ROOT / "catalog" / "templates",
    "circulation": ROOT / "circulation" / "templates",
    "search": ROOT / "search" / "templates",
}


# Macros imported without context must speak the reader's language too, so the texts are looked up here.
_rendering: ContextVar[dict[str, Any]] = ContextVar("rendering")


@contextmanager
def rendering(shared: dict[str, Any]) -> Iterator[None]:
    """Within the block templates and their macros speak the language of `shared`."""
    token = _rendering.set(shared)
    try:
        yield
    finally:
        _rendering.reset(token)


class Pages:
    """The Jinja environment and the front end's file names; one per application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.environment = environment()

    def render(self, request: Request[Any, Any, Any], name: str, context: Mapping[str, Any]) -> str:
        shared = self.common(request)
        with rendering(shared):
            return self.environment.get_template(name).render(shared | dict(context))

    def common(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        """What every page knows: the reader's language and texts, the viewer, the request's number."""
        language = requests.language(request)
        viewer: Any = request.scope.get("user")
        return {
            "texts": i18n.texts(language),
            "language": language,
            "languages": i18n.LANGUAGES,
            "viewer": viewer if viewer is not None and viewer.is_signed_in else None,
            "staff_menu": menu.open_to(getattr(request.app.state, "menu", ()), viewer),
            "request_id": requests.request_id(request),
            "library_name": self.settings.library_name,
            "demo": self.settings.demo,
            "path": request.scope["path"],
            "here": _here(request),
            "query": request.query_params,
            "csrf_token": ScopeState.from_scope(request.scope).csrf_token or "",
            "year": clock.today(self.settings.zone).year,
            "zone": self.settings.zone,
        }


def page(
    request: Request[Any, Any, Any], name: str, /, *, status_code: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Response[str]:
    """Renders a template now, outside any transaction; `name` is like "search/results.html"."""
    pages: Pages = request.app.state.pages
    return Response(
        pages.render(request, name, context),
        status_code=status_code,
        media_type=MediaType.HTML,
        headers={"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"} | dict(headers or {}),
    )


@cache
def environment() -> Environment:
    """One for the process: compiling a template costs more than drawing it."""
    made = Environment(
        loader=PrefixLoader({prefix: FileSystemLoader(folder) for prefix, folder in FOLDERS.items()}),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    made.globals |= {"url": url, "csrf_input": _csrf_input, "asset": Assets(DIST).url}
    made.filters |= {"number": _number, "day": _day, "moment": _moment, "translated": _translated}
    return made


def _gettext(text: str) -> str:
    texts: i18n.Texts = _rendering.get()["texts"]
    return texts.gettext(text)


def _ngettext(one: str, many: str, number: int) -> str:
    texts: i18n.Texts = _rendering.get()["texts"]
    return texts.ngettext(one, many, number)


def _csrf_input() -> Markup:
    return Markup('<input type="hidden" name="_csrf_token" value="{}">').format(_rendering.get()["csrf_token"])


def _language() -> str:
    return str(_rendering.get()["language"])


def _number(value: float) -> str:
    return format_decimal(value, locale=i18n.locale(_language()))


def _day(value: date | datetime, form: DateForm = "long") -> str:
    if isinstance(value, datetime):
        value = value.astimezone(_rendering.get()["zone"]).date()
    locale = i18n.locale(_language())
    return format_skeleton("MMMEd", value, locale=locale) if form == "near" else format_date(value, form, locale=locale)


def _moment(value: datetime, form: Literal["full", "long", "medium", "short"] = "medium") -> str:
    return format_datetime(value, form, tzinfo=_rendering.get()["zone"], locale=i18n.locale(_language()))


def _translated(value: Mapping[str, str]) -> str:
    return i18n.in_language(value, _language())


def _here(request: Request[Any, Any, Any]) -> Callable[..., str]:
    """This page's address with some parameters replaced: `here(lang="en")`."""

    def here(**changed: object) -> str:
        parameters: dict[str, Any] = {key: request.query_params.getall(key) for key in request.query_params}
        return url(request.scope["path"], **(parameters | changed))

    return here


def url(path: str, /, **parameters: object) -> str:
    """A path with its query; parameters that are None or empty are left out, lists repeat."""
    kept = {key: value for key, value in parameters.items() if value not in (None, "", (), [])}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


class Assets:
    """File names of the built front end: look.css → /static/look.3f2a.css."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, str] = {}
        self._read_at = 0.0

    def url(self, name: str) -> str:
        return f"/static/{self._manifest().get(name, name)}"

    def _manifest(self) -> dict[str, str]:
        path = self.folder / "manifest.json"
        try:
            changed = path.stat().st_mtime
        except OSError:
            return {}
        if changed != self._read_at:
            self._names = json.loads(path.read_text())
            self._read_at = changed
        return self._names
