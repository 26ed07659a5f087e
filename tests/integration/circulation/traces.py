"""Finds a reader beside a book anywhere in the database: every table, every column, JSON as text, along foreign keys and equal moments.

A row names a reader when it points at a person, membership, card or a reader's account, or holds a card's number or a name; it names a
book when it points at a copy or a title, or holds a barcode or a title. Rows that point at each other, or carry the same moment to the
microsecond, belong together: whoever has the one has the other. A group of rows that names both is a trace, unless a loan or a hold in
it is still running or within its retention.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from library.db import Database, Reading

Node = tuple[str, str]  # table and number; ("moment", …) joins rows of one moment

READERS, BOOKS = frozenset({"person", "patron", "card"}), frozenset({"item", "record"})
# Rows of these tables are what is named, not what names it: many rows point at one of them without belonging together.
THEMSELVES = READERS | BOOKS | {"account", "organisation", "branch", "school_class", "source", "source_record", "shelf_area"}
RUNNING = {
    "loan": "returned_at IS NULL OR patron_id IS NOT NULL AND cut_at > :now",
    "hold": "closed_at IS NULL OR patron_id IS NOT NULL AND cut_at > :now",
}
_COLUMNS = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
_KEYS = """
    SELECT c.conrelid::regclass::text AS from_table, a.attname AS column, c.confrelid::regclass::text AS to_table
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
"""
_NAMED = re.compile(r"\b(loan|hold|transit|item|record|patron|person|account|desk_act):(\d+)\b")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}(?:\+\d\d:\d\d|Z)")
_KEY = re.compile(r"(?:^|_)(loan|hold|transit|item|record|patron|person|account|act|reader|subject)(?:_id)?$")


@dataclass
class _Group:
    """Rows that belong together, and what they name."""

    tables: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)
    books: set[str] = field(default_factory=set)
    running: bool = False


@dataclass
class Traces:
    """One look at the whole database."""

    words_of_readers: dict[str, str]
    words_of_books: dict[str, str]
    accounts: dict[str, str]
    keys: dict[str, dict[str, str]]
    parents: dict[Node, Node] = field(default_factory=dict)
    named: dict[Node, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    running: set[Node] = field(default_factory=set)

    def root(self, node: Node) -> Node:
        while (above := self.parents.setdefault(node, node)) != node:
            node = above
        return node

    def read(self, table: str, number: str, row: dict[str, Any]) -> None:
        """Notes what a row names and what it belongs to."""
        node = (table, number)
        if table in READERS or table in BOOKS:
            self.named[node].add(("reader" if table in READERS else "book", f"{table} {number}"))
        for kind, about in self._mentions(table, row):
            if kind in {"reader", "book"}:
                self.named[node].add((kind, about))
            elif kind in THEMSELVES:
                self._name(node, kind, about)
            elif table not in THEMSELVES:
                self.parents[self.root(node)] = self.root((kind, about))
        self.root(node)

    def _name(self, node: Node, kind: str, number: str) -> None:
        if kind in READERS:
            self.named[node].add(("reader", f"{kind} {number}"))
        elif kind in BOOKS:
            self.named[node].add(("book", f"{kind} {number}"))
        elif kind == "account" and number in self.accounts:
            self.named[node].add(("reader", f"account {number}"))

    def _mentions(self, table: str, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        keys = self.keys.get(table, {})
        for column, value in row.items():
            if value is None:
                continue
            if column in keys:
                yield keys[column], str(value)
            elif table == "audit_event" and column == "subject_id":
                yield str(row["subject_kind"]), str(value)
            else:
                yield from self._in(column, value)

    def _in(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        """What a plain column or a part of JSON mentions, by its name and by its words."""
        key = _KEY.search(name)
        kind = {"act": "desk_act", "reader": "patron"}.get(key[1], key[1]) if key else None
        if isinstance(value, dict):
            for inner, one in value.items():
                if kind and inner.isdecimal():
                    yield kind, inner
                yield from self._in(inner, one)
        elif isinstance(value, list):
            for one in value:
                yield from self._in(name, one)
        elif kind and str(value).isdecimal():
            yield kind, str(value)
        elif isinstance(value, str):
            yield from self._words(value)

    def _words(self, value: str) -> Iterator[tuple[str, str]]:
        for kind, number in _NAMED.findall(value):
            yield kind, number
        for moment in _MOMENT.findall(value):
            at = datetime.fromisoformat(moment)
            if at.microsecond:
                yield "moment", str(at.timestamp())
        for kind, words in (("reader", self.words_of_readers), ("book", self.words_of_books)):
            for word, about in words.items():
                if word in value:
                    yield kind, about

    def found(self) -> list[str]:
        groups: dict[Node, _Group] = defaultdict(_Group)
        for node in list(self.parents):
            group = groups[self.root(node)]
            group.tables.add(node[0])
            group.running |= node in self.running
            for kind, about in self.named.get(node, ()):
                (group.readers if kind == "reader" else group.books).add(about)
        both = [group for group in groups.values() if group.readers and group.books and not group.running]
        return sorted(f"{' + '.join(sorted(one.tables))}: {', '.join(sorted(one.readers | one.books))}" for one in both)


async def traces(database: Database, *, now: datetime) -> list[str]:
    """Every group of rows that tells who read what and should not any more; each with its tables."""
    async with database.reading() as session:
        looked = await _opened(session)
        for table, condition in RUNNING.items():
            rows = await session.scalars(text(f"SELECT id FROM {table} WHERE {condition}"), {"now": now})
            looked.running |= {(table, str(number)) for number in rows}
        for table in list(await session.scalars(text(_COLUMNS))):
            for number, row in await session.execute(text(f'SELECT ctid::text, to_jsonb(t) FROM "{table}" t')):
                looked.read(table, str(row.get("id", number)), row)
    return looked.found()


async def _opened(session: Reading) -> Traces:
    async def words(query: str) -> dict[str, str]:
        return {str(row[0]): str(row[1]) for row in await session.execute(text(query)) if row[0]}

    readers = await words("SELECT number, 'person ' || person_id FROM card")
    readers |= await words("SELECT family_name || ' ' || given_name, 'person ' || id FROM person WHERE given_name <> ''")
    books = await words("SELECT barcode, 'item ' || id FROM item WHERE length(barcode) > 9")
    books |= await words("SELECT title, 'record ' || id FROM record")
    accounts = await words(
        "SELECT p.account_id, 'reader' FROM account_person p"
        " WHERE NOT EXISTS (SELECT 1 FROM account_role r WHERE r.account_id = p.account_id)"
    )
    keys: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await session.execute(text(_KEYS)):
        keys[row.from_table.strip('"')][row.column] = row.to_table.strip('"')
    return Traces(readers, books, accounts, keys)
