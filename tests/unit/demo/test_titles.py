"""Real titles in invented editions: deterministic, varied, well formed, and readable as MARC."""

from __future__ import annotations

import importlib.util
import io
import re
from collections import Counter, defaultdict
from pathlib import Path

import pymarc
import pytest

from catalog.description import Audience, Material
from catalog.marc import Read, read
from library.demo.books.records import as_marc
from library.demo.books.romaji import romaji
from library.demo.books.titles import Form, Publication, publications, works

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT.parent / "shared/data/japan/aozora_catalogue_2025-05.zip"
EDITIONS = tuple(publications(7))


def _of(title: str, form: Form | None = None) -> list[Publication]:
    return [edition for edition in EDITIONS if edition.description.title.main == title and form in {None, edition.form}]


@pytest.mark.parametrize(
    "title",
    [
        "銀河鉄道の夜",
        "走れメロス",
        "吾輩は猫である",
        "ごん狐",
        "手袋を買いに",
        "注文の多い料理店",
        "羅生門",
        "みだれ髪",
        "怪人二十面相",
        "みにくいアヒルの子",
        "白雪姫",
    ],
)
def test_what_everyone_knows_is_there_in_several_editions(title: str) -> None:
    assert len(_of(title)) >= 2


def test_every_main_class_and_every_kind_of_edition_is_there() -> None:
    assert {number.number[0] for edition in EDITIONS for number in edition.description.classes} == set("0123456789")
    assert {edition.form for edition in EDITIONS} == set(Form)
    assert sum(edition.juvenile for edition in EDITIONS) > 1000


def test_the_same_seed_gives_the_same_editions_and_another_seed_others() -> None:
    again = tuple(publications(7))
    assert again == EDITIONS
    assert tuple(publications(8)) != EDITIONS


def test_every_title_and_every_agent_has_a_katakana_reading() -> None:
    for edition in EDITIONS:
        assert edition.description.title.reading
        assert not re.search(r"[ぁ-ゖ]", edition.description.title.reading)
        assert all(agent.reading and not re.search(r"[ぁ-ゖ]", agent.reading) for agent in edition.description.agents)


def test_authors_are_in_catalogue_order_and_exactly_one_is_the_main_one() -> None:
    (kenji,) = {edition.description.agents for edition in _of("銀河鉄道の夜")}
    assert [(agent.name, agent.reading, agent.dates, agent.role) for agent in kenji] == [
        ("宮沢, 賢治", "ミヤザワ, ケンジ", "1896-1933", "著")
    ]
    assert all([agent.main for agent in edition.description.agents].count(True) == 1 for edition in EDITIONS)


def test_a_western_author_is_named_in_western_order_beside_the_translator() -> None:
    assert _of("みにくいアヒルの子")[0].description.title.responsibility == "ハンス・クリスチャン・アンデルセン 著 ; 矢崎源九郎 訳"


def test_no_isbn_is_given_twice_and_all_are_marked_as_invented_with_a_true_check_digit() -> None:
    isbns = [isbn for edition in EDITIONS for isbn in edition.description.isbns]
    assert len({isbn.number for isbn in isbns}) == len(isbns) > 5000
    for isbn in isbns:
        assert isbn.number.startswith("9784999")
        assert isbn.qualifier == "架空"
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(isbn.number)) % 10 == 0


def test_an_edition_from_before_the_isbn_has_none() -> None:
    early = [edition for edition in EDITIONS if (edition.description.year or 0) < 1981]
    assert early
    assert not any(edition.description.isbns for edition in early)


def test_a_picture_book_is_classed_as_one_and_a_book_for_adults_is_not_for_children() -> None:
    for edition in EDITIONS:
        if edition.form is Form.PICTURE_BOOK:
            assert edition.description.classes[0].number == "726.6"
            assert edition.description.audience is Audience.CHILDREN
        if edition.form in {Form.HARDCOVER, Form.PAPERBACK, Form.LARGE_PRINT}:
            assert edition.description.audience is None


def test_electronic_editions_have_a_link_and_no_size() -> None:
    for edition in EDITIONS:
        assert edition.electronic is (edition.description.material is not Material.BOOK)
        assert bool(edition.description.links) is edition.electronic is (not edition.description.size)


def test_modern_literature_stands_under_its_period() -> None:
    assert _of("吾輩は猫である")[0].description.classes[0].number == "913.6"


def test_editions_of_one_work_have_different_forms_or_publishers() -> None:
    editions = defaultdict(list)
    for edition in EDITIONS:
        editions[edition.work].append(edition)
    assert len(editions) == len(works()) == 6000
    assert Counter(min(len(group), 3) for group in editions.values())[3] > 100


def test_volumes_of_one_work_come_in_the_same_editions() -> None:
    volumes = defaultdict(list)
    for edition in _of("三国志"):
        volumes[edition.description.title.volume].append((edition.form, edition.description.publisher, edition.description.year))
    assert set(volumes) == {str(number) for number in range(1, 13)}
    assert len({tuple(editions) for editions in volumes.values()}) == 1
    assert _of("三国志")[1].description.title.rest_reading in {"ジョ", "トウエンノマキ"}


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("ミヤザワ", "Miyazawa"),
        ("テツドウ", "Tetsudo"),
        ("シュッパン", "Shuppan"),
        ("マッチウリ", "Matchiuri"),
        ("シンブン", "Shimbun"),
        ("ニオ ノ ウミ", "Nio no umi"),
        ("ファウスト", "Fausuto"),
        ("クシュウ", "Kushu"),
        ("", ""),
    ],
)
def test_kana_is_written_in_latin_letters_as_catalogues_do(kana: str, latin: str) -> None:
    assert romaji(kana) == latin


def test_a_record_carries_its_numbers_class_and_readings_in_two_paired_fields_a_link() -> None:
    edition = _of("銀河鉄道の夜", Form.JUVENILE)[0]
    record = next(iter(pymarc.MARCReader(io.BytesIO(as_marc(edition)))))
    assert record is not None
    assert (record["001"].data, record["003"].data, record["008"].data[22]) == (edition.control_number, "DEMO", "j")
    assert record["084"].get_subfields("a", "2") == ["913.6", "njb/09"]
    assert record["245"].get_subfields("6", "a", "c") == ["880-01", "銀河鉄道の夜 /", "宮沢賢治 著"]
    twins = [field for field in record.get_fields("880") if field["6"].startswith("245-01")]
    assert [(field["6"], field["a"]) for field in twins] == [("245-01/$1", "ギンガテツドウノヨル"), ("245-01/(B", "Gingatetsudonoyoru")]
    assert record["020"]["a"] == edition.description.isbns[0].number


def test_a_volume_stands_in_its_own_subfield_between_title_and_subtitle() -> None:
    edition = next(edition for edition in _of("三国志") if edition.description.title.volume == "2")
    record = next(iter(pymarc.MARCReader(io.BytesIO(as_marc(edition)))))
    assert record is not None
    assert record["245"].get_subfields("a", "n", "b") == ["三国志.", "2 :", "桃園の巻 /"]


def test_every_edition_is_a_sound_record_of_its_own() -> None:
    stream = io.BytesIO(b"".join(as_marc(edition) for edition in EDITIONS[::20]))
    records = list(pymarc.MARCReader(stream))
    assert None not in records
    assert [record["001"].data for record in records if record] == [edition.control_number for edition in EDITIONS[::20]]
    assert all(len(record["008"].data) == 40 for record in records if record)


def test_the_list_of_titles_is_what_its_derivation_makes_of_the_source() -> None:
    if not SOURCE.is_file():
        pytest.skip("the catalogue of Aozora Bunko is not on this machine")
    spec = importlib.util.spec_from_file_location("derive_titles", ROOT / "library/demo/data/derive_titles.py")
    assert spec is not None
    assert spec.loader is not None
    derivation = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derivation)
    assert [line.split("\t")[0] for line in derivation.lines(SOURCE)] == [work.number for work in works()]


def test_what_the_reader_of_marc_takes_in_is_what_was_described() -> None:
    some = EDITIONS[::3]
    outcomes = list(read(io.BytesIO(b"".join(as_marc(edition) for edition in some))))
    assert [outcome.description for outcome in outcomes if isinstance(outcome, Read)] == [edition.description for edition in some]
    assert not [warning for outcome in outcomes if isinstance(outcome, Read) for warning in outcome.warnings]
