"""What a MARC21 record says, as a Description: titles with their readings, numbers, dates, kinds; and back into MARC."""

from __future__ import annotations

import io
import re
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.description import Agent, Audience, ClassNumber, Description, Isbn, Link, Material, Note, Series, Subject, Title
from catalog.marc import Read, WarningCode, read
from catalog.marc.fields.dates import year_of
from catalog.marc.fields.punctuation import bare
from catalog.marc.write import to_marc
from tests.unit.catalog.marc_samples import described, outcomes, real


def test_japan_marc_has_the_title_in_245_and_its_readings_in_two_880s() -> None:
    found = described(
        ("245", "00$6880-01$a鳰の海 :$b句集 /$c田島和生 著."),
        ("260", "##$6880-02$a東京 :$b角川書店,$c2007.12."),
        ("300", "##$a243p ;$c20cm +$eCD-ROM1枚"),
        ("700", "1#$6880-03$a田島, 和生,$d1937-$000301932"),
        ("880", "00$6245-01/\\S1$aニオ ノ ウミ :$bクシュウ."),
        ("880", "00$6245-01/(B$aNio no umi :$bKushu."),
        ("880", "##$6260-02/\\S1$bカドカワ ショテン."),
        ("880", "1#$6700-03/\\S1$aタジマ, カズオ,$d1937-$000301932"),
    )
    assert found.title == Title("鳰の海", "句集", "", "田島和生 著", "ニオ ノ ウミ", "クシュウ", "Nio no umi : Kushu")
    assert (found.place, found.publisher, found.publisher_reading) == ("東京", "角川書店", "カドカワ ショテン")
    assert (found.published, found.year, found.extent, found.size) == ("2007.12", 2007, "243p", "20cm")
    assert found.accompanying == "CD-ROM1枚"
    assert found.agents == (Agent("田島, 和生", "タジマ, カズオ", dates="1937-", identifier="00301932"),)


def test_western_files_have_the_original_script_in_880() -> None:
    found = described(
        ("245", "10$6880-01$aNingen shikkaku /$cDazai Osamu."),
        ("100", "1#$6880-02$aDazai, Osamu,$d1909-1948."),
        ("880", "10$6245-01/\\S1$a人間失格 /$c太宰治."),
        ("880", "1#$6100-02/\\S1$a太宰治,$d1909-1948."),
    )
    assert found.title == Title("人間失格", responsibility="太宰治", romaji="Ningen shikkaku")
    assert found.agents == (Agent("太宰治", romaji="Dazai, Osamu", dates="1909-1948", main=True),)


def test_a_title_of_kana_alone_in_western_custom_is_the_title_not_its_reading() -> None:
    found = described(("245", "10$6880-01$aKonbini"), ("880", "10$6245-01/\\S1$aコンビニ"))
    assert found.title == Title("コンビニ", romaji="Konbini")


def test_a_latin_title_of_japan_marc_keeps_its_kana_reading() -> None:
    found = described(("040", "##$aJTNDL$bjpn"), ("245", "00$6880-01$aNumber girl"), ("880", "00$6245-01/\\S1$aナンバー ガール"))
    assert (found.title.main, found.title.reading) == ("Number girl", "ナンバー ガール")


def test_a_latin_reading_of_japan_marc_is_a_reading_and_not_the_title() -> None:
    found = described(("040", "##$aJTNDL$bjpn"), ("245", "00$6880-01$aNikkei books"), ("880", "00$6245-01/\\S1$aNikkei Books"))
    assert (found.title.main, found.title.reading) == ("Nikkei books", "Nikkei Books")


@pytest.mark.parametrize(
    ("date", "year"),
    [
        *(("昭和32", 1957), ("平成12", 2000), ("令和元", 2019), ("H12", 2000), ("S32.5", 1957), ("[昭和32]", 1957), ("昭和三十二年", 1957)),
        *(("c1977", 1977), ("[19--?]", None), ("[1998?]", 1998), ("1957 [昭和32]", 1957), ("2012", 2012), ("明治45.7", 1912)),
        *(("2007.12", 2007), ("200712", 2007), ("一九五七", 1957), ("R6", 2024), ("", None), ("n.d.", None), ("文政3", 1820)),
    ],
)
def test_a_year_is_found_as_it_is_written(date: str, year: int | None) -> None:
    assert year_of(date) == year


def test_the_year_of_008_goes_before_the_date_as_written() -> None:
    assert described(("260", "##$c[出版年不明]"), fixed="190212s2019    ja ||||g |||| ||||||jpn  ").year == 2019
    assert described(("260", "##$c昭和32"), fixed="190212|||||    ja").year == 1957


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        *(
            ("銀河 :", "銀河"),
            ("銀河 /", "銀河"),
            ("Title.", "Title"),
            ("and so on...", "and so on..."),
            ("Gatewood, Willard B.", "Gatewood, Willard B."),
        ),
        *(
            ("東京 :", "東京"),
            ("Norton & Co.,", "Norton & Co."),
            ("Google+", "Google+"),
            ("26cm +", "26cm"),
            ("これで終わり。", "これで終わり。"),
        ),
    ],
)
def test_isbd_punctuation_goes_and_the_authors_own_stays(written: str, plain: str) -> None:
    assert bare(written) == plain


@pytest.mark.parametrize(
    ("text", "isbn"),
    [
        ("978-4-04-621880-3 :$c2667円", Isbn("9784046218803")),
        ("477418392X", Isbn("9784774183923")),
        ("0253325528 (alk. paper)", Isbn("9780253325525", "alk. paper")),
        ("978-4-04-621880-3 (セット)", Isbn("9784046218803", "セット", True)),
        ("978-4-04-621880-3$qset", Isbn("9784046218803", "set", True)),
        ("978-4-04-621880-3 (全3巻)", Isbn("9784046218803", "全3巻", True)),
        ("978-4-04-621880-3 (第1巻)", Isbn("9784046218803", "第1巻")),
    ],
)
def test_isbns_have_thirteen_digits_and_say_when_they_are_a_sets(text: str, isbn: Isbn) -> None:
    assert described(("020", f"##$a{text}")).isbns == (isbn,)


def test_classes_keep_their_scheme_and_edition() -> None:
    found = described(
        ("084", "##$aKH612$2kktb"),
        ("084", "##$a911.368$2njb/09"),
        ("084", "##$a911.368$2njb/10"),
        ("084", "##$a911.3$2njb/8"),
        ("082", "00$a973/.049$220"),
    )
    assert found.classes == (
        ClassNumber("ndlc", "KH612"),
        *(ClassNumber("ndc", number, edition) for number, edition in (("911.368", "9"), ("911.368", "10"), ("911.3", "8"))),
        ClassNumber("ddc", "973.049"),
    )


@pytest.mark.parametrize(
    ("leader", "fixed", "more", "material"),
    [
        ("00000nam a2200000   4500", "", (), Material.BOOK),
        ("00000cas a2200000   4500", "", (), Material.SERIAL),
        ("00000nem a2200000   4500", "", (), Material.MAP),
        ("00000ngm a2200000   4500", "", (), Material.VIDEO),
        ("00000njm a2200000   4500", "", (), Material.SOUND),
        ("00000ntm a2200000   4500", "", (), Material.MANUSCRIPT),
        ("00000nom a2200000   4500", "", (), Material.KIT),
        ("00000nam a2200000   4500", " " * 23 + "o", (), Material.EBOOK),
        ("00000nim a2200000   4500", " " * 23 + "o", (), Material.AUDIOBOOK),
        ("00000nam a2200000   4500", "", (("338", "##$aonline resource$bcr"),), Material.EBOOK),
        ("00000nam a2200000   4500", "", (("338", "##$bvd"),), Material.VIDEO),
        ("00000nam a2200000   4500", "", (("338", "##$bnc"), ("338", "##$bsd")), Material.BOOK),
    ],
)
def test_the_kind_of_material_is_told_from_the_coded_fields(
    leader: str, fixed: str, more: tuple[tuple[str, str], ...], material: Material
) -> None:
    assert described(*more, leader=leader, fixed=fixed).material is material


@pytest.mark.parametrize(
    ("code", "audience"),
    [("j", Audience.CHILDREN), ("a", Audience.CHILDREN), ("d", Audience.YOUNG_ADULT), ("g", Audience.ADULT), (" ", None)],
)
def test_audience_is_told_from_008(code: str, audience: Audience | None) -> None:
    assert described(fixed=" " * 22 + code).audience is audience


def test_subjects_series_notes_and_links() -> None:
    found = described(
        ("041", "1#$ajpn$heng"),
        ("490", "0#$6880-01$a新潮文庫 ;$vに-20-6"),
        ("490", "0#$a角川講座 / 村井純 監修 ;$v03"),
        ("880", "0#$6490-01/\\S1$aシンチョウ ブンコ"),
        ("505", "00$t第一章 /$r甲 述.$t第二章."),
        ("520", "##$aあらすじ。"),
        ("650", "#7$6880-02$a電子書籍$z日本$2ndlsh$0001"),
        ("880", "#7$6650-02/\\S1$aデンシ ショセキ$zニホン$0001"),
        ("653", "##$a英語$a和訳"),
        ("856", "40$uhttps://example.jp/book$y本文"),
    )
    assert found.original_language == "eng"
    assert found.series == (Series("新潮文庫", "シンチョウ ブンコ", "に-20-6"), Series("角川講座", volume="03"))
    assert found.notes == (Note("第一章 / 甲 述 -- 第二章", "contents"), Note("あらすじ。", "abstract"))
    assert found.subjects == (Subject("電子書籍--日本", "デンシ ショセキ--ニホン", "ndlsh"), Subject("英語"), Subject("和訳"))
    assert found.links == (Link("https://example.jp/book", "本文"),)


def test_every_linked_japan_marc_title_has_its_kana_reading() -> None:
    found = [one for one in read(real("japan/japan_marc_233.mrc")) if isinstance(one, Read)]
    assert len(found) == 233
    without = [one for one in found if not one.description.title.reading]
    # Three research reports point at an 880 which the file itself lacks.
    assert [one.position for one in without] == [57, 229, 233]
    assert all(WarningCode.DANGLING_LINK in [warning.code for warning in one.warnings] for one in without)
    latin_or_kana = re.compile("[ァ-ヺ]")
    # The Korean rules have their reading in hangul.
    assert [one.position for one in found if one not in without and not latin_or_kana.search(one.description.title.reading)] == [115]


def test_every_text_is_composed_and_trimmed() -> None:
    def texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for one in value.values() for text in texts(one)]
        if isinstance(value, list):
            return [text for one in value for text in texts(one)]
        return [value] if isinstance(value, str) else []

    for name in ("japan/japan_marc_233.mrc", "marc/specTestRecs.mrc", "marc/edge/traject_test_data.utf8.mrc.gz"):
        for one in read(real(name)):
            assert isinstance(one, Read)
            for text in texts(msgspec.to_builtins(one.description)):
                assert unicodedata.is_normalized("NFC", text)
                assert text == text.strip()
                assert "\x1f" not in text


def _there_and_back(description: Description) -> Description:
    record = to_marc(description, control_number="7", organisation_code="JP-Test")
    (found,) = outcomes(record.as_marc())
    assert isinstance(found, Read)
    assert (found.control_number, found.control_number_identifier) == ("7", "JP-Test")
    assert found.warnings == ()
    return found.description


def test_real_descriptions_come_back_from_marc_unchanged() -> None:
    for one in read(real("japan/japan_marc_233.mrc")):
        assert isinstance(one, Read)
        carried = tuple(Note(note.text, "general") if note.kind == "other" else note for note in one.description.notes)
        expected = msgspec.structs.replace(one.description, notes=carried)
        assert _there_and_back(expected) == expected


_han = st.text("銀河鉄道の夜宮沢賢治ABC春夏", min_size=1, max_size=8)
_kana = st.text("アイウエオカキクケコ", min_size=1, max_size=8)
_latin = st.text("abcdeABCDE", min_size=2, max_size=8)


def _maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | strategy


_agent_kinds = st.sampled_from(["person", "body", "meeting"])
_note_kinds = st.sampled_from(["general", "abstract", "contents", "bibliography"])
_editions = st.sampled_from(["8", "9", "10", ""])
_series = st.builds(Series, title=_han, reading=_maybe(_kana), volume=_maybe(_han))
_titles = st.builds(
    Title,
    main=_han,
    rest=_maybe(_han),
    volume=_maybe(_han),
    responsibility=_maybe(_han),
    reading=_kana,
    rest_reading=_maybe(_kana),
    romaji=_latin,
)
_descriptions = st.builds(
    Description,
    title=_titles,
    agents=st.lists(
        st.builds(
            Agent,
            name=_han,
            reading=_maybe(_kana),
            romaji=_maybe(_latin),
            kind=st.sampled_from(["person", "body", "meeting"]),
            role=_maybe(_han),
        ),
        max_size=4,
        unique_by=lambda agent: agent.name,
    ).map(tuple),
    edition=_maybe(_han),
    place=_maybe(_han),
    publisher=_han,
    publisher_reading=_maybe(_kana),
    published=st.sampled_from(["", "2001.4", "[平成13]"]),
    year=st.integers(1000, 2099),
    extent=_maybe(_han),
    size=st.sampled_from(["", "20cm"]),
    material=st.sampled_from(list(Material)),
    language=st.sampled_from(["", "jpn", "eng"]),
    series=st.lists(
        st.builds(Series, title=_han, reading=_maybe(_kana), volume=_maybe(_han)), max_size=2, unique_by=lambda one: one.title.lower()
    ).map(tuple),
    subjects=st.lists(
        st.builds(
            Subject,
            term=_han,
            reading=_maybe(_kana),
            scheme=st.sampled_from(["", "ndlsh", "bsh"]),
            kind=st.sampled_from(["topic", "place", "person", "body", "title", "genre"]),
        ),
        max_size=3,
        unique_by=lambda subject: (subject.term, subject.scheme),
    ).map(tuple),
    classes=st.lists(
        st.builds(
            ClassNumber, scheme=st.just("ndc"), number=st.sampled_from(["913.6", "E"]), edition=st.sampled_from(["8", "9", "10", ""])
        ),
        unique=True,
    ).map(tuple),
    isbns=st.sampled_from([(), (Isbn("9784001140125", "セット", True),), (Isbn("9784001140125"), Isbn("9784774183923", "上"))]),
    nbn=st.sampled_from(["", "20131234", "dnb:123"]),
    notes=st.lists(st.builds(Note, text=_han, kind=_note_kinds), max_size=3, unique=True).map(tuple),
    links=st.sampled_from([(), (Link("https://example.jp/", "本文"),)]),
)


@settings(max_examples=150, deadline=None)
@given(_descriptions)
def test_a_description_comes_back_from_marc_unchanged(description: Description) -> None:
    assert _there_and_back(description) == description


def test_what_is_written_is_a_record_that_others_read() -> None:
    from pymarc import MARCReader

    written = to_marc(Description(title=Title("銀河", reading="ギンガ")), control_number="1", organisation_code="X").as_marc()
    (record,) = MARCReader(io.BytesIO(written))
    assert record is not None
    assert record["245"]["a"] == "銀河"
    assert [field["a"] for field in record.get_fields("880")] == ["ギンガ"]
    assert len(record["008"].data) == 40
