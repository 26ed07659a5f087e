"""What books are wanted, once everything else is cut out of an utterance: topics, kinds of writing, names and titles. Pure."""

# ruff: noqa: E501 - one pattern a line, however long it is
from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from search.chat.topics import Kind, Lexicon, Topic, classes_named, lexicon

_CUT = "\u0001"


class Wanted(NamedTuple):
    """`words` as somebody typed them; `found`: rows of the table; `ndc`: classes that are called so."""

    words: str = ""
    found: tuple[Topic, ...] = ()
    ndc: tuple[str, ...] = ()
    asked_for_books: bool = False  # a book was named, if not which
    typed: str = ""  # everything that says which, as it was written

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.found or self.ndc)


# What stands around the thing itself. Heads and tails are taken off again and again; what is inside a title stays.
_HEADS = {
    "ja": re.compile(
        r"^(?:すみません|すいません|あの|ええと|えっと|ねえ|では|じゃあ|それ(?:じゃ(?:あ)?|では)|できれば|何か|なにか|どこかに|(?:この|ここの)図書館(?:に|で|は)?|図書館(?:に|で)(?:は)?|夏休みの|冬休みの"
        r"|(?:うち|私|わたし|僕)の(?:子(?:ども)?|娘|息子)(?:に|が|の|は|も)?)\s*"
    ),
    "en": re.compile(
        r"^(?:(?:so|well|ok|okay|please|hi|hello|excuse me|and|then|what about|how about),? |(?:do|does|did) (?:you|the library|this library)(?: guys)? (?:have|own|carry|stock|hold)(?: got)?\b|have you got\b|(?:is|are) there\b|is\b|are\b"
        r"|(?:i'm|i am|we're|we are) (?:looking|searching|hunting) for\b|(?:i'd|i would|we'd) (?:like|love)\b|i (?:want|need)\b|my (?:son|daughter|child|kid)s? (?:loves?|likes?|wants?|is into|needs?)\b|(?:can|could|would) (?:you|i)\b|(?:help me )?(?:find|show|get|give|tell|see|search|suggest)\b(?: me)?(?: about| for)?"
        r"|(?:to )?(?:read|borrow|find|have|learn|know|check out|reserve)\b|looking for\b|search(?:ing)? for\b|(?:where|what|which)(?:'s)?\b(?: is| are| can i find)?|any\b|some\b|something\b|anything\b|a\b(?= good| book| novel| copy| stor| biograph| picture)|(?:an? |the )?(?:books?|titles?|works?|novels?|copy|copies|stories|(?=biograph))(?: (?:called|titled|named))?(?= |$)|(?:written |that are )?(?:about|on|for|regarding|related to|by|of)\b|that\b|with\b|me\b|good\b|nice\b|interesting\b|fun\b)\s*"
    ),
    "zh": re.compile(
        r"^(?:请问|您好|你好|请|麻烦|我(?:们)?(?:很)?(?:想|要|正在|在)?|想|要|帮(?:我|忙)?|给我|有没有|有|能|可以|找(?:一下|几本|一本|些|一些|到)?|借(?:几本|一本|些|一些)?|看(?:看|几本|一本|些|一些)?|读|查(?:一下|询)?|搜索|推荐|几本|一本|一些|些|哪些|什么|关于|有关|适合(?:我)?|孩子|用|的|给)\s*"
    ),
    "ko": re.compile(
        r"^(?:혹시|저기(?:요)?|안녕하세요|그럼|이 도서관에|도서관에|여기(?:에)?|우리 (?:아이|아들|딸)(?:가|이|에게)?|아이(?:가|에게)?|제가|저는|나는|좀|책 중에|읽을 만한|읽기 좋은|좋은|재미있는|뭔가|무슨|어떤|있는|나온|나오는|의|에|을|를|이|가|은|는)\s+"
    ),
}
# A particle belongs to what was cut out right before it. Elsewhere it is how a title begins: はらぺこあおむし, でんしゃ, のりもの.
_LEFT_OVER = re.compile(r"^(?:\s*\u0001)+ (?:の|に|で|を|は|が|も|と|、|,)+(?=\S|\s)")
_TAILS = {
    "ja": re.compile(
        r"\s*(?:[?!。、,.…~〜～]+|(?:を|が)?(?:探|さが|捜)し(?:て(?:い)?(?:ます|る|いる|ください|ほしい)?|たい)(?:の?です(?:が|けど)?|んだけど|の)?|(?:を|が|に)?(?:ついて)?(?:読み|借り|見|知り|調べ|学び|勉強し|行き)たい(?:の?です(?:が|けど|けれど)?|んだけど|んですが|な|の|と思って(?:い)?(?:ます|る)?)?"
        r"|(?:は|が|って|も|とか|なら)?(?:何か|なにか)?(?:あり(?:ます|ません)|ある|(?<=[はがもて本書])(?:ない|無い)(?:です)?|置いて(?:い|あり)?(?:ます|る)|所蔵して(?:い)?(?:ます|る)|入って(?:い)?(?:ます|る)|入荷)(?:か|かな|かね|の|よね|でしょうか)?|(?:を|が)?(?:教え|おしえ|見せ|出し|紹介し|検索し|調べ|おすすめし|選ん|見つけ)[てで](?:ください|ほしい(?:です)?|くれ(?:る|ます|ません)?か?|もらえ(?:る|ます)か?)?"
        r"|(?:は|が)?(?:いま|今)?(?:借り(?:ら)?れ(?:ます|る)|読め(?:ます|る)|貸出中(?:です)?|貸し出し中(?:です)?|借りたいです|見られ(?:ます|る)|手に入(?:る|ります))(?:か|かな|の|でしょうか)?"
        r"|(?:は|が|って)?(?:どこ|どの(?:棚|館|図書館|辺|あたり)|何階)(?:に|で)?(?:あり(?:ます)?|ある|です|置いてあ(?:る|ります)|借りられ(?:ます|る)|見つかり(?:ます)?|の棚)?(?:か|かな|の)?|(?:を)?(?:ください|下さい|ほしい|欲しい|お願い(?:します|いたします|できますか)?)(?:です)?|です(?:か|が|けど)?|ます(?:か|が)?|でしょうか|だけど|なんだけど|は|も|が|を|って)$"
    ),
    "en": re.compile(
        r"\s*(?:[?!.,;]+|(?:\b(?:please|here|there|(?<!picture )(?<!story )(?<!comic )books?|titles?|thanks|thank you|available|in stock|in the library|at the library|at this library|to read|to borrow|for me|right now|now|today|do you have|the book|book|located|shelved|kept|checked out|on loan|in|out|shelf|does the library have|can i (?:borrow|read|find|get)(?: it)?|for (?:a |my )?(?:class|homework))\b))$"
    ),
    "zh": re.compile(
        r"\s*(?:[?!。、,.…]+|(?:的)?(?:书籍|图书|书|资料|读物|作品)|吗|呢|吧|么|有没有|有哪些|有什么|有|推荐(?:一下|给我)?|可以(?:借|看|推荐|外借)?(?:到)?|能(?:借|看|借到|外借)|借(?:得到)?|在(?:哪里|哪儿|哪个书架|哪)|在什么地方|在架|哪里有|怎么找|谢谢|的|了|看|里)$"
    ),
    "ko": re.compile(
        r"\s*(?:[?!.,…~]+|(?:(?<!그림)(?<!동화)(?<!만화)책|도서|작품|자료)(?:들)?(?:을|를|이|가|은|는|도|이나|중에)?|(?:은|는|이|가|을|를|도)?\s?(?:있(?:나요|어요|습니까|을까요|는지|니|음)|없(?:나요|어요)|찾(?:고 ?있(?:어요|습니다|는데요)?|아요|아 ?주세요|아줘|습니다|는데요)|(?:읽|보|빌리|알)고 ?싶(?:어요|습니다|은데요|어)|추천(?:해 ?주세요|해 ?줘|해요|부탁드려요)?|알려 ?(?:주세요|줘)|보여 ?(?:주세요|줘)|주세요|어디(?:에)? ?있(?:나요|어요|습니까)|어디(?:예요|에요|인가요)?|빌릴 ?수 ?있(?:나요|어요|을까요)|대출 ?(?:가능한가요|가능해요|중인가요|할 수 있나요)|부탁(?:해요|드려요|합니다)|좀|요)|(?<=[가-힣])(?:을|를|은|는|이|가|의|에|도))$"
    ),
}
_BOOK_NOUN = {
    "ja": re.compile(
        r"(?:に関する|に関係する|についての?(?:書かれた)?|のことが(?:わか|書いてあ)る|に関して(?:の)?|が(?:たくさん)?出てくる|の出てくる|を扱った|が(?:わか|学べ|のって|書いた|載って)る?|が書いた|を書いた人の|(?:さん)?の|という|っていう|な)?(?:関連(?:の)?)?(?:(?<!絵)本|(?<!え)ほん|図書|書籍|資料|一冊|もの|やつ|作品|文献|シリーズ)(?:など|とか|たち)?$"
    ),
    "en": re.compile(r"\b(?:books?|titles?|works?)\b"),
    "zh": re.compile(r"(?:方面|相关|有关|一类|之类|题材|主题)?的?(?:书籍|图书|(?<!图画)(?<!故事)(?<!漫画)书|资料|读物|作品)$"),
    "ko": re.compile(
        r"\s*(?:에 ?(?:대한|관한|대해|관해)(?: 나온| 쓴)?|관련(?:된|한)?|에 나오는|이 나오는|이라는|라는|(?:이|가) 쓴|작가의|을 위한|를 위한|위한|용|의)?\s*(?:(?<!그림)(?<!동화)(?<!만화)책|도서|작품|자료)(?:들)?$"
    ),
}
_CONNECTORS = {
    "ja": r"の|と|や|、|,|・|\s|に|で|が|を|は|も|へ|な|読む|よむ|する|した|から|まで|とか|など|について(?:の|書かれた)?|に関する|に関係する|向け|むけ|用|本|ほん|図書|もの|やつ|資料|シリーズ|使う|使える|作る|つくる|作り方|つくり方|育て方|飼い方|勉強|学ぶ|学べる|わかる|楽しい|おもしろい|面白い|かんたん(?:な)?|簡単(?:な)?|やさしい|いい|良い|よい|ため|役立つ|夏休み|冬休み|宿題|こと|話|おはなし|お話|たち|さん|\u0001",
    "zh": r"的|有|和|与|跟|、|,|\s|有关|关于|相关|方面|做|学|学习|怎么|入门|类|书|图书|简单|有趣|好看|适合|用|看|读|夏天|暑假|寒假|孩子|小|介绍|里|给|\u0001",
    "ko": r"의|와|과|랑|이랑|하고|,|\s|을|를|이|가|은|는|에|에서|용|에 ?대한|에 ?관한|에 ?대해|관련(?:된)?|나오는|위한|책|도서|동화책|방법|만들기|쉬운|재미있는|공부|입문|여름방학|방학|숙제|만드는|하는|키우기|기르기|읽을|할|\u0001",
}
_STOP_WORDS = """
    the a an and or of on about for to in with by how make making do doing learn learning books book some any my
    your that are is it can i me we child children kids easy simple fun good nice interesting facts information
    topics introduction summer vacation holiday homework project guide guides his her their from at grow growing
    keeping care playing play life \x01 ideas idea help need starting
"""
_STOP = frozenset(_STOP_WORDS.split()) | {_CUT}


def wanted(text: str, language: str) -> Wanted:
    """`text` is folded, with marks where something was cut out."""
    core, asked = _core(text, language)
    if not core:
        return Wanted(asked_for_books=asked)
    names = lexicon(language)
    tiled = _in_tokens(core, names) if language == "en" else _tiled(core, names, language)
    if tiled is not None:
        typed = core if names.get(core) is not None else _without_marks(core, language)
        return Wanted(found=tiled, asked_for_books=asked, typed=typed)
    words, genre = _with_genre(core, names, language)
    plain = _without_marks(words, language)
    if not plain or not re.search(r"\w", plain):
        return Wanted(found=genre, asked_for_books=asked, typed=_without_marks(core, language))
    named = names.get(plain)
    if named is not None and named.kind is Kind.NAME:
        return Wanted(found=(named, *genre), asked_for_books=asked, typed=_without_marks(core, language))
    numbers = classes_named(plain) if language == "ja" and asked and not genre else ()
    return Wanted(plain, genre, numbers, asked, _without_marks(core, language))


def _core(text: str, language: str) -> tuple[str, bool]:
    """The text without what stands around the thing, and whether a book was spoken of."""
    core, asked = text, False
    while True:
        if lexicon(language).get(core) is not None:  # のりもの ends like a word for books
            return core, asked
        before = core
        core = _trimmed(_LEFT_OVER.sub("", core) if language == "ja" else core)
        core = _trimmed(_TAILS[language].sub("", core))
        if language == "en":
            asked = asked or bool(_BOOK_NOUN["en"].search(core))
        elif core and (cut := _BOOK_NOUN[language].sub("", core)) != core and (cut or not asked):
            core, asked = _trimmed(cut), True
        core = _HEADS[language].sub("", core)
        if core == before:
            return core, asked


def _trimmed(text: str) -> str:
    return text.strip(" \u0001\u3000、,。.?!・:;")


@cache
def _tiling(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{lexicon(language).alternatives}|{_CONNECTORS[language]})+")


@cache
def _pieces(language: str) -> re.Pattern[str]:
    return re.compile(rf"({lexicon(language).alternatives})|(?:{_CONNECTORS[language]})")


def _tiled(core: str, names: Lexicon, language: str) -> tuple[Topic, ...] | None:
    """The topics, where they and the little words between them are all there is."""
    if (whole := names.get(core)) is not None:
        return (whole,)
    if not _tiling(language).fullmatch(core):
        return None
    found: list[Topic] = []
    at = 0
    while at < len(core):
        match = _pieces(language).match(core, at)
        if match is None:  # the longest form was not the right one here: what is left is no topic
            return None
        if match[1] and (topic := names.get(match[1])) is not None:
            found.append(topic)
        at = match.end()
    return tuple(dict.fromkeys(found)) if found else None


def _in_tokens(core: str, names: Lexicon) -> tuple[Topic, ...] | None:
    words = re.findall(r"[\w\u0001'\-]+", core)
    found: list[Topic] = []
    at = 0
    while at < len(words):
        for length in range(min(names.longest, len(words) - at), 0, -1):
            topic = names.named(" ".join(words[at : at + length]))
            if topic is not None:
                found.append(topic)
                at += length
                break
        else:
            if words[at] not in _STOP:
                return None
            at += 1
    return tuple(dict.fromkeys(found)) if found else None


def _with_genre(core: str, names: Lexicon, language: str) -> tuple[str, tuple[Topic, ...]]:
    """「中村哲の伝記」, "biography of Malala": a kind of writing beside words that are no topic."""
    kinds = (Kind.GENRE, Kind.PURPOSE)
    if language == "en":
        if (
            (match := re.fullmatch(r"(?:an? |the )?([\w\- ]+?) (?:of|about|by|on) (.+)", core))
            and (one := names.named(match[1]))
            and one.kind in kinds
        ):
            return match[2], (one,)
        *rest, last = core.split(" ")
        if rest and (one := names.named(last)) and one.kind in kinds:
            return " ".join(rest), (one,)
        return core, ()
    joint = {
        "ja": r"(?:の|が出てくる|の出てくる|を題材にした|についての?|に関する|が書いた)?",
        "zh": r"(?:的|写的)?",
        "ko": r"(?:의| 작가의|에 대한)? ?",
    }[language]
    for form in _genre_forms(language):
        if core.endswith(form) and len(core) > len(form):
            rest_text = re.sub(joint + "$", "", core[: -len(form)].rstrip(" \u0001"))
            if rest_text and (one := names.get(form)) is not None:
                inner = _tiled(rest_text, names, language)
                return ("", (*inner, one)) if inner else (rest_text, (one,))
    return core, ()


@cache
def _genre_forms(language: str) -> tuple[str, ...]:
    from search.chat.topics import rows

    forms = [form for row in rows() if row.kind is Kind.GENRE for form in (*row.forms[language], *row.forms["ja"])]
    return tuple(sorted(forms, key=len, reverse=True))


def _without_marks(words: str, language: str) -> str:
    plain = " ".join(words.replace(_CUT, " ").split())
    if language == "en":
        return plain.strip(" '\"")
    return plain.lstrip(" 的").rstrip(" の的의")
