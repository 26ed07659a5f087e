"""Taking in a batch of source records: known ones updated, new ones joined to the union record they describe, or a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import psycopg
from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from catalog.description import Description
from catalog.matching.score import Match, Verdict, score
from catalog.models import Source
from catalog.records.composing import columns, recompose, work_ids
from catalog.records.union import Sourced, compose, work_key
from catalog.store import hold, key_texts
from library.db import LOCK_TIMEOUT, Writing, copy_in
from library.errors import N_, Busy

LOCK = 0x11B0001
PATIENCE = "120s"  # a large table of holdings comes in as one transaction; the next file waits for it
TRIES = 5  # of a batch whose records were merged or split while it was compared
CANDIDATES = 20  # a key; 「全集」 as a title is shared by thousands


class Incoming(msgspec.Struct, frozen=True):
    """What a sender says of one publication, from whatever format. `identity` is unique within the sender."""

    position: int
    offset: int | None
    identity: str
    format: str
    raw: bytes
    description: Description
    warnings: tuple[dict[str, str], ...] = ()


class Turned(msgspec.Struct, frozen=True):
    """What became of one incoming record: created, matched, updated or unchanged, and the union record it belongs to."""

    position: int
    outcome: str
    record_id: int


class NotStored(msgspec.Struct, frozen=True):
    """A record the database would not hold, and why."""

    incoming: Incoming
    reason: str


class _RecordsMovedError(Exception):
    """A record this batch was to join has been merged away or split meanwhile."""


def identity_of(control_number: str, control_number_identifier: str, raw: bytes) -> str:
    """(003, 001) of the sender; without a 001 the digest of the record itself."""
    if control_number:
        return f"{control_number_identifier} {control_number}"
    return "#" + hashlib.sha256(raw).hexdigest()


async def take_in(session: Writing, source: Source, batch: Sequence[Incoming]) -> tuple[list[Turned], list[NotStored]]:
    """Takes a batch in. A record the database refuses is set aside alone; all others stay. The transaction is the caller's."""
    await one_at_a_time(session)
    try:
        return await _taken(session, source, batch), []
    except (DBAPIError, psycopg.Error, ValueError) as exc:
        if not _is_refusal(exc):
            raise
        if len(batch) == 1:
            return [], [NotStored(batch[0], _first_line(exc))]
    turned: list[Turned] = []
    refused: list[NotStored] = []
    for part in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
        done, failed = await take_in(session, source, part)
        turned.extend(done)
        refused.extend(failed)
    return turned, refused


async def _taken(session: Writing, source: Source, batch: Sequence[Incoming]) -> list[Turned]:
    for _ in range(TRIES):
        try:
            async with session.begin_nested():
                return await _Batch(session, source).take(batch)
        except _RecordsMovedError:
            continue
    raise Busy("busy", N_("ほかの操作と重なりました。もう一度お試しください。"))


async def one_at_a_time(session: Writing) -> None:
    """Two files may describe the same new book, so whoever takes in waits until the batch before is kept."""
    await session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    await session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))


def _is_refusal(exc: Exception) -> bool:
    """Whether it is the record's own fault. A lock not given or a lost connection is not, and the batch may be tried again."""
    inner = exc.orig if isinstance(exc, DBAPIError) else exc
    return isinstance(inner, psycopg.DataError | psycopg.IntegrityError | pg.ProgramLimitExceeded | ValueError)


def _first_line(exc: Exception) -> str:
    inner = exc.orig if isinstance(exc, DBAPIError) and exc.orig is not None else exc
    return str(inner).strip().splitlines()[0] if str(inner).strip() else type(inner).__name__


@dataclass
class _Known:
    id: int
    record_id: int
    digest: bytes


@dataclass
class _Fresh:
    """A new source record and where it goes."""

    id: int
    incoming: Incoming
    digest: bytes
    record_id: int
    match: Match | None
    keys: tuple[str, ...]


@dataclass
class _Batch:
    session: Writing
    source: Source
    known: dict[str, _Known] = field(default_factory=dict)
    descriptions: dict[int, Description] = field(default_factory=dict)  # union record → what it says
    by_key: dict[str, list[int]] = field(default_factory=dict)  # key → union records, within CANDIDATES
    fresh: list[_Fresh] = field(default_factory=list)
    new_records: dict[int, Description] = field(default_factory=dict)
    changed: dict[int, tuple[Incoming, bytes]] = field(default_factory=dict)  # source record → its new state
    touched: set[int] = field(default_factory=set)  # union records to compose again
    reviews: list[tuple[int, int, Match]] = field(default_factory=list)

    async def take(self, batch: Sequence[Incoming]) -> list[Turned]:
        digests = [hashlib.sha256(one.raw).digest() for one in batch]
        await self._load_known([one.identity for one in batch])
        unknown = [one for one in batch if one.identity not in self.known]
        found = {one.position: key_texts(one.description) for one in unknown}
        await self._load_candidates({key for many in found.values() for key in many})
        numbers = await self._numbers(len(unknown))
        turned = []
        for one, digest in zip(batch, digests, strict=True):
            known = self.known.get(one.identity)
            if known is None:
                turned.append(self._place(one, digest, found[one.position], *numbers.pop()))
            elif known.digest == digest:
                turned.append(Turned(one.position, "unchanged", known.record_id))
            else:
                turned.append(self._change(known, one, digest))
        await self._hold()
        await self._write()
        return turned

    async def _hold(self) -> None:
        """Records before source records and in one order, as edits and merges lock them; what was compared must still be there."""
        wanted = (self.touched | {candidate for _, candidate, _ in self.reviews}) - self.new_records.keys()
        if wanted - await hold(self.session, wanted):
            raise _RecordsMovedError
        belonging = {one.id: one.record_id for one in self.known.values() if one.id in self.changed}
        rows = await self.session.execute(
            text("SELECT id, record_id FROM source_record WHERE id = ANY(:ids) ORDER BY id"), {"ids": sorted(belonging)}
        )
        if any(row.record_id != belonging[row.id] for row in rows):
            raise _RecordsMovedError

    async def _load_known(self, identities: list[str]) -> None:
        rows = await self.session.execute(
            text("SELECT id, identity, record_id, digest FROM source_record WHERE source_id = :source AND identity = ANY(:identities)"),
            {"source": self.source.id, "identities": identities},
        )
        self.known = {row.identity: _Known(row.id, row.record_id, bytes(row.digest)) for row in rows}

    async def _load_candidates(self, wanted: set[str]) -> None:
        rows = await self.session.execute(
            text(
                "SELECT k.key, s.record_id FROM unnest(CAST(:keys AS text[])) AS k(key) CROSS JOIN LATERAL"
                " (SELECT m.source_record_id FROM match_key m WHERE m.key = k.key LIMIT :most) m"
                " JOIN source_record s ON s.id = m.source_record_id"
            ),
            {"keys": sorted(wanted), "most": CANDIDATES},
        )
        for row in rows:
            listed = self.by_key.setdefault(row.key, [])
            if row.record_id not in listed:
                listed.append(row.record_id)
        ids = sorted({number for many in self.by_key.values() for number in many})
        if ids:
            told = await self.session.execute(
                text("SELECT id, CAST(description AS text) AS description FROM record WHERE id = ANY(:ids)"), {"ids": ids}
            )
            self.descriptions = {row.id: msgspec.json.decode(row.description, type=Description) for row in told}

    async def _numbers(self, count: int) -> list[tuple[int, int]]:
        """Pairs of a source record's and a union record's number; unused ones are gaps, which numbers may have."""
        rows = await self.session.execute(
            text(
                "SELECT nextval(pg_get_serial_sequence('source_record', 'id')) AS source_record,"
                " nextval(pg_get_serial_sequence('record', 'id')) AS record FROM generate_series(1, :count)"
            ),
            {"count": count},
        )
        return [(row.source_record, row.record) for row in reversed(rows.all())]

    def _place(self, one: Incoming, digest: bytes, found: tuple[str, ...], number: int, record_number: int) -> Turned:
        """Joins the record it describes, else begins a new one; a doubtful likeness is kept for review."""
        best: tuple[int, Match] | None = None
        for candidate in dict.fromkeys(record for key in found for record in self.by_key.get(key, ())):
            match = score(one.description, self.descriptions[candidate])
            if best is None or _order(match) > _order(best[1]):
                best = (candidate, match)
            if match.score == 100 and match.verdict is Verdict.SAME:
                break
        joined: Match | None
        if best is not None and best[1].verdict is Verdict.SAME:
            record_id, joined, outcome = best[0], best[1], "matched"
            self.touched.add(record_id)
            self.descriptions[record_id] = _with_numbers(self.descriptions[record_id], one.description)
        else:
            record_id, joined, outcome = record_number, None, "created"
            if best is not None and best[1].verdict is Verdict.REVIEW:
                self.reviews.append((number, best[0], best[1]))
            described = compose([self._sourced(one.description)])
            self.new_records[record_id] = described
            self.descriptions[record_id] = described
        self.fresh.append(_Fresh(number, one, digest, record_id, joined, found))
        self.known[one.identity] = _Known(number, record_id, digest)
        for key in found:
            listed = self.by_key.setdefault(key, [])
            if record_id not in listed and len(listed) < CANDIDATES:
                listed.append(record_id)
        return Turned(one.position, outcome, record_id)

    def _sourced(self, description: Description) -> Sourced:
        return Sourced(description, self.source.rank, frozenset(self.source.withheld))

    def _change(self, known: _Known, one: Incoming, digest: bytes) -> Turned:
        known.digest = digest
        self.changed[known.id] = (one, digest)
        self.touched.add(known.record_id)
        return Turned(one.position, "updated", known.record_id)

    async def _write(self) -> None:
        if self.new_records:
            await self._write_records()
        if self.fresh:
            await self._write_sources()
        if self.changed:
            await self._replace_sources()
        if self.touched:
            await recompose(self.session, self.touched, act="composed")

    async def _write_records(self) -> None:
        keyed = {number: work_key(described) for number, described in self.new_records.items()}
        works = await work_ids(self.session, keyed.values())
        names: list[str] | None = None
        rows = []
        for number, described in self.new_records.items():
            values = dict(columns(described))
            names = names or list(values)
            rows.append([number, works.get(keyed[number]), 0, 1, *(_plain(values[name]) for name in names)])
        assert names is not None
        await copy_in(self.session, "record", ["id", "work_id", "popularity", "version", *names], rows)
        await copy_in(self.session, "index_change", ["record_id", "kind"], [(number, "record") for number in self.new_records])

    async def _write_sources(self) -> None:
        named = (
            *("id", "source_id", "identity", "record_id", "format", "raw", "digest", "description"),
            *("warnings", "match_rule", "match_score", "match_reasons"),
        )
        await copy_in(self.session, "source_record", named, [self._source_row(one) for one in self.fresh])
        await copy_in(self.session, "match_key", ("key", "source_record_id"), [(key, one.id) for one in self.fresh for key in one.keys])
        await copy_in(
            self.session,
            "match_review",
            ("source_record_id", "candidate_id", "score", "reasons"),
            [(number, candidate, match.score, _reasons(match)) for number, candidate, match in self.reviews],
        )

    def _source_row(self, one: _Fresh) -> tuple[object, ...]:
        return (
            one.id,
            self.source.id,
            one.incoming.identity,
            one.record_id,
            one.incoming.format,
            one.incoming.raw,
            one.digest,
            msgspec.json.encode(one.incoming.description).decode(),
            msgspec.json.encode(one.incoming.warnings).decode(),
            _rule(one.match),
            one.match.score if one.match else None,
            _reasons(one.match) if one.match else "[]",
        )

    async def _replace_sources(self) -> None:
        """Keeps what was there as versions, then puts the new states and their keys in their place."""
        numbers = list(self.changed)
        await self.session.execute(
            text(
                "INSERT INTO source_record_version (source_record_id, raw, format, description)"
                " SELECT id, raw, format, description FROM source_record WHERE id = ANY(:ids) ORDER BY id"
            ),
            {"ids": numbers},
        )
        states = [one for one, _ in self.changed.values()]
        await self.session.execute(
            _REPLACE,
            {
                "ids": numbers,
                "raws": [one.raw for one in states],
                "digests": [digest for _, digest in self.changed.values()],
                "formats": [one.format for one in states],
                "descriptions": [msgspec.json.encode(one.description).decode() for one in states],
                "warnings": [msgspec.json.encode(one.warnings).decode() for one in states],
            },
        )
        await self.session.execute(text("DELETE FROM match_key WHERE source_record_id = ANY(:ids)"), {"ids": numbers})
        found = [(key, number) for number, (one, _) in self.changed.items() for key in key_texts(one.description)]
        await copy_in(self.session, "match_key", ("key", "source_record_id"), found)


_REPLACE = text(
    "UPDATE source_record s SET raw = n.raw, digest = n.digest, format = n.format, description = CAST(n.description AS jsonb),"
    " warnings = CAST(n.warnings AS jsonb), updated_at = now() FROM unnest(CAST(:ids AS bigint[]), CAST(:raws AS bytea[]),"
    " CAST(:digests AS bytea[]), CAST(:formats AS text[]), CAST(:descriptions AS text[]), CAST(:warnings AS text[]))"
    " AS n(id, raw, digest, format, description, warnings) WHERE s.id = n.id"
)


def _with_numbers(record: Description, joined: Description) -> Description:
    """What the next ones of a batch may share with a record: also the numbers that an earlier one of the batch brought to it."""
    known = {isbn.number for isbn in record.isbns}
    more = tuple(isbn for isbn in joined.isbns if isbn.number not in known)
    if not more and (record.nbn or not joined.nbn):
        return record
    return msgspec.structs.replace(record, isbns=record.isbns + more, nbn=record.nbn or joined.nbn)


def _order(match: Match) -> tuple[int, int]:
    return ({Verdict.SAME: 2, Verdict.REVIEW: 1, Verdict.DIFFERENT: 0}[match.verdict], match.score)


def _rule(match: Match | None) -> str:
    if match is None:
        return "new"
    codes = {reason.code.value for reason in match.reasons}
    if "nbn_equal" in codes:
        return "nbn"
    return "isbn" if codes & {"isbn_equal", "set_isbn_equal"} else "score"


def _reasons(match: Match) -> str:
    return msgspec.json.encode([{"code": reason.code.value, "detail": reason.detail} for reason in match.reasons]).decode()


def _plain(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value


def outcomes(turned: Iterable[Turned]) -> dict[str, int]:
    """How many records were created, matched, updated and unchanged."""
    counts = {"created": 0, "matched": 0, "updated": 0, "unchanged": 0}
    for one in turned:
        counts[one.outcome] += 1
    return counts
