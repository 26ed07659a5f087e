"""MARC in and out: a streaming reader of real-world files, and the description that a MARC21 record gives."""

from catalog.marc.files.stream import read
from catalog.marc.outcome import Format, Read, ReadWarning, Reject, RejectCode, WarningCode

__all__ = ["Format", "Read", "ReadWarning", "Reject", "RejectCode", "WarningCode", "read"]
