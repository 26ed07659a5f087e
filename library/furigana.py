"""Texts for those who learn to read: kanji carry their reading in the text itself, 「学校《がっこう》で うけとる」. Pure."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

KANJI = "\u3005-\u3007\u3400-\u9fff"
_READ = re.compile(f"([{KANJI}]+)《([ぁ-んー]+)》")
_RUBY = r'<ruby>\1<rp>（</rp><rt aria-hidden="true">\2</rt><rp>）</rp></ruby>'  # speech says the kanji, and once
_ANY_KANJI = re.compile(f"[{KANJI}]")


def ruby(text: str) -> Markup:
    """With the readings above the kanji; text that is no markup yet is escaped."""
    return Markup(_READ.sub(_RUBY, str(escape(text))))  # noqa: S704 - what was not ours has just been escaped


def drawn(text: str, *, with_readings: bool) -> Markup:
    """For a page: with the readings for whoever wants them, else as everybody else writes it."""
    return ruby(text) if with_readings else Markup(plain(escape(text)))  # noqa: S704 - what was not ours has just been escaped


def plain(text: str) -> str:
    """Without readings: for labels, which speech reads by itself."""
    return _READ.sub(r"\1", text)


def spoken(text: str) -> str:
    """The readings in place of the kanji."""
    return _READ.sub(r"\2", text)


def unread(text: str) -> str:
    """The kanji of a text that carry no reading."""
    return "".join(_ANY_KANJI.findall(_READ.sub("", text)))
