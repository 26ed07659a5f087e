"""The order of the first results."""

from __future__ import annotations

import pytest

from search.asking import rank
from search.asking.query import parse
from search.index.document import Document

LIBRARY = [
    Document(record_id=1, title="こころ", title_readings=("ココロ",), authors=("夏目, 漱石",), author_readings=("ナツメ, ソウセキ",)),
    Document(record_id=2, title="こころの処方箋", title_readings=("ココロ ノ ショホウセン",), authors=("河合, 隼雄",)),
    Document(record_id=3, title="心", title_readings=("ココロ",), authors=("小泉, 八雲",)),
    Document(record_id=4, title="日本のこころ", title_readings=("ニホン ノ ココロ",), popularity=500),
    Document(record_id=5, title="漱石の思い出", authors=("夏目, 鏡子",)),
    Document(record_id=6, title="鬼滅の刃", volume="23", authors=("吾峠, 呼世晴",)),
    Document(record_id=7, title="鬼滅の刃", volume="1", authors=("吾峠, 呼世晴",), popularity=90),
]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("こころ", [1, 3, 2]),
        ("心", [3]),
        ("kokoro", [1, 3]),
        ("鬼滅の刃 23", [6, 7]),
        ("鬼滅の刃1巻", [7, 6]),
        ("漱石", [1, 5]),
        ("ナツメソウセキ", [1]),
    ],
)
def test_the_record_that_says_it_most_exactly_comes_first(typed: str, first: list[int]) -> None:
    found = rank.order(parse(typed), [(document.record_id, rank.exact(document)) for document in LIBRARY])
    assert found[: len(first)] == first


def test_equals_come_in_one_order_whichever_engine_found_them() -> None:
    volumes = {5: "10", 3: "2", 9: "", 4: "下", 8: "上", 2: "2"}
    same = [(number, rank.exact(Document(record_id=number, title="銀河", volume=volume))) for number, volume in volumes.items()]
    assert rank.order(parse("銀河"), same) == rank.order(parse("銀河"), reversed(same)) == [9, 2, 3, 5, 8, 4]


@pytest.mark.parametrize("typed", ["ポプラ新書 18", "ポプラ新書018", "ポプラ新書 第十八巻", "ポプラ新書（18）"])
def test_a_number_in_a_series_is_told_from_another(typed: str) -> None:
    series = {1: "ポプラ新書 017", 2: "ポプラ新書 018", 3: "ポプラ新書 118"}
    found = [
        (number, rank.exact(Document(record_id=number, title="紙の本", series=("ポプラ新書",), series_numbered=(place,))))
        for number, place in series.items()
    ]
    assert rank.order(parse(typed), found)[0] == 2


def test_a_typing_error_is_forgiven_and_what_is_far_is_left_out() -> None:
    documents = [(document.record_id, rank.exact(document)) for document in LIBRARY]
    assert rank.order(parse("鬼減の刃"), documents, relaxed=True) == [7, 6]


def test_exact_forms_come_back_from_storage_as_they_were() -> None:
    forms = rank.exact(LIBRARY[0])
    assert rank.unpack(rank.pack(forms)) == forms


@pytest.mark.parametrize(
    ("typed", "document"),
    [
        ("ほげほげんちょ", Document(record_id=1, title="幻聴", title_readings=("ゲンチョウ",))),
        ("赤毛のアン", Document(record_id=1, title="春の暗示", title_readings=("ハル ノ アンジ",))),
        ("ハリー・ポッター", Document(record_id=1, title="針", title_readings=("ハリ",), popularity=900)),
        ("恐竜", Document(record_id=1, title="竜", title_readings=("リュウ",), popularity=900)),
        ("ポケモン", Document(record_id=1, title="門", title_readings=("モン",), popularity=900)),
        ("明暗 2", Document(record_id=1, title="月に吠える", title_readings=("ツキ ニ ホエル",), volume="2", popularity=900)),
    ],
)
def test_what_only_shares_some_sounds_is_no_near_answer_however_much_it_is_read(typed: str, document: Document) -> None:
    assert rank.order(parse(typed), [(1, rank.exact(document))], relaxed=True) == []


@pytest.mark.parametrize(
    ("typed", "document"),
    [
        ("羅城門", Document(record_id=1, title="羅生門")),
        ("ごだいさう", Document(record_id=1, title="五大葬", title_readings=("ゴダイソウ",))),
        ("漱石の思いで話", Document(record_id=1, title="漱石の思い出話")),
        ("夏目漱石 ほげほげ", LIBRARY[0]),
        ("明暗 2", Document(record_id=1, title="明暗")),
        ("銀河てつどうの夜", Document(record_id=1, title="銀河鉄道の夜", title_readings=("ギンガ テツドウ ノ ヨル",))),
        ("注文のおおい料理てん", Document(record_id=1, title="注文の多い料理店", title_readings=("チュウモン ノ オオイ リョウリテン",))),
    ],
)
def test_one_slip_or_one_word_too_many_still_finds(typed: str, document: Document) -> None:
    assert rank.order(parse(typed), [(1, rank.exact(document))], relaxed=True) == [1]
