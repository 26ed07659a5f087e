"""RSS 2.0 with what readers of feeds look for beside it: the feed's own address, authors, permanent links. Pure.

https://www.rssboard.org/rss-specification, https://www.rssboard.org/rss-profile
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from markupsafe import Markup

from search.sharing.work import one_line

MEDIA_TYPE = "application/rss+xml; charset=utf-8"

_NO_CHARACTERS = dict.fromkeys([0xFFFE, 0xFFFF])  # that XML allows; `one_line` takes the others


class Entry(NamedTuple):
    """`address` is permanent and tells entries apart."""

    address: str
    title: str
    summary: str
    author: str
    subjects: tuple[str, ...]
    at: datetime


class Channel(NamedTuple):
    """`address` is the page that shows the same, `own` the feed itself."""

    title: str
    summary: str
    address: str
    own: str
    language: str
    changed: datetime | None


_CHANNEL = Markup(
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>\n'
    "<title>{title}</title>\n<link>{address}</link>\n<description>{summary}</description>\n<language>{language}</language>\n"
    '<atom:link href="{own}" rel="self" type="application/rss+xml"/>\n{changed}<ttl>60</ttl>\n{items}</channel></rss>\n'
)
_ITEM = Markup(
    '<item><title>{title}</title><link>{address}</link><guid isPermaLink="true">{address}</guid>'
    "<description>{summary}</description>{author}{subjects}<pubDate>{at}</pubDate></item>\n"
)


def written(channel: Channel, entries: Iterable[Entry]) -> bytes:
    said = _CHANNEL.format(
        title=_text(channel.title),
        summary=_text(channel.summary),
        address=channel.address,
        own=_text(channel.own),
        language=channel.language,
        changed=Markup("<lastBuildDate>{}</lastBuildDate>\n").format(_day(channel.changed)) if channel.changed else "",
        items=Markup("").join(map(_item, entries)),
    )
    return said.encode()


def _item(entry: Entry) -> Markup:
    return _ITEM.format(
        title=_text(entry.title),
        address=entry.address,
        summary=_text(entry.summary),
        author=Markup("<dc:creator>{}</dc:creator>").format(_text(entry.author)) if entry.author else "",
        subjects=Markup("").join(Markup("<category>{}</category>").format(_text(one)) for one in entry.subjects),
        at=_day(entry.at),
    )


def _text(text: str) -> str:
    return one_line(text).translate(_NO_CHARACTERS)


def _day(moment: datetime) -> str:
    return format_datetime(moment)
