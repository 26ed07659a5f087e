"""The union record: the best source speaks for each group, licences hold, and order never matters."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.description import Agent, ClassNumber, Description, Isbn, Link, Material, Note, Series, Subject, Title
from catalog.records.union import FieldGroup, Sourced, compose, work_key

NDL = Description(
    title=Title(main="銀河鉄道の夜", responsibility="宮沢賢治 作", reading="ギンガ テツドウ ノ ヨル"),
    agents=(Agent("宮沢, 賢治", reading="ミヤザワ, ケンジ", dates="1896-1933", main=True),),
    publisher="岩波書店",
    published="2000.12",
    year=2000,
    subjects=(Subject("児童文学", "ジドウ ブンガク", "ndlsh"),),
    classes=(ClassNumber("ndc", "913.6", "9"),),
    isbns=(Isbn("9784001140125"),),
    nbn="20131234",
    notes=(Note("索引あり", "bibliography"), Note("ジョバンニは…", "abstract")),
)
VENDOR = Description(
    title=Title(main="銀河鉄道の夜"),
    agents=(Agent("宮沢賢治", identifier="V1"),),
    publisher="岩波書店",
    publisher_reading="イワナミ ショテン",
    published="2000",
    year=2001,
    extent="233p",
    series=(Series("岩波少年文庫", volume="012"),),
    subjects=(Subject("児童文学", scheme="ndlsh"), Subject("銀河")),
    classes=(ClassNumber("ndc", "913.6", "9"), ClassNumber("ndc", "913", "10")),
    isbns=(Isbn("9784001140125", "小型"), Isbn("9784101092058")),
    notes=(Note("星祭りの夜…", "abstract"),),
)


def test_the_best_source_speaks_first_and_others_fill_its_silence() -> None:
    union = compose([Sourced(VENDOR, 2), Sourced(NDL, 1)])
    assert union.title == NDL.title
    assert union.agents == (Agent("宮沢, 賢治", reading="ミヤザワ, ケンジ", dates="1896-1933", main=True, identifier="V1"),)
    assert (union.published, union.year, union.publisher_reading) == ("2000.12", 2000, "イワナミ ショテン")
    assert union.extent == "233p"
    assert union.series == VENDOR.series
    assert union.nbn == "20131234"


def test_numbers_classes_and_subjects_join_without_doubles() -> None:
    union = compose([Sourced(NDL, 1), Sourced(VENDOR, 2)])
    assert union.isbns == (Isbn("9784001140125", "小型"), Isbn("9784101092058"))
    assert union.classes == (ClassNumber("ndc", "913.6", "9"), ClassNumber("ndc", "913", "10"))
    assert union.subjects == (*NDL.subjects, Subject("銀河"))


def test_what_a_licence_withholds_is_never_taken() -> None:
    withheld = frozenset({FieldGroup.ABSTRACT, FieldGroup.SUBJECTS, FieldGroup.SERIES, FieldGroup.IDENTIFIERS})
    union = compose([Sourced(NDL, 2), Sourced(VENDOR, 1, withheld)])
    assert union.notes == NDL.notes
    assert union.subjects == NDL.subjects
    assert union.series == ()
    assert union.isbns == NDL.isbns


def test_a_title_of_another_source_is_kept_as_another_title() -> None:
    other = Description(title=Title(main="Night on the Galactic Railroad"))
    union = compose([Sourced(NDL, 1), Sourced(other, 2)])
    assert [title.main for title in union.other_titles] == ["Night on the Galactic Railroad"]


def test_editions_of_a_work_share_a_key_and_other_works_do_not() -> None:
    plain = Description(title=Title(main="こころ"), agents=(Agent("夏目, 漱石", main=True),))
    bunko = Description(title=Title(main="こころ (文庫版)", responsibility="夏目漱石 著"))
    upper = Description(title=Title(main="こころ 上"), agents=(Agent("夏目漱石"),))
    assert work_key(plain) == work_key(bunko) == work_key(upper) == "こころ/夏目漱石"
    assert work_key(Description(title=Title(main="こころ"), agents=(Agent("小泉, 八雲"),))) != work_key(plain)
    assert work_key(Description()) == ""


_words = st.sampled_from(["銀河", "銀河鉄道", "ぎんが", "Galaxy", "galaxy", "宮沢, 賢治", "宮沢賢治", "!", ""])
_some = _words.filter(bool)
_descriptions = st.builds(
    Description,
    title=st.builds(Title, main=_some, rest=_words, volume=_words, reading=_words),
    other_titles=st.lists(st.builds(Title, main=_some, rest=_words), max_size=2).map(tuple),
    agents=st.lists(st.builds(Agent, name=_some, reading=_words, dates=st.sampled_from(["", "1896-", "1900-"])), max_size=2).map(tuple),
    publisher=_words,
    publisher_reading=_words,
    published=st.sampled_from(["", "2000", "2001.1"]),
    year=st.sampled_from([None, 2000, 2001]),
    extent=_words,
    material=st.sampled_from(list(Material)),
    series=st.lists(st.builds(Series, title=_some, volume=_words), max_size=2).map(tuple),
    subjects=st.lists(st.builds(Subject, term=_some, reading=_words, scheme=_words), max_size=3).map(tuple),
    classes=st.lists(st.builds(ClassNumber, scheme=_some, number=_some), max_size=2).map(tuple),
    isbns=st.lists(st.builds(Isbn, number=_some, qualifier=_words, whole_set=st.booleans()), max_size=3).map(tuple),
    nbn=_words,
    notes=st.lists(st.builds(Note, text=_some, kind=st.sampled_from(["general", "abstract", "contents"])), max_size=3).map(tuple),
    links=st.lists(st.builds(Link, url=_some, label=_words), max_size=2).map(tuple),
)
_sourced = st.builds(
    Sourced,
    description=_descriptions,
    rank=st.integers(1, 3),
    withheld=st.frozensets(st.sampled_from([group.value for group in FieldGroup]), max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_sourced, max_size=4).flatmap(lambda sources: st.tuples(st.just(sources), st.permutations(sources))))
def test_the_order_of_sources_does_not_change_the_union(pair: tuple[list[Sourced], list[Sourced]]) -> None:
    assert compose(pair[0]) == compose(pair[1])


@settings(max_examples=150, deadline=None)
@given(st.lists(_sourced, max_size=4))
def test_composing_a_union_again_changes_nothing(sources: list[Sourced]) -> None:
    union = compose(sources)
    assert compose([Sourced(union, 1)]) == union


@settings(max_examples=100, deadline=None)
@given(_sourced)
def test_nothing_comes_from_a_source_that_withholds_everything(sourced: Sourced) -> None:
    silent = Sourced(sourced.description, sourced.rank, frozenset(FieldGroup))
    assert compose([silent]) == Description()
