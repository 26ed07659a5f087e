"""Books by grade: a rule for each band that says itself what it is, since no sender says for which grade a book is."""

from __future__ import annotations

import msgspec

from library.errors import N_
from library.identity.viewer import Viewer
from search.lists.rules import Grade
from search.pupils.shelves import BY_KEY, Ask


class Band(msgspec.Struct, frozen=True):
    """`rule`: by what its books were chosen. Without `asks` they are those that junior high schools hold too."""

    grade: Grade
    name: str
    rule: str
    asks: tuple[Ask, ...]


def _of(*shelves: str) -> tuple[Ask, ...]:
    return tuple(ask for key in shelves for ask in BY_KEY[key].every_ask())


BANDS: tuple[Band, ...] = (
    Band(Grade.LOWER, N_("1・2年生《ねんせい》"), N_("えほんと かみしばいを ならべています。"), _of("picture-books")),
    Band(
        Grade.MIDDLE,
        N_("3・4年生《ねんせい》"),
        N_("むかしばなし、いきもの、のりもの、なぞなぞの 本《ほん》を ならべています。"),
        _of("folktales", "animals", "vehicles", "play"),
    ),
    Band(
        Grade.UPPER,
        N_("5・6年生《ねんせい》"),
        N_("でんき、れきし、うちゅう、じっけん、たんてい、ぼうけんの 本《ほん》を ならべています。"),
        _of("people", "history", "space", "experiments", "mysteries", "adventures"),
    ),
    Band(
        Grade.JUNIOR_HIGH,
        N_("中学生《ちゅうがくせい》"),
        N_("中学校《ちゅうがっこう》の図書館《としょかん》にも ある本《ほん》を ならべています。"),
        (),
    ),
)
BY_GRADE: dict[str, Band] = {band.grade.value: band for band in BANDS}
_OF_YEAR = {"P1": Grade.LOWER, "P2": Grade.LOWER, "P3": Grade.MIDDLE, "P4": Grade.MIDDLE, "P5": Grade.UPPER, "P6": Grade.UPPER}


def own(viewer: Viewer) -> Grade | None:
    """The band of the viewer's own grade, where it is known."""
    if viewer.is_in_junior_high:
        return Grade.JUNIOR_HIGH
    return _OF_YEAR.get(viewer.schooling.grade) if viewer.schooling else None
