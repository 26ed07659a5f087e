"""The search engine that needs no server: a folder on this host, read and written in the process."""

from search.index.embedded.engine import Build, EmbeddedEngine, PartedBuild
from search.index.embedded.suggesting import Suggestion

__all__ = ["Build", "EmbeddedEngine", "PartedBuild", "Suggestion"]
