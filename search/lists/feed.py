"""The lists that everybody may see, as RSS."""

from __future__ import annotations

from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as Xml

from litestar import Request, Response

from library import clock
from library.db import Database
from library.errors import N_
from library.http import requests
from library.i18n import in_language
from library.identity.viewer import STRANGER
from library.settings import Settings
from search.lists import shown
from search.lists.store import Overview
from search.lists.words import KINDS

MOST = 50
_UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])


async def feed(request: Request[Any, Any, Any], database: Database, settings: Settings) -> Response[bytes]:
    """RSS 2.0 in the language of the request; the newest first, each known by its permanent address."""
    texts = requests.texts(request)
    async with database.reading() as session:
        found = await shown.overviews(session, STRANGER, today=clock.today(settings.zone))
    base = (settings.public_url or str(request.base_url)).rstrip("/")
    root = Xml.Element("rss", {"version": "2.0"})
    channel = Xml.SubElement(root, "channel")
    title = texts.gettext(N_("{library}のリスト")).format(library=settings.library_name)
    _add(channel, "title", title)
    _add(channel, "link", f"{base}/lists")
    _add(channel, "description", texts.gettext(N_("展示、学年のおすすめ、テーマ、新しく入った本のリスト")))
    _add(channel, "language", texts.language)
    for one in sorted(found, key=_moment, reverse=True)[:MOST]:
        item = Xml.SubElement(channel, "item")
        link = f"{base}/lists/{one.facts.id}"
        _add(item, "title", in_language(one.facts.title, texts.language))
        _add(item, "link", link)
        _add(item, "guid", link)
        _add(item, "pubDate", format_datetime(_moment(one), usegmt=True))
        _add(item, "category", texts.gettext(KINDS[one.facts.kind]))
        _add(item, "description", in_language(one.facts.words, texts.language))
    body = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    headers = {"Cache-Control": "public, max-age=300", "Vary": "Cookie, Accept-Language"}
    return Response(body, media_type="application/rss+xml; charset=utf-8", headers=headers)


def _moment(one: Overview) -> datetime:
    """When it was first to be seen."""
    first = one.facts.shown_from or one.facts.changed_at.date()
    begun = datetime.combine(first, time(), UTC)
    return max(begun, one.facts.published_at.astimezone(UTC).replace(microsecond=0)) if one.facts.published_at else begun


def _add(parent: Xml.Element, name: str, words: str) -> None:
    Xml.SubElement(parent, name).text = words.translate(_UNPRINTABLE)
