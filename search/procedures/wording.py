"""Bodies as readers see them: a little Markdown, links to own pages and https only, facts put in by name. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from search.procedures.content import is_own_or_secure

# {loans.limit}, {loans.limit:pupil}, {hours:chuo}: a name, and what it is asked about.
PLACE = re.compile(r"\{([a-z][a-z_.]*(?::[a-z0-9-]+)?)\}")
_BRACE = re.compile(r"[{}]")
_MEANT = re.compile(r"([\\`*_\[\]<>#|~!])")


def named(body: str) -> tuple[str, ...]:
    """The facts a body asks for, in order, each once."""
    return tuple(dict.fromkeys(PLACE.findall(body)))


def has_stray_brace(body: str) -> bool:
    """A brace that belongs to no fact: most likely a misspelt one."""
    return _BRACE.search(PLACE.sub("", body)) is not None


def filled(body: str, value: Callable[[str], str]) -> str:
    """The body with every fact as its value; a value never becomes Markdown, except that each of its lines is one line of a list."""
    return PLACE.sub(lambda match: _written(value(match[1])), body)


def _written(value: str) -> str:
    lines = [_MEANT.sub(r"\\\1", line) for line in value.split("\n")]
    return lines[0] if len(lines) == 1 else "\n\n" + "\n".join(f"- {line}" for line in lines) + "\n\n"


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    """Paragraphs, lists, bold, links; no HTML, no headings of its own, no pictures."""
    made = MarkdownIt("zero", {"html": False, "breaks": True})
    made.enable(["list", "emphasis", "balance_pairs", "link", "escape", "newline", "entity"], ignoreInvalid=True)
    return made


def html(body: str) -> str:
    """HTML of a body; whatever in it is not our Markdown is shown as it was typed."""
    markdown = _markdown()
    tokens = markdown.parse(body)
    for token in _inner(tokens):
        if token.type == "link_open" and not is_own_or_secure(str(token.attrs.get("href", ""))):
            token.attrs = {}
    return str(markdown.renderer.render(tokens, markdown.options, {})).strip()


def plain(body: str) -> str:
    """The body as text to be read aloud or sent where there is no HTML; list items begin with ・."""
    lines: list[str] = []
    lead = ""
    for token in _markdown().parse(body):
        if token.type == "list_item_open":
            lead = "・"
        elif token.type == "inline":
            lines.append(lead + "".join(_spoken(token)))
            lead = ""
    return "\n".join(lines)


def _spoken(inline: Token) -> Iterator[str]:
    for child in inline.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            yield "\n"
        else:
            yield child.content


def bad_links(body: str) -> tuple[str, ...]:
    """Where a body leads that it must not."""
    addresses = (str(token.attrs.get("href", "")) for token in _inner(_markdown().parse(body)) if token.type == "link_open")
    return tuple(address for address in addresses if not is_own_or_secure(address))


def _inner(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def told(values: Mapping[str, str]) -> Callable[[str], str]:
    """Facts from a table, for previews and tests: one that is not there stays as it was written."""
    return lambda name: values.get(name, "{" + name + "}")
