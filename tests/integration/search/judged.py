"""A judged set made from real titles: what readers type, and which records answer it. Knows nothing of the code that is judged."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

AOZORA = Path(__file__).resolve().parents[3].parent / "shared/data/japan/aozora_catalogue_2025-05.zip"

NEW_TO_OLD = dict(
    zip(
        "国学会気歌声辺沢浜桜鉄竜滝渋広実宝写真恋戦闘霊薬黒緑縁続総経縄双図団円塩仏伝体来万与予余変昼静独読変数楽労栄蛍亀剣",
        "國學會氣謌聲邊澤濱櫻鐵龍瀧澁廣實寶寫眞戀戰鬪靈藥黑綠緣續總經繩雙圖團圓鹽佛傳體來萬與豫餘變晝靜獨讀變數樂勞榮螢龜劍",
        strict=True,
    )
)
del NEW_TO_OLD["歌"]  # two characters, not two forms of one

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ", "m": "まみむめも",
    "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
}  # fmt: skip
KUNREI = {kana: c + v for c, row in _ROWS.items() for kana, v in zip(row, "aiueo", strict=True)}
KUNREI |= {"や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "を": "o", "ん": "n", "ぢ": "zi", "づ": "zu"}
HEPBURN = KUNREI | {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji"}
_YOON = {"しゃ": "sha", "しゅ": "shu", "しょ": "sho", "ちゃ": "cha", "ちゅ": "chu", "ちょ": "cho", "じゃ": "ja", "じゅ": "ju", "じょ": "jo"}


@dataclass(frozen=True)
class Work:
    record: int
    title: str
    reading: str
    subtitle: str
    ndc: tuple[str, ...]
    authors: list[tuple[str, str]] = field(default_factory=list)  # family, given
    author_readings: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Judged:
    kind: str
    typed: str
    answers: frozenset[int]


def works(archive: Path, *, most: int | None = None, seed: int = 5) -> list[Work]:
    found: dict[str, Work] = {}
    with zipfile.ZipFile(archive) as zipped, zipped.open(zipped.namelist()[0]) as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig")):
            ndc = tuple(part.lstrip("K") for part in row["分類番号"].split()[1:])
            work = found.setdefault(row["作品ID"], Work(int(row["作品ID"]), row["作品名"], row["作品名読み"], row["副題"], ndc))
            if (row["姓"], row["名"]) not in work.authors:
                work.authors.append((row["姓"], row["名"]))
                work.author_readings.append((row["姓読み"], row["名読み"]))
    everything = list(found.values())
    return everything if most is None else random.Random(seed).sample(everything, most)


def judged(among: list[Work], *, seed: int, each: int) -> Iterator[Judged]:
    """`each` queries of every kind, the answers being every work to which the query applies as well."""
    chance = random.Random(seed)
    kinds: list[tuple[str, Callable[[Work, random.Random], str | None], Callable[[Work, str], object]]] = [
        ("exact", lambda w, c: w.title, lambda w, q: w.title),
        ("part", lambda w, c: _part(w.title, c), lambda w, q: None),
        ("reading", lambda w, c: w.reading, lambda w, q: w.reading),
        ("half width", lambda w, c: _half(w.reading), lambda w, q: w.reading),
        ("wide", lambda w, c: _wide(w.title), lambda w, q: w.title),
        ("old kanji", lambda w, c: _swapped(w.title), lambda w, q: w.title),
        ("hepburn", lambda w, c: _romaji(w.reading, HEPBURN, long="o"), lambda w, q: w.reading),
        ("kunrei", lambda w, c: _romaji(w.reading, KUNREI, long="ou"), lambda w, q: w.reading),
        ("macron", lambda w, c: _romaji(w.reading, HEPBURN, long="ō"), lambda w, q: w.reading),
        ("typo", lambda w, c: _typo(w.title, c), lambda w, q: w.title),
        ("typo in reading", lambda w, c: _typo(w.reading, c), lambda w, q: w.reading),
        ("author and word", _author_and_word, lambda w, q: w.title),
        ("without long marks", lambda w, c: w.title.replace("ー", "") if "ー" in w.title else None, lambda w, q: w.title),
    ]
    for kind, typed, same in kinds:
        candidates = [(work, query) for work in chance.sample(among, len(among)) if (query := typed(work, chance))]
        for work, query in candidates[:each]:
            key = same(work, query)
            apply = {w.record for w in among if (query in w.title if key is None else same(w, query) == key)}
            yield Judged(kind, query, frozenset(apply | {work.record}))


def authors(among: list[Work], *, seed: int, each: int) -> Iterator[Judged]:
    """Forms of a name; every work of the author answers."""
    chance = random.Random(seed)
    wrote: dict[tuple[str, str], set[int]] = {}
    for work in among:
        for name in work.authors:
            wrote.setdefault(name, set()).add(work.record)
    names = [name for name in wrote if name[0] and name[1]]
    forms: list[Callable[[str, str], str]] = [
        lambda family, given: family + given,
        lambda family, given: f"{family} {given}",
        lambda family, given: f"{family}・{given}",
        lambda family, given: f"{given} {family}",
        lambda family, given: "".join(NEW_TO_OLD.get(c, c) for c in family + given),
    ]
    for form in forms:
        for name in chance.sample(names, each):
            yield Judged("author", form(*name), frozenset(wrote[name]))


def _part(title: str, chance: random.Random) -> str | None:
    if len(title) < 6:
        return None
    at = chance.randrange(1, len(title) - 4)
    piece = title[at : at + 4]
    return piece if piece.isalnum() else None


def _half(reading: str) -> str | None:
    clear = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮｰ"
    kana = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんぁぃぅぇぉっゃゅょー"
    table = dict(zip(kana, clear, strict=True))
    table |= {
        v: table[c] + "ﾞ"
        for c, v in zip("かきくけこさしすせそたちつてとはひふへほ", "がぎぐげござじずぜぞだぢづでどばびぶべぼ", strict=True)
    }
    table |= {v: table[c] + "ﾟ" for c, v in zip("はひふへほ", "ぱぴぷぺぽ", strict=True)}
    return "".join(table[c] for c in reading) if all(c in table for c in reading) else None


def _wide(text: str) -> str:
    return "".join("\u3000" if c == " " else chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text.strip())


def _swapped(title: str) -> str | None:
    old = "".join(NEW_TO_OLD.get(c, c) for c in title)
    if old != title:
        return old
    back = {old: new for new, old in NEW_TO_OLD.items()}
    new = "".join(back.get(c, c) for c in title)
    return new if new != title else None


def _romaji(reading: str, table: dict[str, str], *, long: str) -> str | None:
    out: list[str] = []
    at = 0
    double = False
    while at < len(reading):
        pair = reading[at : at + 2]
        sound = _YOON.get(pair) if table is HEPBURN and pair in _YOON else None
        if sound is None and len(pair) == 2 and pair[1] in "ゃゅょ" and table.get(pair[0], "").endswith("i"):
            sound = table[pair[0]][:-1] + "y" + {"ゃ": "a", "ゅ": "u", "ょ": "o"}[pair[1]]
        if sound is not None:
            at += 2
        elif reading[at] == "っ":
            double, at = True, at + 1
            continue
        elif reading[at] in table:
            sound, at = table[reading[at]], at + 1
        else:
            return None
        if double:
            sound, double = ("t" if sound.startswith("ch") else sound[0]) + sound, False
        if sound[0] in "aiueoy" and out and out[-1] == "n":
            sound = "'" + sound
        out.append(sound)
    return "".join(out).replace("ou", long) if len(out) > 2 else None


def _typo(text: str, chance: random.Random) -> str | None:
    if len(text) < 5 or not text.isalnum():
        return None
    at = chance.randrange(len(text))
    kana = "ぁ" <= text[at] <= "ん"
    wrong = chance.choice(
        "かきくさしたちなにまみやらりるよ" if kana else "山川木火水金土石手足空海人日月年大小中上下花鳥風雨雪夜朝夕春夏秋冬"
    )
    return text[:at] + wrong + text[at + 1 :] if wrong != text[at] else None


def _author_and_word(work: Work, chance: random.Random) -> str | None:
    family = work.authors[0][0]
    if len(work.title) < 4 or not work.title.isalnum() or len(family) < 2:
        return None
    at = chance.randrange(len(work.title) - 2)
    return f"{family} {work.title[at : at + 3]}"
