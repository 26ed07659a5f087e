"""Points on writing: what a task says when it is done, partial updates, removal, and the swap of two indexes."""

from __future__ import annotations

from collections.abc import Callable

from search.index.meilisearch import declared
from search.index.meilisearch.connection import DocumentsRefused, NoIndex
from search.index.meilisearch.contract.books import FEW
from search.index.meilisearch.contract.trial import Checks, Outcome, Trial

_NEW = 93_000


def _error_of(act: Callable[[], object]) -> str:
    try:
        act()
    except DocumentsRefused as refused:
        return f"refused: {refused}"
    except NoIndex:
        return "no index"
    return "done"


def _missing_is_a_failed_task(trial: Trial) -> Outcome:
    writing = trial.engine.writing
    gone = f"{trial.name}_nowhere"
    return ("no index", "no index"), (
        _error_of(lambda: writing.wait(writing.delete(gone))),
        _error_of(lambda: writing.wait(writing.swap(trial.name, gone))),
    )


def _one_refused_takes_none(trial: Trial) -> Outcome:
    writing = trial.engine.writing
    said = _error_of(lambda: writing.wait(writing.put(trial.name, [{"id": _NEW, declared.TITLE: "beforeit"}, {"id": "a b"}])))
    return ("refused: invalid_document_id", []), (said, trial.ids(q="beforeit"))


def _details(trial: Trial) -> Outcome:
    writing = trial.engine.writing
    putting, removing = writing.put(trial.name, [{"id": _NEW}, {"id": _NEW + 1}]), writing.remove(trial.name, [_NEW, _NEW + 1, _NEW + 2])
    done, gone = writing.wait(putting), writing.wait(removing)
    seen = (done["type"], done["details"]["indexedDocuments"], gone["details"]["deletedDocuments"])
    return ("documentAdditionOrUpdate", 2, 2), seen


def _order_is_kept(trial: Trial) -> Outcome:
    """Put, removed, put again without waiting: the last one stands."""
    writing = trial.engine.writing
    writing.put(trial.name, [{"id": _NEW, declared.TITLE: "firstone"}])
    writing.remove(trial.name, [_NEW])
    writing.wait(writing.put(trial.name, [{"id": _NEW, declared.TITLE: "secondone"}]))
    seen = trial.ids(q="firstone"), trial.ids(q="secondone")
    trial.engine.remove([_NEW])
    return ([], [_NEW]), seen


def _part_of_a_document(trial: Trial) -> Outcome:
    """What is not sent stays; what is sent counts at once for filters, and can be found by nothing it was before."""
    book = FEW[0]
    writing = trial.engine.writing
    before = trial.find("銀河鉄道の夜").ids
    writing.wait(writing.put(trial.name, [{"id": book.record_id, declared.AVAILABLE: [], declared.PLACES_SUM: "other"}]))
    at_one = trial.ids(filter=[f'{declared.AVAILABLE} IN ["1"]', f"{declared.ID} IN [{book.record_id}]"])
    after = trial.find("銀河鉄道の夜").ids
    trial.engine.put([book])
    again = trial.ids(filter=[f'{declared.AVAILABLE} IN ["1"]', f"{declared.ID} IN [{book.record_id}]"])
    return ((1,), [], (1,), [1]), (before, at_one, after, again)


def _sums_are_read(trial: Trial) -> Outcome:
    found = trial.engine.writing.these(trial.name, [1, 2, 77_777], fields=[declared.ID, declared.WORDS_SUM, declared.PLACES_SUM])
    return ([1, 2], True), (sorted(int(one["id"]) for one in found), all(len(one[declared.WORDS_SUM]) == 16 for one in found))


def _unknown_is_no_error(trial: Trial) -> Outcome:
    return "done", _error_of(lambda: trial.engine.remove([77_777]))


def _swap(trial: Trial) -> Outcome:
    """Both names change at once; the old one can be thrown away."""
    other = f"{trial.name}_beside"
    writing = trial.engine.writing
    writing.wait(writing.create(other))
    writing.wait(writing.declare(other, declared.SETTINGS))
    writing.wait(writing.put(other, [{"id": _NEW, declared.TITLE: "besideit"}]))
    writing.wait(writing.swap(trial.name, other))
    swapped = trial.ids(q='"besideit"'), writing.documents_in(trial.name)
    differing = trial.engine.settings_that_differ()
    writing.wait(writing.swap(trial.name, other))
    writing.wait(writing.delete(other))
    return ([_NEW], 1, [], [], False), (*swapped, differing, trial.ids(q='"besideit"'), other in writing.indexes())


def _made_twice(trial: Trial) -> Outcome:
    _, told = trial.wire.ask("POST", "/indexes", {"uid": trial.name, "primaryKey": "id"}, key=trial.server.index_key)
    try:
        trial.engine.writing.wait(int(told["taskUid"]))
    except Exception as error:
        return True, "index_already_exists" in str(error)
    return True, False


TASKS: Checks = (
    ("a missing index is a failed task with its code", _missing_is_a_failed_task),
    ("an index is not made twice", _made_twice),
    ("one document that is refused takes none of its batch along", _one_refused_takes_none),
    ("a task says how many it took in and out", _details),
    ("tasks are done in the order they were sent", _order_is_kept),
)

CHANGES: Checks = (
    ("a part of a document is replaced, the rest stays", _part_of_a_document),
    ("checksums are read by number", _sums_are_read),
    ("removing what is not there is no error", _unknown_is_no_error),
    ("two indexes are swapped", _swap),
)
