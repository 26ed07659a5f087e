"""A title as it is shown: marked, read, and still the same title."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.asking.query import parse
from search.pages.face import face


def drawn(title: str, reading: str, words: str, *, with_reading: bool) -> str:
    """[marked] and 漢字(かんじ)."""
    runs = face(title, reading, parse(words), with_reading=with_reading)
    text = ""
    for marked, pairs in runs:
        run = "".join(f"{base}({sound})" if sound else base for base, sound in pairs)
        text += f"[{run}]" if marked else run
    return text


@pytest.mark.parametrize(
    ("title", "reading", "words", "plain", "spoken"),
    [
        ("銀河鉄道の夜", "ギンガ テツドウ ノ ヨル", "銀河", "[銀河]鉄道の夜", "[銀河鉄道(ぎんがてつどう)]の夜(よる)"),
        ("銀河鉄道の夜", "ギンガ テツドウ ノ ヨル", "ぎんがてつどう", "[銀河鉄道]の夜", "[銀河鉄道(ぎんがてつどう)]の夜(よる)"),
        ("銀河鉄道の夜", "ギンガ テツドウ ノ ヨル", "yoru", "銀河鉄道の[夜]", "銀河鉄道(ぎんがてつどう)の[夜(よる)]"),
        ("吾輩は猫である", "ワガハイ ワ ネコ デ アル", "ねこ", "吾輩は[猫]である", "吾輩(わがはい)は[猫(ねこ)]である"),
        ("コンピューターの本", "コンピューター ノ ホン", "コンピュータ", "[コンピューター]の本", "[コンピューター]の本(ほん)"),
        ("Night train", "", "train", "Night [train]", "Night [train]"),
        ("夜", "", "昼", "夜", "夜"),
        ("夜", "ヨル", "", "夜", "夜(よる)"),
    ],
)
def test_the_part_searched_for_is_marked_also_by_its_sound(title: str, reading: str, words: str, plain: str, spoken: str) -> None:
    assert drawn(title, reading, words, with_reading=False) == plain
    assert drawn(title, reading, words, with_reading=True) == spoken


JAPANESE = st.text(alphabet="銀河鉄道の夜はねこネコーっょA1 　・〈〉", min_size=1, max_size=12)


@given(JAPANESE, JAPANESE, JAPANESE, st.booleans())
def test_whatever_is_marked_the_title_stays_whole(title: str, reading: str, words: str, with_reading: bool) -> None:
    runs = face(title, reading, parse(words), with_reading=with_reading)
    assert "".join(base for _, pairs in runs for base, _ in pairs) == title
