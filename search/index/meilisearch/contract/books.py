"""Made-up books for the throw-away index, and what is true of them, counted without any engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from search.index.document import Document, spot
from search.index.engine import Filters
from search.index.terms import ndc_firsts

MANY = 1_100  # more than the server counts in one answer
FIRST_OF_MANY = 10_000
BRANCHES = 300  # more than a facet shows unless it is told to
OWN = 100  # a circle of viewers: one school


def _book(record: int, title: str, reading: str = "", **said: object) -> Document:
    base: dict[str, object] = {
        "record_id": record,
        "title": title,
        "title_readings": (reading,) if reading else (),
        "title_sort": reading or title,
        "seen_by": (0,),
        "material": "book",
        "language": "jpn",
        "popularity": record,
        "added_on": 1000 - record,
    }
    return Document(**(base | said))  # type: ignore[arg-type]  # a table of keywords


FEW = (
    _book(
        1,
        "銀河鉄道の夜",
        "ぎんがてつどうのよる",
        authors=("宮沢, 賢治",),
        author_readings=("みやざわ, けんじ",),
        ndc=("913.6",),
        year=1934,
        held=(1, 2),
        available=(1,),
        isbns=("9784003101018",),
        audience="children",
    ),
    _book(2, "吾輩は猫である", "わがはいはねこである", authors=("夏目, 漱石",), ndc=("913.6",), year=1905, held=(2,), available=(2,)),
    _book(3, "花", "はな", ndc=("627",), year=1990, held=(3,)),
    _book(4, "花の歳時記", "はなのさいじき", ndc=("911.3",), year=2001, held=(1, 3), available=(3,)),
    _book(5, "阿Q正伝", "あきゅうせいでん", authors=("魯迅",), ndc=("923.7",), year=1923, held=(1,)),
    _book(6, "鬼滅の刃", "きめつのやいば", volume="1", ndc=("726.1",), year=2016, held=(4,), available=(4,)),
    _book(7, "鬼滅の刃", "きめつのやいば", volume="23", ndc=("726.1",), year=2020, held=(4,)),
    _book(8, "Harry Potter and the goblet", language="eng", ndc=("933",), year=2000, held=(2,), audience="teens"),
    _book(9, "教師用の指導書", "きょうしようのしどうしょ", seen_by=(OWN,), held=(spot(5, OWN),), ndc=("375",), year=2020),
    _book(10, "𠮷野の桜", "よしののさくら", ndc=("291.65",), held=(2,), available=(2,), material="audiobook"),
    _book(11, "名に引用符のある言語の本", language='a" OR id > 0 OR "\\', year=1999),
)
_LARGE = (
    _book(
        FIRST_OF_MANY + number,
        "山積みの本",
        "やまづみのほん",
        held=(1 + number % BRANCHES,),
        available=(1 + number % BRANCHES,) if number % 2 else (),
        material="magazine",
        audience="adult",
    )
    for number in range(MANY)
)
ALL = (*FEW, *_LARGE)
EVERYONE = frozenset({0})

Test = Callable[[Document], bool]


def meets(filters: Filters) -> Test:
    """What the filters mean, said once more and by itself."""

    def test(book: Document) -> bool:
        seen = filters.seen_by
        places = {one % 100_000 for one in book.held if seen is None or one // 100_000 in seen}
        open_at = {one % 100_000 for one in book.available if seen is None or one // 100_000 in seen}
        return (
            (seen is None or bool(seen & set(book.seen_by)))
            and (not filters.branches or bool(filters.branches & places))
            and (not filters.available or bool(open_at & filters.branches if filters.branches else open_at))
            and (not filters.material or book.material in filters.material)
            and (not filters.language or book.language in filters.language)
            and (not filters.audience or book.audience in filters.audience)
            and (not filters.ndc or any(number.startswith(tuple(filters.ndc)) for number in book.ndc))
            and (filters.year_from is None or (book.year is not None and book.year >= filters.year_from))
            and (filters.year_to is None or (book.year is not None and book.year <= filters.year_to))
        )

    return test


def numbers(test: Test, among: Iterable[Document] = ALL) -> list[int]:
    return sorted(book.record_id for book in among if test(book))


def counts(test: Test, of: Callable[[Document], Iterable[str]]) -> dict[str, int]:
    return dict(sorted(Counter(value for book in ALL if test(book) for value in of(book)).items()))


COUNTED: dict[str, Callable[[Document], Iterable[str]]] = {
    "material": lambda book: [book.material],
    "language": lambda book: [book.language],
    "audience": lambda book: [book.audience] if book.audience else [],
    "ndc1": ndc_firsts,
    "year": lambda book: [str(book.year)] if book.year is not None else [],
}
