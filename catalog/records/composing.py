"""Union records kept in step with their sources: what a cataloguer set by hand lies over what the senders say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import msgspec
from sqlalchemy import bindparam, delete, exists, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from catalog import ndc
from catalog.description import Agent, Description, Title
from catalog.matching.volume import volume_token
from catalog.models import ElectronicAccess, IndexChange, Item, Record, RecordEvent, Source, SourceRecord, Work
from catalog.records.union import Sourced, compose, work_key
from library import clock
from library.db import Writing
from library.kana import sort_key

HAND = "hand"  # the sender of everything cataloguers write; also the format of what they write
EDIT = "hand "  # identity of an edit: "hand 12" lies over record 12 and holds only the fields it overrides
MADE = "made "  # identity of a record written by hand: a whole description, composed like any sender's
RANK_OF_MADE = 90  # what somebody typed to begin a record gives way to a bibliography's record of the same book

_AUTHORS_SHOWN = 3
_YEARS = range(1, 10_000)
_NUMBER = re.compile(r"\d+")
_PARTS_IN_ORDER = {"上": "1", "前": "1", "中": "2", "下": "3", "後": "3"}


class Columns(TypedDict):
    """The columns of `record` that repeat its description."""

    title: str
    title_sort: str
    volume: str
    author: str
    publisher: str
    year: int | None
    material: str
    language: str
    audience: str
    ndc: str
    description: dict[str, Any]


class Said(msgspec.Struct, frozen=True):
    """One source record as composing needs it. `values` holds exactly the keys its sender said."""

    identity: str
    rank: int
    withheld: frozenset[str]
    values: Mapping[str, Any]

    @property
    def is_edit(self) -> bool:
        return self.identity.startswith(EDIT)


class Recomposed(msgspec.Struct, frozen=True):
    """What became of a record: its fields that changed as (before, after), none when it stayed as it was; or that it is gone."""

    record_id: int
    version: int
    changes: Mapping[str, tuple[Any, Any]]
    gone: bool = False


def columns(description: Description) -> Columns:
    """What `record` repeats of a description, to sort and filter by."""
    title = description.title
    return {
        "title": title.main,
        "title_sort": title_sort(title),
        "volume": title.volume,
        "author": author_line(description),
        "publisher": description.publisher,
        "year": description.year if description.year in _YEARS else None,
        "material": description.material.value,
        "language": description.language,
        "audience": description.audience.value if description.audience else "",
        "ndc": class_number(description),
        "description": msgspec.to_builtins(description),
    }


def title_sort(title: Title) -> str:
    """By reading where there is one; volumes of a title follow one another, 上 before 中 before 下."""
    volume = volume_token(title.volume)
    # Filled first, or 上 of the first volume would make an eleventh of it.
    volume = _NUMBER.sub(lambda number: number[0].zfill(6), volume)
    volume = "".join(_PARTS_IN_ORDER.get(letter, letter) for letter in volume)
    words = f"{title.reading} {title.rest_reading}" if title.reading else f"{title.main} {title.rest}"
    return sort_key(f"{words} {volume}")


def author_line(description: Description) -> str:
    """The statement of responsibility's first parts (「宮沢賢治 作」), else the names in the order they are said."""
    stated = [part.strip() for part in description.title.responsibility.split(" ; ") if part.strip()]
    names = stated or [_as_stated(agent) for agent in description.agents]
    return " ; ".join(names[:_AUTHORS_SHOWN])


def _as_stated(agent: Agent) -> str:
    return f"{spoken_name(agent)} {agent.role}".strip()


def spoken_name(agent: Agent) -> str:
    """「宮沢, 賢治」 → 「宮沢賢治」, "Carroll, Lewis" → "Lewis Carroll"; bodies keep their form."""
    family, comma, given = agent.name.partition(",")
    if agent.kind != "person" or not comma:
        return agent.name
    family, given = family.strip(), given.strip()
    return f"{given} {family}".strip() if agent.name.isascii() else family + given


def class_number(description: Description) -> str:
    """The bare NDC number of the newest edition that is said."""
    numbers = [one for one in description.classes if one.scheme == "ndc" and ndc.normalise(one.number)]
    if not numbers:
        return ""
    newest = max(numbers, key=lambda one: int(one.edition) if one.edition.isdigit() else 0)
    return ndc.normalise(newest.number) or ""


def composed(said: Sequence[Said], *, record_id: int) -> Description:
    """What the senders say together, then every edit over it: those that came with merged records first, its own last."""
    senders = [_sourced(one) for one in said if not one.is_edit]
    described = compose(senders)
    edits = sorted((one for one in said if one.is_edit), key=lambda one: (one.identity == f"{EDIT}{record_id}", one.identity))
    for edit in edits:
        described = overlaid(described, edit.values)
    return described


def _sourced(one: Said) -> Sourced:
    rank = RANK_OF_MADE if one.identity.startswith(MADE) else one.rank
    return Sourced(msgspec.convert(one.values, Description), rank, one.withheld)


def overlaid(base: Description, values: Mapping[str, Any]) -> Description:
    """`base` with the fields that `values` has, each as a whole, an empty one cleared; of the title, part by part."""
    said = msgspec.convert(values, Description)
    fields = {name: getattr(said, name) for name in values}
    if "title" in values:
        parts = {part: getattr(said.title, part) for part in values["title"]}
        fields["title"] = msgspec.structs.replace(base.title, **parts)
    return msgspec.structs.replace(base, **fields)


def difference(base: Description, wanted: Description) -> dict[str, Any]:
    """The overlay that makes `wanted` of `base`: only what differs, so that everything else still follows the senders."""
    found: dict[str, Any] = {}
    for name in Description.__struct_fields__:
        before, after = getattr(base, name), getattr(wanted, name)
        if before != after:
            found[name] = msgspec.to_builtins(after)
    if "title" in found:
        parts = Title.__struct_fields__
        found["title"] = {part: getattr(wanted.title, part) for part in parts if getattr(wanted.title, part) != getattr(base.title, part)}
    return found


def changes_between(before: Description, after: Description) -> dict[str, tuple[Any, Any]]:
    """Fields that differ, as plain (before, after)."""
    names = Description.__struct_fields__
    return {
        name: (msgspec.to_builtins(getattr(before, name)), msgspec.to_builtins(getattr(after, name)))
        for name in names
        if getattr(before, name) != getattr(after, name)
    }


async def recompose(
    session: Writing, record_ids: Iterable[int], *, act: str = "composed", account_id: int | None = None
) -> list[Recomposed]:
    """Composes records again from their source records; writes what changed, the history and the news for the index.

    Locks the records in order of their numbers. A record without source records is deleted, unless something else still
    hangs on it. `act` names the reason in the record's history. `Record` objects loaded before are stale afterwards.
    """
    wanted = sorted(set(record_ids))
    rows = (
        await session.execute(
            select(Record.id, Record.version, Record.description, Record.work_id, Record.title_sort, Record.author)
            .where(Record.id.in_(wanted))
            .order_by(Record.id)
            .with_for_update()
        )
    ).all()
    said = await sayings(session, [row.id for row in rows])
    works = await _works(session, {number: composed(many, record_id=number) for number, many in said.items()})
    done: list[Recomposed] = []
    written: list[dict[str, Any]] = []
    for row in rows:
        if row.id not in said:
            done.append(Recomposed(row.id, row.version, {}, gone=await _delete_if_bare(session, row.id)))
            continue
        described, work_id = works[row.id]
        changes = changes_between(msgspec.convert(row.description, Description), described)
        repeated = columns(described)
        same = not changes and (row.work_id, row.title_sort, row.author) == (work_id, repeated["title_sort"], repeated["author"])
        version = row.version if same else row.version + 1
        done.append(Recomposed(row.id, version, changes))
        if not same:
            written.append({"number": row.id, "work_id": work_id, "version": version, "updated_at": clock.now(), **repeated})
    await _write(session, written)
    await _tell(session, done, {row["number"] for row in written}, act=act, account_id=account_id)
    return done


async def sayings(session: Writing, record_ids: Sequence[int]) -> dict[int, list[Said]]:
    """Record → its source records, as composing needs them."""
    rows = await session.execute(
        select(SourceRecord.record_id, SourceRecord.identity, SourceRecord.format, SourceRecord.description, Source.rank, Source.withheld)
        .join(Source, Source.id == SourceRecord.source_id)
        .where(SourceRecord.record_id.in_(record_ids))
        .order_by(SourceRecord.id)
    )
    found: dict[int, list[Said]] = {}
    for row in rows:
        # Another sender's control number may begin with the same letters; only our own format makes it ours.
        identity = row.identity if row.format == HAND else ""
        found.setdefault(row.record_id, []).append(Said(identity, row.rank, frozenset(row.withheld), row.description))
    return found


async def work_ids(session: Writing, wanted: Iterable[str]) -> dict[str, int]:
    """Key → work, made where it is new."""
    # In one order everywhere, so that two writers of the same keys wait for each other instead of deadlocking.
    keys = sorted({key for key in wanted if key})
    if not keys:
        return {}
    await session.execute(upsert(Work).values([{"key": key} for key in keys]).on_conflict_do_nothing())
    rows = await session.execute(select(Work.key, Work.id).where(Work.key.in_(keys)))
    return {row.key: row.id for row in rows}


async def tell_index(session: Writing, record_ids: Iterable[int], kind: str = "record") -> None:
    """News for every copy of the index: "record", "availability" or "gone"."""
    numbers = sorted(set(record_ids))
    if numbers:
        rows = [{"record_id": number, "kind": kind} for number in numbers]
        await (await session.connection()).execute(insert(IndexChange.metadata.tables[IndexChange.__tablename__]), rows)


async def _works(session: Writing, described: Mapping[int, Description]) -> dict[int, tuple[Description, int | None]]:
    keyed = {number: work_key(one) for number, one in described.items()}
    numbers = await work_ids(session, keyed.values())
    return {number: (one, numbers.get(keyed[number])) for number, one in described.items()}


async def _write(session: Writing, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = Record.metadata.tables[Record.__tablename__]
    changed = [name for name in rows[0] if name != "number"]
    statement = update(table).where(table.c.id == bindparam("number")).values({name: bindparam(name) for name in changed})
    await (await session.connection()).execute(statement, rows)


async def _tell(session: Writing, done: Sequence[Recomposed], written: set[int], *, act: str, account_id: int | None) -> None:
    at = clock.now()
    events = [
        {
            "record_id": one.record_id,
            "at": at,
            "account_id": account_id,
            "act": "deleted" if one.gone else act,
            "details": {"version": one.version, "changes": {name: list(pair) for name, pair in one.changes.items()}},
        }
        for one in done
        if one.changes or one.gone
    ]
    if events:
        await session.execute(insert(RecordEvent), events)
    await tell_index(session, written)
    await tell_index(session, [one.record_id for one in done if one.gone], "gone")


async def _delete_if_bare(session: Writing, record_id: int) -> bool:
    hung_on = await session.scalar(
        select(exists().where(Item.record_id == record_id) | exists().where(ElectronicAccess.record_id == record_id))
    )
    if hung_on:
        return False
    try:
        async with session.begin_nested():
            await session.execute(text("DELETE FROM record_redirect WHERE to_id = :id"), {"id": record_id})
            await session.execute(delete(Record).where(Record.id == record_id))
    except IntegrityError:
        return False  # a hold or a list of a room above still names it
    return True
