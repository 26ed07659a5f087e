"""Whether words of a planner elsewhere rest on what it was shown: every title, figure, name and address in them. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 800

_QUOTED = re.compile(r"「([^」]+)」|『([^』]+)』|《([^》]+)》|[“\"]([^”\"]+)[”\"]")
_NUMBER = re.compile(r"\d+")
_LINK = re.compile(r"https?://|www\.|\]\(|<[a-z/]", re.IGNORECASE)
_RUNS = re.compile(r"[ァ-ヶー・]{4,}|[一-鿿]{4,}|[A-Z][\w'’]+(?: (?:of|the|and|[A-Z][\w'’]+))* [A-Z]\w+")
_ENGLISH = "one two three four five six seven eight nine ten eleven twelve"
_WRITTEN: dict[str, int] = {
    **{
        word: at
        for at, word in enumerate(
            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
        )
    },
    **{letter: at for at, letter in enumerate("一二三四五六七八九十", start=1)},
    "两": 2,
    **{word: at for at, word in enumerate(("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열"), start=1)},
}
_COUNTED = re.compile(
    rf"({'|'.join(_WRITTEN)})\s?(?:冊|点|日|週間?|時|か月|ヶ月|円|人|本|周|天|个|小时|元|권|점|일|주|시|명|개|원"
    r"|books?|items?|days?|weeks?|hours?|yen|copies)",
    re.IGNORECASE,
)


def rests_on(text: str, shown: str, said: str) -> bool:
    """`shown`: all that tools answered, as text; `said`: what the person said, whose own words may be repeated."""
    if not text.strip() or len(text) > LONGEST or _LINK.search(text):
        return False
    known = _plain(f"{shown} {said}")
    for match in _QUOTED.finditer(text):
        if _plain(next(group for group in match.groups() if group)) not in known:
            return False
    if any(_plain(run) not in known for run in _RUNS.findall(_COUNTED.sub(" ", unicodedata.normalize("NFKC", text)))):
        return False
    return _figures(text) <= _figures(f"{shown} {said}")


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def _figures(text: str) -> set[int]:
    plain = unicodedata.normalize("NFKC", text)
    return {int(number) for number in _NUMBER.findall(plain)} | {_WRITTEN[word.lower()] for word in _COUNTED.findall(plain)}
