"""What is typed in the pupils' view: the picture shelves that are called so, and the books within reach that answer it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

from library import furigana
from library.db import Reading
from library.i18n import Texts
from search.asking.query import parse
from search.index.engine import Engine
from search.pupils import asking, shelves
from search.pupils.looking import Looking
from search.pupils.picking import Picked, picked
from search.pupils.shelves import Shelf
from search.text.normal import norm

MOST_SHELVES = 6
# What children put around the thing they look for: 「いぬの ほん」「恐竜のはなし」.
_AROUND = re.compile(r"(?:の|が出てくる|がでてくる|のでてくる|の出てくる)?(?:絵本|えほん|ほん|本|おはなし|お話|はなし|話|図鑑|ずかん)$")
# Names in kanji, or in other words, that the shelves are not labelled with.
_ALSO: dict[str, tuple[str, ...]] = {
    "animals": ("生き物", "生物"),
    "dogs": ("犬", "いぬさん", "わんちゃん"),
    "cats": ("猫", "ねこさん", "ねこちゃん"),
    "beasts": ("動物",),
    "birds": ("鳥", "とりさん"),
    "insects": ("虫", "こん虫", "こんちゅう"),
    "sea": ("海", "うみ", "魚", "さかな", "おさかな"),
    "picture-books": ("絵本",),
    "stories": ("物語", "おはなし", "お話"),
    "vehicles": ("乗り物", "乗物"),
    "trains": ("電車", "列車", "新幹線", "しんかんせん"),
    "cars": ("車", "バス"),
    "ships": ("船", "舟"),
    "planes": ("飛行機",),
    "ghosts": ("お化け", "ゆうれい", "ようかい"),
    "space": ("星", "月", "お月さま"),
    "folktales": ("昔話", "昔ばなし", "むかし話"),
    "mysteries": ("名探偵", "なぞ", "謎"),
    "adventures": ("探検", "たんけん"),
    "magic": ("まじょ", "魔女", "ようせい"),
    "funny": ("らくご",),
    "friends": ("友達", "がっこう"),
    "food": ("食べもの", "たべもの", "食べ物"),
    "plants": ("しょくぶつ",),
    "weather": ("地球", "きしょう"),
    "body": ("体", "身体"),
    "experiments": ("かがく",),
    "numbers": ("数学", "すうがく", "数", "かず"),
    "machines": ("きかい", "機械", "パソコン"),
    "sports": ("運動", "うんどう", "サッカー", "やきゅう"),
    "play": ("遊び", "おもちゃ"),
    "crafts": ("折り紙",),
    "art": ("絵", "マンガ"),
    "theatre": ("映画", "劇"),
    "people": ("伝記",),
    "history": ("昔", "江戸"),
    "places": ("世界", "外国"),
    "work": ("仕事",),
    "look-up": ("ずかん", "図鑑", "じてん"),
}
_PIECES = re.compile(r"[\s・、,]+")
_BETWEEN = re.compile(r"[・,/]|\band\b|&")


async def answering(session: Reading, engine: Engine, words: str, looking: Looking) -> Picked:
    """Books on the shelves within reach, and no others: what stands nowhere for pupils is not for this view. Raises Busy."""
    found, is_near = await asyncio.to_thread(asking.answering, engine, parse(words), looking.all())
    bare = without_around(words)
    if (is_near or not found.ids) and bare != norm(words):
        found, is_near = await asyncio.to_thread(asking.answering, engine, parse(bare), looking.all())
    return await picked(session, found, is_near=is_near)


def without_around(words: str) -> str:
    """The thing itself: 「いぬの ほん」 → 「いぬ」."""
    whole = norm(words)
    return _AROUND.sub("", whole) or whole


def shelves_called(words: str, texts: Texts) -> tuple[Shelf, ...]:
    """Shelves with that name first, then those of whose name it is a part, those where such books are looked for, and the same for
    the parts of what was typed."""
    whole = {norm(words), without_around(words)} - {""}
    pieces = {norm(piece) for piece in _PIECES.split(words)} | {piece for one in whole for piece in one.split("の") if len(piece) > 1}
    ranked = [(rank, shelf) for shelf in shelves.every() if (rank := _rank(shelf, whole, pieces - {""}, texts)) is not None]
    return tuple(shelf for _, shelf in sorted(ranked, key=lambda pair: pair[0]))[:MOST_SHELVES]


def _rank(shelf: Shelf, whole: set[str], pieces: set[str], texts: Texts) -> int | None:
    ways = (set(_names(shelf, texts)), set(_parts(shelf, texts)), {norm(word) for ask in shelf.asks for word in ask.words})
    met = [called & meant for meant in (whole, pieces) for called in ways]
    return next((rank for rank, some in enumerate(met) if some), None)


def _spelled(shelf: Shelf, texts: Texts) -> Iterator[str]:
    for name in dict.fromkeys((shelf.name, texts.gettext(shelf.name))):
        yield furigana.plain(name)
        yield furigana.spoken(name)


def _names(shelf: Shelf, texts: Texts) -> Iterator[str]:
    yield from map(norm, (*_spelled(shelf, texts), *_ALSO.get(shelf.key, ())))
    yield from (norm(part) for name in _spelled(shelf, texts) for part in _BETWEEN.split(name))


def _parts(shelf: Shelf, texts: Texts) -> Iterator[str]:
    """The words of a name: 「むかしの くらし」 → むかし, くらし."""
    for name in _spelled(shelf, texts):
        yield from (norm(word).removesuffix("の") for part in _BETWEEN.split(name) for word in part.split())
