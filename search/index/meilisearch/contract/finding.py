"""Points on matching: coded words stay whole, and queries of every kind find what they should and nothing else."""

from __future__ import annotations

from search.index.engine import Filters
from search.index.meilisearch import codes, declared, plan
from search.index.meilisearch.contract.books import EVERYONE, FEW, MANY
from search.index.meilisearch.contract.trial import Checks, Outcome, Trial, Tried
from search.index.meilisearch.entries import ABOUT_ID

_PUBLIC = Filters(seen_by=EVERYONE)


def _words_are_whole(*tokens: str) -> Tried:
    """Documents with one token each; each token finds its own and no other."""

    def tried(trial: Trial) -> Outcome:
        first = 90_000
        engine = trial.engine
        one_each = [{declared.ID: first + at, declared.TITLE: codes.word(token)} for at, token in enumerate(tokens)]
        engine.writing.wait(engine.writing.put(trial.name, one_each))
        every = [trial.ids(q=plan.quoted([token]), matchingStrategy="all", limit=50) for token in tokens]
        found = [[number for number in ids if number >= first] for ids in every]
        trial.engine.remove([first + at for at in range(len(tokens))])
        return [[first + at] for at in range(len(tokens))], found

    return tried


def _finds(typed: str, *records: int, relaxed: bool = False) -> Tried:
    """Exactly these; of near answers only the first must be it."""

    def tried(trial: Trial) -> Outcome:
        found = trial.find(typed, _PUBLIC)
        ids = list(found.ids[:1]) if relaxed else sorted(found.ids)
        return (relaxed, list(records)), (found.relaxed, ids)

    return tried


def _asked(expected: list[int], **query: object) -> Tried:
    def tried(trial: Trial) -> Outcome:
        return expected, sorted(trial.ids(**query))

    return tried


def _everything(trial: Trial) -> Outcome:
    """More than the server counts is said to be more, on every page that is shown."""
    found = trial.find("", Filters(seen_by=None))
    beyond = trial.find("", Filters(seen_by=None), page=51)
    return (declared.MOST_HITS, 20, 1), (found.total, len(found.ids), len(beyond.ids))


def _in_order(trial: Trial) -> Outcome:
    queries = [{"q": plan.quoted([token]), "attributesToRetrieve": [declared.ID]} for token in ("銀河", "猫で", "無い")]
    answered = trial.engine.asked_of(trial.name)(queries)
    return [[1], [2], []], [[hit[declared.ID] for hit in one["hits"]] for one in answered]


def _one_fails_all(trial: Trial) -> Outcome:
    good = {"indexUid": trial.name, "q": ""}
    bad = {"indexUid": trial.name, "q": "", "filter": "nothing = 1"}
    status, body = trial.wire.ask("POST", "/multi-search", {"queries": [good, bad]}, key=trial.server.search_key)
    return (400, "invalid_search_filter", True), (status, body["code"], "queries[1]" in body["message"])


def _missing_among(trial: Trial) -> Outcome:
    queries = [{"indexUid": trial.name, "q": ""}, {"indexUid": f"{trial.name}_nowhere", "q": ""}]
    return "400 index_not_found", trial.wire.said("POST", "/multi-search", {"queries": queries}, key=trial.server.search_key)


def _about_is_unseen(trial: Trial) -> Outcome:
    page = trial.find("", _PUBLIC, per_page=100).ids
    return (False, len(FEW) + MANY + 1), (ABOUT_ID in page, trial.engine.writing.documents_in(trial.name))


_GINGA, _GATETSU = codes.word("銀河"), codes.word("河鉄")
_MIYAZAWA = codes.word("宮沢")
_NOWHERE = codes.word("無い")
_LONG = " ".join(f"word{number}" for number in range(30))


def _long_phrase(trial: Trial) -> Outcome:
    engine = trial.engine
    engine.writing.wait(engine.writing.put(trial.name, [{declared.ID: 91_000, declared.TITLE: _LONG}]))
    found = trial.ids(q=f'"{_LONG}"', matchingStrategy="all"), trial.ids(q=f'"{_LONG} word31"', matchingStrategy="all")
    engine.remove([91_000])
    return ([91_000], []), found


TOKENS: Checks = (
    ("coded words of kanji, kana and edges", _words_are_whole("銀河", "河鉄", "鉄道", "ぎん", "んが", "^銀", "夜$", "ー", "々")),
    ("coded words of characters beyond the first plane", _words_are_whole("𠮷野", "𠮷", "野𠮷", "😀")),
    ("Latin words and numbers as they are", _words_are_whole("harry", "har", "2026", "202", "c", "é")),
    ("a word of the longest length", _words_are_whole("あ" * 60, "い" * 60)),
    ("volumes and beginnings apart from words", _words_are_whole("v1", "zv", "zb")),
)

QUERIES: Checks = (
    ("a whole title", _finds("吾輩は猫である", 2)),
    ("a part from the middle", _finds("河鉄道の", 1)),
    ("a reading", _finds("ぎんがてつどう", 1)),
    ("an author and a word", _finds("宮沢賢治 銀河", 1)),
    ("one character, the whole title first", _finds("花", 3, 4)),
    ("one character beside a Latin letter", _finds("阿q", 5)),
    ("a title with its volume", _finds("鬼滅の刃 23", 7)),
    ("the beginning of a Latin word", _finds("harry pott", 8)),
    ("an ISBN", _finds("4-00-310101-4", 1)),
    ("a character beyond the first plane", _finds("𠮷野の桜", 10)),
    ("a wrong character is forgiven and said", _finds("銀賀鉄道の夜", 1, relaxed=True)),
    ("a wrong character at the begin is forgiven", _finds("根河鉄道の夜", 1, relaxed=True)),
    ("a phrase asks for all its words", _asked([], q=f'"{_GINGA} {_NOWHERE}"', matchingStrategy="all")),
    ("a phrase asks for its words in one attribute", _asked([], q=f'"{_GINGA} {_MIYAZAWA}"', matchingStrategy="all")),
    ("words without quotes may stand in several attributes", _asked([1], q=f"{_GINGA} {_MIYAZAWA}", matchingStrategy="all")),
    ("words without quotes may stand anywhere", _asked([1], q=f"{_GATETSU} {_GINGA}", matchingStrategy="all")),
    ("`all` leaves no word out", _asked([], q=f"{_GINGA} {_NOWHERE}", matchingStrategy="all")),
    ("`last` leaves out words from the end", _asked([1], q=f"{_GINGA} {_GATETSU} {_NOWHERE}", matchingStrategy="last")),
    ("`last` keeps the first word", _asked([], q=f"{_NOWHERE} {_GINGA}", matchingStrategy="last")),
    ("a typing error in a coded word is not forgiven", _asked([], q=f'"{_GINGA[:-1]}a"', matchingStrategy="all")),
    ("a beginning of a coded word is no match", _asked([], q=_GINGA[:6], matchingStrategy="all")),
    ("a phrase may have thirty words", _long_phrase),
    ("only the attributes asked for are searched", _asked([], q=f'"{_GINGA}"', attributesToSearchOn=[declared.AUTHOR])),
    ("the empty query finds everything and counts to its limit", _everything),
    ("what the index says of itself is not found", _about_is_unseen),
)

SEVERAL: Checks = (
    ("answers stand in the order of the questions", _in_order),
    ("one wrong question fails the request and is named", _one_fails_all),
    ("a missing index is told from finding nothing", _missing_among),
)
