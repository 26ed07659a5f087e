"""Text to its two indexed forms: `norm`, the exact form that ranking compares, and `skeleton`, what tokens are cut from."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from search.text.variants import one_form

VERSION = 2  # raised with every change of what `norm`, `skeleton` or `units` answer: indexes built before are rebuilt

JAPANESE = "\u3005-\u3007\u303b\u3041-\u3096\u309d-\u309f\u30fb-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_DASHES = "-‐‑‒–—―−─━~〜～ー"
_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc"
# Patterns begin with what they take and look back from there: so a search skips from one candidate to the next.
LONG_AFTER_KANA = re.compile(f"[{_DASHES}](?<=[{_KANA}][{_DASHES}])[{_DASHES}]*")
SPACES = re.compile(r"\s+")
SPACE_BESIDE_JAPANESE = re.compile(f" (?:(?<=[{JAPANESE}] )|(?=[{JAPANESE}]))")
_REPEATS = "々〻ゝゞヽヾ"
_ANY_REPEAT = re.compile(f"[{_REPEATS}]")
VU = re.compile("[ゔヴ]([ぁぃぅぇぉァィゥェォ]?)")
VU_KANA = {"ぁ": "ば", "ぃ": "び", "ぅ": "ぶ", "ぇ": "べ", "ぉ": "ぼ", "ァ": "ば", "ィ": "び", "ゥ": "ぶ", "ェ": "べ", "ォ": "ぼ", "": "ぶ"}
_PLAIN = re.compile(f"[a-z0-9{JAPANESE} ]*")
_FOLDED = str.maketrans("ぢづゐゑヂヅヰヱヵヶゕゖヷヸヹヺ", "じずいえじずいえかけかけばびべぼ")
_VOICED = dict(zip("かきくけこさしすせそたちつてとはひふへほ", "がぎぐげござじずぜぞだじずでどばびぶべぼ", strict=True))
# Marks that only dress the letter before: accents, loose voicing marks, the variation selectors that choose a glyph.
_DRESS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_SEEN_AS_SPACE = frozenset({"Cc", "Cs", "Zs", "Zl", "Zp", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"})


class _Fold(dict[int, str]):
    """One character to its folded form, worked out when first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = character.translate(_FOLDED)
        folded = one_form().get(folded, folded)
        if "ァ" <= folded <= "ヶ" or folded in "ヽヾ":
            folded = chr(ord(folded) - 0x60).translate(_FOLDED)
        elif folded in "ー゠・":
            folded = "" if folded == "ー" else " "
        elif _DRESS.match(folded):
            folded = ""
        elif code < 0x250 or 0x1E00 <= code < 0x1F00:
            folded = _DRESS.sub("", unicodedata.normalize("NFD", folded))
        category = unicodedata.category(folded) if len(folded) == 1 else ""
        if category in _SEEN_AS_SPACE and folded not in _REPEATS:
            folded = " "
        elif category == "Cf":
            folded = ""
        self[code] = folded
        return folded


FOLD = _Fold()


@lru_cache(maxsize=65536)
def norm(text: str) -> str:
    """The exact form: width, case, kana kind, long marks, old kanji and punctuation no longer differ; word order and spelling do.

    Idempotent, the same for NFC and NFD. Empty only for text without any visible character.
    """
    folded = _fold(text)
    if not folded:
        return _bare(text)
    for _ in range(4):
        if _PLAIN.fullmatch(folded):
            break
        again = _fold(folded)  # a mark or selector taken away may let its neighbours compose, once in a blue moon
        if again == folded:
            break
        folded = again or folded
    return folded


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    if "ゔ" in text or "ヴ" in text:
        text = VU.sub(lambda match: VU_KANA[match[1]], text)
    text = LONG_AFTER_KANA.sub("", text)
    text = " ".join(text.translate(FOLD).split())  # parts where `SPACES` does, and strips
    if " " in text:
        text = SPACE_BESIDE_JAPANESE.sub("", text)
    if _ANY_REPEAT.search(text):
        text = repeated(text)
    return text


def repeated(text: str) -> str:
    """々, ゝ and ゞ spelled out; one without a character before it stays."""
    spelled: list[str] = []
    for character in text:
        before = spelled[-1] if spelled else " "
        if character not in _REPEATS or before == " " or before in _REPEATS:
            spelled.append(character)
        else:
            spelled.append(_VOICED.get(before, before) if character in "ゞヾ" else before)
    return "".join(spelled)


def is_bare(text: str) -> bool:
    """Nothing but punctuation, marks and spaces."""
    return not _fold(text)


def _bare(text: str) -> str:
    """Text made of nothing but punctuation or long marks is still somebody's title: 「？」「ー」."""
    kept = "".join(c for c in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(c)[0] not in "CZM")
    # A mark that stands alone (¯) is to NFKC a space with a mark upon it: it stays what it is.
    return kept or "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] in "LNS")


SMALL = str.maketrans("ぁぃぅぇぉゃゅょゎを", "あいうえおやゆよわお", "っ")
_ANY_SMALL = re.compile("[ぁぃぅぇぉゃゅょゎをっ]")
_ROWS = {
    "あ": "あかがさざただなはばぱまやらわ",
    "い": "いきぎしじちにひびぴみり",
    "う": "うくぐすずつぬふぶぷむゆる",
    "いえ": "えけげせぜてでねへべぺめれ",
    "うお": "おこごそぞとどのほぼぽもよろ",
}
LENGTHENING = re.compile("[あいうえお](?:" + "|".join(f"(?<=[{row}][{vowels}])[{vowels}]*" for vowels, row in _ROWS.items()) + ")")


@lru_cache(maxsize=16384)
def skeleton(text: str) -> str:
    """The form that is indexed: also without っ and without kana that only lengthen the vowel before. Idempotent."""
    return bones(norm(text))


@lru_cache(maxsize=65536)
def bones(normal: str) -> str:
    """`skeleton` of a text that is `norm`ed already."""
    bare = normal.translate(SMALL) if _ANY_SMALL.search(normal) else normal
    return LENGTHENING.sub("", bare) or normal
