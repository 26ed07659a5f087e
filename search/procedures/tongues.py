"""The few words around an entry in the languages that the pages do not speak yet: Chinese and Korean; the others come from gettext."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from library import i18n

OTHER_WORDS = "ことばをかえてためすか、下の一覧からえらんでください。図書館の窓口と電話でもお答えします。"
WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "利用案内": "使用指南",
        "利用者カード": "借书证",
        "借りる・返す": "借书与还书",
        "予約する・受け取る": "预约",
        "学校とあわせて使う": "学校与图书馆",
        "館内で": "在馆内",
        "本が見つからないとき": "找不到书时",
        "そのほか": "其他",
        "知りたいこと": "想知道的事",
        "例: カードをなくした": "例：借书证丢了",
        "しらべる": "查询",
        "「%(words)s」の案内": "“%(words)s”的说明",
        "「%(words)s」にあてはまる案内は見つかりませんでした": "没有找到“%(words)s”的说明",
        OTHER_WORDS: "请换个说法，或从下面选择。也可以到服务台或打电话询问。",
        "電話と開館日": "电话与开馆日",
        "このことばで本をさがす": "用这些词找书",
        "この案内はまだ訳されていません": "此说明尚未翻译",
        "日本語の文を表示しています。": "现在显示的是日语。",
        "%(day)sに職員が確かめました": "图书馆员于%(day)s确认",
        "わからないときは、図書館の窓口か電話でおたずねください。": "如有不明之处，请到服务台或打电话询问。",
        "あてはまる館:": "适用的图书馆：",
    },
    "ko": {
        "利用案内": "이용 안내",
        "利用者カード": "도서관 카드",
        "借りる・返す": "빌리기와 반납",
        "予約する・受け取る": "예약",
        "学校とあわせて使う": "학교와 함께 쓰기",
        "館内で": "도서관 안에서",
        "本が見つからないとき": "책을 찾을 수 없을 때",
        "そのほか": "그 밖에",
        "知りたいこと": "알고 싶은 것",
        "例: カードをなくした": "예: 카드를 잃어버렸어요",
        "しらべる": "알아보기",
        "「%(words)s」の案内": "‘%(words)s’ 안내",
        "「%(words)s」にあてはまる案内は見つかりませんでした": "‘%(words)s’에 맞는 안내를 찾지 못했습니다",
        OTHER_WORDS: "다른 말로 해 보거나 아래에서 골라 주세요. 창구와 전화로도 답해 드립니다.",
        "電話と開館日": "전화번호와 개관일",
        "このことばで本をさがす": "이 말로 책 찾기",
        "この案内はまだ訳されていません": "이 안내는 아직 번역되지 않았습니다",
        "日本語の文を表示しています。": "일본어 글을 보여 드립니다.",
        "%(day)sに職員が確かめました": "%(day)s 직원이 확인했습니다",
        "わからないときは、図書館の窓口か電話でおたずねください。": "모르겠으면 도서관 창구나 전화로 물어봐 주세요.",
        "あてはまる館:": "해당하는 도서관:",
    },
}


def speaker(language: str) -> Callable[..., str]:
    """What a template says with: a msgid in this language, with its %(name)s filled in."""
    own = WORDS.get(language)
    texts = i18n.texts(language)

    def say(msgid: str, **fields: str) -> str:
        said = texts.gettext(msgid) if own is None else own[msgid]
        return said % fields if fields else said

    return say
