"""Matching: volumes as tokens, keys to find candidates, and verdicts that a cataloguer would give."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.description import Agent, Description, Isbn, Material, Title
from catalog.matching.normal import isbn13, key
from catalog.matching.score import Key, KeyKind, ReasonCode, Verdict, keys, score, without_role
from catalog.matching.volume import volume_token, without_volume

ISBN = "9784101001012"
OTHER_ISBN = "9784003101018"


def book(
    title: str,
    author: str = "",
    isbn: str = "",
    *,
    volume: str = "",
    reading: str = "",
    rest: str = "",
    publisher: str = "",
    year: int | None = None,
    **more: object,
) -> Description:
    return Description(
        title=Title(main=title, volume=volume, reading=reading, rest=rest),
        agents=(Agent(author),) if author else (),
        isbns=(Isbn(isbn, whole_set=bool(more.pop("whole_set", False))),) if isbn else (),
        publisher=publisher,
        year=year,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("text", "token"),
    [
        *((text, "3") for text in ("3", "(3)", "\uff083\uff09", "3", "三", "Ⅲ", "III")),
        *((text, "3") for text in ("第3巻", "第三巻", "3巻", "vol.3", "Vol. 03", "v. 3", "3.")),
        *((text, "上") for text in ("上", "上巻", "(上)", "上の巻", "上編")),
        ("第3巻 下", "3下"),
        ("第十二集", "12"),
        ("二十", "20"),
        ("2019年版", "2019"),
        ("2010 新プラットフォーム編", "2010"),
        ("春の巻", "春の巻"),
        ("", ""),
        *((text, "1-2") for text in ("第1期 2", "第1部 第2巻", "Vol.1 No.2", "vol. 1, pt. 2", "1-2", "1〜2", "第1巻の2", "Band 1, Teil 2")),
        *((text, "1上") for text in ("第1巻上", "1.上", "1 (上)", "第1巻 上巻", "一上")),
        *((text, "1") for text in ("巻1", "巻の一", "その1", "其之一")),
        *((text, "別2") for text in ("別巻2", "別巻 2", "別巻 (2)")),
        ("資料編 第1巻", "資料編1"),
        ("通史編 第1巻", "通史編1"),
        ("1998 no. 3", "1998-3"),
        ("2004年10月号", "2004-10"),
        ("2012年9月調査版", "20129月調査版"),
        ("2019年 上期", "2019上"),
        *((text, "2004") for text in ("2004年版", "平成16年版", "平成16年度")),
        ("令和元年版", "2019"),
        ("第3巻 3匹の子ぶた", "3"),
        *((text, "2013秋冬") for text in ("2013秋冬 (2020年の開催地は東京!)", "2013秋冬")),
        ("第5巻 1941-1945", "5"),
    ],
)
def test_a_volume_has_one_token_however_it_is_written(text: str, token: str) -> None:
    assert volume_token(text) == token


@pytest.mark.parametrize(
    ("title", "core", "token"),
    [
        ("海辺のカフカ 上", "海辺のカフカ", "上"),
        ("海辺のカフカ\uff08上\uff09", "海辺のカフカ", "上"),
        ("こころ 第2巻", "こころ", "2"),
        ("戦争と平和 1 下", "戦争と平和", "1下"),
        ("1Q84", "1Q84", ""),
        ("2001年宇宙の旅", "2001年宇宙の旅", ""),
        ("三四郎", "三四郎", ""),
        ("一", "一", ""),
        ("Malcolm X", "Malcolm X", ""),
        ("ONE PIECE 巻一", "ONE PIECE", "1"),
        ("漱石全集 別巻", "漱石全集", "別"),
        ("崖の上", "崖の上", ""),
        ("ブックビジネス2.0", "ブックビジネス2.0", ""),
        ("源氏物語. 2", "源氏物語", "2"),
    ],
)
def test_a_volume_is_taken_off_the_end_of_a_title_and_nothing_else_is(title: str, core: str, token: str) -> None:
    assert without_volume(title) == (core, token)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("4-10-100101-4", "9784101001012"),
        ("978-4-10-100101-2", "9784101001012"),
        ("477418392X", "9784774183923"),
        ("4-10-100101-3", ""),
        ("978-4-10-100101-3", ""),
        ("123", ""),
        ("", ""),
    ],
)
def test_an_isbn_becomes_thirteen_digits_or_nothing(written: str, number: str) -> None:
    assert isbn13(written) == number


def test_keys_fold_width_case_kana_and_punctuation() -> None:
    assert key("ガンバ!") == key("がんば") == key("ガンバ")
    assert key("宮沢, 賢治") == key("宮沢賢治")
    assert key("Café  MÜLLER") == "cafemuller"
    assert key("ハハ") != key("パパ")


def test_an_isbn_of_a_set_carries_the_volume_in_its_key() -> None:
    upper, lower = (book("海辺のカフカ", isbn=ISBN, volume=volume, whole_set=True) for volume in ("上", "下"))
    assert Key(KeyKind.ISBN, f"{ISBN}/上") in keys(upper)
    assert not {one for one in keys(upper) if one.kind is KeyKind.ISBN} & set(keys(lower))


def test_a_volume_in_the_title_and_one_beside_it_give_the_same_key() -> None:
    assert set(keys(book("海辺のカフカ 上"))) & set(keys(book("海辺のカフカ", volume="上巻")))


KOKORO = book("こころ", "夏目, 漱石", publisher="新潮社", year=2004)
HOUSE: dict[str, Any] = {"publisher": "岩波書店", "year": 2004}
NASTY = [
    (
        "上 and 下 glued to the titles, one ISBN",
        book("ハリー・ポッターと炎のゴブレット上", "ローリング", ISBN),
        book("ハリー・ポッターと炎のゴブレット下", "ローリング", ISBN),
        Verdict.REVIEW,
    ),
    (
        "上 on one side only, one ISBN",
        book("炎のゴブレット上", "ローリング", ISBN),
        book("炎のゴブレット", "ローリング", ISBN),
        Verdict.REVIEW,
    ),
    ("上 and 下 behind a colon", book("海辺のカフカ", rest="上", **HOUSE), book("海辺のカフカ", rest="下", **HOUSE), Verdict.DIFFERENT),
    (
        "上 behind a colon and beside",
        book("海辺のカフカ", isbn=ISBN, rest="上"),
        book("海辺のカフカ", isbn=ISBN, volume="上巻"),
        Verdict.SAME,
    ),
    ("1 上 and 1 下", book("国語", isbn=ISBN, volume="1.上"), book("国語", isbn=ISBN, volume="1.下"), Verdict.DIFFERENT),
    (
        "two volumes of a period",
        book("著作集", isbn=ISBN, volume="第1期 2"),
        book("著作集", isbn=ISBN, volume="第1期 3"),
        Verdict.DIFFERENT,
    ),
    (
        "grades in the title, one ISBN",
        book("わたしたちの渋谷 3年生用", isbn=ISBN),
        book("わたしたちの渋谷 4年生用", isbn=ISBN),
        Verdict.REVIEW,
    ),
    ("one national number on 上 and 下", book("平家物語", nbn="2", volume="上"), book("平家物語", nbn="2", volume="下"), Verdict.REVIEW),
    (
        "an ISBN used twice for books with like titles",
        book("電気工学入門", "田中, 一郎", ISBN),
        book("電子工学入門", "鈴木, 健", ISBN),
        Verdict.REVIEW,
    ),
    ("a slip of the keyboard", book("銀河鉄の夜", "宮沢賢治", ISBN), book("銀河鉄道の夜", "宮澤, 賢治", ISBN, **HOUSE), Verdict.SAME),
    (
        "the series in brackets behind the title",
        book("ぐりとぐら(こどものとも傑作集)", "中川李枝子", ISBN),
        book("ぐりとぐら", "中川, 李枝子", ISBN, **HOUSE),
        Verdict.SAME,
    ),
    (
        "one ISBN for a set whose volumes stand behind a colon",
        book("新日本古典文学大系", isbn=ISBN, rest="源氏物語"),
        book("新日本古典文学大系", isbn=ISBN, rest="平家物語"),
        Verdict.REVIEW,
    ),
    (
        "a series title above two books",
        book("新日本古典文学大系", rest="源氏物語の世界", **HOUSE),
        book("新日本古典文学大系", rest="平家物語の世界", **HOUSE),
        Verdict.REVIEW,
    ),
    (
        "volumes with one number in two parts of a set",
        book("県史", publisher="県", year=1980, volume="第1巻 資料編"),
        book("県史", publisher="県", year=1980, volume="第1巻 通史編"),
        Verdict.REVIEW,
    ),
    (
        "an annual of two years",
        book("Acts and resolutions", "South Carolina", publisher="Faust", year=1814),
        book("Acts and resolutions", "South Carolina", publisher="Faust", year=1815),
        Verdict.REVIEW,
    ),
    (
        "one speech from two printers",
        book("Modern democracy", "Tappan, Mason", publisher="Buell & Blanchard", year=1856),
        book("Modern democracy", "Tappan, Mason", publisher="Greely & McElrath", year=1856),
        Verdict.REVIEW,
    ),
    ("a revised edition", book("図書館学", "山田", **HOUSE), book("図書館学", "山田", edition="改訂版", **HOUSE), Verdict.REVIEW),
    ("a first edition that says so", book("図書館学", "山田", **HOUSE), book("図書館学", "山田", edition="初版", **HOUSE), Verdict.SAME),
    (
        "many more pages",
        book("図書館学", "山田", extent="243p", **HOUSE),
        book("図書館学", "山田", extent="xi, 410p", **HOUSE),
        Verdict.REVIEW,
    ),
    (
        "pages counted otherwise",
        book("図書館学", "山田", extent="243p", **HOUSE),
        book("図書館学", "山田", extent="xi, 245 p.", **HOUSE),
        Verdict.SAME,
    ),
    (
        "year and pages of another edition",
        book("図書館学", "山田", publisher="有斐閣", year=2004, extent="243p"),
        book("図書館学", "山田", publisher="有斐閣", year=2010, extent="310p"),
        Verdict.DIFFERENT,
    ),
    ("plates beside the pages", book("Acts", extent="122, [3] p.", **HOUSE), book("Acts", extent="122 p.", **HOUSE), Verdict.SAME),
    (
        "no year on one side",
        book("走れメロス", "太宰治", publisher="新潮社"),
        book("走れメロス", "太宰治", publisher="新潮社", year=1985),
        Verdict.REVIEW,
    ),
    ("an author's initials", book("Art", "Fedorov, A. V.", **HOUSE), book("Art", "Fedorov, Andreĭ Venediktovich", **HOUSE), Verdict.SAME),
    ("book and kit with one ISBN", book("理科実験", isbn=ISBN), book("理科実験", isbn=ISBN, material=Material.KIT), Verdict.REVIEW),
]
CASES = [
    ("equal national numbers", book("こころ", nbn="20000001"), book("こゝろ", nbn="20000001"), Verdict.SAME),
    ("equal numbers, unlike titles", book("こころ", nbn="20000001"), book("電気工学入門", nbn="20000001"), Verdict.REVIEW),
    ("equal ISBN and title", book("こころ", "夏目, 漱石", ISBN), book("こころ", "夏目漱石", ISBN), Verdict.SAME),
    (
        "a school list row",
        book("こころ", "夏目漱石 著", ISBN),
        book("こころ", "夏目, 漱石", ISBN, publisher="新潮社", year=2004),
        Verdict.SAME,
    ),
    ("ISBN used again for another book", book("こころ", isbn=ISBN), book("電気工学入門", isbn=ISBN), Verdict.REVIEW),
    ("上 and 下 sharing an ISBN", book("海辺のカフカ", isbn=ISBN, volume="上"), book("海辺のカフカ 下", isbn=ISBN), Verdict.DIFFERENT),
    ("one ISBN, volume told on one side", book("海辺のカフカ", isbn=ISBN, volume="上"), book("海辺のカフカ", isbn=ISBN), Verdict.REVIEW),
    (
        "a set's ISBN, same volume",
        book("全集", "夏目漱石", ISBN, volume="1", whole_set=True),
        book("全集 第1巻", "夏目漱石", ISBN, whole_set=True),
        Verdict.SAME,
    ),
    (
        "文庫 and 単行本",
        book("博士の愛した数式", "小川, 洋子", ISBN, publisher="新潮社", year=2005, size="16cm"),
        book("博士の愛した数式", "小川, 洋子", OTHER_ISBN, publisher="講談社", year=2003, size="20cm"),
        Verdict.DIFFERENT,
    ),
    (
        "文庫 and 単行本 of one publisher",
        book("博士の愛した数式", "小川, 洋子", ISBN, publisher="新潮社", year=2005, size="16cm"),
        book("博士の愛した数式", "小川, 洋子", OTHER_ISBN, publisher="新潮社", year=2003, size="20cm"),
        Verdict.DIFFERENT,
    ),
    ("without ISBN, all else equal", KOKORO, book("こころ", "夏目漱石", publisher="(株)新潮社", year=2004), Verdict.SAME),
    ("without ISBN, another publisher and year", KOKORO, book("こころ", "夏目漱石", publisher="岩波書店", year=1989), Verdict.DIFFERENT),
    ("title and author only", book("こころ", "夏目漱石"), KOKORO, Verdict.REVIEW),
    ("same title by another author", KOKORO, book("こころ", "小泉八雲", publisher="岩波書店", year=2004), Verdict.DIFFERENT),
    ("volumes differ", book("ナルト 3", "岸本斉史"), book("ナルト 4", "岸本斉史"), Verdict.DIFFERENT),
    ("volumes written differently", book("ナルト", volume="第3巻", nbn="2"), book("ナルト 3", nbn="2"), Verdict.SAME),
    (
        "book and audiobook",
        KOKORO,
        book("こころ", "夏目漱石", publisher="新潮社", year=2004, material=Material.AUDIOBOOK),
        Verdict.DIFFERENT,
    ),
    ("book and e-book with one ISBN", book("こころ", isbn=ISBN), book("こころ", isbn=ISBN, material=Material.EBOOK), Verdict.DIFFERENT),
    (
        "second and third edition",
        book("図書館学", "山田", publisher="有斐閣", year=2010, edition="第2版"),
        book("図書館学", "山田", publisher="有斐閣", year=2010, edition="第3版"),
        Verdict.DIFFERENT,
    ),
    (
        "old and new kanji that read alike",
        book("國語學史", "時枝, 誠記", reading="コクゴ ガクシ", publisher="岩波書店", year=1940),
        book("国語学史", "時枝, 誠記", reading="コクゴガクシ", publisher="岩波書店", year=1940),
        Verdict.SAME,
    ),
    (
        "Western names in either order",
        book("The pragmatic programmer", "Hunt, Andrew", publisher="Addison-Wesley", year=2000),
        book("The Pragmatic Programmer", "Andrew Hunt", publisher="Addison Wesley", year=2000),
        Verdict.SAME,
    ),
    (
        "a common title proper above two documents",
        book("報告書", "文部省", publisher="文部省", year=1980, rest="学校図書館の現状"),
        book("報告書", "文部省", publisher="文部省", year=1980, rest="給食の献立と栄養"),
        Verdict.REVIEW,
    ),
    (
        "both numbers differ",
        book("法律実務", "田島", ISBN, publisher="日本加除出版", year=2013, nbn="22319486"),
        book("法律実務", "田島", OTHER_ISBN, publisher="日本加除出版", year=2013, nbn="22161636"),
        Verdict.DIFFERENT,
    ),
    *NASTY,
    ("nothing alike", KOKORO, book("電気工学入門", "田中, 一郎", publisher="オーム社", year=2004), Verdict.DIFFERENT),
]


@pytest.mark.parametrize(("case", "a", "b", "verdict"), CASES, ids=[case[0] for case in CASES])
def test_the_verdict_is_a_cataloguers(case: str, a: Description, b: Description, verdict: Verdict) -> None:
    match = score(a, b)
    assert match.verdict is verdict, (case, match)


@pytest.mark.parametrize(("case", "a", "b", "verdict"), CASES, ids=[case[0] for case in CASES])
def test_a_score_does_not_depend_on_which_comes_first(case: str, a: Description, b: Description, verdict: Verdict) -> None:
    one, other = score(a, b), score(b, a)
    assert (one.score, one.verdict) == (other.score, other.verdict)
    assert {reason.code for reason in one.reasons} == {reason.code for reason in other.reasons}


def test_a_match_says_in_words_why() -> None:
    match = score(book("海辺のカフカ", isbn=ISBN, volume="上"), book("海辺のカフカ", isbn=ISBN, volume="下"))
    said = {reason.code: reason.detail for reason in match.reasons}
    assert said[ReasonCode.ISBN_EQUAL] == f"ISBNが同じ({ISBN})"
    assert said[ReasonCode.VOLUME_DIFFERS] == "巻が違う(上と下)"


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        *(("宮沢賢治 作", "宮沢賢治"), ("宮沢賢治作", "宮沢賢治"), ("太宰治著", "太宰治"), ("いわさきちひろ え・ぶん", "いわさきちひろ")),
        *(
            ("中川李枝子さく", "中川李枝子"),
            ("司馬遼太郎 [著]", "司馬遼太郎"),
            ("ヤンソン作・絵", "ヤンソン"),
            ("松谷みよ子文・絵", "松谷みよ子"),
            ("訳", "訳"),
        ),
        *((name, name) for name in ("湊かなえ", "伊藤博文", "遠藤周作", "佐藤栄作", "夢野久作", "長谷川周作")),
    ],
)
def test_a_role_is_taken_off_a_name_and_no_letter_of_the_name_with_it(stated: str, name: str) -> None:
    assert without_role(stated) == name
