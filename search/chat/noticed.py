"""What narrows a wish: for whom, where, when, in which form and language. Each finding is cut out of the text. Pure."""

# ruff: noqa: E501 - one pattern a line, however long it is
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from search.chat.plan import PlaceName
from search.chat.tongues import fold
from search.text import kana_of, skeleton

CUT = " \u0001 "  # where something was cut out, so that its neighbours do not grow together

_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6}
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    "5th": 5,
    "6th": 6,
}
_N = "([1-6一二三四五六])"
_FOR = r"(?:の(?:子|こ)(?:ども|供)?)?(?:たち)?(?:さん)?(?:向け|むけ|用|が読める|でも読める|でもわかる|に(?:ぴったり|合う|おすすめ))?(?:の|に|で|です|は)?"


class Reader(NamedTuple):
    """For whom."""

    grade: str
    audience: str


def _school(prefix: str) -> Callable[[re.Match[str]], Reader]:
    audience = "children" if prefix == "P" else "young_adult"

    def found(match: re.Match[str]) -> Reader:
        said = next(group for group in match.groups() if group)
        return Reader(f"{prefix}{_DIGITS.get(said) or _ORDINALS[said]}", audience)

    return found


def _years(match: re.Match[str]) -> Reader:
    years = int(next(group for group in match.groups() if group))
    if years < 6:
        return Reader("E", "children")
    if years <= 18:
        return Reader(*_BY_AGE[min((years - 6) // 3, 3)])
    return Reader("", "adult")


_BY_AGE = (("low", "children"), ("high", "children"), ("J1", "young_adult"), ("H1", "young_adult"))


def _fixed(grade: str, audience: str) -> Callable[[re.Match[str]], Reader]:
    return lambda _: Reader(grade, audience)


_READERS: tuple[tuple[str, Callable[[re.Match[str]], Reader]], ...] = (
    (rf"(?:小学校?の?|小)\s?{_N}\s?年?+(?!级)(?:生)?{_FOR}|{_N}年生{_FOR}", _school("P")),
    (rf"(?:中学校?の?|中)\s?([1-3一二三])(?:\s?年生?){_FOR}|中([1-3一二三])(?![0-9一-鿿]){_FOR}", _school("J")),
    (rf"(?:高校の?|高)\s?([1-3一二三])(?:\s?年生?){_FOR}", _school("H")),
    (r"(?:for |my )?(?:a |an )?(first|second|third|fourth|fifth|sixth|[1-6](?:st|nd|rd|th))[- ]grade(?:rs?|'s)?\b|\bgrade ([1-6])\b", _school("P")),
    (r"(?:小学)?([一二三四五六1-6])年级(?:的)?(?:学生|孩子|小学生)?(?:看的|适合的)?", _school("P")),
    (r"初([一二三1-3])(?:学生)?", _school("J")),
    (r"초등(?:학교)?\s?([1-6])\s?학년(?:생)?|(?<![가-힣])초([1-6])(?![0-9])|(?<!중학교 )(?<!중 )([1-6])학년(?:생)?", _school("P")),
    (r"중(?:학교)?\s?([1-3])\s?(?:학년)(?:생)?|(?<![가-힣])중([1-3])(?![0-9])", _school("J")),
    (rf"([0-9]{{1,2}})(?:歳|才)(?:児)?{_FOR}|([0-9]{{1,2}})[- ]year[- ]olds?|([0-9]{{1,2}})岁(?:的)?(?:孩子|小孩)?|([0-9]{{1,2}})(?:살|세)(?: ?아이)?", _years),
    (rf"低学年{_FOR}", _fixed("low", "children")),
    (rf"(?<!小)中学年{_FOR}", _fixed("middle", "children")),
    (rf"高学年{_FOR}", _fixed("high", "children")),
    (rf"(?:幼児|幼稚園児?|保育園児?|園児|赤ちゃん(?=向け|むけ|用|に読|の絵本)|乳幼児){_FOR}", _fixed("E", "children")),
    (r"\b(?:for )?(?:a |my )?(?:toddlers?|preschool(?:ers?)?|kindergart(?:en|ners?|eners?))\b|幼儿园?(?:的)?|学前|유아(?:용)?|유치원(?:생)?|미취학", _fixed("E", "children")),
    (rf"中学生{_FOR}|(?:中高生|ティーン|ya){_FOR}(?![a-z])", _fixed("", "young_adult")),
    (r"\b(?:for )?(?:a )?(?:middle school(?:ers?)?|junior high(?: school)?(?: students?)?|teen(?:s|agers?)?|young adults?)\b", _fixed("", "young_adult")),
    (rf"高校生{_FOR}|\b(?:for )?high school(?: students?|ers?)?\b|初中生|中学生|高中生|青少年|중학생|고등학생|청소년", _fixed("", "young_adult")),
    (rf"小学生{_FOR}|\b(?:for )?(?:elementary|primary)(?: school)?(?: students?| kids| children)?\b|초등학생(?:용)?", _fixed("", "children")),
    (rf"(?:子ども|子供|こども|児童|キッズ)(?=向け|むけ|用|の本|でも|が読|に読|に合|にもわか){_FOR}|児童書|うちの子(?=に|が読|向け)(?:に|が読める|向け)?(?:の)?", _fixed("", "children")),
    (r"(?:written |suitable |good )?\bfor (?:my |small |young |little )?(?:kids|children|child|son|daughter)\b|\b(?:kids'?|children'?s?)(?= books?| stor)\b", _fixed("", "children")),
    (r"(?:适合|给)?(?:小)?(?:孩子|儿童|小朋友)(?:们)?(?:看|读)?(?:的)?|(?:어린이|아이)(?:들)?(?:용|을 위한|이 읽을|가 읽을|에게)?", _fixed("", "children")),
    (rf"(?:大人|一般)(?=向け|むけ|用|が読|の本){_FOR}|\bfor (?:grown-?ups|adults?)\b|成人|大人(?:看)?的|어른(?:용)?|성인(?:용)?", _fixed("", "adult")),
)  # fmt: skip
_READER_PATTERNS = tuple((re.compile(pattern), meaning) for pattern, meaning in _READERS)


def reader(text: str) -> tuple[Reader | None, str]:
    """The most exact one first; what else says for whom goes with it."""
    found: Reader | None = None
    for pattern, meaning in _READER_PATTERNS:
        match = pattern.search(text)
        if match is not None:
            found = found or meaning(match)
            text = pattern.sub(CUT, text)
    return found, text


_AVAILABLE = re.compile(
    r"(?:今|いま)?すぐに?借りられる(?:の|もの|本)?(?:は|が)?|(?:今|いま)(?:日)?(?:すぐ)?(?:借りられる|貸出できる|読める|ある)(?:の|もの|本|やつ)?(?:は|が)?(?:ある)?"
    r"|借りられる(?:もの|本)だけ|貸出可能?(?:な)?(?:もの|本)?"
    r"|(?:that (?:are|is) |which (?:are|is) |is it |are they |currently )?available(?: now| today| right now| to borrow)?|(?:that )?i can (?:borrow|check out|get) (?:now|today|right now)|on the shelf(?: now)?"
    r"|现在(?:就)?(?:可以|能)(?:借|借到|外借)(?:的)?|(?:可以|能)马上借(?:的)?|可借(?:阅)?(?:的)?|在架(?:上)?(?:的)?"
    r"|(?:지금|바로|당장) ?(?:빌릴|대출할|볼) ?수 ?있는(?: ?(?:것|거|책))?(?:은|만|는)?|대출 ?가능한?(?: ?(?:것|책))?(?:은|만|는)?|지금 빌릴 수 있(?:나요|어요|는)?"
)
_NEAR = re.compile(
    r"(?:家の|うちの)?(?:近く|近所|最寄り|もより)(?:の)?(?:図書館)?(?:に(?:ある)?|で(?:借りられる)?|の)?|(?:自分|うち|わたし|私)の(?:学校|図書館)(?:に(?:ある)?|で|の)?"
    r"|\b(?:at|in|from) (?:the |a |my )?(?:library near (?:me|here)|nearby library|nearest library|closest library|local library|school library|school|library)\b|\bnear(?:by| me| here|est)\b|\bclosest\b"
    r"|(?:我家)?(?:附近|最近)的?(?:图书馆)?(?:里|有)?的?|(?:집 ?)?(?:근처|가까운|주변)(?:의|에)?(?: ?도서관)?(?:에|에서|에 있는)?"
)
_MATERIALS: tuple[tuple[str, str], ...] = (
    (
        "audiobook",
        r"オーディオ\s?ブック(?:で(?:聞|聴|き)ける)?|朗読(?:の|図書)?|耳で聞[くける]+|聞く本|audio\s?books?|有声(?:书|读物)|听书|오디오\s?북",
    ),
    (
        "ebook",
        r"電子(?:書籍|図書|本)(?:で(?:読める|借りられる)|の)?|デジタルの本|スマホで読める(?:本)?|\be-?books?\b|electronic books?|电子书|전자\s?책|이북",
    ),
    ("video", r"\bdvds?\b|ブルーレイ|ビデオ|디브이디|비디오"),
    ("sound", r"\bcds?\b|音楽cd"),
    ("serial", r"雑誌|\bmagazines?\b|杂志|잡지"),
    ("music_score", r"楽譜|sheet music|乐谱|악보"),
)
_TONGUES: tuple[tuple[str, str, str], ...] = (
    # code, in Japanese and Chinese before の/的, in English and Korean
    ("eng", "英語|英文|英语", r"english|영어"),
    ("chi", "中国語|中文|汉语|中国语", r"chinese|중국어"),
    ("kor", "韓国語|ハングル|韩语|韩文", r"korean|한국어|한글"),
    ("jpn", "日本語|日语|日文", r"japanese|일본어"),
    ("fre", "フランス語|法语", r"french|프랑스어"),
    ("ger", "ドイツ語|德语", r"german|독일어"),
    ("spa", "スペイン語|西班牙语", r"spanish|스페인어"),
    ("por", "ポルトガル語|葡萄牙语", r"portuguese|포르투갈어"),
)
_WRITTEN = r"(?=本|ほん|絵本|えほん|小説|童話|図鑑|書|書籍|资料|小说|绘本|书|童书|故事|图书)"
_LANGUAGE_PATTERNS = tuple(
    (
        code,
        re.compile(
            rf"(?:{east})(?:で(?:書かれた|読める|書いてある)(?:の)?|(?:の|的|写的)(?:もの)?{_WRITTEN}|版(?:の|的)?)|(?:{east})(?={'绘本|书|小说|童书|图书'})|(?:有)?用?(?:{east})写的"
            rf"|\b(?:written |(?<!picture )(?<!story )(?<!comic )books? )?in (?:{west})\b|\b(?:{west})[- ]language (?=books?)|\b(?:{west}) (?=(?:picture )?books?\b|novels?\b|stories\b)"
            rf"|(?:{west})로 (?:된|쓰인|쓴|읽을 수 있는)|(?:{west}) (?=책|그림책|동화|도서|소설)"
        ),
    )
    for code, east, west in _TONGUES
)
_FOREIGN = re.compile(r"洋書|原書|foreign[- ]language books?|外文书|외국어 ?책|원서")
_NEWEST = re.compile(
    r"(?:なるべく|できるだけ|一番|いちばん)?(?:新しい|最新の?)(?:もの|順|やつ)?(?:から|で)?(?!入|本)|\b(?:newest|latest|most recent)\b|最新的|최신"
)
_POPULAR = re.compile(
    r"(?:おすすめ|オススメ|お勧め|お薦め|(?:おもしろい|面白い|楽しい)(?=本|ほん|お?話|小説|絵本|もの|やつ)|人気|定番|よく読まれて(?:い)?る|ランキング)(?:の|な|は|が|順)?(?:ある)?|\b(?:recommend(?:ed|ations?)?|popular|best|good|interesting|fun)\b"
    r"|推荐(?:的|一下|一些|几本)?|热门(?:的)?|受欢迎的|好看的|有趣的|有意思的|(?:추천(?:하는|해 ?(?:주세요|줘|줄래요?))?|인기(?: ?있는)?|재미있는)"
)
_VOLUME = re.compile(
    r"第?\s?([0-9]{1,3}|[一二三四五六七八九十]{1,3})\s?(?:巻|冊目)|\bvol(?:ume|\.)?\s?([0-9]{1,3})|第\s?([0-9]{1,3}|[一二三四五六七八九十]{1,3})\s?[卷册]|([0-9]{1,3})\s?권|([上中下])(?:巻|卷|册)"
)


class Wish(NamedTuple):
    """How the wish is narrowed."""

    available: bool
    near: bool
    material: str
    language: str
    sort: str
    volume: str


def wish(text: str) -> tuple[Wish, str]:
    material, text = _first(text, ((key, re.compile(pattern)) for key, pattern in _MATERIALS))
    language, text = _first(text, _LANGUAGE_PATTERNS)
    if not language and _FOREIGN.search(text):
        language, text = "eng", _FOREIGN.sub(CUT, text)
    available, text = _cut(text, _AVAILABLE)
    near, text = _cut(text, _NEAR)
    volume = ""
    if (match := _VOLUME.search(text)) is not None:
        volume = next(group for group in match.groups() if group)
        text = _VOLUME.sub(CUT, text)
    newest, text = _cut(text, _NEWEST)
    popular, text = _cut(text, _POPULAR)
    return Wish(available, near, material, language, "newest" if newest else "popular" if popular else "", volume), text


def _first(text: str, patterns: Iterable[tuple[str, re.Pattern[str]]]) -> tuple[str, str]:
    for key, pattern in patterns:
        if pattern.search(text):
            return key, pattern.sub(CUT, text)
    return "", text


def _cut(text: str, pattern: re.Pattern[str]) -> tuple[bool, str]:
    cut = pattern.sub(CUT, text)
    return cut != text, cut


_WEEKDAYS: tuple[str, ...] = (
    r"月曜日?|\bmondays?\b|(?:周|星期|礼拜)一|월요일",
    r"火曜日?|\btuesdays?\b|(?:周|星期|礼拜)二|화요일",
    r"水曜日?|\bwednesdays?\b|(?:周|星期|礼拜)三|수요일",
    r"木曜日?|\bthursdays?\b|(?:周|星期|礼拜)四|목요일",
    r"金曜日?|\bfridays?\b|(?:周|星期|礼拜)五|금요일",
    r"土曜日?|週末|\bsaturdays?\b|\bweekends?\b|(?:周|星期|礼拜)六|周末|토요일|주말",
    r"日曜日?|\bsundays?\b|(?:周|星期|礼拜)[日天]|일요일",
)
_RELATIVE: tuple[tuple[str, int], ...] = (
    (r"明後日|あさって|\bday after tomorrow\b|后天|모레", 2),
    (r"明日|あした|あす|\btomorrow\b|\bashita\b|明天|내일", 1),
    (
        r"今日|本日|きょう|\btoday\b|\btonight\b|今天|今晚|오늘|今(?=[、,]?(?:開|やって|あいて))|いま(?=[、,]?(?:開|やって|あいて))|\b(?:open|closed) (?:right )?now\b|现在(?=开|关)|지금(?= ?(?:열|문|영업|개관))",
        0,
    ),
)
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_MONTH_DAY = re.compile(r"([0-9]{1,2})\s?[月/월]\s?([0-9]{1,2})\s?[日号일]?")
_ENGLISH_DAY = re.compile(
    rf"\b({'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _MONTHS)})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?\b|\b([0-9]{{1,2}})(?:st|nd|rd|th)? (?:of )?({'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _MONTHS)})\b"
)
_NEW_YEAR = re.compile(r"元日|元旦|お?正月|\bnew year'?s?(?: day)?\b|新年|설날|새해")
_YEAR_END = re.compile(r"年末年始|年末|大晦日|\bnew year'?s eve\b|연말")


def day(text: str, today: date) -> tuple[date | None, str]:
    """The day that is meant, the next one of its name, today included."""
    for pattern, month_day in ((_YEAR_END, (12, 31)), (_NEW_YEAR, (1, 1))):
        if pattern.search(text):
            return _coming(*month_day, today), pattern.sub(CUT, text)
    if (match := _MONTH_DAY.search(text)) is not None and (found := _coming(int(match[1]), int(match[2]), today)):
        return found, _MONTH_DAY.sub(CUT, text)
    if (match := _ENGLISH_DAY.search(text)) is not None:
        name, number = (match[1], match[2]) if match[1] else (match[4], match[3])
        month = next(at for at, one in enumerate(_MONTHS, start=1) if one.startswith(name[:3]))
        if found := _coming(month, int(number), today):
            return found, _ENGLISH_DAY.sub(CUT, text)
    for pattern_text, days in _RELATIVE:
        if re.search(pattern_text, text):
            return today + timedelta(days=days), re.sub(pattern_text, CUT, text)
    for number, pattern_text in enumerate(_WEEKDAYS):
        if re.search(pattern_text, text):
            return today + timedelta(days=(number - today.weekday()) % 7), re.sub(pattern_text, CUT, text)
    return None, text


def _coming(month: int, number: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, number)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


_COMMON_PLACE = re.compile(r"(?:区立|市立)?図書館$|\s?(?:public )?library$|图书馆$|\s?도서관$")
_AROUND = {
    "ja": r"(?:の図書館|図書館|館)?(?:には|に(?:ある|おいてある)?|では|で(?:借りられる)?|の|は|が|も|って)?",
    "en": r"(?: branch| library)*",
    "zh": r"(?:图书馆|馆)?(?:里|有|的|在)?",
    "ko": r"(?: ?도서관| ?관)?(?:에는|에서|에|은|는|이|가|의)?",
}
# The short form of a name is a place only where it is spoken of as one: 「渋谷の歴史」 names no library.
_SPOKEN_OF = {
    "ja": r"(?=の?図書館|館|に|で|は|も|って|、|明日|あした|今日|きょう|何時|開|あい|\s|$)",
    "en": r"(?= branch| library| (?:open(?:ing)?|clos(?:e|es|ed)|hours|today|tomorrow|tonight|now|on)\b|'s hours|\s*$)",
    "zh": r"(?=图书馆|馆|有|在|今天|明天|后天|几点|开|周|星期|\s|$)",
    "ko": r"(?= ?도서관|에|은|는|\s|$)",
}


def place(text: str, places: Sequence[PlaceName], language: str) -> tuple[str, str]:
    """The branch that is named, by its name or the part of it that tells it from others."""
    before = r"(?:\b(?:at|in|from|does|is|the) )*\b" if language == "en" else ""
    for name, code, follows in sorted(_names(places, language), key=lambda one: -len(one[0])):
        pattern = re.compile(before + re.escape(name) + follows + _AROUND[language])
        if name in text and pattern.search(text):
            return code, pattern.sub(CUT, text)
    return _in_romaji(text, places)


_ROMAJI = re.compile(
    r"(?:\b(?:at|in|from|does|is|the) )*(?<![a-z])([a-zāīūēōâîûêô'\-]{2,})[ -]?(?:(?:library|branch|toshokan|bunkan)\b ?)+|\b(?:at|in|from) ([a-zāīūēōâîûêô'\-]{2,})$"
)
_LIBRARYS_NAME = re.compile(r"(?:としょかん|ぶんかん)$")


def _in_romaji(text: str, places: Sequence[PlaceName]) -> tuple[str, str]:
    """ "chuo library", "chūō toshokan": the reading of a name in Latin letters, long vowels or not; or its code."""
    match = _ROMAJI.search(text)
    if match is None:
        return "", text
    word = match[1] or match[2]
    kana = kana_of(word)
    sounds = skeleton(kana) if kana else ""
    for one in places:
        if word == one.code.casefold() or (sounds and any(sounds == _sound(name) for name in one.names)):
            return one.code, text[: match.start()] + CUT + text[match.end() :]
    return "", text


@cache
def _sound(name: str) -> str:
    return skeleton(_LIBRARYS_NAME.sub("", name))


def _names(places: Sequence[PlaceName], language: str) -> Iterable[tuple[str, str, str]]:
    for one in places:
        for name in one.names:
            whole = fold(name, language)
            short = fold(_COMMON_PLACE.sub("", fold(name, "ja")).strip(), language)
            yield whole, one.code, ""
            if len(short) >= 2 and short != whole:
                yield short, one.code, _SPOKEN_OF[language]


def quoted(text: str) -> tuple[str, str]:
    """A title in quotation marks: what is in them is never read as anything else."""
    match = _QUOTED.search(text)
    if match is None:
        return "", text
    return next(group for group in match.groups() if group).strip(), text[: match.start()] + CUT + text[match.end() :]


_QUOTED = re.compile(
    r"「([^「」]{1,120})」|『([^『』]{1,120})』|《([^《》]{1,120})》|[“\"]([^“”\"]{1,120})[”\"]|〈([^〈〉]{1,120})〉|(?:^|\s)'([^']{2,120})'(?=\s|[?.!]|$)"
)
