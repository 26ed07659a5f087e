"""Which entry somebody's words ask for: words against what people say, weighed by how telling they are. Pure and deterministic."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from search.text.normal import JAPANESE, bones, norm
from search.text.tokens import is_word, units

# Nothing is better than a wrong answer: below this, the words do not say enough.
ENOUGH = 0.62
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
        *("したいです", "したい", "してしまいました", "してしまった", "ちゃった", "ました", "ません", "です", "ます"),
    ),
    "zh": ("请问", "请告诉我", "我想要", "我想", "我要", "怎么办", "可以吗", "吗", "呢", "了"),
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
_HAS_CJK = re.compile(f"[{JAPANESE}가-힣]")
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
    """Pairs of characters where there are no spaces, words and pairs of words where there are; without wrapping."""
    text = norm(_unwrapped(words)) or norm(words)
    found: set[str] = set()
    telling: list[str] = []
    for unit in _units(bones(text)):
        if not is_word(unit):
            continue
        if not _HANGUL.search(unit):
            if unit not in _ENGLISH:
                telling.append(_stem(unit))
            continue
        found |= {unit[at : at + 2] for at in range(len(unit) - 1)} or {unit}
    found |= set(telling)
    found |= {f"{one} {other}" for one, other in pairwise(telling)}
    for run in re.findall(f"[{JAPANESE}]+", bones(text)):
        found |= {run[at : at + 2] for at in range(len(run) - 1)} or {run}
    return frozenset(found)


def _units(skeleton: str) -> list[str]:
    return [unit for unit in units(skeleton) if unit != " "]


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
    weight = _weights(said)
    wants_books = _FOR_BOOKS.search(words.lower()) is not None
    return tuple(_best(one, asked, weight, language, wants_books=wants_books) for one in said)


class _Weights(dict[str, float]):
    """How telling a token is; one that no entry knows speaks for something else altogether."""

    def __init__(self, known: Mapping[str, float], unknown: float) -> None:
        super().__init__(known)
        self.unknown = unknown

    def __missing__(self, token: str) -> float:
        return self.unknown


def _weights(said: Sequence[Mapping[str, Iterable[str]]]) -> _Weights:
    entries = Counter[str]()
    for one in said:
        entries.update(frozenset().union(*(tokens(line) for lines in one.values() for line in lines)))
    most = math.log(1 + len(said))
    known = {token: 0.15 + math.log((1 + len(said)) / (0.5 + number)) / most for token, number in entries.items()}
    return _Weights(known, unknown=0.7)


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
            about = overlap / total  # how much of what was said is about it
            score = 0.72 * whole + 0.28 * about
            if spoken == language:
                score *= OWN_LANGUAGE
            if wants_books and _FOR_BOOKS.search(line.lower()) is None:
                score *= WANTS_BOOKS
            best = max(best, score)
    return min(best, 1.0)
