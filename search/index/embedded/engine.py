"""Searching and writing the index of this host."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
import tantivy

from search.asking import rank
from search.asking.query import Query
from search.index.document import Document
from search.index.embedded import fields, joining, phrasebook, shelf, spool
from search.index.embedded.answer import answer
from search.index.embedded.plan import Plan
from search.index.embedded.spool import Spool
from search.index.embedded.suggesting import Following, Suggesting, Suggestion
from search.index.engine import EngineUnavailable, Filters, First, Found, Sort, Status, silent
from search.suggest.typed import Typed

log = structlog.get_logger(__name__)

BACKEND = "embedded"
_RELOAD_AFTER = 1.0  # seconds; what another process committed is seen at the latest then
_HEAP = 128_000_000  # bytes that a writer fills before it writes a segment


@contextmanager
def _damage_is_told(doing: str) -> Iterator[None]:
    """The engine says damage as ValueError, OSError or a Rust panic, which is no `Exception`; here it becomes one meaning."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise EngineUnavailable(f"the search index cannot {doing}: {error}") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise EngineUnavailable(f"the search index cannot {doing}: {error}") from error
        raise


class _Copy:
    """One opened build."""

    def __init__(self, build: Path) -> None:
        self.build = build
        with _damage_is_told("be opened"):
            self.index = tantivy.Index.open(str(shelf.segments(build)))
            self.index.config_reader(reload_policy="manual")
            self.plan = Plan(self.index.schema)
            self.searcher = self.index.searcher()
            self.phrases = phrasebook.Phrasebook(build)
        self.read_at = time.monotonic()

    def check(self) -> None:
        """Read a little of every kind of file; opening alone looks at their ends only."""
        schema = self.index.schema
        asked = tantivy.Query.all_query()
        with _damage_is_told("be read"):
            for _, address in self.searcher.search(asked, limit=1000, order_by_field=fields.ADDED).hits:
                fields.exact_of(self.searcher.doc(address))
            for name in (fields.NDC1, fields.HELD, fields.RECORD):
                self.searcher.aggregate(asked, {"values": {"terms": {"field": name, "size": 10}}})
            for name in (fields.TITLE, fields.AUTHOR, fields.TITLE_KANA):
                self.searcher.search(tantivy.Query.phrase_query(schema, name, ["の", "夜"]), limit=1)
                self.searcher.search(tantivy.Query.regex_query(schema, name, ".の"), limit=1)
            self.phrases.check()

    def reload(self) -> None:
        with _damage_is_told("be read again"):
            self.index.reload()
            self.searcher = self.index.searcher()
            self.phrases.reload()
        self.read_at = time.monotonic()


class _Pen:
    """Writes one build: a fresh one, or one that serves, whose `phrases` follow."""

    def __init__(self, build: Path, index: tantivy.Index, *, phrases: phrasebook.Phrasebook | None = None, threads: int = 1) -> None:
        self.build = build
        self.index = index
        self._written: set[int] | None = set() if phrases is None else None  # deleting costs; in a fresh build only what comes twice
        with _damage_is_told("be written"):
            self._writer = index.writer(_HEAP, threads)
            self._following = Following(index, phrases) if phrases is not None else None
        self._spool: Spool | None = None

    def put(self, documents: Iterable[Document]) -> int:
        count = 0
        for document in documents:
            entry = fields.filled(document)  # what a document makes impossible is its own error, not the index's
            with _damage_is_told("be written"):
                self._replace(document.record_id, entry)
                self._tell_phrases(document)
            count += 1
        return count

    def _tell_phrases(self, document: Document) -> None:
        if self._following is not None:
            self._following.put(document)
        else:
            self._spool = self._spool or Spool(self.build)
            self._spool.put(document)

    def _replace(self, record: int, entry: tantivy.Document) -> None:
        if self._written is None or record in self._written:
            self._writer.delete_documents_by_term(fields.KEY, str(record))
        else:
            self._written.add(record)
        self._writer.add_document(entry)

    def remove(self, record_ids: Sequence[int]) -> None:
        with _damage_is_told("be written"):
            for record in record_ids:
                self._writer.delete_documents_by_term(fields.KEY, str(record))
                if self._following is not None:
                    self._following.remove(record)

    def commit(self, cursor: str | None) -> None:
        with _damage_is_told("be committed"):
            self._writer.commit()
            if self._following is not None:
                self._following.commit()
        if cursor is not None:
            shelf.keep_cursor(self.build, cursor)  # after the commit: a cursor behind repeats work, one ahead loses it

    def write_phrases(self) -> None:
        """Of a fresh build: what all that was put can be asked for by."""
        if self._spool is not None:
            self._spool.close()
            with _damage_is_told("be written"):
                phrasebook.write(self.build, spool.weighed([self.build]))
                spool.drop(self.build)

    def settle(self) -> None:
        """Wait for merges; the pen is empty afterwards."""
        if self._spool is not None:
            self._spool.close()
        with _damage_is_told("be merged"):
            self._writer.wait_merging_threads()


class Build:
    """A new index growing beside the one that serves. Ends in `EmbeddedEngine.swap` or `abandon`.

    Its folder may be filled by another process; writing here begins with the first word of it.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.folder = folder
        self._threads = threads
        self._pen: _Pen | None = None

    @classmethod
    def begun(cls, root: Path, *, threads: int = 1) -> Build:
        folder = shelf.new_build(root)
        _create(folder)
        return cls(folder, threads=threads)

    def put(self, documents: Iterable[Document]) -> int:
        return self._writing().put(documents)

    def remove(self, record_ids: Sequence[int]) -> None:
        self._writing().remove(record_ids)

    def commit(self, cursor: str | None = None) -> None:
        self._writing().commit(cursor)

    def finish_records(self) -> None:
        """Commit what is left and wait for merges; the phrases are only counted."""
        self.commit()
        self.close()

    def finish(self) -> None:
        """Commit what is left, write the phrases and wait for merges."""
        self.commit()
        self._writing().write_phrases()
        self.close()

    def close(self) -> None:
        """Write no more. What was not committed is lost."""
        pen, self._pen = self._pen, None
        if pen is not None:
            pen.settle()

    def _writing(self) -> _Pen:
        if self._pen is None:
            with _damage_is_told("be opened"):
                index = tantivy.Index.open(str(shelf.segments(self.folder)))
            self._pen = _Pen(self.folder, index, threads=self._threads)
        return self._pen


class PartedBuild:
    """A build whose records several processes write at once, each in a part of its own, then its phrases; joined after each.

    The steps in turn: `begin`, for every part `part(n).finish_records`, `join_records`, for every part `write_phrases`, `join_phrases`.
    """

    def __init__(self, folder: Path, parts: int) -> None:
        self.folder = folder
        self._folders = [shelf.part(folder, number) for number in range(parts)]

    def begin(self) -> bool:
        """False where the library tells its segments in a way that is not known here, so that they could not be joined: better now than
        after all of them are written."""
        for folder in self._folders:
            shelf.segments(folder).mkdir(parents=True)
            _create(folder)
        try:
            for folder in (self.folder, *self._folders):
                joining.check(shelf.segments(folder))
                joining.check(phrasebook.folder(folder))
        except ValueError as error:
            log.warning("index_not_built_in_parts", reason=str(error).partition(":")[0])
            self._drop()
            return False
        return True

    def part(self, number: int) -> Build:
        return Build(self._folders[number])

    def join_records(self) -> None:
        with _damage_is_told("be joined"):
            joining.join(shelf.segments(self.folder), [shelf.segments(folder) for folder in self._folders])

    def write_phrases(self, number: int) -> None:
        """One share of the phrases of all parts."""
        counted = spool.weighed(self._folders, share=number, of=len(self._folders))
        with _damage_is_told("be written"):
            phrasebook.write(self._folders[number], counted, heap=_HEAP)

    def merge_records(self) -> None:
        """As many parts leave many segments, which searches pay for."""
        Build(self.folder).finish_records()

    def join_phrases(self) -> None:
        """The parts are gone afterwards."""
        with _damage_is_told("be joined"):
            joining.join(phrasebook.folder(self.folder), [phrasebook.folder(folder) for folder in self._folders])
            self._drop()

    def _drop(self) -> None:
        for folder in self._folders:
            shutil.rmtree(folder)


def _create(folder: Path) -> None:
    with _damage_is_told("be created"):
        tantivy.Index(fields.schema(), path=str(shelf.segments(folder)))
        phrasebook.create(folder)


class EmbeddedEngine:
    """The `Engine` of a folder. Any number of processes may read it; the first that writes is the host's writer until it closes."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._reading_lock = threading.RLock()
        self._writing_lock = threading.RLock()  # taken before the other where both are; a long put keeps no search waiting
        self._writer_lock = shelf.WriterLock(folder)
        self._copy: _Copy | None = None
        self._pen: _Pen | None = None
        self._looked_at = float("-inf")
        self._reason = "no index yet"

    @property
    def folder(self) -> Path:
        return self._root

    def search(
        self,
        query: Query,
        *,
        filters: Filters,
        page: int = 1,
        per_page: int = 20,
        sort: Sort = Sort.RELEVANCE,
        facets: bool = False,
        first: First = silent,
        near: bool = True,
    ) -> Found:
        copy = self._reading()
        try:
            with _damage_is_told("be searched"):
                return answer(
                    copy.searcher,
                    copy.plan,
                    query,
                    filters=filters,
                    page=page,
                    per_page=per_page,
                    sort=sort,
                    facets=facets,
                    first=first,
                    near=near,
                )
        except EngineUnavailable:
            self._suspect(copy.build)
            raise

    def suggest(self, typed: Typed, *, seen_by: frozenset[int] | None) -> list[Suggestion]:
        """What somebody may be typing, of all that they may see; None sees all. Raises `EngineUnavailable`."""
        copy = self._reading()
        try:
            with _damage_is_told("be searched"):
                return Suggesting(copy.phrases, copy.searcher, copy.index.schema, seen_by).answer(typed)
        except EngineUnavailable:
            self._suspect(copy.build)
            raise

    def begun(self, kind: str, ways: Sequence[str], *, seen_by: frozenset[int] | None, most: int) -> list[Suggestion]:
        """Authors, subjects or series that begin in one of the ways, as `Suggesting.begun`. Raises `EngineUnavailable`."""
        copy = self._reading()
        with _damage_is_told("be searched"):
            return Suggesting(copy.phrases, copy.searcher, copy.index.schema, seen_by).begun(kind, ways, most=most)

    def of_key(self, key: str, *, seen_by: frozenset[int] | None) -> Suggestion | None:
        """The author, subject or series of a key as it is written. Raises `EngineUnavailable`."""
        copy = self._reading()
        with _damage_is_told("be searched"):
            return Suggesting(copy.phrases, copy.searcher, copy.index.schema, seen_by).of_key(key)

    def put(self, documents: Iterable[Document]) -> int:
        with self._pen_in_hand() as pen:
            return pen.put(documents)

    def remove(self, record_ids: Sequence[int]) -> None:
        with self._pen_in_hand() as pen:
            pen.remove(record_ids)

    def commit(self, cursor: str | None = None) -> None:
        with self._pen_in_hand() as pen:
            pen.commit(cursor)
            with self._reading_lock:
                if self._copy is not None:
                    self._copy.reload()

    def status(self) -> Status:
        """`needs_rebuild` with its reason where there is nothing to search. Never raises for the state of the folder."""
        try:
            copy = self._reading()
        except EngineUnavailable as error:
            return Status(backend=BACKEND, records=0, needs_rebuild=True, reason=str(error))
        return Status(backend=BACKEND, records=copy.searcher.num_docs, needs_rebuild=False, cursor=shelf.cursor_of(copy.build))

    def exact_forms(self, record_ids: Sequence[int]) -> dict[int, rank.Exact]:
        """What ranking compares, for records that another engine found."""
        copy = self._reading()
        found: dict[int, rank.Exact] = {}
        with _damage_is_told("be read"):
            for record in record_ids:
                term = tantivy.Query.term_query(copy.index.schema, fields.KEY, str(record))
                for _, address in copy.searcher.search(term, limit=1, count=False).hits:
                    found[record] = fields.exact_of(copy.searcher.doc(address))
        return found

    def refresh(self) -> None:
        """See at once what another process of this host committed. Raises `EngineUnavailable`."""
        with self._reading_lock:
            if self._copy is not None:
                self._copy.read_at = float("-inf")
        self._reading()

    def sums(self, first: int, last: int | None) -> dict[int, int]:
        """Record → checksum of what was put, for the numbers from `first` to `last`; None for all that follow."""
        copy = self._reading()
        with _damage_is_told("be read"):
            asked = tantivy.Query.range_query(copy.index.schema, fields.RECORD, tantivy.FieldType.Unsigned, first, last)
            there = int(copy.searcher.search(asked, limit=1).count)  # type: ignore[attr-defined]  # the stub of 0.27 leaves it out
            if not there:
                return {}
            addresses = [address for _, address in copy.searcher.search(asked, limit=there).hits]  # room is taken for as many
            records, sums = (copy.searcher.fast_field_values(name, addresses) for name in (fields.RECORD, fields.SUM))
        return {int(record or 0): int(one or 0) for record, one in zip(records, sums, strict=True)}

    def clear_leftovers(self) -> None:
        """Remove what a crash left half built. Takes the host's writer lock. Raises WriterBusy."""
        with self._writing_lock:
            self._writer_lock.acquire()
            shelf.clear(self._root, keep=shelf.current_build(self._root))

    def build_beside(self, *, threads: int = 1) -> Build:
        """Begin a new index; searches go on in the old one. Takes the host's writer lock, and clears what a crash left half built."""
        with self._writing_lock:
            self._writer_lock.acquire()
            shelf.clear(self._root, keep=shelf.current_build(self._root))
            return Build.begun(self._root, threads=threads)

    def swap(self, build: Build) -> None:
        """Let a build serve from now on; a crash at any point leaves the old index or the new one, whole."""
        build.finish()
        with self._writing_lock:
            shelf.point_to(self._root, build.folder)
            self._let_go()
            shelf.clear(self._root, keep=build.folder)

    def abandon(self, build: Build) -> None:
        with suppress(EngineUnavailable):  # a disk that is full or broken is often why it is abandoned
            build.close()
        with self._writing_lock:
            shelf.clear(self._root, keep=shelf.current_build(self._root))

    def close(self) -> None:
        """Let another process write. What was put and not committed is lost."""
        with self._writing_lock:
            self._let_go()
            self._writer_lock.release()

    def _let_go(self) -> None:
        self._pen = None
        with self._reading_lock:
            self._copy = None
            self._looked_at = float("-inf")

    def _suspect(self, build: Path) -> None:
        """A search failed. If the index cannot be read it asks to be built anew; else the search was at fault, and the index serves on."""
        try:
            _Copy(build).check()
        except EngineUnavailable as error:
            with suppress(OSError):  # the disk that cannot be read may not be writable either
                shelf.mark_damaged(build, str(error))
            with self._reading_lock:
                self._copy = None

    def _reading(self) -> _Copy:
        with self._reading_lock:
            now = time.monotonic()
            if self._copy is not None and now - self._copy.read_at < _RELOAD_AFTER:
                return self._copy
            if self._copy is None and now - self._looked_at < _RELOAD_AFTER:
                raise EngineUnavailable(self._reason)
            self._looked_at = now
            try:
                self._copy = self._opened()
            except EngineUnavailable as error:
                self._copy = None
                self._reason = str(error)
                raise
            return self._copy

    def _opened(self) -> _Copy:
        """The current build, read again or opened; a build that was swapped out meanwhile is left behind."""
        build = shelf.current_build(self._root)
        if build is None:
            raise EngineUnavailable("there is no search index yet")
        if not shelf.serves_this_version(build):
            raise EngineUnavailable("the search index was built for another version")
        if damage := shelf.damage_of(build):
            raise EngineUnavailable(damage)
        if self._copy is not None and self._copy.build == build:
            self._copy.reload()
            return self._copy
        return _Copy(build)

    @contextmanager
    def _pen_in_hand(self) -> Iterator[_Pen]:
        with self._writing_lock:
            self._writer_lock.acquire()
            if self._pen is None:
                copy = self._reading()
                self._pen = _Pen(copy.build, copy.index, phrases=copy.phrases)
            pen = self._pen
            try:
                yield pen
            except EngineUnavailable:
                self._pen = None  # a writer that failed once takes nothing more; the next one begins at the last commit
                self._suspect(pen.build)
                raise
