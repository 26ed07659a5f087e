"""The map of the site for search engines: every record that everybody may see, by ranges of numbers, and what not to walk through.

https://www.sitemaps.org/protocol.html
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape
from sqlalchemy import text

from library.db import Reading
from search.sharing.public import EVERYBODY
from search.visible import bound, visible

RECORDS = 20_000  # numbers in one map; a range keeps its map whatever is added behind it

_MAPS = text(
    "SELECT part FROM (SELECT generate_series(0, (SELECT max(id) FROM record) / :size) AS part) parts"
    " WHERE EXISTS (SELECT FROM record WHERE id >= part * :size AND id < (part + 1) * :size) ORDER BY part"
)
_RECORDS = text(
    f"SELECT r.id, r.updated_at FROM record r WHERE r.id >= :first AND r.id < :beyond AND {visible('r')} ORDER BY r.id"  # noqa: S608 - a condition of our own
)
_HEAD = Markup('<?xml version="1.0" encoding="utf-8"?>\n')
_INDEX = Markup('<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{}</sitemapindex>\n')
_SET = Markup('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{}</urlset>\n')
_ROBOTS = """User-agent: *
Disallow: /staff
Disallow: /api/
Disallow: /search
Disallow: /sign-in
Disallow: /account
Disallow: /card
Disallow: /loans
Disallow: /holds
Allow: /

Sitemap: {base}/sitemap.xml
"""


class Listed(NamedTuple):
    """A record in a map."""

    id: int
    changed: datetime


async def maps(session: Reading) -> list[int]:
    """The numbers of the maps that hold a record."""
    return list(await session.scalars(_MAPS, {"size": RECORDS}))


async def listed(session: Reading, part: int) -> list[Listed]:
    """The records of one map that everybody may see."""
    values = {"first": part * RECORDS, "beyond": (part + 1) * RECORDS}
    rows = await session.execute(_RECORDS, values | bound(EVERYBODY.sees))
    return [Listed(row.id, row.updated_at) for row in rows]


def index(parts: list[int], base: str) -> bytes:
    """Without days: telling when a range last changed would read all of it."""
    entry = Markup("<sitemap><loc>{}/sitemap/{}.xml</loc></sitemap>\n")
    return (_HEAD + _INDEX.format(Markup("").join(entry.format(base, part) for part in parts))).encode()


def addresses(records: list[Listed], base: str) -> bytes:
    start = escape(base)  # the rest is digits
    lines = "".join(f"<url><loc>{start}/records/{one.id}</loc><lastmod>{one.changed:%Y-%m-%d}</lastmod></url>\n" for one in records)
    return (_HEAD + _SET.format(Markup(lines))).encode()  # noqa: S704 - escaped above


def robots(base: str) -> bytes:
    """Searches have no end of addresses; every record is in the map."""
    return _ROBOTS.format(base=base).encode()
