"""Small MARC records made for the tests, and the way to real ones where they are laid out beside the project."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pymarc import Field, Indicators, Record, Subfield

from catalog.description import Description
from catalog.marc import Read, Reject, read

REAL = Path(__file__).resolve().parents[3].parent / "shared/data"


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real file {name} is not laid out here")
    return path


def marc(*fields: tuple[str, str], control: str = "1", leader: str = "00000nam a2200000   4500", fixed: str = "") -> bytes:
    """A UTF-8 transmission record; a field is its tag and 「12$avalue$bvalue」, a blank indicator written `#`."""
    record = Record(leader=leader, force_utf8=True)
    record.fields.append(Field(tag="001", data=control))
    if fixed:
        record.fields.append(Field(tag="008", data=fixed))
    for tag, text in fields:
        indicators, *subfields = text.split("$")
        indicators = indicators.replace("#", " ")
        pairs = [Subfield(part[0], part[1:].replace("\\S", "$")) for part in subfields]
        record.fields.append(Field(tag=tag, indicators=Indicators(indicators[0], indicators[1]), subfields=pairs))
    return bytes(record.as_marc())


def outcomes(data: bytes, *, start: int = 0) -> list[Read | Reject]:
    return list(read(io.BytesIO(data), start=start))


def only(data: bytes) -> Read:
    found = outcomes(data)
    assert len(found) == 1, found
    assert isinstance(found[0], Read), found[0]
    return found[0]


def described(*fields: tuple[str, str], leader: str = "00000nam a2200000   4500", fixed: str = "") -> Description:
    given = fields if any(tag == "245" for tag, _ in fields) else (("245", "00$aT"), *fields)
    return only(marc(*given, leader=leader, fixed=fixed)).description
