"""Which entry somebody's words ask for: words against what people say, weighed by how telling they are. Pure and deterministic."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources

from search.text.normal import JAPANESE, bones, norm
from search.text.tokens import is_word, units

# Nothing is better than a wrong answer: below this, the words do not say enough.
ENOUGH = 0.74
WHOLE = 0.5  # what the whole of an own line weighs, against the whole of what was said
COMMON, ENDING, ELSE = 0.3, 0.12, 0.8  # weights: words that every question may hold, endings and particles, words that no entry knows
MOST_ELSE = 1.0  # people tell stories: what else they say counts against an entry only so far
OWN_LANGUAGE = 1.05  # what is said in the reader's language counts a little more than the same letters in another

# What people wrap a question in says nothing about what it asks for.
_WRAPPING = {
    "ja": (
        *(
            "どうすればいいですか",
            "どうしたらいいですか",
            "どうやったらいいですか",
            "どうすれば",
            "どうしたら",
            "どうやって",
            "どうやったら",
        ),
        *(
            "教えてください",
            "教えて下さい",
            "おしえてください",
            "教えて",
            "おしえて",
            "知りたいです",
            "知りたい",
            "について",
            "のですが",
            "んですが",
        ),
        *(
            "んですけど",
            "のですけど",
            "お願いします",
            "ください",
            "下さい",
            "できますか",
            "いいですか",
            "ありますか",
            "でしょうか",
            "ですか",
            "ますか",
        ),
        *("する方法", "方法", "したいです", "したい", "してしまいました", "してしまった", "ちゃった", "ました", "ません", "です", "ます"),
    ),
    "zh": ("请问", "请告诉我", "我想要", "我想", "我要", "怎么办", "可以吗", "可以", "请", "吗", "呢", "了"),
    "ko": ("어떻게 하나요", "어떻게 해야 하나요", "어떻게 하면 되나요", "알려 주세요", "알려주세요", "하고 싶어요"),
}
_ENGLISH = frozenset(
    re.findall(
        "[a-z]+",
        "a an the i im my me we our you your is are am be was were to of in on at for from it its do does did can could how what"
        " when where which who please tell want would like need should this that there and or if with have has had will about get"
        " any some hello hi",
    )
)
# Somebody who says so wants books about it, not to be told how to do it.
_FOR_BOOKS = re.compile(
    "(?:の|る|た|する|関する|ついての)(?:本|絵本|図鑑|小説|物語|マンガ|漫画|雑誌|伝記|歴史)(?=[はがをっもとで、。?？ ]|ある|ない|探|さが|$)"
    r"|\b(?:books?|stories|novels?|manga) (?:about|on|for|by)\b"
    "|关于.*书|有关.*书|的(?:书|小说|绘本|传记|历史)$|(?:에 관한|관련|에 대한|나오는) 책"
)
WANTS_BOOKS = 0.6
_HANGUL = re.compile("[가-힣]+")
_COMMON = frozenset({"<book>", "<read>", "<day>", "<where>", "<child>"})
_ENDING = re.compile("[ぁ-ん]+|[가-힣]+")
_KATAKANA = re.compile("[ァ-ヶー]{2,}")
_JAPANESE_RUN = re.compile(f"[{JAPANESE}]+")
_IRREGULAR = {
    "lost": "lose",
    "losing": "lose",
    "forgot": "forget",
    "forgotten": "forget",
    "broke": "break",
    "broken": "break",
    "kids": "child",
}
_IRREGULAR |= {"children": "child", "kid": "child", "borrowing": "borrow", "returning": "return", "renewal": "renew", "renewing": "renew"}
_IRREGULAR |= {
    "reservation": "reserve",
    "reserving": "reserve",
    "moved": "move",
    "moving": "move",
    "damaged": "damage",
    "cancelling": "cancel",
}
_IRREGULAR |= {
    "opening": "open",
    "closed": "close",
    "copying": "copy",
    "photocopy": "copy",
    "photocopies": "copy",
    "registration": "register",
    "registering": "register",
}


@lru_cache(maxsize=8192)
def tokens(words: str) -> frozenset[str]:
    """Concepts that are named; of the rest pairs of characters where there are no spaces, words where there are. Without wrapping."""
    written = _written(words)
    named = {f"<{_concepts()[match[0]]}>" for match in _ways().finditer(written)}
    rest = _ways().sub(" ", written)
    return frozenset(named | _letters(_unwrapped(rest)))


def _letters(rest: str) -> set[str]:
    found: set[str] = set()
    skeleton = bones(norm(rest))
    for unit in units(skeleton):
        if not is_word(unit) or unit == " ":
            continue
        if _HANGUL.search(unit):
            found |= {unit[at : at + 2] for at in range(len(unit) - 1)}
        elif unit not in _ENGLISH:
            found.add(_stem(unit))
    # Katakana is folded to hiragana below, but spells words, not endings: it is marked before.
    found |= {f"ア{norm(run)}" for run in _KATAKANA.findall(rest)}
    for part in _KATAKANA.sub(" ", rest).split():
        for run in _JAPANESE_RUN.findall(bones(norm(part))):
            found |= {run[at : at + 2] for at in range(len(run) - 1)}
    return found


def _written(words: str) -> str:
    return unicodedata.normalize("NFKC", words).lower().replace("’", "'")


def shown(token: str) -> str:
    """A token for people: a concept by the first way to write it."""
    if token.startswith("<"):
        return next(way for way, concept in _concepts().items() if concept == token[1:-1])
    return token.removeprefix("ア")


@cache
def _concepts() -> dict[str, str]:
    """Every way to write a concept, with the concept."""
    table = resources.files("search.procedures").joinpath("data/concepts.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {_written(way): name for name, ways in rows for way in ways.split("|")}


@cache
def _ways() -> re.Pattern[str]:
    """The longest way first; Latin ones as whole words."""
    ways = sorted(_concepts(), key=lambda way: (-len(way), way))
    return re.compile("|".join(rf"\b{re.escape(way)}\b" if way[0].isascii() and way[-1].isascii() else re.escape(way) for way in ways))


def _stem(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _unwrapped(words: str) -> str:
    bare = " ".join(words.split())
    for phrases in _WRAPPING.values():
        for phrase in phrases:
            if phrase in bare:
                bare = bare.replace(phrase, " ")
    return bare


def scores(said: Sequence[Mapping[str, Iterable[str]]], words: str, language: str) -> tuple[float, ...]:
    """For each entry, given as what people say by language, how well the words ask for it: 0 to 1, higher is surer."""
    asked = tokens(words)
    if not asked:
        return tuple(0.0 for _ in said)
    weight = _Weights(said)
    wants_books = _FOR_BOOKS.search(words.lower()) is not None
    return tuple(_best(one, asked, weight, language, wants_books=wants_books) for one in said)


class _Weights(dict[str, float]):
    """How telling a token is: concepts by how few entries they are in, other words by their kind, endings hardly at all."""

    def __init__(self, said: Sequence[Mapping[str, Iterable[str]]]) -> None:
        super().__init__()
        self._most = math.log(1 + len(said))
        self._entries = Counter[str]()
        for one in said:
            self._entries.update(frozenset().union(*(tokens(line) for lines in one.values() for line in lines)))

    def __missing__(self, token: str) -> float:
        self[token] = self._of(token)
        return self[token]

    def _of(self, token: str) -> float:
        if token in _COMMON:
            return COMMON
        if _ENDING.fullmatch(token):
            return ENDING
        if token not in self._entries:
            return ELSE
        return 0.15 + (self._most - math.log(0.5 + self._entries[token])) / self._most


def _best(one: Mapping[str, Iterable[str]], asked: frozenset[str], weight: _Weights, language: str, *, wants_books: bool) -> float:
    best = 0.0
    total = sum(weight[token] for token in asked)
    for spoken, lines in one.items():
        for line in lines:
            meant = tokens(line)
            shared = asked & meant
            if not shared or not meant:
                continue
            overlap = sum(weight[token] for token in shared)
            whole = overlap / sum(weight[token] for token in meant)  # how much of what people say was said
            about = overlap / (overlap + min(total - overlap, MOST_ELSE))  # how much of what was said is about it
            score = whole**WHOLE * about ** (1 - WHOLE)
            if spoken == language:
                score *= OWN_LANGUAGE
            if wants_books and _FOR_BOOKS.search(line.lower()) is None:
                score *= WANTS_BOOKS
            best = max(best, score)
    return min(best, 1.0)
