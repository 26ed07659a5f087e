"""Which entry somebody's words ask for; and that nothing is better than a wrong one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest
import yaml

from library.i18n import texts
from search.procedures import exchange, facts, matching, tongues, wording
from search.procedures.content import TOPICS, Content, Text, behind, holds, is_own_or_secure, missing, written, wrong_in

TEMPLATES = sorted((Path(__file__).resolve().parents[3] / "search/templates/guide").glob("*.html"))
STARTING = {row.pop("key"): msgspec.convert(row, Content) for row in yaml.safe_load(exchange.starting())}

ASKED: list[tuple[str, str, str]] = [
    ("ja", "カードをなくした", "lost-card"),
    ("ja", "利用者カードを落としてしまったのですが、どうすればいいですか", "lost-card"),
    ("ja", "図書カードってどうやって作るの", "make-a-card"),
    ("ja", "本をなくしちゃった", "lost-or-damaged"),
    ("ja", "借りた本に水をこぼした", "lost-or-damaged"),
    ("ja", "何冊まで借りられる？", "how-many-how-long"),
    ("ja", "パスワード忘れました", "forgotten-password"),
    ("ja", "引っ越しました", "change-of-address"),
    ("ja", "延長できますか", "renew"),
    ("ja", "返却が遅れそうです", "late"),
    ("ja", "どこの図書館でも返せる？", "return"),
    ("ja", "マイナンバーカードで借りられる？", "my-number"),
    ("ja", "コピーはできますか", "copying"),
    ("ja", "予約を取り消したい", "cancel-hold"),
    ("ja", "Wi-Fiありますか", "reading-room"),
    ("ja", "休館日はいつですか", "opening-days"),
    ("ja", "図書館のカードを作りたいんですが", "make-a-card"),
    ("ja", "子どもの図書カードを作りたい", "childs-card"),
    ("ja", "予約した本はいつまで取り置いてもらえますか", "pick-up"),
    ("ja", "返却ポストはどこ？", "return"),
    ("ja", "電子書籍はどうやって借りるの", "ebooks"),
    ("ja", "図書館にない本をリクエストしたい", "wanted-title"),
    ("ja", "忘れ物をしたみたいです", "lost-property"),
    ("ja", "車いすで行けますか", "accessibility-services"),
    ("ja", "団体貸出について知りたい", "group-loan"),
    ("ja", "隣の区の図書館の本を借りたい", "interlibrary"),
    ("ja", "前に借りた本の履歴を見たい", "privacy"),
    ("ja", "学校で本を受け取れますか", "school-loans"),
    ("ja", "スマホをカードの代わりにできる？", "card-on-phone"),
    ("ja", "苦情を言いたい", "contact"),
    ("en", "I lost my library card", "lost-card"),
    ("en", "How many books can I borrow at once?", "how-many-how-long"),
    ("en", "how do I renew my books", "renew"),
    ("en", "I forgot my password", "forgotten-password"),
    ("en", "Can I return books to a different branch?", "return"),
    ("en", "do you have wifi", "reading-room"),
    ("en", "I want to cancel my hold", "cancel-hold"),
    ("en", "how do I get a library card?", "make-a-card"),
    ("en", "what are your opening hours", "opening-days"),
    ("en", "my child tore a page", "lost-or-damaged"),
    ("en", "Is there a late fee?", "late"),
    ("en", "Can I make photocopies?", "copying"),
    ("en", "I moved to a new apartment, change address", "change-of-address"),
    ("zh", "我的借书证丢了", "lost-card"),
    ("zh", "怎么办理借书证？", "make-a-card"),
    ("zh", "可以借几本书", "how-many-how-long"),
    ("zh", "忘记密码了怎么办", "forgotten-password"),
    ("zh", "如何续借", "renew"),
    ("zh", "图书馆几点关门", "opening-days"),
    ("zh", "我把书弄丢了", "lost-or-damaged"),
    ("zh", "怎么取消预约", "cancel-hold"),
    ("zh", "可以在别的图书馆还书吗", "return"),
    ("ko", "카드를 잃어버렸습니다", "lost-card"),
    ("ko", "책을 몇 권 빌릴 수 있나요?", "how-many-how-long"),
    ("ko", "비밀번호를 잊었어요", "forgotten-password"),
    ("ko", "예약을 취소하려고 합니다", "cancel-hold"),
    ("ko", "도서관 카드를 만들려면 어떻게 해야 하나요", "make-a-card"),
    ("ko", "도서관은 몇 시까지 하나요", "opening-days"),
    ("ko", "책을 연장하고 싶은데요", "renew"),
]
# Wishes for books, greetings, single words: nobody is told a procedure for them.
NOT_ASKED: list[tuple[str, str]] = [
    ("ja", "夏休みの自由研究で虫の本、小学3年"),
    ("ja", "近くの図書館にあるアインシュタインの伝記"),
    ("ja", "恐竜の図鑑"),
    ("ja", "こんにちは"),
    ("ja", "ハリー・ポッター"),
    ("ja", "失われた時を求めて"),
    ("ja", "カードゲームの本"),
    ("ja", "料理の本で予約なしで借りられるもの"),
    ("ja", "学校の怪談"),
    ("ja", "電話の歴史"),
    ("ja", "天気予報"),
    ("ja", "いつまで？"),
    ("ja", "本"),
    ("ja", "カード"),
    ("ja", "引越しの準備の本"),
    ("ja", "返す"),
    ("ja", "パスワードの作り方の本"),
    ("ja", "個人情報保護法の本"),
    ("ja", "うちの子の本いつまで？"),
    ("ja", "図書館戦争"),
    ("ja", "図書館が出てくる小説"),
    ("ja", "税金の本を借りたい"),
    ("ja", "今日の天気"),
    ("ja", "印刷の歴史についての本"),
    ("ja", "子どもの病気"),
    ("ja", "学校図書館の運営"),
    ("en", "books about lost cities"),
    ("en", "insects for a 3rd grader"),
    ("en", "Harry Potter"),
    ("en", "the lost world"),
    ("en", "card games"),
    ("en", "return of the king"),
    ("en", "what's due?"),
    ("en", "books about moving house"),
    ("en", "The Library of Babel"),
    ("en", "password security book"),
    ("zh", "关于昆虫的书"),
    ("zh", "爱因斯坦传记"),
    ("zh", "图书馆的历史"),
    ("ko", "공룡 책"),
    ("ko", "해리 포터"),
    ("ko", "도서관에 관한 책"),
]


def meant(language: str, words: str) -> str | None:
    scored = matching.scores([one.says for one in STARTING.values()], words, language)
    best = max(range(len(scored)), key=scored.__getitem__)
    return list(STARTING)[best] if scored[best] >= matching.ENOUGH else None


def test_what_people_ask_leads_to_the_entry_that_answers() -> None:
    wrong = {words: found for language, words, key in ASKED if (found := meant(language, words)) != key}
    assert wrong == {}


def test_who_asks_for_a_book_is_told_no_procedure() -> None:
    assert {words: found for language, words in NOT_ASKED if (found := meant(language, words))} == {}


@pytest.mark.parametrize("words", ["", "　", "？？？", "😀", "\x00", "あ" * 10_000, "{loans.limit}", "' OR 1=1 --", "\ud800"])
def test_odd_words_are_answered_with_nothing(words: str) -> None:
    assert meant("ja", words) is None


def test_every_starting_entry_is_written_in_four_languages_and_names_only_known_facts() -> None:
    for content in STARTING.values():
        assert missing(content) == ()
        assert wrong_in(content) == ()
        assert set(content.says) == set(content.texts)
        for text in content.texts.values():
            assert facts.unknown(wording.named(text.body), ()) == ()
            assert not wording.has_stray_brace(text.body)


def test_a_body_becomes_paragraphs_lists_and_links_and_nothing_else() -> None:
    body = "**太字**と[カード](/card)\n\n- 一\n- 二\n\n<script>x</script> ![絵](/a.png) # 見出し"
    made = wording.html(body)
    assert '<strong>太字</strong>と<a href="/card">カード</a>' in made
    assert "<li>一</li>" in made
    assert "<script" not in made
    assert "<img" not in made
    assert wording.plain(body).splitlines()[:3] == ["太字とカード", "・一", "・二"]


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("/card", True),
        ("/search?material=ebook", True),
        ("https://example.com/a", True),
        ("//example.com", False),
        ("http://example.com", False),
        ("javascript:alert(1)", False),
        ("card", False),
        ("", False),
    ],
)
def test_links_lead_to_own_pages_or_over_https(address: str, good: bool) -> None:
    assert is_own_or_secure(address) is good
    assert ("href" in wording.html(f"[x]({address})")) is good
    assert not is_own_or_secure("/\\example.com")


def test_a_fact_is_put_in_as_text_and_several_lines_become_a_list() -> None:
    values = wording.told({"loans.limit": "3*0*", "hours:chuo": "月 休館\n火 <9:00>"})
    assert wording.plain(wording.filled("点数は{loans.limit}点。", values)) == "点数は3*0*点。"
    assert wording.html(wording.filled("{hours:chuo}", values)).count("<li>") == 2
    assert facts.unknown(
        wording.named("{loans.limit} {loans.limit:pupil} {loans.limit:nobody} {hours:chuo} {hours:x} {cafe}"), ["chuo"]
    ) == (
        "loans.limit:nobody",
        "hours:x",
        "cafe",
    )


def test_a_translation_is_behind_until_somebody_looks_at_it() -> None:
    first = written(Content(texts={"ja": Text(title="題", body="本文"), "en": Text(title="t", body="b")}), None, 1)
    changed = Content(texts=first.texts | {"ja": Text(title="題", body="新しい本文")})
    assert behind(written(changed, first, 2)) == ("en",)
    assert behind(written(changed, first, 2, still_true=frozenset({"en"}))) == ()
    assert holds(first, date(2026, 1, 1))


def test_the_words_around_an_entry_are_complete_in_every_language() -> None:
    spoken = set(re.findall(r"say\('([^']+)'", "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)))
    spoken |= set(TOPICS.values())
    for language, words in tongues.WORDS.items():
        assert spoken - set(words) == set(), language
        for msgid, said in words.items():
            assert re.findall(r"%\(\w+\)s", said) == re.findall(r"%\(\w+\)s", msgid)
    assert {msgid for msgid in spoken if msgid not in texts("en").texts} == set()
    assert tongues.speaker("ko")("予約する・受け取る") == "예약"
    assert tongues.speaker("en")("予約する・受け取る") == "Holds"
