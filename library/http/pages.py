"""Pages rendered on the server with Jinja2: the environment all rooms share and what every template can use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, PrefixLoader, pass_context
from jinja2.runtime import Context
from litestar import MediaType, Request, Response
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from library import clock, i18n
from library.http import requests
from library.settings import Settings

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


class Pages:
    """The Jinja environment and the front end's file names; one per application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.environment = environment()
        self.environment.globals["asset"] = Assets(DIST).url

    def render(self, request: Request[Any, Any, Any], name: str, context: Mapping[str, Any]) -> str:
        return self.environment.get_template(name).render(self.common(request) | dict(context))

    def common(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        """What every page knows: the reader's language and texts, the viewer, the request's number."""
        language = requests.language(request)
        viewer: Any = request.scope.get("user")
        return {
            "texts": i18n.texts(language),
            "language": language,
            "languages": i18n.LANGUAGES,
            "viewer": viewer if viewer is not None and viewer.is_signed_in else None,
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


def environment() -> Environment:
    made = Environment(
        loader=PrefixLoader({prefix: FileSystemLoader(folder) for prefix, folder in FOLDERS.items()}),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    made.globals |= {"url": url, "csrf_input": _csrf_input}
    made.filters |= {"number": _number, "day": _day, "moment": _moment, "translated": _translated}
    return made


@pass_context
def _gettext(context: Context, text: str) -> str:
    texts: i18n.Texts = context.resolve("texts")
    return texts.gettext(text)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int) -> str:
    texts: i18n.Texts = context.resolve("texts")
    return texts.ngettext(one, many, number)


@pass_context
def _csrf_input(context: Context) -> Markup:
    return Markup('<input type="hidden" name="_csrf_token" value="{}">').format(context.resolve("csrf_token"))


@pass_context
def _number(context: Context, value: float) -> str:
    return format_decimal(value, locale=i18n.locale(context.resolve("language")))


@pass_context
def _day(context: Context, value: date | datetime, form: str = "long") -> str:
    if isinstance(value, datetime):
        value = value.astimezone(context.resolve("zone")).date()
    return format_date(value, form, locale=i18n.locale(context.resolve("language")))


@pass_context
def _moment(context: Context, value: datetime, form: str = "medium") -> str:
    return format_datetime(value, form, tzinfo=context.resolve("zone"), locale=i18n.locale(context.resolve("language")))


@pass_context
def _translated(context: Context, value: Mapping[str, str]) -> str:
    return i18n.in_language(value, context.resolve("language"))


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
