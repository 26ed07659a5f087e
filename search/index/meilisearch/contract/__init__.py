"""The contract with an index server: what the service relies on, asked of a real one in an index that is thrown away afterwards."""

from search.index.meilisearch.contract.keeping import Point, examine

__all__ = ["Point", "examine"]
