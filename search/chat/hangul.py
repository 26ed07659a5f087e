"""Japanese names as Korean writes them, by the table of its orthography (외래어 표기법, 일본어의 가나와 한글 대조표). Pure."""

from __future__ import annotations

from library.kana import katakana

# One sound a word: at the beginning of a name, and (after a slash, where it differs) inside it.
_TABLE = """
ア아 イ이 ウ우 エ에 オ오 カ가/카 キ기/키 ク구/쿠 ケ게/케 コ고/코 サ사 シ시 ス스 セ세 ソ소 タ다/타 チ지/치 ツ쓰 テ데/테 ト도/토
ナ나 ニ니 ヌ누 ネ네 ノ노 ハ하 ヒ히 フ후 ヘ헤 ホ호 マ마 ミ미 ム무 メ메 モ모 ヤ야 ユ유 ヨ요 ラ라 リ리 ル루 レ레 ロ로 ワ와 ヲ오
ガ가 ギ기 グ구 ゲ게 ゴ고 ザ자 ジ지 ズ즈 ゼ제 ゾ조 ダ다 ヂ지 ヅ즈 デ데 ド도 バ바 ビ비 ブ부 ベ베 ボ보 パ파 ピ피 プ푸 ペ페 ポ포
キャ갸/캬 キュ규/큐 キョ교/쿄 ギャ갸 ギュ규 ギョ교 シャ샤 シュ슈 ショ쇼 ジャ자 ジュ주 ジョ조 チャ자/차 チュ주/추 チョ조/초
ニャ냐 ニュ뉴 ニョ뇨 ヒャ햐 ヒュ휴 ヒョ효 ビャ뱌 ビュ뷰 ビョ뵤 ピャ퍄 ピュ퓨 ピョ표 ミャ먀 ミュ뮤 ミョ묘 リャ랴 リュ류 リョ료
"""
_CLOSING = {"ン": 4, "ッ": 19}  # ㄴ and ㅅ below the syllable before
_LENGTHENS = {"ウ": "ウクスツヌフムユルグズブプュオコソトノホモヨロゴゾドボポョ", "オ": "オ"}  # of おおさか, not of ひろお
_SYLLABLES, _CLOSINGS = 0xAC00, 28  # of Hangul in Unicode, and ways in which one may close


def _read() -> dict[str, tuple[str, str]]:
    found = {}
    for word in _TABLE.split():
        kana = word.rstrip("/").split("/")[0][:-1]
        first, _, inside = word[len(kana) :].partition("/")
        found[kana] = (first, inside or first)
    return found


_SOUNDS = _read()


def hangul(reading: str) -> str:
    """「ひなただい」 → 히나타다이; long vowels are not written. Empty for what is not all kana."""
    written = ""
    kana = katakana(reading).replace(" ", "")
    at = 0
    while at < len(kana):
        one = kana[at]
        pair = kana[at : at + 2]
        if written and (one == "ー" or kana[at - 1] in _LENGTHENS.get(one, "")):
            at += 1
        elif written and one in _CLOSING and (ord(written[-1]) - _SYLLABLES) % _CLOSINGS == 0:
            written = written[:-1] + chr(ord(written[-1]) + _CLOSING[one])
            at += 1
        elif (sound := _SOUNDS.get(pair) or _SOUNDS.get(one)) is not None:
            written += sound[bool(written)]
            at += 2 if pair in _SOUNDS and len(pair) == 2 else 1
        else:
            return ""
    return written
