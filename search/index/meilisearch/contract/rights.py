"""Points on keys and errors: each key may do its own work only, and what goes wrong is said in the shapes we tell apart."""

from __future__ import annotations

from search.index.meilisearch.contract.trial import Checks, Outcome, Trial, Tried

_NOT_ALLOWED = "403 invalid_api_key"


def _may(key: str, method: str, path: str, body: object = None, *, says: str) -> Tried:
    """`{}` in the path is the throw-away index."""

    def tried(trial: Trial) -> Outcome:
        given = {"search": trial.server.search_key, "index": trial.server.index_key, "wrong": "wrong", "none": None}[key]
        return says, trial.wire.said(method, path.format(trial.name), body, key=given)

    return tried


def _other_index(key: str, method: str, path: str, body: object = None) -> Tried:
    """Another application's index on the same server."""
    return _may(key, method, path.replace("OTHER", "not_ours_contract"), body, says=_NOT_ALLOWED)


def _keys_differ(trial: Trial) -> Outcome:
    return True, trial.server.search_key != trial.server.index_key


def _malformed(trial: Trial) -> Outcome:
    path, key = f"/indexes/{trial.name}/search", trial.server.search_key
    return "400 malformed_payload", trial.wire.said("POST", path, key=key, raw=b"{bad")


def _content_type(trial: Trial) -> Outcome:
    path, key = f"/indexes/{trial.name}/search", trial.server.search_key
    return "415 invalid_content_type", trial.wire.said("POST", path, key=key, raw=b"{}", content_type="text/plain")


def _search_error(query: dict[str, object], says: str) -> Tried:
    return _may("search", "POST", "/indexes/{}/search", query, says=says)


KEYS: Checks = (
    ("there are two", _keys_differ),
    ("the search key searches", _may("search", "POST", "/indexes/{}/search", {"q": ""}, says="200")),
    ("the search key does not write", _may("search", "PUT", "/indexes/{}/documents", [{"id": 1}], says=_NOT_ALLOWED)),
    ("the search key does not read documents", _may("search", "GET", "/indexes/{}/documents/1", says=_NOT_ALLOWED)),
    ("the search key does not read settings", _may("search", "GET", "/indexes/{}/settings", says=_NOT_ALLOWED)),
    ("the search key does not see tasks", _may("search", "GET", "/tasks/0", says=_NOT_ALLOWED)),
    ("the search key reaches its own indexes only", _other_index("search", "POST", "/indexes/OTHER/search", {"q": ""})),
    ("the index key does not search", _may("index", "POST", "/indexes/{}/search", {"q": ""}, says=_NOT_ALLOWED)),
    ("the index key makes no keys", _may("index", "POST", "/keys", {"actions": [], "indexes": [], "expiresAt": None}, says=_NOT_ALLOWED)),
    ("the index key reads no keys", _may("index", "GET", "/keys", says=_NOT_ALLOWED)),
    ("the index key reaches its own indexes only", _other_index("index", "GET", "/indexes/OTHER/stats")),
    ("a wrong key", _may("wrong", "POST", "/indexes/{}/search", {"q": ""}, says=_NOT_ALLOWED)),
    ("no key", _may("none", "POST", "/indexes/{}/search", {"q": ""}, says="401 missing_authorization_header")),
)

ERRORS: Checks = (
    ("a body that is no JSON", _malformed),
    ("a body of another type", _content_type),
    ("an unknown parameter", _search_error({"query": "x"}, "400 bad_request")),
    ("a negative limit", _search_error({"q": "", "limit": -1}, "400 invalid_search_limit")),
    ("a filter that does not parse", _search_error({"q": "", "filter": "year >"}, "400 invalid_search_filter")),
    ("a filter on an attribute that has none", _search_error({"q": "", "filter": "nothing = 1"}, "400 invalid_search_filter")),
    ("an order on an attribute that has none", _search_error({"q": "", "sort": ["nothing:asc"]}, "400 invalid_search_sort")),
    ("counts of an attribute that has none", _search_error({"q": "", "facets": ["nothing"]}, "400 invalid_search_facets")),
    (
        "a search in an attribute that has none",
        _search_error({"q": "x", "attributesToSearchOn": ["nothing"]}, "400 invalid_search_attributes_to_search_on"),
    ),
    ("an index that is not there", _may("index", "GET", "/indexes/{}_nowhere/stats", says="404 index_not_found")),
    ("a document that is not there", _may("index", "GET", "/indexes/{}/documents/77777", says="404 document_not_found")),
    ("a task that is not there", _may("index", "GET", "/tasks/4000000000", says="404 task_not_found")),
)
