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
    ("ja", "カードを紛失してしまいました。再発行できますか", "lost-card"),
    ("ja", "図書館カードどっかいっちゃった", "lost-card"),
    ("ja", "初めて来たのですがカードは作れますか", "make-a-card"),
    ("ja", "区外に住んでいてもカードを作れますか", "make-a-card"),
    ("ja", "ログインのパスワードがわからなくなった", "forgotten-password"),
    ("ja", "苗字が変わったのでカードの名前を変えたい", "change-of-address"),
    ("ja", "３歳の子のカードも作れますか", "childs-card"),
    ("ja", "カードを忘れたけど借りられる？", "card-on-phone"),
    ("ja", "本は一人何冊まで？", "how-many-how-long"),
    ("ja", "貸出期間は何日ですか", "how-many-how-long"),
    ("ja", "もう１週間延長してほしい", "renew"),
    ("ja", "返却期限を過ぎたらどうなりますか", "late"),
    ("ja", "延滞すると罰金がありますか", "late"),
    ("ja", "借りた絵本を子どもが破いてしまいました", "lost-or-damaged"),
    ("ja", "閉館後でも返却できますか", "return"),
    ("ja", "別の図書館で返してもいい？", "return"),
    ("ja", "電子書籍の借り方", "ebooks"),
    ("ja", "本を予約する方法を教えてください", "hold"),
    ("ja", "予約した本が届いたか知りたい", "pick-up"),
    ("ja", "予約をキャンセルしたいです", "cancel-hold"),
    ("ja", "学校の図書室で区の図書館の本を受け取りたい", "school-loans"),
    ("ja", "明日は開いてますか", "opening-days"),
    ("ja", "祝日も開館していますか", "opening-days"),
    ("ja", "本の一部をコピーしたいのですが", "copying"),
    ("ja", "自習室はありますか", "reading-room"),
    ("ja", "目が見えにくいのですが大きな字の本はありますか", "accessibility-services"),
    ("ja", "傘を置き忘れました", "lost-property"),
    ("ja", "この図書館に置いてない本を買ってもらえますか", "wanted-title"),
    ("ja", "国立国会図書館の本は取り寄せられますか", "interlibrary"),
    ("ja", "調べものを手伝ってほしい", "ask-a-librarian"),
    ("ja", "過去に借りた本の一覧は見られますか", "privacy"),
    ("ja", "電話で問い合わせたい", "contact"),
    ("en", "My card was stolen", "lost-card"),
    ("en", "Can foreigners sign up for a library card?", "make-a-card"),
    ("en", "I can't log in to my account", "forgotten-password"),
    ("en", "we moved last week", "change-of-address"),
    ("en", "Can my 5 year old have a card?", "childs-card"),
    ("en", "How long is the loan period?", "how-many-how-long"),
    ("en", "Can I extend my loan?", "renew"),
    ("en", "My book is overdue, is there a fine?", "late"),
    ("en", "I spilled coffee on a library book", "lost-or-damaged"),
    ("en", "Where is the book drop?", "return"),
    ("en", "How can I reserve a book that is checked out?", "hold"),
    ("en", "How do I cancel a reservation?", "cancel-hold"),
    ("en", "Are you open on Sunday?", "opening-days"),
    ("en", "Is there Wi-Fi in the library?", "reading-room"),
    ("en", "Can you buy this book for the library?", "wanted-title"),
    ("zh", "我想办一张图书馆的卡", "make-a-card"),
    ("zh", "卡丢了怎么补办", "lost-card"),
    ("zh", "一次最多可以借几本", "how-many-how-long"),
    ("zh", "书过期了会罚款吗", "late"),
    ("zh", "星期天开馆吗", "opening-days"),
    ("zh", "可以预约吗", "hold"),
    ("ko", "카드를 분실했는데 어떻게 하나요", "lost-card"),
    ("ko", "대출 기간이 며칠이에요?", "how-many-how-long"),
    ("ko", "반납이 늦으면 연체료가 있나요", "late"),
    ("ko", "일요일에도 여나요", "opening-days"),
    ("ko", "예약은 어떻게 해요", "hold"),
    ("ja", "貸出カードをなくしたので新しくしたい", "lost-card"),
    ("ja", "転入してきました。利用者登録をお願いします", "make-a-card"),
    ("ja", "パスワードを再設定したい", "forgotten-password"),
    ("ja", "電話番号を変更したいです", "change-of-address"),
    ("ja", "赤ちゃん用のカードは作れますか", "childs-card"),
    ("ja", "スマホの画面を見せれば借りられますか", "card-on-phone"),
    ("ja", "いっぺんに何冊まで借りていいの", "how-many-how-long"),
    ("ja", "まだ読み終わらないので期間をのばしたい", "renew"),
    ("ja", "返すのを忘れてて１か月過ぎてしまった", "late"),
    ("ja", "図書館の本を水没させてしまった", "lost-or-damaged"),
    ("ja", "駅前で返却できますか", "return"),
    ("ja", "オーディオブックの聴き方", "ebooks"),
    ("ja", "読書会で２０冊借りたい", "group-loan"),
    ("ja", "貸出中の本を予約したい", "hold"),
    ("ja", "取り置きはいつまでしてもらえますか", "pick-up"),
    ("ja", "予約いらなくなりました", "cancel-hold"),
    ("ja", "区立の本を学校に届けてもらえる？", "school-loans"),
    ("ja", "今日は何時まで？", "opening-days"),
    ("ja", "白黒コピーは一枚いくら", "copying"),
    ("ja", "パソコンを持ち込んで勉強できますか", "reading-room"),
    ("ja", "点字の本はありますか", "accessibility-services"),
    ("ja", "昨日財布を置いてきたみたい", "lost-property"),
    ("ja", "新刊を購入してほしい", "wanted-title"),
    ("ja", "隣の市の図書館から借りられますか", "interlibrary"),
    ("ja", "司書さんに相談できますか", "ask-a-librarian"),
    ("ja", "何を借りたか他の人に知られませんか", "privacy"),
    ("ja", "マイナンバーカードを登録したい", "my-number"),
    ("ja", "クレームを入れたい", "contact"),
    ("en", "I can't find my library card", "lost-card"),
    ("en", "Do I need a card to borrow?", "make-a-card"),
    ("en", "reset my password please", "forgotten-password"),
    ("en", "I have a new phone number", "change-of-address"),
    ("en", "What's the maximum number of items I can take?", "how-many-how-long"),
    ("en", "Could I keep this book longer?", "renew"),
    ("en", "What happens if I return a book late?", "late"),
    ("en", "My dog chewed the book", "lost-or-damaged"),
    ("en", "Can I drop off books at night?", "return"),
    ("en", "Do you lend e-books?", "ebooks"),
    ("en", "I want to put a hold on a book", "hold"),
    ("en", "Where do I pick up my reserved books", "pick-up"),
    ("en", "what time do you close today", "opening-days"),
    ("en", "I left my umbrella at the library", "lost-property"),
    ("en", "is the library wheelchair accessible", "accessibility-services"),
    ("en", "can you get a book from another city's library", "interlibrary"),
    ("zh", "怎样注册成为读者", "make-a-card"),
    ("zh", "我忘了带借书证", "card-on-phone"),
    ("zh", "书弄湿了怎么办", "lost-or-damaged"),
    ("zh", "在哪里可以还书", "return"),
    ("zh", "我想延长借书时间", "renew"),
    ("zh", "今天几点关门", "opening-days"),
    ("zh", "有无线网络吗", "reading-room"),
    ("ko", "회원증을 만들고 싶습니다", "make-a-card"),
    ("ko", "책을 잃어버렸습니다", "lost-or-damaged"),
    ("ko", "다른 도서관에 반납해도 되나요", "return"),
    ("ko", "전자책은 어떻게 빌려요", "ebooks"),
    ("ko", "예약한 책은 언제까지 보관되나요", "pick-up"),
    ("ko", "와이파이 되나요", "reading-room"),
]
# Wishes for books, titles, greetings: nobody is told a procedure for them.
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
    ("ja", "本"),
    ("ja", "引越しの準備の本"),
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
    ("ja", "ごんぎつね"),
    ("ja", "予約殺人"),
    ("ja", "カードキャプターさくらはありますか"),
    ("ja", "返事はいらない"),
    ("ja", "子どもの病気の本を探しています"),
    ("ja", "開館時間の歴史"),
    ("ja", "宇宙の本、小学2年生"),
    ("ja", "失くした体"),
    ("ja", "明日の天気は"),
    ("ja", "ありがとう"),
    ("ja", "人間失格を読みたい"),
    ("ja", "プログラミングの入門書"),
    ("ja", "コピーライターになりたい人の本"),
    ("ja", "スマホの使い方の本"),
    ("ja", "電子工作の本"),
    ("ja", "車いすバスケットの本"),
    ("ja", "中央図書館にハリーポッターはある？"),
    ("en", "how to lose weight"),
    ("en", "Anne of Green Gables"),
    ("en", "a book about returning home"),
    ("en", "The Renewal of Life"),
    ("en", "picture books about cats"),
    ("en", "good morning"),
    ("en", "wireless networks textbook"),
    ("zh", "三体"),
    ("zh", "有没有关于恐龙的书"),
    ("zh", "还有吗"),
    ("ko", "어린 왕자"),
    ("ko", "우주에 관한 책"),
    ("ko", "안녕하세요"),
    ("ja", "ノルウェイの森"),
    ("ja", "返却不能の愛"),
    ("ja", "名探偵コナン 12巻"),
    ("ja", "手紙の書き方の本"),
    ("ja", "こわい話"),
    ("ja", "おすすめの絵本を教えて"),
    ("ja", "子ども向けの電子書籍"),
    ("ja", "鬼滅の刃は何巻まで出てますか"),
    ("ja", "夏目漱石"),
    ("ja", "住所の本"),
    ("ja", "お金の話"),
    ("ja", "学校へ行きたくない子の本"),
    ("ja", "延長戦に入りました"),
    ("ja", "おはよう"),
    ("ja", "新着の本"),
    ("en", "The Lost Symbol"),
    ("en", "children's books in Korean"),
    ("en", "Japanese cookbooks"),
    ("en", "something like Totoro"),
    ("en", "thank you"),
    ("en", "the history of printing"),
    ("zh", "小王子"),
    ("zh", "推荐几本儿童书"),
    ("zh", "你好"),
    ("ko", "아몬드"),
    ("ko", "요리책 추천해 주세요"),
]
# Answered with an entry although no one was asked for: titles that are a procedure's own words.
KNOWN = 4


def meant(language: str, words: str) -> str | None:
    scored = matching.scores([one.says for one in STARTING.values()], words, language)
    best = max(range(len(scored)), key=scored.__getitem__)
    return list(STARTING)[best] if scored[best] >= matching.ENOUGH else None


def test_what_people_ask_leads_to_the_entry_that_answers() -> None:
    wrong = {words: (key, found) for language, words, key in ASKED if (found := meant(language, words)) != key}
    misled = {words: pair for words, pair in wrong.items() if pair[1] is not None}
    print(f"{len(ASKED) - len(wrong)} of {len(ASKED)} answered rightly, {len(misled)} wrongly, the others not at all")
    assert len(wrong) <= 0.1 * len(ASKED), wrong
    assert len(misled) <= 0.01 * len(ASKED), misled


def test_who_asks_for_a_book_is_told_no_procedure() -> None:
    misled = {words: found for language, words in NOT_ASKED if (found := meant(language, words))}
    assert len(misled) <= KNOWN, misled


@pytest.mark.parametrize("words", ["", "　", "？？？", "😀", "\x00", "あ" * 10_000, "{{7*7}}", "' OR 1=1 --", "\ud800"])
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
