"""The invented files: the same for the same seed, readable in both encodings, in the mix they are said to be."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from bench.asking import workload
from bench.books import Books
from bench.generate import Encoding, Mix, write_catalogue, write_mixed
from bench.transmission import marc8
from catalog import marc
from catalog.marc.files.marc8 import decode
from catalog.matching.score import Verdict, score

SEED, RECORDS, MIXED = 3, 1_200, 120


def read(path: Path) -> list[marc.Read]:
    found = []
    for one in marc.read(path):
        assert isinstance(one, marc.Read), one
        found.append(one)
    return found


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> list[marc.Read]:
    path = tmp_path_factory.mktemp("bench") / "catalogue.mrc"
    write_catalogue(path, Books(SEED), RECORDS)
    return read(path)


def mixed(folder: Path, encoding: Encoding) -> tuple[Mix, list[marc.Read]]:
    path = folder / f"{encoding}.mrc"
    return write_mixed(path, Books(SEED), catalogue=RECORDS, records=MIXED, encoding=encoding), read(path)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_catalogue(tmp_path / name, Books(seed), 50)
    first, again, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again != other


def test_records_are_read_without_a_warning_and_as_long_as_real_ones(catalogue: list[marc.Read]) -> None:
    assert len(catalogue) == RECORDS
    assert not [one.warnings for one in catalogue if one.warnings]
    japanese = [one for one in catalogue if one.description.language == "jpn"]
    western = [one for one in catalogue if one.description.language != "jpn"]
    assert len(western) == RECORDS * 3 // 10
    # JAPAN/MARC has 1,690 bytes in the middle, an American library's file 1,070
    assert 1_400 <= median(len(one.raw) for one in japanese) <= 2_000
    assert 850 <= median(len(one.raw) for one in western) <= 1_300
    assert all(one.description.title.reading and one.description.title.romaji for one in japanese)


def test_a_few_authors_wrote_much_and_most_wrote_little(catalogue: list[marc.Read]) -> None:
    counts: dict[str, int] = {}
    for one in catalogue:
        for agent in one.description.agents:
            counts[agent.name] = counts.get(agent.name, 0) + 1
    ordered = sorted(counts.values(), reverse=True)
    assert ordered[0] > 5
    assert sum(1 for number in ordered if number == 1) > len(ordered) / 2


@pytest.mark.parametrize("encoding", Encoding)
def test_a_mixed_file_is_what_it_says(tmp_path: Path, catalogue: list[marc.Read], encoding: Encoding) -> None:
    mix, records = mixed(tmp_path, encoding)
    by_isbn = {isbn.number: one.description for one in catalogue for isbn in one.description.isbns}
    known = [one for one in records if any(isbn.number in by_isbn for isbn in one.description.isbns)]
    assert len(known) == mix.known
    for one in known:
        match = score(one.description, by_isbn[one.description.isbns[0].number])
        assert match.verdict is Verdict.SAME, match
    rough = [one for one in records if one.control_number_identifier == "OLDLIST"]
    assert len(rough) == mix.fuzzy
    for one in rough:
        assert not one.description.isbns
        assert any(score(one.description, other.description).verdict is Verdict.SAME for other in catalogue), one.description.title
    assert len(records) == sum(mix)


def test_a_marc8_file_is_marc8_and_loses_no_letter(tmp_path: Path) -> None:
    path = tmp_path / "marc8.mrc"
    write_mixed(path, Books(SEED), catalogue=RECORDS, records=MIXED, encoding=Encoding.MARC8)
    assert path.read_bytes()[9:10] == b" "
    assert b"\x1b$1" in path.read_bytes()
    assert not [one.warnings for one in read(path) if one.warnings]


@pytest.mark.parametrize(
    "text", ["plain", "Éditions du Ponceau", "Brückenau, ñ, ç", "銀河鉄道の夜 2", "鷗外と戸", "ガギグ", "『枠』 ― 〔一〕"]
)
def test_what_marc8_writes_is_read_back(text: str) -> None:
    assert decode(marc8(text)) == text


def test_searches_are_mixed_and_the_same_for_the_same_seed() -> None:
    books = Books(SEED)
    asks = workload(books, RECORDS, 200, SEED)
    assert asks == workload(books, RECORDS, 200, SEED)
    assert len({ask.kind for ask in asks}) == 9
    assert all(ask.text for ask in asks)
    assert all("branch=" in ask.path("/search") for ask in asks if ask.narrow)
