"""The search engine behind a Meilisearch server, fed with our own tokens."""

from search.index.meilisearch.engine import MeilisearchEngine

__all__ = ["MeilisearchEngine"]
