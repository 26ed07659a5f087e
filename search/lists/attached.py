"""What book lists hang on other rooms: their lines follow a merge."""

from __future__ import annotations

from catalog.records import merging
from search.lists import store


def attach() -> None:
    """Called when the service is wired; a second time changes nothing."""
    if store.follow not in merging.followers:
        merging.followers.append(store.follow)
