"""How people spell: kana kinds, width, old kanji, romaji, slips, numbers. Knows nothing of the code that is judged."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from random import Random

_SMALL_STEP = 0x60
_LATIN = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {" ": "\u3000"})

# The present form first, then older and other ones.
_KANJI_FAMILIES = Path(__file__).with_name("kanji.txt").read_text(encoding="utf-8").split("\n", 1)[1].split()
_OTHER_FORMS = {family[0]: family[1:] for family in _KANJI_FAMILIES}
_PRESENT_FORM = {old: new for new, forms in _OTHER_FORMS.items() for old in forms}


def plain(text: str) -> str:
    """What two people would call the same words: without width, case, kana kind, spaces and punctuation."""
    folded = hiragana(unicodedata.normalize("NFKC", text).lower())
    return "".join(_PRESENT_FORM.get(one, one) for one in folded if one.isalnum() or one == "ー")


def hiragana(text: str) -> str:
    return "".join(chr(ord(one) - _SMALL_STEP) if "ァ" <= one <= "ヶ" else one for one in text)


def katakana(text: str) -> str:
    return "".join(chr(ord(one) + _SMALL_STEP) if "ぁ" <= one <= "ゖ" else one for one in text)


def spoken(reading: str) -> str:
    """A reading as one would type it: hiragana, nothing between the words."""
    return "".join(one for one in hiragana(unicodedata.normalize("NFKC", reading)) if "ぁ" <= one <= "ゖ" or one == "ー")


_CLEAR = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮｰ"
_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォッャュョー"
_HALF = dict(zip(_KANA, _CLEAR, strict=True))
_VOICED = dict(zip("ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ", "カキクケコサシスセソタチツテトハヒフヘホウ", strict=True))
_HALF |= {voiced: _HALF[clear] + "ﾞ" for voiced, clear in _VOICED.items()}
_HALF |= {round_: _HALF[clear] + "ﾟ" for round_, clear in zip("パピプペポ", "ハヒフヘホ", strict=True)}
_UNVOICED = {hiragana(voiced): hiragana(clear) for voiced, clear in _VOICED.items() if voiced != "ヴ"}


def half_width(text: str) -> str:
    return "".join(_HALF.get(one, one) for one in unicodedata.normalize("NFKC", text))


def full_width(text: str) -> str:
    return text.translate(_LATIN)


def older_kanji(text: str, chance: Random) -> str | None:
    """Every character that has one in an older or other form; None where none has."""
    swapped = "".join(chance.choice(_OTHER_FORMS[one]) if one in _OTHER_FORMS else one for one in text)
    return swapped if swapped != text else None


def present_kanji(text: str) -> str | None:
    swapped = "".join(_PRESENT_FORM.get(one, one) for one in text)
    return swapped if swapped != text else None


_VARIANTS_TABLE = """
ヴァ/バ ヴィ/ビ ヴェ/ベ ヴォ/ボ ヴ/ブ ウィ/ウイ ウェ/ウエ ウォ/ウオ ティ/テイ ディ/デイ ファ/フア フィ/フイ
フェ/フエ フォ/フオ シェ/シエ ジェ/ジエ チェ/チエ ヰ/イ ヱ/エ ヅ/ズ ヂ/ジ アア/アー イイ/イー エイ/エー
"""
_VARIANTS = [tuple(pair.split("/")) for pair in _VARIANTS_TABLE.split()]  # either of each pair may stand for the other


def other_katakana(text: str, chance: Random) -> str | None:
    """The same foreign word as somebody else writes it: ヴァ or バ, ウィ or ウイ; None where it can be written one way only."""
    ways = [(one, other) for pair in _VARIANTS for one, other in (pair, pair[::-1]) if one in text]
    ways += [("・", other) for other in ("", " ", "＝") if "・" in text]
    if not ways:
        return None
    one, other = chance.choice(ways)
    return text.replace(one, other)


_MARKED = re.compile("(?<=[ァ-ヺ])ー")


def other_long_marks(text: str, chance: Random) -> str | None:
    """Without its long marks, without the last, or with a dash instead."""
    if not _MARKED.search(text):
        return None
    ways = [_MARKED.sub("", text), _MARKED.sub(chance.choice("-－―‐〜"), text), re.sub("ー(?=$|[^ァ-ヺー])", "", text)]
    return next((way for way in chance.sample(ways, len(ways)) if way != text), None)


_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ", "m": "まみむめも",
    "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
}  # fmt: skip
_KUNREI = {kana: consonant + vowel for consonant, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)}
_KUNREI |= {"や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "を": "o", "ん": "n", "ぢ": "zi", "づ": "zu"}
_HEPBURN = _KUNREI | {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji"}
_GLIDES = {"し": "sh", "ち": "ch", "じ": "j", "ぢ": "j"}


def kunrei(reading: str) -> str | None:
    return _latin(reading, _KUNREI, {})


def hepburn(reading: str) -> str | None:
    """With long vowels as they are spelled in kana: toukyou."""
    return _latin(reading, _HEPBURN, _GLIDES)


def hepburn_bare(reading: str) -> str | None:
    """As on road signs: Tokyo, Shimbashi."""
    latin = _latin(reading, _HEPBURN, _GLIDES)
    return re.sub("n(?=[bmp])", "m", latin.replace("ou", "o").replace("oo", "o").replace("uu", "u")) if latin else None


def macrons(reading: str) -> str | None:
    latin = _latin(reading, _HEPBURN, _GLIDES)
    return latin.replace("ou", "ō").replace("oo", "ō").replace("uu", "ū") if latin else None


def circumflexes(reading: str) -> str | None:
    latin = kunrei(reading)
    return latin.replace("ou", "ô").replace("oo", "ô").replace("uu", "û") if latin else None


def _latin(reading: str, table: dict[str, str], glides: dict[str, str]) -> str | None:
    words = [_word(word, table, glides) for word in hiragana(reading).split()]
    return None if not words or None in words else " ".join(word for word in words if word)


def _word(kana: str, table: dict[str, str], glides: dict[str, str]) -> str | None:
    out: list[str] = []
    at, double = 0, False
    while at < len(kana):
        one, after = kana[at], kana[at + 1 : at + 2]
        if one == "っ":
            double, at = True, at + 1
            continue
        if one not in table:
            return None
        sound = table[one]
        if after and after in "ゃゅょ" and sound.endswith("i"):
            sound = glides.get(one, sound[:-1] + "y") + {"ゃ": "a", "ゅ": "u", "ょ": "o"}[after]
            at += 1
        at += 1
        if double:
            sound, double = ("t" if sound.startswith("ch") else sound[0]) + sound, False
        out.append("'" + sound if sound[0] in "aiueoy" and out and out[-1] == "n" else sound)
    return None if double or not out else "".join(out)


_NEAR_KANA_TABLE = "かが きぎ くぐ けげ さざ しじ すず てで とど はばぱ ひび ふぶ ほぼ れね ぬめ るろ さき わね いえ しひ まも なに らり"
_NEAR_KANA = _NEAR_KANA_TABLE.split()
_KANJI = "山川木火水金土石手足空海人日月年大小中下花鳥風雨雪夜朝夕春夏秋冬間門聞問開閉持待特侍"


def slip(text: str, chance: Random) -> str | None:
    """One character wrong, missing, twice or changed with its neighbour; short texts and punctuation are left alone."""
    if len(text) < 5 or not text.isalnum():
        return None
    at = chance.randrange(len(text))
    kind = chance.choice(("wrong", "wrong", "missing", "twice", "changed"))
    if kind == "missing":
        made = text[:at] + text[at + 1 :]
    elif kind == "twice":
        made = text[:at] + text[at] + text[at:]
    elif kind == "changed":
        at = min(at, len(text) - 2)
        made = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    else:
        made = text[:at] + _wrong(text[at], chance) + text[at + 1 :]
    return made if made != text else None


def _wrong(one: str, chance: Random) -> str:
    if "ぁ" <= one <= "ゖ":
        near = [other for group in _NEAR_KANA if one in group for other in group if other != one]
        return chance.choice(near or list("かきさしたなまらり"))
    return chance.choice(_KANJI)


_DIGITS = "〇一二三四五六七八九"
_ROMAN = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "Ⅵ", "Ⅶ", "Ⅷ", "Ⅸ", "Ⅹ", "Ⅺ", "Ⅻ")


def kanji_number(number: int) -> str:
    """1 to 99 as counted, above figure by figure."""
    if number > 99:
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else _DIGITS[tens] + "十") + (_DIGITS[ones] if ones else "")


def volumes(volume: str) -> list[str]:
    """What may follow a title to name one volume of it; with the space before it where there must be one."""
    if not volume.isdigit():
        return [f" {volume}", f" {volume}巻", f"（{volume}）", f"　{volume}", f" ({volume})", f"{volume}巻"]
    number = int(volume)
    kanji, wide = kanji_number(number), full_width(str(number))
    said = [
        f" {number}",
        f" 第{number}巻",
        f"{number}巻",
        f"（{number}）",
        f" vol.{number}",
        f"　{wide}",
        f" 第{kanji}巻",
        f" {kanji}",
        str(number),
    ]
    return said + ([f" {_ROMAN[number - 1]}"] if number <= len(_ROMAN) else [])


def isbn_forms(isbn: str) -> list[str]:
    """Ten and thirteen digits, hyphens, full width, a label."""
    thirteen = isbn if len(isbn) == 13 else _thirteen(isbn)
    cut = [thirteen[:3], thirteen[3], thirteen[4:8], thirteen[8:12], thirteen[12]]
    hyphened = "-".join(cut)
    found = [thirteen, hyphened, full_width(thirteen), full_width(hyphened), f"ISBN {thirteen}", f"ISBN{hyphened}", " ".join(cut)]
    if thirteen.startswith("978"):
        ten = _ten(thirteen)
        found += [ten, f"{ten[0]}-{ten[1:5]}-{ten[5:9]}-{ten[9]}", full_width(ten), ten.lower(), f"isbn:{ten}"]
    return found


def _thirteen(ten: str) -> str:
    twelve = "978" + ten[:9]
    return twelve + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(twelve)) % 10)


def _ten(thirteen: str) -> str:
    nine = thirteen[3:12]
    rest = -sum(int(digit) * (10 - at) for at, digit in enumerate(nine)) % 11
    return nine + ("X" if rest == 10 else str(rest))
