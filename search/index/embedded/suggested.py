"""What a record's entry remembers of its phrases, to tell later which of them a change touches."""

from __future__ import annotations

import hashlib

import msgspec

from search.index.document import Document
from search.index.embedded.phrasebook import id_of

_ID = 8  # bytes

_encode = msgspec.msgpack.Encoder().encode


def packed(document: Document) -> bytes:
    """A digest of all that suggestions take from the record, then the ids of its phrases."""
    told = _encode((document.phrases, sorted(document.seen_by), max(0, document.popularity).bit_length()))
    return hashlib.blake2b(told, digest_size=_ID).digest() + b"".join(id_of(phrase) for phrase in document.phrases)


def ids(pack: bytes) -> list[bytes]:
    return [pack[at : at + _ID] for at in range(_ID, len(pack), _ID)]
